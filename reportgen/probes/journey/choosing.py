"""The samples with what is known of them -> the one that is followed; all answers -> the images at either end."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.evidence.journey import NUM_EXTREMES
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import Explanation, WhyResult
from reportgen.models.subject import Subject
from reportgen.probes import samples as looking
from reportgen.probes.samples.picking import Picked


def travelling(samples: Sequence[SampleRecord], why: object) -> tuple[SampleRecord, str]:
    """Choose the sample that is followed.

    It is correct, the explanation of its answer is supported, and painting over what is outlined takes most of it away;
    where there is no such, it is the surest correct one; where nothing is known to be correct, the surest.

    Args:
        samples: The samples, one at least.
        why: What the probe of that name found, if it ran.

    Returns:
        The sample, and why it was chosen, as `JourneyResult.reason` says it.
    """
    explained = {one.sample: one for one in why.explanations} if isinstance(why, WhyResult) else {}
    right = [sample for sample in samples if sample.correct]
    falls = [(_fall(explained.get(sample.index)), sample) for sample in right]
    supported = [(fall, sample) for fall, sample in falls if fall is not None]
    if supported:
        return max(supported, key=lambda pair: pair[0])[1], "supported"
    sure = [sample for sample in right or samples if sample.answers]
    if not sure or (not right and all(sample.answered is None for sample in sure)):
        return samples[0], "first"
    return max(sure, key=lambda sample: sample.answers[0].value), "surest"


def _fall(one: Explanation | None) -> float | None:
    """How much of an answer is lost without what is outlined; None where that is not supported."""
    if one is None or one.outline is None or one.main is None or one.main.verdict is None:
        return None
    return one.main.verdict.whole - one.outline.left if one.main.verdict.word == "supported" else None


def extremes(subject: Subject, found: PredictionsResult) -> tuple[tuple[SampleRecord, ...], tuple[float, ...]]:
    """Return images of a model without known classes: the largest errors, or the surest and the least sure answers.

    Args:
        subject: The model and the data.
        found: The answers to all images.

    Returns:
        The images and the error or the confidence of each; nothing where classes are known, and where neither is.
    """
    if found.errors is not None:
        chosen, keys, _ = found.errors.largest.first(NUM_EXTREMES)
        reasons = ["largest error"] * len(chosen)
        measures = [-key for key in keys]
    elif found.right is None and found.sure is not None and found.num_images > 1:
        half = min(NUM_EXTREMES // 2, found.sure.above(0.0).total // 2)
        surest, high, _ = found.sure.drawn_wrong.first(half)
        leaving = {place: -key for place, key in zip(surest, high, strict=True)}
        least, low, _ = found.sure.drawn_least.first(half, leaving)
        chosen = (*surest, *least)
        reasons = ["surest"] * len(surest) + ["least sure"] * len(least)
        measures = [*(-key for key in high), *low]
    else:
        return (), ()
    picked = [Picked(index, reason) for index, reason in zip(chosen, reasons, strict=True)]
    return looking.records(subject, found, picked), tuple(measures)
