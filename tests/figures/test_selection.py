"""Sheets of some channels: every tile is where its number says, in order, and the number has room below it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from reportgen.document.sheets import NUMBER_HEIGHT, SHEET_LEFT, SHEET_TOP, ContactSheet, Mark
from reportgen.figures.mosaic import Label, Maps
from reportgen.figures.selection import numbered_sheet


def sheet(num: int = 20, height: int = 7, width: int = 7, **others: object) -> ContactSheet:
    maps = (10 + np.arange(num, dtype=np.uint8))[:, None, None].repeat(height, 1).repeat(width, 2)
    channels = tuple(500 - 3 * place for place in range(num))
    drawn = Maps(maps, channels=channels, total=512, **others)  # type: ignore[arg-type]
    return numbered_sheet(Label("some", "Some."), drawn)


@pytest.mark.parametrize("colormap", ["gray", "viridis"])
@pytest.mark.parametrize(
    ("num", "height", "width"), [(20, 7, 7), (64, 112, 112), (1, 5, 5), (16, 40, 200), (33, 64, 3), (16, 24, 24)]
)
def test_number_of_each_tile_stands_below_it_on_white(num: int, height: int, width: int, colormap: str) -> None:
    found = sheet(num, height, width, colormap=colormap)
    picture = np.asarray(Image.open(io.BytesIO(found.figure.data)).convert("RGB"))
    plain = np.asarray(Image.open(io.BytesIO(found.figure.data)))
    assert [channel for _, _, channel in found.tile_labels] == [500 - 3 * place for place in range(num)]
    for place, (x, y, _) in enumerate(found.tile_labels):
        column, row = (x - SHEET_LEFT) / found.scale, (y - SHEET_TOP) / found.scale
        assert picture[int(row), int(column)].tolist() == [255, 255, 255]
        # The map itself ends where the foot begins: there its own level stands.
        assert plain[int(row + 2 / found.scale) - found.number_px - 1, int(column)] == 10 + place
    assert found.number_px * found.scale >= NUMBER_HEIGHT - 1e-9
    assert found.tile_width_px * found.scale >= 20


def test_rows_and_columns_have_no_numbers_that_could_be_taken_for_channels() -> None:
    assert sheet().row_labels == sheet().column_labels == ()


def test_mark_of_a_channel_that_is_not_shown_is_left_out() -> None:
    found = sheet(marks=(Mark(500, "follows"), Mark(1, "broken")))
    assert found.marks == (Mark(500, "follows"),)
    assert len(found.frames) == 1


def test_tiles_of_one_number_keep_their_grey_lines() -> None:
    found = sheet(6, 24, 24, line=(1, 2, 3))
    picture = np.asarray(Image.open(io.BytesIO(found.figure.data)).convert("RGB"))
    assert picture[3, found.tile_width_px].tolist() == [1, 2, 3]
