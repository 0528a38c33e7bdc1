"""Where the object is, and which maps follow it: against a brute force that really enlarges the maps."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.models.subject import Array
from reportgen.probes.activations.foreground import Target, find
from reportgen.records.model import LayerRecord
from tests import made

pytestmark = pytest.mark.keras


def plain(height: int = 8, width: int = 8, channels: int = 1, value: float = 0.0) -> Array:
    return np.full((height, width, channels), value, np.float64)


def test_bright_square_on_a_plain_background_is_found() -> None:
    image = plain()
    image[2:5, 3:6] = 1
    found = find(image)
    assert found.found
    assert found.share == 9 / 64
    expected = np.zeros((8, 8), np.uint8)
    expected[2:5, 3:6] = 255
    np.testing.assert_array_equal(found.mask, expected)
    assert "Otsu" in found.how


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (1.0, 0.0), (0.0, 255.0), (-1.0, 1.0)], ids=["bright", "dark", "0..255", "signed"]
)
def test_object_is_found_whatever_the_range(low: float, high: float) -> None:
    image = plain(value=low)
    image[2:5, 3:6] = high
    assert find(image).share == 9 / 64


def test_object_is_found_by_its_colour_alone() -> None:
    image = plain(channels=3, value=0.5)
    image[2:6, 2:6] = [1.0, 0.5, 0.0]
    assert find(image).share == 16 / 64


def test_soft_strokes_are_cut_where_the_two_groups_part() -> None:
    image = plain(12, 12)
    image[4:8, 4:8] = 0.9
    image[3, 4:8] = image[8, 4:8] = 0.1
    assert find(image).share == 16 / 144


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (plain(value=0.3), "has one colour only"),
        (np.indices((8, 8)).sum(axis=0)[..., None] % 2 * 1.0, "no plain background"),
        (np.pad(np.ones((30, 30)), 1)[..., None], r"covers 88% of the image"),
        (np.pad(np.ones((1, 1)), (10, 11))[..., None], r"covers 0% of the image"),
        (np.zeros((3, 8, 1)), "not a picture of finite numbers"),
        (np.full((8, 8, 1), np.nan), "not a picture of finite numbers"),
        (np.zeros((8, 8)), "only in pictures of height and width"),
        (np.zeros((4, 8, 8, 1)), "only in pictures of height and width"),
    ],
    ids=["one colour", "textured", "too large", "too small", "too flat", "NaN", "signal", "volume"],
)
def test_where_no_object_can_be_told_the_reason_is_said(image: Array, why: str) -> None:
    found = find(image)
    assert not found.found
    assert why in found.how
    assert found.share == 0.0
    assert not found.mask.any()


def enlarged(one: Array, pixels: tuple[int, int], call: LayerRecord) -> Array:
    """A map brought to the size of the input: first every row, then every column, between centres of fields."""
    places = []
    for axis, size in enumerate(pixels):
        if call.receptive_field and call.jump and call.padding:
            centres = [
                (call.receptive_field[axis] - 1) / 2 - call.padding[axis] + position * call.jump[axis]
                for position in range(one.shape[axis])
            ]
        else:
            block = size / one.shape[axis]
            centres = [block * position + (block - 1) / 2 for position in range(one.shape[axis])]
        places.append(centres)
    wide = np.stack([np.interp(np.arange(pixels[1]), places[1], row) for row in one])
    return np.stack([np.interp(np.arange(pixels[0]), places[0], column) for column in wide.T], axis=1)


@pytest.mark.parametrize(
    ("shape", "field", "jump", "padding"),
    [
        ((10, 10), (3, 3), (1, 1), (0, 0)),
        ((12, 12), (3, 3), (1, 1), (1, 1)),
        ((5, 4), (4, 6), (2, 3), (0, 1)),
        ((3, 3), (9, 9), (4, 4), (3, 3)),
        ((1, 1), (12, 12), (1, 1), (0, 0)),
        ((24, 24), (2, 2), (0.5, 0.5), (0, 0)),
        ((4, 6), None, None, None),
    ],
    ids=["valid", "same", "strided", "deep", "one position", "upsampled", "no field"],
)
def test_correlation_is_that_of_maps_really_enlarged(
    shape: tuple[int, int],
    field: tuple[int, int] | None,
    jump: tuple[float, float] | None,
    padding: tuple[int, int] | None,
) -> None:
    generator = np.random.default_rng(7)
    mask = np.zeros((12, 12), np.uint8)
    mask[3:8, 4:9] = 255
    maps = generator.normal(size=(*shape, 3)) + 5
    call = made.layer("conv", receptive_field=field, jump=jump, padding=padding)
    scores = Target(mask).follow(maps, call)
    for channel in range(3):
        big = enlarged(maps[..., channel], (12, 12), call)
        if np.ptp(big) < 1e-9:
            assert np.isnan(scores[channel])
        else:
            expected = np.corrcoef(big.ravel(), mask.ravel() > 0)[0, 1]
            assert scores[channel] == pytest.approx(expected, abs=1e-9)


def test_correlation_of_a_map_of_many_rows_is_that_of_the_map_really_enlarged() -> None:
    generator = np.random.default_rng(1)
    mask = np.zeros((90, 120), np.uint8)
    mask[20:60, 30:100] = 255
    # More values than are worked on at one time, and a channel that could spoil its neighbours.
    maps = generator.normal(size=(61, 53, 24)).astype(np.float32)
    maps[10, 10, 3] = np.nan
    maps[40, 20, 5] = np.inf
    call = made.layer("conv", receptive_field=(5, 7), jump=(1.5, 2), padding=(2, 3))
    scores = Target(mask).follow(maps, call)
    for channel in set(range(24)) - {3, 5}:
        big = enlarged(maps[..., channel].astype(np.float64), mask.shape, call)
        expected = np.corrcoef(big.ravel(), mask.ravel() > 0)[0, 1]
        assert scores[channel] == pytest.approx(expected, abs=1e-9)


def test_constant_map_follows_nothing() -> None:
    maps = np.stack([np.full((4, 4), 3.0), np.zeros((4, 4)), np.eye(4)], axis=-1)
    mask = np.eye(4, dtype=np.uint8)
    scores = Target(mask).follow(maps, made.layer("conv", receptive_field=(1, 1)))
    assert np.isnan(scores).tolist() == [True, True, False]
    assert scores[2] == pytest.approx(1.0)


def test_correlation_stays_within_one() -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[2:6, 2:6] = 255
    maps = np.stack([mask / 255, -(mask / 255), 3 * (mask / 255) + 7], axis=-1)
    assert np.abs(Target(mask).follow(maps, made.layer("conv", receptive_field=(1, 1)))).max() <= 1
