"""The answers on all images, and their labels -> how often they are right, what is taken for what, how sure, and wrong.

Works on what `predictions` counted: pairs of classes, answers by confidence, the most confident mistakes. Only the
images of these are read again.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from reportgen.evidence.confidences import Confidences, Counted
from reportgen.evidence.performance import (
    NUM_MISTAKES,
    Bin,
    Calibration,
    ClassAccuracy,
    Commonest,
    Confusion,
    HeadScores,
    Passing,
    PerformanceResult,
    Share,
    Sureness,
    share,
)
from reportgen.evidence.predictions import PredictionsResult
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes import samples
from reportgen.probes.predictions import class_name
from reportgen.probes.samples.picking import Picked
from reportgen.progress import Progress, silent

NEEDS = ("predictions",)
NUM_BINS = 10
NUM_DRAWS = 2000
SURE_ABOVE = 0.9
BOUNDS = (0.5, 0.7, 0.9, 0.99)
"""Confidences below which predictions could be passed to a person."""
_FIRST_CLASSES = 5
_SEED_OF_DRAWS = 8


def run(subject: Subject, options: Options, progress: Progress = silent) -> PerformanceResult | None:
    """Score every output that answers with classes and has labels; None where there is none."""
    dataset, main = subject.dataset, subject.earlier.get("predictions")
    if dataset is None or main is None:
        return None
    scored = [head for head in (main, *main.others) if head.right is not None]
    heads = []
    with progress("Looking at the mistakes", total=len(scored)) as advance:
        for head in scored:
            names = dataset.class_names if head is main else ()
            heads.append(_scores_of(subject, main, head, names, options.seed))
            advance()
    return PerformanceResult(tuple(heads)) if heads else None


def _scores_of(
    subject: Subject, main: PredictionsResult, head: PredictionsResult, names: tuple[str, ...], seed: int
) -> HeadScores:
    sure, right = head.sure, head.right
    assert sure is not None, "an answer with classes has a confidence"
    assert right is not None, "only what has labels is scored"
    chosen, keys, tie = sure.drawn_wrong.first(NUM_MISTAKES)
    table: tuple[Confusion, ...] = ()
    classes, calibrated, commonest, sureness = _by_count(head), None, None, None
    passed: tuple[Passing, ...] = ()
    if head.confusions is not None:
        table = confusions(head.confusions)
        classes = by_class(table, names)
        calibrated = calibration(sure, seed)
        sureness = Sureness(SURE_ABOVE, *(_right_of(each) for each in (sure.above(SURE_ABOVE), sure.up_to(SURE_ABOVE))))
        passed = passing(sure)
        commonest = _commonest(classes)
    among_five = None if head.places is None else share(int(head.places[:_FIRST_CLASSES].sum()), head.num_images)
    return HeadScores(
        name=head.name,
        output=head.output,
        num_classes=max(head.shape[0] or 0, 2),
        right=_share(right, head.num_images),
        among_five=among_five,
        sureness=sureness,
        commonest=commonest,
        num_nonfinite=head.num_nonfinite,
        classes=classes,
        confusions=table,
        calibration=calibrated,
        num_mistakes=sure.all().wrong,
        mistakes=samples.records(subject, main, [Picked(index, "wrong, and most confident") for index in chosen]),
        confidences=tuple(-key for key in keys),
        mistakes_tie=tie,
        seed=seed,
        passing=passed,
    )


def confusions(pairs: npt.NDArray[np.int64]) -> tuple[Confusion, ...]:
    """Return every pair of true class and answer that occurs, by their indices.

    Args:
        pairs: True class, class answered and number, (pairs, 3); −1 where the answer is no number.
    """
    return tuple(Confusion(label, None if answer < 0 else answer, number) for label, answer, number in pairs.tolist())


def _right_of(counted: Counted) -> Share | None:
    return share(counted.right, counted.total)


def by_class(table: tuple[Confusion, ...], names: tuple[str, ...]) -> tuple[ClassAccuracy, ...]:
    """Return recall and precision of every class that is true or answered anywhere, by index."""
    true: Counter[int] = Counter()
    given: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for cell in table:
        true[cell.label] += cell.number
        if cell.answered is not None:
            given[cell.answered] += cell.number
        if cell.answered == cell.label:
            right[cell.label] += cell.number
    return tuple(
        ClassAccuracy(
            index, class_name(names, index), share(right[index], true[index]), share(right[index], given[index])
        )
        for index in sorted({*true, *given})
    )


def calibration(sure: Confidences, seed: int) -> Calibration | None:
    """Compare how confident answers are with how many of them are right; None without answers.

    The error cannot be below zero, so chance alone makes one: what chance makes is drawn from the bins, with each
    answer as often right as the mean confidence of its bin says.

    Args:
        sure: Answers by their confidence.
        seed: Seed of the draws.

    Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", AAAI,
        for the expected calibration error in bins of equal width; Guo, Pleiss, Sun and Weinberger 2017, "On calibration
        of modern neural networks", ICML (arXiv:1706.04599), for classes and bins that are open below.
    """
    everything = sure.all()
    number = everything.total
    if not number:
        return None
    edges = [place / NUM_BINS for place in range(NUM_BINS + 1)]
    counted = [sure.above(low, high) if low else sure.up_to(high) for low, high in pairwise(edges)]
    totals = np.array([each.total for each in counted])
    sums = np.array([each.confidence for each in counted])
    rights = np.array([each.right for each in counted], np.float64)
    error = float(np.abs(rights - sums).sum() / number)
    generator = np.random.default_rng([seed, _SEED_OF_DRAWS])
    means, seen = sums / np.maximum(totals, 1), rights / np.maximum(totals, 1)
    by_chance = _errors(totals, means, np.clip(means, 0.0, 1.0), generator)
    again = generator.multinomial(number, totals / number, NUM_DRAWS)
    high = float(np.quantile(_errors(again, means, seen, generator), 0.975))
    bins = tuple(
        Bin(low, high, each.confidence / each.total if each.total else None, _right_of(each))
        for (low, high), each in zip(pairwise(edges), counted, strict=True)
    )
    return Calibration(
        bins=bins,
        right=_share(everything.right, number),
        confidence=everything.confidence / number,
        error=error,
        error_interval=(max(0.0, 2 * error - high), max(high, error)),
        error_by_chance=(float(np.median(by_chance)), float(np.quantile(by_chance, 0.975))),
        num_draws=NUM_DRAWS,
    )


def _errors(totals: Array, confidences: Array, shares: Array, generator: np.random.Generator) -> Array:
    """Draw predictions again, bin by bin, and return their calibration errors, float64 (draws,).

    Args:
        totals: Predictions of each bin: int64 (draws, bins), or (bins,) where every draw has as many.
        confidences: Mean confidence of each bin.
        shares: How often a prediction of each bin is right.
        generator: Where the draws come from.
    """
    drawn = np.broadcast_to(totals, (NUM_DRAWS, NUM_BINS))
    rights = generator.binomial(drawn, shares)
    return np.asarray(np.abs(rights - drawn * confidences).sum(axis=1) / np.maximum(drawn.sum(axis=1), 1))


def passing(sure: Confidences) -> tuple[Passing, ...]:
    """Return what passing on all that is not above each of `BOUNDS` would catch, where that is some but not all."""
    found = []
    for bound in BOUNDS:
        kept, passed = sure.above(bound), sure.up_to(bound)
        if kept.total and passed.total:
            caught = share(passed.wrong, sure.all().wrong)
            found.append(Passing(bound, passed.total, caught, _right_of(kept)))
    return tuple(found)


def _by_count(head: PredictionsResult) -> tuple[ClassAccuracy, ...]:
    """The classes of a multi-label output."""
    return tuple(
        ClassAccuracy(index, row.name, share(row.found, row.present), share(row.found, row.found + row.wrongly))
        for index, row in enumerate(head.counts)
    )


def _commonest(classes: tuple[ClassAccuracy, ...]) -> Commonest:
    known = [(each.name, each.recall.whole) for each in classes if each.recall]
    most = max(whole for _, whole in known)
    names = tuple(name for name, whole in known if whole == most)
    return Commonest(names, _share(most, sum(whole for _, whole in known)))


def _share(part: int, whole: int) -> Share:
    found = share(part, whole)
    assert found is not None, "data hold at least one image"
    return found
