"""Strips of patches and kernels: every pixel where it belongs, and outside the image what no pixel can be taken for."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen.document.report import Figure
from reportgen.evidence.responses import Patch
from reportgen.evidence.samples import Levels
from reportgen.figures import patches
from tests import made

OUTSIDE = {(0xD3, 0xE6, 0xEE), (0x7F, 0xA8, 0xBA)}
DRAW = np.random.default_rng(0)


def pixels(figure: Figure | None) -> npt.NDArray[np.uint8]:
    """Red, green, blue and opacity of every pixel."""
    assert figure is not None
    image = Image.open(io.BytesIO(figure.data))
    assert image.size == (figure.width_px, figure.height_px)
    return np.asarray(image.convert("RGBA"))


def patch(picture: Levels, inside: tuple[int, int, int, int] | None = None) -> Patch:
    return made.patch(picture=picture, inside=inside or (0, 0, *picture.shape[:2]))


def colours(levels: npt.NDArray[np.uint8]) -> set[tuple[int, ...]]:
    return set(map(tuple, levels.reshape(-1, levels.shape[-1])[:, :3].tolist()))


def test_small_patch_is_enlarged_and_what_lies_outside_is_hatched() -> None:
    picture = np.array([[7, 7, 7], [10, 20, 30], [40, 50, 60]], np.uint8)
    found = pixels(patches.strip("p", [patch(picture, (1, 0, 3, 3))], alt="One."))
    cell = found[:27, :27]
    assert colours(cell[:9]) == OUTSIDE
    for row in (1, 2):
        for column in range(3):
            block = cell[9 * row : 9 * row + 9, 9 * column : 9 * column + 9]
            assert colours(block) == {(picture[row, column],) * 3}


def test_patches_stand_in_nine_places_and_empty_ones_are_clear() -> None:
    pictures = [np.full((28, 28), level, np.uint8) for level in (10, 200)]
    found = pixels(patches.strip("p", [patch(picture) for picture in pictures], alt="Two."))
    assert found.shape == (28, 9 * 28 + 8 * 2, 4)
    assert colours(found[:, :28]) == {(10, 10, 10)}
    assert colours(found[:, 30:58]) == {(200, 200, 200)}
    assert set(found[:, :58, 3].ravel()) == {255}
    assert set(found[:, 58:, 3].ravel()) == {0}


@pytest.mark.parametrize("many", [16, 4096], ids=["palette", "more colours than a palette has"])
def test_colours_are_kept_exactly(many: int) -> None:
    picture = DRAW.integers(0, 256, (many, 3))[DRAW.integers(0, many, (32, 32))].astype(np.uint8)
    found = pixels(patches.strip("p", [patch(picture)] * 9, alt="Nine."))
    assert np.array_equal(found[:, :32, :3], picture)
    assert np.array_equal(found[:, -32:, :3], picture)


def test_of_a_large_patch_every_second_pixel_is_drawn() -> None:
    picture = DRAW.integers(0, 256, (64, 48), dtype=np.uint8)
    found = pixels(patches.strip("p", [patch(picture)], alt="One."))
    assert np.array_equal(found[:, :24, 0], picture[::2, ::2])
    assert np.array_equal(pixels(patches.strip("p", [patch(picture)], alt="One.", side=64))[:, :48, 0], picture)


def test_patches_without_pictures_are_no_strip() -> None:
    assert patches.strip("p", [made.patch(picture=None)], alt="None.") is None
    assert patches.strip("p", [], alt="None.") is None


def test_kernels_stand_side_by_side_with_a_line_between() -> None:
    several = DRAW.integers(0, 256, (2, 3, 3), dtype=np.uint8)
    found = pixels(patches.kernels("k", list(several), alt="Two."))
    assert found.shape == (12, 26, 4)
    assert np.array_equal(found[::4, :12:4, 0], several[0])
    assert np.array_equal(found[::4, 14::4, 0], several[1])
    assert colours(found[:, 12:14]) == {(0x0B, 0x5C, 0x7A)}


def test_strips_of_many_channels_stay_small() -> None:
    picture = (DRAW.random((3, 3)) * 255).astype(np.uint8)
    figure = patches.strip("p", [patch(picture)] * 9, alt="Nine.")
    assert figure is not None
    assert len(figure.data) < 400


@pytest.mark.parametrize(("inside", "outside"), [((0, 0, 9, 9), False), ((3, 3, 6, 6), True)])
def test_patch_that_lies_mostly_outside_is_cut_to_its_image(inside: tuple[int, int, int, int], outside: bool) -> None:
    picture = np.arange(81, dtype=np.uint8).reshape(9, 9)
    patch = made.patch(picture=picture, inside=inside)
    assert patches.is_mostly_outside(patch) is outside
    top, left, bottom, right = inside
    cut = patches.inside_only(patch)
    assert cut.picture is not None
    np.testing.assert_array_equal(cut.picture, picture[top:bottom, left:right])
    assert not patches.is_mostly_outside(cut)
