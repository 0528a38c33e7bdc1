"""The chosen samples -> why each was answered as it was, and whether what the pictures mark carries the answer.

For each sample: where the evidence is, by up to three methods, each map with the verdict of a causal test; which
channels carried the answer; why not another class. Once for the model: maps that should not pass the test, put through
it.
"""

from __future__ import annotations

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.watching import WatchingResult
from reportgen.evidence.why import METHODS, Spent, WhyResult
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.probes.why import affording, carrying, mapping
from reportgen.probes.why.affording import Extent
from reportgen.probes.why.briefly import method as method
from reportgen.probes.why.briefly import outlined as outlined
from reportgen.probes.why.ground import Ground
from reportgen.probes.why.study import Study
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions", "samples", "watching")
_TOO_DEAR = "Explaining one answer takes more multiply-adds than are spent on it. Allow more with --why-budget."


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of the passes that the budget pays for."""
    sizes = tuple(int(size or 0) for size in places.spatial_shape(record))
    if not sizes or max(sizes) < 2 or not plan.num_samples:
        return None
    extent = _extent(plan.num_samples, dataset.size, sizes, options)
    how, gave_way = affording.afford(extent, record.macs, *_budget(options))
    if how is None:
        return Work("explaining answers", notes=(_TOO_DEAR,))
    told = affording.said(_budget(options)[0], gave_way)
    notes = (f"Answers are explained less thoroughly. {told}",) if told else ()
    return Work("explaining answers", macs=affording.cost(extent, how, record.macs), notes=notes)


def run(subject: Subject, options: Options, progress: Progress = silent) -> WhyResult | None:
    """Explain what the model answers to each sample.

    Returns:
        The explanations; None without samples. Where nothing can be explained, the result says why.
    """
    answers = subject.earlier.get("predictions")
    if not subject.samples or not isinstance(answers, PredictionsResult):
        return None
    try:
        return _explained(subject, answers, options, progress)
    except ModelError as error:
        return _nothing(answers, str(error))


def _explained(subject: Subject, answers: PredictionsResult, options: Options, progress: Progress) -> WhyResult:
    record = subject.record
    if len(answers.shape) != 1:
        return _nothing(
            answers,
            f"The output {answers.name} predicts something for each place of an image. Only one prediction for a whole"
            " image can be explained here.",
        )
    ground = Ground(subject, answers)
    dataset = subject.dataset
    assert dataset is not None, "there are samples"
    extent = _extent(len(subject.samples), dataset.size, ground.sizes, options)
    unmade = []
    if not ground.has_slopes and "integrated-gradients" in extent.methods:
        unmade.append("The input is of whole numbers, which have no gradients, so there are no integrated gradients.")
        kept = tuple(method for method in extent.methods if method != "integrated-gradients") or ("occlusion",)
        extent = Extent(extent.samples, extent.images, extent.sizes, kept, extent.is_small)
    how, gave_way = affording.afford(extent, record.macs, *_budget(options))
    if how is None:
        return _nothing(answers, _TOO_DEAR)
    watched = subject.earlier.get("watching")
    study = Study(ground, how, extent.methods, watched if isinstance(watched, WatchingResult) else None, options.seed)
    found, controls = study.run(subject.samples, progress)
    if ground.explained.reason:
        unmade.append(ground.explained.reason)
    notes = unmade + study.notes
    if isinstance(watched, WatchingResult):
        found = carrying.with_patches(subject, watched, found)
    return WhyResult(
        kind=ground.explained.kind,
        output=answers.name,
        explanations=tuple(found),
        controls=tuple(controls),
        spent=Spent(_budget(options)[0], affording.passes(extent, how), record.macs, gave_way, made=ground.passes),
        num_others=study.num_others,
        is_small=ground.small,
        notes=tuple(notes),
        missing="" if found else "No sample got an answer that is a number and names a class.",
    )


def _extent(samples: int, images: int, sizes: tuple[int, ...], options: Options) -> Extent:
    is_small = mapping.is_small(sizes)
    order = METHODS if is_small else ("occlusion", "integrated-gradients", "cam")
    wanted = options.why or METHODS
    return Extent(samples, images, sizes, tuple(method for method in order if method in wanted), is_small)


def _budget(options: Options) -> tuple[int, int]:
    """Multiply-adds beyond which it is done less thoroughly, and beyond which samples are left out."""
    if options.why_budget == "auto":
        return affording.USUAL_MACS, affording.STRETCH * affording.USUAL_MACS
    return int(options.why_budget), int(options.why_budget)


def _nothing(answers: PredictionsResult, why: str) -> WhyResult:
    return WhyResult("", answers.name, (), (), None, 0, False, missing=why)
