"""A model and some images -> one map and one outline of each, with nothing tested, to be laid beside another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import LEAST_TWINS, Explanation
from reportgen.models import freeing
from reportgen.models.subject import Subject
from reportgen.probes import samples
from reportgen.probes.samples.picking import Picked
from reportgen.probes.why import affording, mapping
from reportgen.probes.why.affording import Extent, Thoroughness
from reportgen.probes.why.ground import Ground
from reportgen.probes.why.study import Study
from reportgen.progress import Progress, silent
from reportgen.records import places


def method(subjects: Sequence[Subject]) -> str:
    """Return how the maps of some models are made, the same for all: that of the chapter on single answers."""
    records = [subject.record for subject in subjects]
    sizes = [tuple(int(size or 0) for size in places.spatial_shape(record)) for record in records]
    have_slopes = all(record.inputs[record.main_input].dtype.startswith("float") for record in records)
    is_small = all(each and mapping.is_small(each) for each in sizes)
    return "integrated-gradients" if is_small and have_slopes else "occlusion"


def outlined(
    subject: Subject,
    answers: PredictionsResult,
    indices: Sequence[int],
    method: str,
    seed: int = 0,
    progress: Progress = silent,
) -> list[tuple[SampleRecord, Explanation | None]]:
    """Explain the answers to some images by one map each.

    Args:
        subject: The model and its data.
        answers: What it answers; the first output is explained.
        indices: The images; those at the end are left out where all would take too many multiply-adds.
        method: As `method` returns it.
        seed: Seed of the places that an outline is compared with.
        progress: Told of the images.

    Returns:
        Each image as the model got it, and its explanation; None where the answer is no number.

    Raises:
        ModelError: The model, or its main input, has nothing that could be explained.
    """
    ground = Ground(subject, answers)
    assert subject.dataset is not None, "there are answers"
    how = _thoroughness(Extent(len(indices), subject.dataset.size, ground.sizes, (method,), ground.small), subject)
    subject = replace(subject, earlier={"predictions": answers})
    picked = [Picked(index, "compared") for index in indices[: how.samples]]
    looked = samples.records(subject, answers, picked)
    try:
        found, _ = Study(ground, how, (method,), None, seed).run(looked, progress)
    finally:
        freeing.give_back()
    known = {each.sample: each for each in reversed(found)}
    return [(each, known.get(each.index)) for each in looked]


def _thoroughness(extent: Extent, subject: Subject) -> Thoroughness:
    """Outlines alone: windows side by side where many multiply-adds would be spent, and fewer images where too many."""
    how = Thoroughness(
        samples=extent.samples,
        twins=LEAST_TWINS,
        others=0,
        steps=mapping.LEAST_STEPS,
        most_steps=mapping.LEAST_STEPS,
        coarse=False,
        judged=0,
        contrast=False,
        controls=0,
    )
    macs = subject.record.macs
    if affording.cost(extent, how, macs) > affording.USUAL_MACS:
        how = replace(how, coarse=True)
    while how.samples > 1 and affording.cost(extent, how, macs) > affording.STRETCH * affording.USUAL_MACS:
        how = replace(how, samples=how.samples - 1)
    return how
