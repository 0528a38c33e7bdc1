"""Answers under several scalings of pixel values -> doubts about the one in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reportgen.records import Doubt
from reportgen.templating import number, percent, plural

CHANCE = 0.01
"""Differences that chance alone makes more often than this are none."""
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
_HALF_SURE = 0.5
_HARDLY_SURE = 0.1
_ABOUT_AS_SURE = 0.05


@dataclass(frozen=True, slots=True)
class ScaledAnswers:
    """The model's answers on some images, their values brought to its range in one way.

    Attributes:
        way: The way, as after `--preprocess`.
        low: Lowest value that the model got.
        high: Highest value that it got.
        right: How many were answered rightly; None where no true classes are known.
        confidence: Mean of the largest probability, 0..1.
        saturated: Share of images whose largest probability is above 0.9999, 0..1.
        num_answered: How many different classes were answered.
        commonest: Share of images that got the commonest answer, 0..1.
        gained: How many images are right this way and wrong in the way in use; None where that cannot be said.
        lost: How many are wrong this way and right in the way in use.
        p_value: How likely a difference of `gained` and `lost` as large as this one is by chance alone, 0..1 (exact
            McNemar test, two-sided).
    """

    way: str
    low: float
    high: float
    right: int | None
    confidence: float
    saturated: float
    num_answered: int
    commonest: float
    gained: int | None = None
    lost: int | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """The same images put to the model under each scaling that makes sense for their values.

    Attributes:
        num_images: How many images.
        num_classes: How many classes the model tells apart.
        ways: The answers each way; the way in use first.
    """

    num_images: int
    num_classes: int
    ways: tuple[ScaledAnswers, ...]


def doubts(scaling: ScalingResult | None, said: tuple[Doubt, ...] = ()) -> tuple[Doubt, ...]:
    """Return what speaks against the scaling in use: what was measured first, then what was said before.

    Three things are measured, each against every other scaling that does not answer fewer images rightly (by more than
    chance allows):

    - more right answers: exact McNemar test on the images that only one of the two answers rightly, p below 0.01;
    - answers that are nearly all saturated, while another scaling, with values ten times as small, is less saturated
      and still sure;
    - answers that are all the same, or right but hardly surer than guessing, while another scaling, with values ten
      times as large, gives several and is sure.

    Args:
        scaling: What was measured, or None.
        said: What the model and the values themselves say; dropped where labels show that it does not hold.
    """
    if scaling is None:
        return said
    used, *others = scaling.ways
    rules: tuple[Callable[[ScaledAnswers, ScaledAnswers, ScalingResult], str], ...] = (_more_right, _saturated, _faint)
    for rule in rules:
        reasons = [(other, rule(used, other, scaling)) for other in others if not _is_worse(other)]
        found = [(other, reason) for other, reason in reasons if reason]
        if found:
            best, reason = _best(found)
            return (Doubt(best.way, reason), *(doubt for doubt in said if doubt.other != best.way))
    worse = {other.way for other in others if _is_worse(other)}
    return tuple(doubt for doubt in said if doubt.other not in worse)


def _is_worse(other: ScaledAnswers) -> bool:
    return _differs(other) and (other.lost or 0) > (other.gained or 0)


def _differs(other: ScaledAnswers) -> bool:
    return other.p_value is not None and other.p_value < CHANCE


def _best(found: list[tuple[ScaledAnswers, str]]) -> tuple[ScaledAnswers, str]:
    """Return the one with the most right answers; of equals the surest, and of about as sure ones the first."""
    most = max(other.right or 0 for other, _ in found)
    left = [pair for pair in found if (pair[0].right or 0) == most]
    surest = max(other.confidence for other, _ in left)
    return next(pair for pair in left if pair[0].confidence >= surest - _ABOUT_AS_SURE)


def _more_right(used: ScaledAnswers, other: ScaledAnswers, scaling: ScalingResult) -> str:
    if not _differs(other) or used.right is None or other.right is None or _is_worse(other):
        return ""
    return (
        f"Of {plural(scaling.num_images, 'image')}, {number(used.right)} are answered rightly as they are scaled now "
        f"({used.way}) and {number(other.right)} with {other.way}: {number(other.gained or 0)} only then, "
        f"{number(other.lost or 0)} only now. Equally good scalings differ so much with a probability of "
        f"{number(other.p_value or 0.0)} (exact McNemar test)."
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
        f"As the images are scaled now ({used.way}), {percent(used.saturated)} of the answers have a probability above"
        f" 99.99 %; with {other.way} it is {percent(other.saturated)}, at a mean probability of"
        f" {percent(other.confidence)}. Values that are too large look like that{right}."
    )


def _right(now: int, then: int, scaling: ScalingResult) -> str:
    return f", though right answers hardly differ: {number(now)} and {number(then)} of {number(scaling.num_images)}"


def _faint(used: ScaledAnswers, other: ScaledAnswers, scaling: ScalingResult) -> str:
    if not (
        scaling.num_images >= _FEWEST_IMAGES
        and _span(used) * _FARTHER <= _span(other)
        and other.commonest <= _SEVERAL_ANSWERS
        and _sureness(other, scaling) >= _SURE
        and (used.right is None or (other.right or 0) > used.right or _is_right_though_unsure(used, scaling))
    ):
        return ""
    then = (
        f"with {other.way} there are {plural(other.num_answered, 'different answer')} at {percent(other.confidence)}. "
        "Values that are too small look like that."
    )
    if used.commonest >= _ONE_ANSWER and _sureness(used, scaling) <= _HALF_SURE:
        return (
            f"As the images are scaled now ({used.way}), {percent(used.commonest)} of them get one and the same answer,"
            f" at a mean probability of {percent(used.confidence)}; {then}"
        )
    if _is_right_though_unsure(used, scaling):
        return (
            f"As the images are scaled now ({used.way}), {number(used.right or 0)} of {number(scaling.num_images)} are"
            f" answered rightly, but hardly surer than by guessing: at a mean probability of"
            f" {percent(used.confidence)}; {then}"
        )
    return ""


def _is_right_though_unsure(used: ScaledAnswers, scaling: ScalingResult) -> bool:
    share = (used.right or 0) / scaling.num_images
    return _above_guessing(share, scaling) >= _SURE and _sureness(used, scaling) <= _HARDLY_SURE


def _sureness(way: ScaledAnswers, scaling: ScalingResult) -> float:
    return _above_guessing(way.confidence, scaling)


def _above_guessing(share: float, scaling: ScalingResult) -> float:
    """Bring a share to the scale on which guessing among the classes is 0 and certainty 1."""
    guess = 1 / scaling.num_classes
    return (share - guess) / (1 - guess) if scaling.num_classes > 1 else 0.0


def _span(way: ScaledAnswers) -> float:
    return way.high - way.low
