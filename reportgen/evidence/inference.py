"""Counts and differences -> what can be concluded from them: exact tests, intervals, corrections for many tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

LEVEL = 0.005
"""Largest corrected p-value at which a pattern is claimed. A report looks for several kinds of patterns, each corrected
over all places: at half a percent each, one that has nothing to tell stays silent in more than 95 of 100 cases."""
Z = 1.959963984540054
"""97.5 % of a standard normal distribution lie below it."""


def mcnemar(gained: int, lost: int) -> float:
    """Return how likely it is that two equally good ways differ at least so much on the same images.

    An image that only one of them answers rightly then counts for either like the toss of a coin.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages",
        Psychometrika 12; exact and two-sided.

    >>> mcnemar(8, 0), mcnemar(3, 3), mcnemar(0, 0)
    (0.0078125, 1.0, 1.0)
    """
    total = gained + lost
    tail = sum(math.comb(total, count) for count in range(min(gained, lost) + 1))
    return float(min(1.0, 2 * tail / (1 << total)))


def paired_difference(gained: int, lost: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a difference of two shares that were counted on the same images, −1..1.

    Source: Agresti and Min 2005, "Simple improved confidence intervals for comparing matched proportions", Statistics
        in Medicine 24: Wald's interval after half an image was added to each of the four counts.

    Args:
        gained: Images that only the second way answers rightly.
        lost: Images that only the first way answers rightly.
        total: All images.

    >>> [round(bound, 3) for bound in paired_difference(2, 14, 100)]
    [-0.194, -0.042]
    """
    whole, more, less = total + 2, gained + 0.5, lost + 0.5
    difference = (more - less) / whole
    half = Z * math.sqrt(max(more + less - (more - less) ** 2 / whole, 0.0)) / whole
    return max(-1.0, difference - half), min(1.0, difference + half)


def mean_interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a mean, by the normal distribution; from minus to plus infinity for one value."""
    if len(values) < 2:
        return -math.inf, math.inf
    half = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    middle = float(values.mean())
    return middle - half, middle + half


def t_quantile(freedom: int) -> float:
    """Return what 97.5 % of Student's t distribution lie below.

    Source: Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 26.7.5; right to 0.001 from four degrees
        of freedom on.

    Args:
        freedom: Degrees of freedom, 4 or more.

    >>> [round(t_quantile(freedom), 3) for freedom in (4, 9, 100)]
    [2.776, 2.262, 1.984]
    """
    z, v = Z, float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )


def sign_flips(values: npt.NDArray[np.float64], number: int, generator: np.random.Generator) -> float:
    """Return how likely it is that a mean is as far from zero, if each value might as well have the other sign.

    Args:
        values: Paired differences, one per image.
        number: How many draws of signs.
        generator: Where they come from.

    Returns:
        The share of the draws that are as far, the values as they are counted among them.
    """
    if not len(values):
        return 1.0
    signs = generator.integers(0, 2, (number, len(values))) * 2 - 1
    means = np.abs(signs @ values) / len(values)
    return float((1 + (means >= abs(float(values.mean())) * (1 - 1e-12)).sum()) / (number + 1))


def detectable(values: npt.NDArray[np.float64], level: float) -> float:
    """Return the smallest mean that would be found on as many images, in four of five cases, if it were there.

    Args:
        values: Paired differences, one per image, two or more.
        level: The two-sided level that they are tested at.
    """
    normal = NormalDist()
    power = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(0.8)
    return power * float(values.std(ddof=1)) / math.sqrt(len(values))


def most_missed(number: int) -> float:
    """Return in what share of all images something may happen at most, with 95 % confidence, that happened in none.

    What happens in a share p of all images is missed by n of them in (1 − p)ⁿ.

    Args:
        number: On how many images it was looked for; of none, nothing is known.

    >>> round(most_missed(100), 4), most_missed(0)
    (0.0295, 1.0)
    """
    return float(1 - 0.05 ** (1 / number)) if number else 1.0


def fisher(part: int, size: int, marked: int, total: int) -> float:
    """Return how likely a group drawn at random holds at least so many of the marked ones.

    Source: Fisher 1935, "The logic of inductive inference", Journal of the Royal Statistical Society 98; one-sided.

    Args:
        part: Marked ones in the group.
        size: Size of the group.
        marked: Marked ones in all.
        total: How many there are in all.

    >>> fisher(3, 3, 4, 8), fisher(0, 3, 4, 8)
    (0.07142857142857142, 1.0)
    """
    whole = math.comb(total, size)
    ways = sum(
        math.comb(marked, count) * math.comb(total - marked, size - count)
        for count in range(max(part, size - (total - marked)), min(size, marked) + 1)
    )
    return ways / whole


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p-values so that the chance of any false finding among those at or below a level is at most the level.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

    >>> holm([0.01, 0.04, 0.03, 0.005])
    (0.03, 0.06, 0.06, 0.02)
    """
    found = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = highest
    return tuple(found)


def discovered(p_values: npt.NDArray[np.float64], level: float) -> npt.NDArray[np.bool_]:
    """Return which of several p-values stand, if a share `level` of those that do may be false.

    Source: Benjamini and Hochberg 1995, "Controlling the false discovery rate", J. R. Stat. Soc. B 57.
    """
    order = np.argsort(p_values, kind="stable")
    passed = np.flatnonzero(p_values[order] <= level * np.arange(1, len(order) + 1) / len(order))
    found = np.zeros(len(order), bool)
    found[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return found
