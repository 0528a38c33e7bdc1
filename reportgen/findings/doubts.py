"""Answers under several scalings of pixel values -> doubts about the one in use."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from reportgen.evidence import Evidence
from reportgen.evidence.inference import LEVEL
from reportgen.evidence.scaling import ScaledAnswers, ScalingResult
from reportgen.language.numerals import number, p_value, percent, plural
from reportgen.language.vocabulary import words
from reportgen.records.data import Doubt

_FEWEST_IMAGES = 10
# Training stops pulling at a network's scores once its probabilities are near 1. A scaling that is wrong by a factor of
# 255 multiplies the scores by about as much: nearly all answers saturate, while the right scaling leaves some unsure.
_SATURATED = 0.9
_LESS_SATURATED = 0.1
_FARTHER = 10
_ONE_ANSWER = 0.95
_SEVERAL_ANSWERS = 0.8
# Confidence on a scale from 0 (guessing) to 1 (certain), so that it means the same for any number of classes.
_SURE = 0.3
_HARDLY_SURE = 0.1
_SAME = 0.05
_NOT_CERTAIN = 0.9
_UNLIKELY = 0.1
_ABOUT = 0.05


def doubts(scaling: ScalingResult | None, said: tuple[Doubt, ...] = ()) -> tuple[Doubt, ...]:
    """Return what speaks against the scaling in use: what was measured first, then what was said before.

    Three things are measured, each against every other scaling that does not answer fewer images rightly (by more than
    chance allows):

    - the true classes are more probable: the paired change of the log-probability is beyond chance, and no fewer images
      are answered rightly;
    - answers that are nearly all saturated, while another scaling, with values ten times as small, is less saturated
      and still sure;
    - answers that are all the same at the same probability, or hardly surer than guessing (though right, where labels
      are known), while another scaling, with values ten times as large, gives several and is sure.

    Args:
        scaling: What was measured, or None.
        said: What the model and the values themselves say; dropped where labels show that it does not hold.
    """
    if scaling is None:
        return said
    used, *others = scaling.ways
    worse = {other.way for other in others if _is_worse(other)}
    said = tuple(doubt for doubt in said if doubt.other not in worse)
    rules: tuple[Callable[[ScaledAnswers, ScaledAnswers, ScalingResult], str], ...] = (_fits_better, _saturated, _faint)
    for rule in rules:
        reasons = [(other, rule(used, other, scaling)) for other in others if other.way not in worse]
        found = [(other, reason) for other, reason in reasons if reason]
        if found:
            best, reason = _best(found, scaling)
            return (Doubt(best.way, reason), *(doubt for doubt in said if doubt.other != best.way))
    return said


def in_doubt(evidence: Evidence) -> str:
    """Return the sentence that stands beside every number that a doubt about the scaling touches, or ""."""
    found = doubts(evidence.scaling, evidence.dataset.doubts if evidence.dataset else ())
    return f"In doubt: the {words(evidence.model).samples} may be scaled wrongly." if found else ""


def _is_worse(other: ScaledAnswers) -> bool:
    return _differs(other) and (other.gain or 0.0) < 0


def _differs(other: ScaledAnswers) -> bool:
    return other.p_value is not None and other.p_value < LEVEL


def _best(found: list[tuple[ScaledAnswers, str]], scaling: ScalingResult) -> tuple[ScaledAnswers, str]:
    """Return the one to compare with first: about as right as any, not doubtful beside these, and about the surest."""
    most = max(other.right or 0 for other, _ in found)
    left = [pair for pair in found if (pair[0].right or 0) >= most - _ABOUT * scaling.num_images]
    sound = [
        pair
        for pair in left
        if not any(_saturated(pair[0], other, scaling) or _faint(pair[0], other, scaling) for other, _ in left)
    ]
    surest = max(other.confidence for other, _ in sound or left)
    return next(pair for pair in sound or left if pair[0].confidence >= surest - _ABOUT)


def _fits_better(used: ScaledAnswers, other: ScaledAnswers, scaling: ScalingResult) -> str:
    if not _differs(other) or used.right is None or other.right is None or _is_worse(other):
        return ""
    if other.gain is None or other.gain_interval is None or (other.gained or 0) < (other.lost or 0):
        return ""
    low, high = (number(exp(end), 3) for end in other.gain_interval)
    return (
        f"Of {plural(scaling.num_images, 'image')}, {number(used.right)} are classified correctly with the scaling in"
        f" use ({used.way}) and {number(other.right)} with {other.way}; {number(other.gained or 0)} only with the"
        f" latter, {number(other.lost or 0)} only with the former. With the latter, the true class is"
        f" {number(exp(other.gain), 3)} times as probable (geometric mean, each at its best temperature; 95 % interval"
        f" {low} to {high}; {p_value(other.p_value or 0.0, scaling.num_trials)} by paired sign flips, corrected for"
        f" {plural(len(scaling.ways) - 1, 'other scaling')})."
    )


def _saturated(used: ScaledAnswers, other: ScaledAnswers, scaling: ScalingResult) -> str:
    if not (
        scaling.num_images >= _FEWEST_IMAGES
        and used.saturated >= _SATURATED
        and other.saturated <= used.saturated - _LESS_SATURATED
        and _span(other) * _FARTHER <= _span(used)
        and other.commonest <= _ONE_ANSWER
        and _sureness(other, scaling) >= _SURE
    ):
        return ""
    right = "" if used.right is None or other.right is None else _right(used.right, other.right, scaling)
    return (
        f"With the scaling in use ({used.way}), {percent(used.saturated)} of the predictions have a probability above"
        f" 99.99 %; with {other.way}, {percent(other.saturated)} have, at a mean probability of"
        f" {percent(other.confidence)}. Values that are too large have this effect{right}."
    )


def _right(now: int, then: int, scaling: ScalingResult) -> str:
    return f", though about as many are correct: {number(now)} and {number(then)} of {number(scaling.num_images)}"


def _faint(used: ScaledAnswers, other: ScaledAnswers, scaling: ScalingResult) -> str:
    if not (
        scaling.num_images >= _FEWEST_IMAGES
        and _span(used) * _FARTHER <= _span(other)
        and other.commonest <= _SEVERAL_ANSWERS
        and _sureness(other, scaling) >= _SURE
    ):
        return ""
    now = f"With the scaling in use ({used.way}),"
    then = (
        f"with {other.way} there are {plural(other.num_answered, 'different prediction')}, at a mean probability of"
        f" {percent(other.confidence)}. Values that are too small have this effect."
    )
    # Images of one class get one answer too, but not at one probability, unless that is near 1.
    same = used.commonest >= _ONE_ANSWER and used.spread <= _SAME and used.confidence <= _NOT_CERTAIN
    if same and (used.right is None or _seems_better(other)):
        return (
            f"{now} {percent(used.commonest)} of the images get the same prediction, always at about"
            f" {percent(used.confidence)} probability; {then}"
        )
    share = None if used.right is None else used.right / scaling.num_images
    if _sureness(used, scaling) <= _HARDLY_SURE and (share is None or _above_guessing(share, scaling) >= _SURE):
        right = (
            f", though {number(used.right)} of {number(scaling.num_images)} are correct" if share is not None else ""
        )
        return (
            f"{now} the predictions are hardly more confident than guesses, at a mean probability of"
            f" {percent(used.confidence)}{right}; {then}"
        )
    return ""


def _seems_better(other: ScaledAnswers) -> bool:
    """Tell whether it makes true classes more probable, as chance alone does in one of ten cases at most."""
    return other.p_value is not None and other.p_value < _UNLIKELY and (other.gain or 0.0) > 0


def _sureness(way: ScaledAnswers, scaling: ScalingResult) -> float:
    return _above_guessing(way.confidence, scaling)


def _above_guessing(share: float, scaling: ScalingResult) -> float:
    """Bring a share to the scale on which guessing among the classes is 0 and certainty 1."""
    guess = 1 / scaling.num_classes
    return (share - guess) / (1 - guess) if scaling.num_classes > 1 else 0.0


def _span(way: ScaledAnswers) -> float:
    return way.high - way.low
