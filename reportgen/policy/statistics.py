"""Counts and a bound -> whether the bound holds beyond chance, and the interval that decides it.

A number that only lies on the right side of its bound proves little: a network that just meets the bound would pass in
about half of all runs. So a bound holds only where the whole interval lies on its right side, and it is broken only
where the whole interval lies on its wrong side; else these data cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from reportgen.document.difference import Bin

Decision = Literal["pass", "fail", "undecided"]
FEWEST_OF_A_MEAN = 30
"""Fewest numbers of which an interval of their mean is given."""
_NO_TILT = 1e-6
_STEPS = 60  # halvings, after which both ends of an interval are the same float


@dataclass(frozen=True, slots=True)
class CalibrationBounds:
    """An expected calibration error with what its data can tell of it.

    Attributes:
        error: The error, 0..1.
        low: Lower bound, by the basic bootstrap.
        high: Upper bound, by the percentile bootstrap.
        by_chance: What a perfectly calibrated network shows at most, on as many predictions with the same confidences,
            in all but a share alpha of the cases.
    """

    error: float
    low: float
    high: float
    by_chance: float


@dataclass(frozen=True, slots=True)
class Moments:
    """How numbers spread, one of each image.

    Attributes:
        count: How many there are, 1 or more.
        mean: Their mean.
        deviation: Their standard deviation.
        skewness: Their third central moment over the cube of that.
    """

    count: int
    mean: float
    deviation: float
    skewness: float


def at_least(part: int, whole: int, share: float) -> float:
    """Return the probability of `part` or more hits in `whole`, each with probability `share`.

    >>> round(at_least(9, 10, 0.5), 6), at_least(0, 10, 0.2), at_least(10, 10, 1.0)
    (0.010742, 1.0, 1.0)
    """
    if part <= 0:
        return 1.0
    return _upper(part, whole, share) if part > whole * share else 1.0 - _lower(part - 1, whole, share)


def at_most(part: int, whole: int, share: float) -> float:
    """Return the probability of `part` or fewer hits in `whole`, each with probability `share`.

    >>> round(at_most(1, 10, 0.5), 6), at_most(10, 10, 0.2), at_most(0, 10, 0.0)
    (0.010742, 1.0, 1.0)
    """
    if part >= whole:
        return 1.0
    return _lower(part, whole, share) if part < whole * share else 1.0 - _upper(part + 1, whole, share)


def exact_interval(part: int, whole: int, alpha: float) -> tuple[float, float]:
    """Return the exact interval of a share.

    Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
        binomial", Biometrika 26. Each end is found by halving the tail that `share` decides by, so that what is printed
        is what decides.

    Args:
        part: Hits, 0 to `whole`.
        whole: How many were counted, 1 or more.
        alpha: Probability of either tail: 0.025 for an interval of 95 %.

    >>> [round(end, 4) for end in exact_interval(88, 100, 0.025)]
    [0.7998, 0.9364]
    """
    value = part / whole
    low = _root(lambda share: at_least(part, whole, share) <= alpha, 0.0, value) if part else 0.0
    high = _root(lambda share: at_most(part, whole, share) > alpha, value, 1.0) if part < whole else 1.0
    return low, high


def share(part: int, whole: int, bound: float, alpha: float, alpha_fail: float | None = None) -> Decision:
    """Decide whether a share is at least a bound.

    Args:
        part: Hits.
        whole: How many were counted.
        bound: Least share, 0..1.
        alpha: Largest probability of passing with a share below the bound.
        alpha_fail: Largest probability of failing with a share at or above it; None for `alpha`. Where one of k shares
            is blamed, it is `alpha` / k.
    """
    if bound <= 0 or at_least(part, whole, bound) <= alpha:
        return "pass"
    return "fail" if at_most(part, whole, bound) <= (alpha if alpha_fail is None else alpha_fail) else "undecided"


def fewest_that_pass(bound: float, alpha: float) -> int | None:
    """Return how many counts it takes, all of them hits, to show that a share is at least a bound below 1.

    >>> [fewest_that_pass(bound, 0.025) for bound in (0.8, 0.9, 0.95, 0.99)]
    [17, 36, 72, 368]
    """
    if bound >= 1:
        return None
    return 1 if bound <= alpha else math.ceil(math.log(alpha) / math.log(bound) - 1e-12)


def calibration(bins: Sequence[Bin], alpha: float, draws: int = 2000, seed: int = 0) -> CalibrationBounds:
    """Return the expected calibration error of bins, with its bounds.

    Predictions are drawn anew from the bins: how many fall into each (multinomial), and how many of these are correct
    (binomial). A small error is estimated too high, because every bin misses by chance; the lower bound takes twice the
    error minus the upper quantile, which allows for that.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapters 13 (percentile) and 13.6 (basic).

    Args:
        bins: The bins that hold predictions, one or more.
        alpha: Probability of either tail.
        draws: How often predictions are drawn.
        seed: Seed of the draws.
    """
    generator = np.random.default_rng(seed)
    again, error = _drawn_errors(bins, draws, generator)
    counts, confidences = (np.array([getattr(each, name) for each in bins], float) for name in _OF_A_BIN[:2])
    calibrated = generator.binomial(counts.astype(int), np.clip(confidences, 0, 1), size=(draws, len(bins)))
    chance = np.abs(calibrated - counts * confidences).sum(axis=1) / counts.sum()
    high = float(np.quantile(again, 1 - alpha))
    return CalibrationBounds(error, max(0.0, 2 * error - high), high, float(np.quantile(chance, 1 - alpha)))


def calibration_growth(old: Sequence[Bin], new: Sequence[Bin], alpha: float, draws: int = 2000) -> tuple[float, float]:
    """Return the interval of the difference of two expected calibration errors, new minus old, −1..1.

    Predictions are drawn anew from the bins of both, as `calibration` does it, as of separate images: for the same
    images that is wide. Each end is the farther one of the percentile and of the basic bootstrap.

    Source: as for `calibration`.

    Args:
        old: The bins before that hold predictions, one or more.
        new: The bins now.
        alpha: Probability of either tail.
        draws: How often predictions are drawn.
    """
    generator = np.random.default_rng(0)
    (before, was), (now, is_) = (_drawn_errors(bins, draws, generator) for bins in (old, new))
    low, high = (float(each) for each in np.quantile(now - before, (alpha, 1 - alpha)))
    value = is_ - was
    return max(-1.0, min(low, 2 * value - high)), min(1.0, max(high, 2 * value - low))


def _drawn_errors(
    bins: Sequence[Bin], draws: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.float64], float]:
    """Calibration errors of predictions that are drawn anew from bins, and that of the bins themselves."""
    counts, confidences, right = (np.array([getattr(each, name) for each in bins], float) for name in _OF_A_BIN)
    total = int(counts.sum())
    drawn = generator.multinomial(total, counts / total, size=draws)
    again = np.abs(generator.binomial(drawn, right / counts) - drawn * confidences).sum(axis=1) / total
    return again, float(np.abs(right - counts * confidences).sum() / total)


def paired_interval(lost: int, gained: int, whole: int, alpha: float) -> tuple[float, float]:
    """Return the interval of the difference of two shares that were counted on the same images, new minus old.

    Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design", Statistics in Medicine 17: the roots of its score.

    Args:
        lost: Images that only the old one gets right.
        gained: Images that only the new one gets right.
        whole: All images, 1 or more.
        alpha: Probability of either tail.

    >>> [round(end, 3) for end in paired_interval(4, 9, 1000, 0.025)]
    [-0.002, 0.013]
    """
    z, difference = NormalDist().inv_cdf(1 - alpha), (gained - lost) / whole

    def score(shift: float) -> float:
        """How many standard deviations the data are from a true difference."""
        a, c = 2 * whole, -lost * shift * (1 - shift)
        b = -gained - lost + (2 * whole - gained + lost) * shift
        q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
        spread = math.sqrt(max(whole * (2 * q + shift * (1 - shift)), 0.0))
        far = gained - lost - whole * shift
        return math.copysign(math.inf, far) if not spread and far else far / spread if spread else 0.0

    low = _root(lambda shift: score(shift) >= z, -1.0, difference)
    high = _root(lambda shift: score(shift) > -z, difference, 1.0)
    return low, high


def mean_interval(spread: Moments, alpha: float) -> tuple[float, float] | None:
    """Return the interval of a mean, which allows for errors that are mostly small and sometimes large.

    The plain interval, mean and so many standard errors, is too short on the side of the long tail: of 100 numbers of
    an exponential distribution it ends below the true mean in 4 of 100 cases instead of 2.5.

    Source: Hall 1992, "On the removal of skewness by transformation", Journal of the Royal Statistical Society B 54:
        the cubic transformation of the studentised mean, and its inverse.

    Args:
        spread: The numbers.
        alpha: Probability of either tail.

    Returns:
        Both ends; None of fewer than `FEWEST_OF_A_MEAN` numbers, whose moments say too little.

    >>> [round(end, 2) for end in mean_interval(Moments(100, 1.0, 1.0, 0.0), 0.025)]
    [0.8, 1.2]
    >>> [round(end, 2) for end in mean_interval(Moments(100, 1.0, 1.0, 2.0), 0.025)]
    [0.83, 1.23]
    """
    if spread.count < FEWEST_OF_A_MEAN:
        return None
    z, root = NormalDist().inv_cdf(1 - alpha), math.sqrt(spread.count)
    tilt = spread.skewness / root

    def studentised(value: float) -> float:
        """What the studentised mean is where its transform has a value."""
        if abs(tilt) < _NO_TILT:
            return value
        inside = 1 + tilt * (value - tilt / 6)
        return 3 / tilt * (math.copysign(abs(inside) ** (1 / 3), inside) - 1)

    step = spread.deviation / root
    return spread.mean - step * studentised(z), spread.mean - step * studentised(-z)


def told(low: float, high: float, bound: float) -> tuple[str, str]:
    """Return both ends of an interval of shares in percent, with as many digits as tell them from a bound.

    >>> told(0.7998, 0.9364, 0.8)
    ('79.98', '93.64')
    """
    for digits in range(1, 6):
        written = [f"{100 * value:.{digits}f}" for value in (low, high)]
        if f"{100 * bound:.{digits}f}" not in written or bound in (low, high):
            break
    return written[0], written[1]


_OF_A_BIN = ("count", "confidence", "right")


def _upper(part: int, whole: int, share_: float) -> float:
    """At least so many, where that is more than are expected: the terms fall from there on."""
    return _tail(part, min(whole, part + _reach(whole)), whole, share_)


def _lower(part: int, whole: int, share_: float) -> float:
    return _tail(max(0, part - _reach(whole)), part, whole, share_)


def _reach(whole: int) -> int:
    """Beyond forty standard deviations there is nothing that a float could hold."""
    return 20 * math.isqrt(whole) + 50


def _tail(first: int, last: int, whole: int, share_: float) -> float:
    if share_ <= 0 or share_ >= 1:
        return float(first <= (whole if share_ >= 1 else 0) <= last)
    counts, ways = _ways(first, last, whole)
    terms = ways + counts * math.log(share_) + (whole - counts) * math.log1p(-share_)
    return min(1.0, math.fsum(np.exp(terms)))


@lru_cache(maxsize=8)
def _ways(first: int, last: int, whole: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Some counts, and the logarithm of the number of ways to choose each."""
    counts = range(first, last + 1)
    ways = [math.lgamma(whole + 1) - math.lgamma(count + 1) - math.lgamma(whole - count + 1) for count in counts]
    return np.array(counts, float), np.array(ways)


def _root(is_below: Callable[[float], bool], low: float, high: float) -> float:
    """Where a test that is true at the lower end stops being true."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
