"""Numbers of every image and channel, against slow sums over all positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.evidence import lots
from reportgen.probes.watching.reducing import PerImage
from reportgen.probes.watching.reducing import per_image as reduced

NAN, INF = float("nan"), float("inf")
SHAPES = [(3, 676, 32), (64, 49, 8), (2, 7, 5), (1, 1, 3), (4, 13 * 17, 40), (2, 12544, 3), (2, 100, 1500), (1, 997, 2)]


def per_image(values: Any, seed: int = 0, worth: Any = None) -> PerImage:
    return reduced(values, lots.of_images(seed, np.arange(len(values))), worth)


def is_highest(values: Any, position: Any) -> bool:
    """Whether every map has its maximum at the place that was found."""
    there = np.take_along_axis(values, position[:, None], axis=1)[:, 0]
    return bool((there == values.max(axis=1)).all())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["signed", "rectified", "in steps"])
def test_numbers_are_those_of_all_positions(shape: tuple[int, int, int], kind: str) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values = values if kind == "signed" else np.maximum(values, 0)
    values = np.round(values) if kind == "in steps" else values
    found, whole = per_image(values), values.astype(np.float64)
    np.testing.assert_array_equal(found.count, np.full((shape[0], shape[2]), shape[1]))
    np.testing.assert_array_equal(found.maximum, values.max(axis=1))
    np.testing.assert_array_equal(found.minimum, values.min(axis=1))
    np.testing.assert_array_equal(found.positive, (values > 0).sum(axis=1))
    assert is_highest(values, found.position)
    once = (values == values.max(axis=1, keepdims=True)).sum(axis=1) == 1
    np.testing.assert_array_equal(found.position[once], values.argmax(axis=1)[once])
    np.testing.assert_allclose(found.mean, whole.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(found.squares, whole.var(axis=1) * shape[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.level, np.maximum(whole, 0).mean(axis=1), atol=1e-5)
    assert not found.num_nan.any()
    assert not found.num_infinite.any()


def test_variance_is_not_lost_to_a_large_mean() -> None:
    values = np.random.default_rng(0).normal(10_000, 0.1, (2, 5000, 4)).astype(np.float32)
    found, whole = per_image(values), values.astype(np.float64)
    np.testing.assert_allclose(found.squares / 5000, whole.var(axis=1), rtol=1e-3)
    np.testing.assert_allclose(found.mean, whole.mean(axis=1), rtol=1e-6)


def test_places_are_looked_for_only_where_a_maximum_is_worth_it() -> None:
    values = np.zeros((2, 9, 2), np.float32)
    values[0, 5] = [1, 3]
    values[1, 7] = [2, 1]
    assert per_image(values, worth=lambda maximum: maximum > 1.5).position.tolist() == [[0, 5], [7, 0]]


PLACES = np.array([3, 200, 640, 700, 996])


@pytest.mark.parametrize("broken", [False, True], ids=["numbers", "beside a NaN"])
@pytest.mark.parametrize("channels", [1, 40, 1500])
def test_of_equal_places_each_is_drawn_as_often(channels: int, broken: bool) -> None:
    values = np.zeros((400, 997, 1), np.float32)
    values[:, PLACES] = 6
    wide = np.zeros((4, 997, channels), np.float32)
    wide[:, PLACES] = 6
    if broken:
        values[0, 0], wide[0, 0] = np.nan, np.nan
    drawn = per_image(values).position[:, 0]
    counts = [(drawn == place).sum() for place in PLACES]
    assert sum(counts) == 400
    # Each of five has 80 of 400 on average; its standard deviation is 8.
    assert min(counts) > 80 - 5 * 8
    # All channels, however many there are, draw alike: copies meet at the same places.
    np.testing.assert_array_equal(per_image(wide).position, np.repeat(drawn[:4, None], channels, axis=1))


def test_another_seed_draws_other_places() -> None:
    values = np.zeros((50, 100, 1), np.float32)
    values[:, 10:] = 1
    one, again, other = (per_image(values, seed).position for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).mean() > 0.8


def test_map_of_one_value_has_its_highest_anywhere() -> None:
    values = np.full((300, 40, 3), 2.5, np.float32)
    drawn = per_image(values).position
    assert (drawn == drawn[:, :1]).all()
    assert set(drawn.ravel().tolist()) == set(range(40))
    values[0, 0, 0] = np.nan
    np.testing.assert_array_equal(per_image(values).position[1:], drawn[1:])


def test_values_that_are_no_numbers_are_counted_and_left_out() -> None:
    values = np.array([[[1.0, NAN], [NAN, NAN], [3.0, NAN], [-INF, INF]]], np.float32)
    found = per_image(values)
    assert (found.num_nan.tolist(), found.num_infinite.tolist(), found.count.tolist()) == ([[1, 3]], [[1, 1]], [[2, 0]])
    assert (found.mean[0, 0], found.squares[0, 0], found.level[0, 0], found.positive[0, 0]) == (2.0, 2.0, 2.0, 2)
    assert (found.minimum[0, 0], found.maximum[0, 0], found.position[0, 0]) == (1.0, 3.0, 2)
    assert (found.minimum[0, 1], found.maximum[0, 1], found.mean[0, 1]) == (INF, -INF, 0.0)


def test_numbers_too_large_for_sums_in_single_precision_have_their_mean() -> None:
    values = np.full((1, 300, 1), 3e38, np.float32)
    values[0, 0] = 0
    found = per_image(values)
    assert found.mean[0, 0] == pytest.approx(float(np.float32(3e38)) * 299 / 300)
    assert found.num_infinite[0, 0] == 0
