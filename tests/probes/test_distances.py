"""What stays of errors: against the errors themselves, and the same for any cut of the data."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.probes.predictions import distances
from reportgen.probes.predictions.distances import Distances, exact_sum

Array = npt.NDArray[Any]


def counted(sums: Array, rows: Array | None = None, counts: Array | None = None) -> Distances:
    """The errors of images by their sums over one value each, or over more."""
    places = np.arange(len(sums)) if rows is None else rows
    found = Distances(8, 0)
    found.add(places, sums[places], (np.ones(len(sums), int) if counts is None else counts)[places])
    return found


def assert_same(one: Distances, other: Distances) -> None:
    states = one.state(), other.state()
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        np.testing.assert_array_equal(states[0][name], states[1][name], err_msg=name)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 200), st.integers(0, 99), st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_any_cut_leaves_the_same(size: int, seed: int, cuts: list[int], folded: bool) -> None:
    draw = np.random.default_rng(seed)
    sums = np.where(draw.uniform(size=size) < 0.3, 0.25, draw.lognormal(0, 4, size))
    order, joined = draw.permutation(size), Distances(8, 0)
    ends = [0, *sorted(min(cut, size) for cut in cuts), size]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(distances, "MOST_BINS", 20)
        for start, end in pairwise(ends):
            rows = np.sort(order[start:end])
            if folded:
                joined.fold(counted(sums, rows).state())
            else:
                joined.add(rows, sums[rows], np.ones(len(rows), int))
        whole = counted(sums)
    assert_same(joined, whole)
    assert len(whole.bins) <= 20


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_few_errors_have_the_quantiles_and_moments_of_numpy(size: int) -> None:
    sums = np.random.default_rng(size).lognormal(0, 1, size)
    found = counted(sums).result()
    assert found.spread is not None
    assert found.spread == tuple(float(each) for each in np.quantile(sums, (0.5, 0.95, 1.0)))
    assert found.moments is not None
    assert found.moments.count == size
    assert found.moments.mean == pytest.approx(sums.mean(), rel=1e-14)
    deviation = sums.std(ddof=1) if size > 1 else 0.0
    assert found.moments.deviation == pytest.approx(deviation, rel=1e-12)
    skewness = (((sums - sums.mean()) / deviation) ** 3).mean() if size > 1 else 0.0
    assert found.moments.skewness == pytest.approx(skewness, abs=1e-9)
    assert [-key for key in found.largest.keys] == sorted(sums.tolist(), reverse=True)[:8]


@pytest.mark.parametrize("spread", [0.01, 1.0, 6.0])
def test_of_many_errors_the_quantiles_are_right_to_three_digits(spread: float) -> None:
    sums = np.random.default_rng(0).lognormal(0, spread, 200_000)
    whole = counted(sums)
    found = whole.result()
    assert whole.shift > 0
    assert found.spread is not None
    assert found.spread == pytest.approx(np.quantile(sums, (0.5, 0.95, 1.0)).tolist(), rel=5e-4)
    assert found.spread[2] == sums.max()


def test_equal_errors_do_not_spread_however_many_they_are() -> None:
    found = counted(np.full(1001, 0.1)).result()
    assert found.moments is not None
    assert (found.moments.mean, found.moments.deviation, found.moments.skewness) == (0.1, 0.0, 0.0)
    assert found.spread == (0.1, 0.1, 0.1)


def test_error_of_an_image_is_its_mean_and_that_of_all_is_over_all_values() -> None:
    found = counted(np.array([3.0, 2.0, 0.0]), counts=np.array([3, 1, 0]))
    result = found.result()
    assert found.mean_error() == 5 / 4
    assert result.moments is not None
    assert (result.moments.count, result.moments.mean) == (2, 1.5)
    assert result.largest.indices.tolist() == [1, 0]


def test_without_a_number_nothing_is_known() -> None:
    found = counted(np.array([0.0, math.inf]), counts=np.array([0, 1]))
    assert found.mean_error() is None
    assert (found.result().moments, found.result().spread) == (None, None)


@given(st.lists(st.floats(0, 1e308, allow_nan=False), max_size=20))
def test_sum_is_that_of_exact_fractions(values: list[float]) -> None:
    expected = sum(int(numerator) * 2**1127 // int(denominator) for numerator, denominator in map(
        float.as_integer_ratio, values
    ))  # fmt: skip
    assert exact_sum(np.array(values, np.float64)) == expected


def test_tiny_and_huge_errors_leave_finite_figures() -> None:
    found = counted(np.array([5e-324, 1e-300, 1e308, 1.5e308])).result()
    assert found.moments is not None
    assert found.moments.mean == pytest.approx(6.25e307)
    assert np.isfinite(found.moments.skewness)
