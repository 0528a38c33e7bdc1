"""Contact sheets in pieces: all rows, each once, whole, and one above the other."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from reportgen.document.sheets import HIGHEST_ON_PAPER, SHEET_TOP, ContactSheet, Mark, Piece
from reportgen.figures.mosaic import Label, Maps, contact_sheet
from reportgen.figures.selection import numbered_sheet

GREY = (90, 100, 110)


def sheet(channels: int, side: int = 14, **others: object) -> ContactSheet:
    """Map number c holds c everywhere."""
    levels = np.tile(np.arange(channels, dtype=np.uint8)[:, None, None], (1, side, side))
    return contact_sheet(Label("maps", "All maps."), Maps(levels, **others))  # type: ignore[arg-type]


def shown(piece: Piece) -> list[list[int]]:
    """The rows of pixels that a piece shows whole."""
    found = piece.sheet
    pixels = np.asarray(Image.open(io.BytesIO(found.figure.data)))
    _, top, _, height = piece.picture
    first, last = ((edge - SHEET_TOP) / found.scale for edge in (top, top + height))
    rows: list[list[int]] = pixels[int(np.ceil(first - 1e-6)) : int(last + 1e-6)].tolist()
    return rows


@pytest.mark.parametrize(("channels", "side", "pieces"), [(64, 14, 1), (80, 14, 2), (128, 14, 2), (2048, 7, 2)])
def test_high_sheet_has_two_pieces_with_each_row_in_one_of_them(channels: int, side: int, pieces: int) -> None:
    found = sheet(channels, side)
    parts = found.pieces
    assert [row for part in parts for row in part.rows] == list(range(found.rows))
    assert len(parts) == pieces
    assert parts[0].span[0] == 0
    assert parts[-1].span[1] == found.size[1]
    assert [part.span[1] for part in parts[:-1]] == [part.span[0] for part in parts[1:]]
    assert sum(part.size[1] * part.shrink for part in parts) <= HIGHEST_ON_PAPER + 1e-9
    for part in parts:
        pixels = np.array(shown(part))
        seen = set(pixels[:, 0].tolist())
        assert seen - {255} == {row * found.columns % 256 for row in part.rows} - {255}


def test_picture_of_a_piece_ends_where_no_pixel_of_the_next_row_is_near() -> None:
    for found in (sheet(128), sheet(2048, 7), sheet(128, 112)):
        upper, lower = found.pieces
        step = (found.tile_height_px + found.gap_px) * found.scale
        gap = found.gap_px * found.scale
        next_row = SHEET_TOP + len(upper.rows) * step
        ends, begins = upper.picture[1] + upper.picture[3], lower.picture[1]
        least = min(gap, 1.5 / upper.shrink)
        assert next_row - gap - 1e-9 <= ends <= next_row - least + 1e-9
        assert next_row - gap + least - 1e-9 <= begins <= next_row + 1e-9


def test_broad_gap_with_a_colour_goes_on_over_both_pieces() -> None:
    found = contact_sheet(Label("maps", "All maps."), Maps(np.zeros((128, 24, 24), np.uint8), line=GREY))
    upper, lower = found.pieces
    assert found.gap_px * found.scale * upper.shrink > 3
    assert upper.picture[1] + upper.picture[3] == pytest.approx(lower.picture[1])


def test_numbers_and_frames_stand_once_beside_the_rows_that_they_are_about() -> None:
    found = sheet(128, marks=(Mark(5, "follows"), Mark(120, "broken")))
    upper, lower = found.pieces
    assert upper.column_labels == found.column_labels
    assert lower.column_labels == lower.paper_column_labels == ()
    assert upper.row_labels + lower.row_labels == found.row_labels
    assert [number for _, number in lower.paper_row_labels] == [64, 80, 96, 112]
    assert [len(part.frames) for part in found.pieces] == [1, 1]
    assert upper.frames + lower.frames == found.frames
    chosen = numbered_sheet(Label("some", "Some."), Maps(np.zeros((96, 14, 14), np.uint8), channels=tuple(range(96))))
    assert [len(part.rows) for part in chosen.pieces] == [3, 3]
    assert sum((part.tile_labels for part in chosen.pieces), ()) == chosen.tile_labels
    ticked = replace(sheet(113), ticks=((0.0, "step 0"),))
    upper, lower = ticked.pieces
    assert (upper.tick_labels, upper.blank) == ((), None)
    assert (lower.tick_labels, lower.blank) == (ticked.tick_labels, ticked.blank)
    assert ticked.blank is not None


@pytest.mark.parametrize(("channel", "rows"), [(0, 4), (63, 3), (64, 4), (16 * 3, 3)])
def test_sheet_is_not_cut_below_a_frame(channel: int, rows: int) -> None:
    assert len(sheet(128, marks=(Mark(channel, "follows"),)).pieces[0].rows) == rows


def test_room_for_numbers_that_are_not_there_is_not_kept_on_paper() -> None:
    chosen = numbered_sheet(Label("some", "Some."), Maps(np.zeros((16, 14, 14), np.uint8), channels=tuple(range(16))))
    (piece,) = chosen.pieces
    assert (chosen.whole.span[0], piece.span[0]) == (0, SHEET_TOP - 4)


def test_text_alternative_says_which_rows_a_piece_has() -> None:
    found = sheet(128)
    assert [part.alt for part in found.pieces] == ["All maps. Rows 1 to 4 of 8.", "Rows 5 to 8 of 8 of the same maps."]
    assert found.whole.alt == "All maps."
    assert [part.alt for part in sheet(64).pieces] == ["All maps."]


@pytest.mark.parametrize(("channels", "side"), [(64, 14), (128, 14), (1000, 6), (2048, 7)])
def test_numbers_of_a_shrunk_sheet_can_be_read_and_have_room(channels: int, side: int) -> None:
    found = sheet(channels, side)
    across, down = found.number_lines
    for part in found.pieces:
        left, top, width, height = part.box
        assert part.letters * part.shrink >= 7
        assert across - 0.62 * part.letters * len(str(channels - 1)) >= left - 1e-9
        assert not part.is_first or down - 0.75 * part.letters >= top - 1e-9
        steps = [y for y, _ in part.paper_row_labels]
        assert all(after - before >= part.letters for before, after in pairwise(steps))
        assert left + width == pytest.approx(found.size[0])
        assert top + height == pytest.approx(part.span[1])
    assert found.whole.letters == 10.5
    # Four digits need a little more than the room beside a sheet.
    assert found.whole.box[0] == pytest.approx(0 if channels <= 1000 else 24 - 4 * 0.62 * 10.5)
    assert found.whole.box[1:] == (0, found.size[0] - found.whole.box[0], found.size[1])
