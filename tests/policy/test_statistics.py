"""Bounds that hold, are broken, or cannot be told: against sums in whole numbers, published figures and simulation."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.document.difference import Bin
from reportgen.policy import statistics


def exactly(counts: range, whole: int, share: Fraction) -> Fraction:
    """A tail of a binomial in whole numbers."""
    return sum(
        (math.comb(whole, each) * share**each * (1 - share) ** (whole - each) for each in counts), start=Fraction(0)
    )


@pytest.mark.parametrize("share", [Fraction(1, 50), Fraction(1, 2), Fraction(19, 20)])
@pytest.mark.parametrize("whole", [1, 7, 60])
def test_tails_are_those_of_whole_numbers(whole: int, share: Fraction) -> None:
    for part in range(whole + 1):
        expected = exactly(range(part, whole + 1), whole, share)
        assert statistics.at_least(part, whole, float(share)) == pytest.approx(float(expected), rel=1e-10)
        expected = exactly(range(part + 1), whole, share)
        assert statistics.at_most(part, whole, float(share)) == pytest.approx(float(expected), rel=1e-10)


def test_the_interval_is_where_its_tails_are_alpha() -> None:
    low, high = statistics.exact_interval(9650, 10_000, 0.025)
    assert statistics.at_least(9650, 10_000, low) == pytest.approx(0.025, rel=1e-6)
    assert statistics.at_most(9650, 10_000, high) == pytest.approx(0.025, rel=1e-6)
    assert statistics.exact_interval(0, 10, 0.025)[0] == 0
    assert statistics.exact_interval(10, 10, 0.025) == pytest.approx((0.025 ** (1 / 10), 1.0))


def test_the_interval_of_a_million_is_found() -> None:
    half = 1.96 * math.sqrt(0.965 * 0.035 / 1_000_000)
    found = statistics.exact_interval(965_000, 1_000_000, 0.025)
    assert found == pytest.approx((0.965 - half, 0.965 + half), abs=2e-6)


# Pass, fail and undecided at the bound 0.95 by exact enumeration, two figures each.
@pytest.mark.parametrize(
    ("whole", "true", "passed", "failed"),
    [(200, 0.97, 0.15, 0.0), (1000, 0.97, 0.88, 0.0), (1000, 0.96, 0.29, 0.0), (500, 0.93, 0.0, 0.46)],
)
def test_how_often_a_bound_is_decided(whole: int, true: float, passed: float, failed: float) -> None:
    found = {"pass": 0.0, "fail": 0.0, "undecided": 0.0}
    for part in range(int(whole * 0.85), whole + 1):
        chance = statistics.at_least(part, whole, true) - statistics.at_least(part + 1, whole, true)
        found[statistics.share(part, whole, 0.95, 0.025)] += chance
    assert found["pass"] == pytest.approx(passed, abs=0.006)
    assert found["fail"] == pytest.approx(failed, abs=0.006)


@pytest.mark.parametrize("bound", [0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("whole", [34, 100, 400])
def test_a_model_that_just_meets_its_bound_seldom_passes_and_seldom_fails(whole: int, bound: float) -> None:
    wrong = {"pass": 0.0, "fail": 0.0, "undecided": 0.0}
    for part in range(whole + 1):
        chance = statistics.at_least(part, whole, bound) - statistics.at_least(part + 1, whole, bound)
        wrong[statistics.share(part, whole, bound, 0.025)] += chance
    assert wrong["pass"] <= 0.025
    assert wrong["fail"] <= 0.025


def test_a_bound_of_nothing_holds_of_anything() -> None:
    assert statistics.share(0, 5, 0.0, 0.025) == "pass"


def test_one_of_many_classes_is_blamed_at_a_smaller_chance() -> None:
    assert statistics.share(70, 100, 0.8, 0.025) == "fail"
    assert statistics.share(70, 100, 0.8, 0.025, alpha_fail=0.0025) == "undecided"


def calibrated(count: int, generator: np.random.Generator, shift: float = 0.0) -> list[Bin]:
    """Bins of predictions that are right as often as they say, or less often by a shift."""
    confidences = generator.uniform(0.5, 1, count)
    right = generator.random(count) < confidences - shift
    places = np.minimum((confidences * 10).astype(int), 9)
    return [
        Bin(int((places == place).sum()), float(confidences[places == place].mean()), int(right[places == place].sum()))
        for place in np.unique(places)
    ]


def test_the_calibration_error_of_a_calibrated_network_is_what_chance_shows() -> None:
    generator = np.random.default_rng(1)
    bounds = [statistics.calibration(calibrated(1000, generator), 0.025, draws=400) for _ in range(60)]
    above = sum(each.error > each.by_chance for each in bounds)
    assert above <= 6  # 2.5 % are expected
    assert all(each.high >= each.error for each in bounds)


def test_a_large_calibration_error_lies_within_its_bounds() -> None:
    generator = np.random.default_rng(2)
    bounds = [statistics.calibration(calibrated(1000, generator, 0.1), 0.025, draws=400) for _ in range(60)]
    held = sum(each.low <= 0.1 <= each.high for each in bounds)
    assert held >= 54


def test_bounds_of_a_calibration_error_repeat() -> None:
    bins = [Bin(40, 0.7, 25), Bin(60, 0.95, 58)]
    assert statistics.calibration(bins, 0.025) == statistics.calibration(bins, 0.025)
    assert statistics.calibration(bins, 0.025).error == pytest.approx((abs(25 - 28) + abs(58 - 57)) / 100)


def test_an_interval_of_a_mean_allows_for_a_long_tail() -> None:
    generator = np.random.default_rng(5)
    below = above = plainly = 0
    for _ in range(2000):
        drawn = generator.exponential(1.0, 100)
        deviation = float(drawn.std(ddof=1))
        skewness = float((((drawn - drawn.mean()) / deviation) ** 3).mean())
        ends = statistics.mean_interval(statistics.Moments(100, float(drawn.mean()), deviation, skewness), 0.025)
        assert ends is not None
        below, above = below + (ends[1] < 1), above + (ends[0] > 1)
        plainly += drawn.mean() + 1.96 * deviation / 10 < 1
    # 50 each are expected.
    assert below < 80 < plainly
    assert above < 80


def test_there_is_no_interval_of_a_mean_of_few_numbers() -> None:
    assert statistics.mean_interval(statistics.Moments(29, 1.0, 0.1, 0.0), 0.025) is None
    assert statistics.mean_interval(statistics.Moments(30, 1.0, 0.0, 0.0), 0.025) == (1.0, 1.0)


# Pairs that were counted on 1,000 images: lost, won, and the interval in points, from runs of other code.
@pytest.mark.parametrize(
    ("lost", "gained", "low", "high"),
    [(5, 10, -0.3, 1.4), (115, 12, -12.5, -8.3), (6, 16, 0.1, 2.1), (0, 0, -0.4, 0.4)],
)
def test_the_paired_interval_is_that_of_tango(lost: int, gained: int, low: float, high: float) -> None:
    found = statistics.paired_interval(lost, gained, 1000, 0.025)
    assert [round(100 * end, 1) for end in found] == [low, high]


def test_the_paired_interval_covers_the_truth() -> None:
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        lost, gained, _ = generator.multinomial(200, (0.02, 0.06, 0.92))
        low, high = statistics.paired_interval(int(lost), int(gained), 200, 0.025)
        held += low <= 0.04 <= high
    assert held >= 276  # 285 are expected


@pytest.mark.parametrize(
    ("low", "high", "bound", "said"),
    [(0.5, 0.6, 0.9, ("50.0", "60.0")), (0.89996, 0.95, 0.9, ("89.996", "95.000"))],
)
def test_ends_have_the_digits_that_tell_them_from_the_bound(
    low: float, high: float, bound: float, said: tuple[str, str]
) -> None:
    assert statistics.told(low, high, bound) == said


def _binned(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> list[Bin]:
    place = np.clip(np.ceil(confidence * 10).astype(int) - 1, 0, 9)
    return [
        Bin(int(mine.sum()), float(confidence[mine].mean()), int(right[mine].sum()))
        for mine in (place == each for each in range(10))
        if mine.any()
    ]


def test_a_calibration_that_just_grew_by_its_bound_seldom_passes_and_seldom_fails() -> None:
    draws = np.random.default_rng(7)
    passed = failed = 0
    for _ in range(300):
        bins = []
        for error in (0.03, 0.06):
            confidence = np.clip(1 - 0.9 * draws.beta(0.6, 6, 600), error, 1)
            bins.append(_binned(confidence, draws.random(600) < confidence - error))
        low, high = statistics.calibration_growth(bins[0], bins[1], 0.025, draws=300)
        passed, failed = passed + (high <= 0.03), failed + (low > 0.03)
    # 2.5 % each, and three deviations of so few runs.
    assert max(passed, failed) <= 300 * 0.025 + 3 * math.sqrt(300 * 0.025)


def test_the_growth_of_a_calibration_turns_round_with_its_sides_and_is_none_of_the_same() -> None:
    old, new = [Bin(800, 0.9, 700), Bin(200, 0.5, 90)], [Bin(900, 0.95, 600), Bin(100, 0.5, 50)]
    low, high = statistics.calibration_growth(old, new, 0.025)
    back = statistics.calibration_growth(new, old, 0.025)
    assert back == pytest.approx((-high, -low), abs=0.005)
    # 800 · |0.875 − 0.9| + 200 · |0.45 − 0.5| = 30, and 900 · |2/3 − 0.95| = 255, of 1,000.
    assert low < 0.255 - 0.03 < high
    same = statistics.calibration_growth(old, old, 0.025)
    assert same[0] < 0 < same[1]
