"""The answers on all images, and their labels -> how often they are right, what is taken for what, how sure, and wrong.

Works on what `predictions` kept of each image: the class answered and its confidence. Only the images of the most
confident mistakes are read again.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from reportgen.evidence.performance import (
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
from reportgen.language.ties import Tie, first
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
NUM_MISTAKES = 8
_Labels = npt.NDArray[np.int64]


def run(subject: Subject, options: Options, progress: Progress = silent) -> PerformanceResult | None:
    """Score every output that answers with classes and has labels; None where there is none."""
    dataset, main = subject.dataset, subject.earlier.get("predictions")
    if dataset is None or main is None:
        return None
    labels = {main.name: dataset.labels, **dict(dataset.head_labels)}
    scored = [head for head in (main, *main.others) if head.hits is not None]
    heads = []
    with progress("Looking at the mistakes", total=len(scored)) as advance:
        for head in scored:
            names = dataset.class_names if head is main else ()
            heads.append(_scores_of(subject, main, head, labels.get(head.name), names, options.seed))
            advance()
    return PerformanceResult(tuple(heads)) if heads else None


def _scores_of(
    subject: Subject,
    main: PredictionsResult,
    head: PredictionsResult,
    labels: _Labels | None,
    names: tuple[str, ...],
    seed: int,
) -> HeadScores:
    hits, confidence = head.hits, head.confidence
    assert hits is not None, "only what has labels is scored"
    assert confidence is not None, "an answer with classes has one"
    is_number = confidence > 0 if head.answered is None else head.answered >= 0
    chosen, tie = most_confident(~hits & is_number, confidence, seed)
    table: tuple[Confusion, ...] = ()
    classes, calibrated, commonest, sureness = _by_count(head), None, None, None
    passed: tuple[Passing, ...] = ()
    if head.answered is not None and labels is not None:
        table = confusions(labels, head.answered)
        classes = by_class(table, names)
        calibrated = calibration(confidence[is_number], hits[is_number], seed)
        sureness = _sureness(confidence[is_number], hits[is_number])
        passed = passing(confidence[is_number], hits[is_number])
        commonest = _commonest(classes)
    return HeadScores(
        name=head.name,
        output=head.output,
        num_classes=max(head.shape[0] or 0, 2),
        right=_share(int(hits.sum()), head.num_images),
        among_five=None if head.places is None else share(int((head.places <= _FIRST_CLASSES).sum()), head.num_images),
        sureness=sureness,
        commonest=commonest,
        num_nonfinite=head.num_nonfinite,
        classes=classes,
        confusions=table,
        calibration=calibrated,
        num_mistakes=int((~hits & is_number).sum()),
        mistakes=samples.records(subject, main, [Picked(index, "wrong, and most confident") for index in chosen]),
        confidences=tuple(float(confidence[index]) for index in chosen),
        mistakes_tie=tie,
        seed=seed,
        passing=passed,
    )


def confusions(labels: _Labels, answered: _Labels) -> tuple[Confusion, ...]:
    """Count every pair of true class and answer that occurs.

    Args:
        labels: True class of every image, (size,).
        answered: Class answered, (size,); −1 where the answer is no number.
    """
    pairs, numbers = np.unique(np.stack([labels, answered]), axis=1, return_counts=True)
    return tuple(
        Confusion(label, None if answer < 0 else answer, number)
        for (label, answer), number in zip(pairs.T.tolist(), numbers.tolist(), strict=True)
    )


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


def calibration(confidence: Array, hits: Array, seed: int) -> Calibration | None:
    """Compare how confident answers are with how many of them are right; None without answers.

    The error cannot be below zero, so chance alone makes one: what chance makes is drawn from the bins, with each
    answer as often right as the mean confidence of its bin says.

    Args:
        confidence: Probability of each class answered, (answers,), 0..1.
        hits: Whether it is right, bool (answers).
        seed: Seed of the draws.

    Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", AAAI,
        for the expected calibration error in bins of equal width; Guo, Pleiss, Sun and Weinberger 2017, "On calibration
        of modern neural networks", ICML (arXiv:1706.04599), for classes and bins that are open below.
    """
    if not confidence.size:
        return None
    places = np.clip(np.ceil(confidence * NUM_BINS).astype(np.int64) - 1, 0, NUM_BINS - 1)
    totals = np.bincount(places, minlength=NUM_BINS)
    sums = np.bincount(places, weights=confidence, minlength=NUM_BINS)
    rights = np.bincount(places, weights=hits, minlength=NUM_BINS)
    error = float(np.abs(rights - sums).sum() / confidence.size)
    generator = np.random.default_rng([seed, _SEED_OF_DRAWS])
    means, seen = sums / np.maximum(totals, 1), rights / np.maximum(totals, 1)
    by_chance = _errors(totals, means, np.clip(means, 0.0, 1.0), generator)
    again = generator.multinomial(confidence.size, totals / confidence.size, NUM_DRAWS)
    high = float(np.quantile(_errors(again, means, seen, generator), 0.975))
    bins = tuple(
        Bin(place / NUM_BINS, (place + 1) / NUM_BINS, float(sums[place] / total) if total else None,
            share(int(rights[place]), total))
        for place, total in enumerate(totals.tolist())
    )  # fmt: skip
    return Calibration(
        bins=bins,
        right=_share(int(hits.sum()), int(confidence.size)),
        confidence=float(confidence.mean()),
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


def _sureness(confidence: Array, hits: Array) -> Sureness:
    sure = confidence > SURE_ABOVE
    return Sureness(
        SURE_ABOVE,
        *(share(int(hits[chosen].sum()), int(chosen.sum())) for chosen in (sure, ~sure)),
    )


def passing(confidence: Array, hits: Array) -> tuple[Passing, ...]:
    """Return what passing on all that is not above each of `BOUNDS` would catch, where that is some but not all.

    Args:
        confidence: Probability of each class answered, (answers,), 0..1.
        hits: Whether it is right, bool (answers).
    """
    found = []
    for bound in BOUNDS:
        kept = confidence > bound
        if kept.all() or not kept.any():
            continue
        caught = share(int((~hits & ~kept).sum()), int((~hits).sum()))
        found.append(Passing(bound, int((~kept).sum()), caught, share(int(hits[kept].sum()), int(kept.sum()))))
    return tuple(found)


def most_confident(wrong: Array, confidence: Array, seed: int) -> tuple[tuple[int, ...], Tie | None]:
    """Return the images of the most confident mistakes, and how many share the last place where not all of them do.

    Args:
        wrong: Whether each answer is a mistake, bool (images).
        confidence: How confident it is, (images). A softmax in float32 often says exactly 1.
        seed: Seed of the draw among equally confident ones.
    """
    places = np.flatnonzero(wrong).tolist()
    return first(places, NUM_MISTAKES, seed, key=lambda place: -float(confidence[place]))


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
