"""A model whose answers are pictures, and all images -> how good these are, pixel by pixel.

Answers are reduced batch by batch in the pass that answers every image: counts, sums and a few images stay. What is
drawn is put to the model once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.pixels import PixelHead, PixelsResult
from reportgen.models.blocks import Pass, passed
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.probes import samples
from reportgen.probes.pixels.comparing import Compared
from reportgen.probes.pixels.scored import NUM_WORST as NUM_WORST
from reportgen.probes.predictions import Answers
from reportgen.probes.samples.picking import Picked
from reportgen.probes.samples.pixel_answers import Look
from reportgen.probes.watching.together import Together
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.records.pictured import picture_outputs
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions",)
_OWN = "pixels"


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of looking at the worst images once more, where an output is a picture."""
    del options, plan
    if not picture_outputs(record):
        return None
    return Work("answers pixel by pixel", macs=min(NUM_WORST, dataset.size) * record.macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> PixelsResult | None:
    """Score every picture-shaped output; None where there is none.

    Raises:
        DataError: A mask cannot be read.
        ModelError: The model cannot be run on the images.
    """
    passing = subject.passes.get(_OWN) or passes(subject, options)
    if not isinstance(passing, Compared):
        return None
    if _OWN not in subject.passes:
        passed(passing, subject.collected.get(_OWN), progress)
    heads = [_with_worst(subject, head, look) for head, look in passing.results()]
    return PixelsResult(tuple(heads), options.seed)


def passes(subject: Subject, options: Options) -> Compared | None:
    """Prepare the pass over the data; None where no answer is compared pixel by pixel. Errors as `run`."""
    if subject.dataset is None or not subject.dataset.pixels:
        return None
    compared = Compared(subject, subject.dataset, options)
    return compared if compared.is_wanted else None


def together(passes: Mapping[str, Pass]) -> dict[str, Pass]:
    """Return the passes to make for those of some probes: what is answered is compared in one."""
    compared = passes.get(_OWN)
    for each in passes.values():
        if isinstance(each, Answers | Together) and isinstance(compared, Compared):
            each.read_by(_OWN, compared)
            return {name: other for name, other in passes.items() if name != _OWN}
    return dict(passes)


def _with_worst(subject: Subject, head: PixelHead, look: Look) -> PixelHead:
    """Look closely at the images that are answered worst."""
    if head.scored is None:
        return head
    sign = -1.0 if head.kind == "classes" else 1.0
    chosen, keys, tie = head.scored.drawn_worst.first(NUM_WORST)
    main = subject.earlier["predictions"]
    picked = [Picked(index, "predicted worst") for index in chosen]
    return replace(
        head,
        worst=samples.records(subject, main, picked, (replace(look, head=head),)),
        worst_scores=tuple(-sign * key for key in keys),
        worst_tie=tie,
    )
