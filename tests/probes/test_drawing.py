"""What is drawn of arrays of any number of axes, and how much of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from reportgen.evidence.grids import Grid
from reportgen.probes.activations.drawing import (
    MOST_CURVES,
    MOST_POINTS,
    MOST_SLICES,
    block_max,
    drawn_blocks,
    picture,
    sample,
)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ([[[0.0], [0.5]], [[0.25], [1.0]]], [[0, 128], [64, 255]]),
        ([[[0.0], [0.5]]], [[0, 128]]),
        ([[[0.0], [51.0]]], [[0, 51]]),
        ([[[-1.0], [1.0], [0.0]]], [[0, 255, 128]]),
        ([[[0.0], [510.0]]], [[0, 255]]),
        ([[[0.2, 0.4, 0.6]]], [[[51, 102, 153]]]),
        ([[[0.2, 0.4]]], [[51]]),
        ([[0.0], [1.0], [0.6]], [0, 255, 153]),
        ([[[[0.0], [0.2]]], [[[0.4], [1.0]]]], [[[0, 51]], [[102, 255]]]),
        ([[[np.nan], [1.0]]], [[0, 255]]),
    ],
    ids=["unit", "dark unit", "bytes", "signed", "large", "colour", "2 channels", "strip", "slices", "NaN"],
)
def test_image_is_brought_to_bytes_in_its_usual_range(image: Any, expected: Any) -> None:
    found = picture(np.array(image))
    assert found.dtype == np.uint8
    assert found.tolist() == expected


def test_picture_of_one_value_is_not_divided_by_zero() -> None:
    assert picture(np.full((2, 2, 1), -3.0)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    "sizes",
    [
        (1,),
        (1280,),
        (1281,),
        (16_000,),
        (8, 24, 24),
        (17, 24, 24),
        (400, 8, 8),
        (5, 24, 24),
        (3, 512, 512),
        (7, 9, 64, 64),
    ],
)
def test_what_is_drawn_fits_the_page_and_is_no_smaller_than_it_must_be(sizes: tuple[int, ...]) -> None:
    blocks = drawn_blocks(sizes)
    drawn = [math.ceil(size / block) for size, block in zip(sizes, blocks, strict=True)]
    slices = math.prod(drawn[:-2])
    assert slices <= MOST_SLICES
    assert slices * drawn[-1] <= MOST_POINTS + slices
    if math.prod(sizes[:-2]) <= MOST_SLICES and math.prod(sizes[:-2]) * sizes[-1] <= MOST_POINTS:
        assert set(blocks) == {1}


def test_block_shows_the_highest_of_its_neighbours() -> None:
    values = np.array([1, 9, 2, 3, 8, 4, 7], np.uint8)
    assert block_max(values, (3,)).tolist() == [9, 8, 7]


def test_blocks_of_a_volume_are_those_of_a_slow_loop() -> None:
    values = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 2)).astype(np.uint8)
    found = block_max(values, (2, 1, 3))
    assert found.shape == (3, 6, 3, 2)
    for d, h, w, c in np.ndindex(found.shape):
        assert found[d, h, w, c] == max(
            values[z, h, x, c] for z in range(2 * d, min(2 * d + 2, 5)) for x in range(3 * w, min(3 * w + 3, 7))
        )


def test_picture_is_drawn_as_it_is() -> None:
    image = np.arange(12.0).reshape(3, 4, 1) / 11
    levels, grid, signal = sample(image, ("height", "width"))
    np.testing.assert_array_equal(levels, picture(image))
    assert (grid, signal) == (None, None)


def test_short_signal_keeps_every_value() -> None:
    image = np.random.default_rng(0).normal(size=(400, 2))
    _, grid, signal = sample(image, ("position",))
    assert grid == Grid(("position",), (400,), (1,))
    assert signal is not None
    assert (signal.length, signal.block) == (400, 1)
    np.testing.assert_array_equal(signal.low, image.T)
    np.testing.assert_array_equal(signal.high, image.T)


def test_long_signal_is_a_band_from_the_lowest_to_the_highest_of_each_block() -> None:
    image = np.random.default_rng(0).normal(size=(16_000, 1))
    image[9_999] = 50.0
    image[123] = np.nan
    _, grid, signal = sample(image, ("position",))
    assert signal is not None
    assert grid is not None
    assert grid.blocks == (13,)
    assert (signal.block, signal.low.shape) == (25, (1, 640))
    for point in range(640):
        block = image[25 * point : 25 * point + 25, 0]
        assert (signal.low[0, point], signal.high[0, point]) == (np.nanmin(block), np.nanmax(block))
    assert signal.high.max() == 50.0


def test_signal_of_many_channels_is_drawn_as_strips() -> None:
    image = np.random.default_rng(0).random((30, MOST_CURVES + 1))
    levels, _, signal = sample(image, ("position",))
    assert signal is None
    np.testing.assert_array_equal(levels, np.rint(image.T * 255))


def test_row_of_values_is_one_curve() -> None:
    _, grid, signal = sample(np.array([3.0, 1.0, 2.0]), ("value",))
    assert grid == Grid(("value",), (3,), (1,))
    assert signal is not None
    assert signal.low.tolist() == [[3.0, 1.0, 2.0]]


@pytest.mark.parametrize("channels", [1, 3])
def test_volume_is_drawn_slice_by_slice(channels: int) -> None:
    volume = np.random.default_rng(0).random((4, 5, 6, channels))
    levels, grid, _ = sample(volume, ("depth", "height", "width"))
    assert grid == Grid(("depth", "height", "width"), (4, 5, 6), (1, 1, 1))
    np.testing.assert_array_equal(levels.reshape(volume.shape), np.rint(volume * 255))


def test_deep_volume_is_drawn_in_slabs() -> None:
    volume = np.zeros((64, 5, 6, 1))
    volume[[3, 17, 63], 1, 2] = 1.0
    levels, grid, _ = sample(volume, ("depth", "height", "width"))
    assert grid is not None
    assert (grid.blocks, levels.shape) == ((4, 1, 1), (16, 5, 6))
    assert [slab for slab in range(16) if levels[slab, 1, 2]] == [0, 4, 15]


def test_film_of_volumes_keeps_its_steps_apart() -> None:
    levels, grid, _ = sample(np.zeros((3, 10, 8, 8, 1)), ("time", "depth", "height", "width"))
    assert grid is not None
    assert (grid.blocks, levels.shape) == ((1, 2, 1, 1), (15, 8, 8))
