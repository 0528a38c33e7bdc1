"""Heat strips and rows of slices, point by point."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen.document.sheets import SHEET_LEFT, SHEET_WIDTH, ContactSheet, Mark
from reportgen.evidence.grids import Grid
from reportgen.figures.mosaic import Label, Maps
from reportgen.figures.strips import HIGHEST_SHEET, lay_out, reduced, sheets, side_by_side, slices_of

Levels = npt.NDArray[np.uint8]


def signal(length: int, block: int = 1) -> Grid:
    return Grid(("position",), (length,), (block,))


def volume(*sizes: int, axes: tuple[str, ...] = ("depth", "height", "width")) -> Grid:
    return Grid(axes, sizes, (1,) * len(sizes))


def drawn(maps: Levels, grid: Grid, highest: float = HIGHEST_SHEET, **others: object) -> tuple[ContactSheet, ...]:
    layout = lay_out(len(maps), grid, highest)
    captions = tuple("Maps." for _ in layout.parts(len(maps)))
    return sheets(Label("maps", "Maps."), Maps(maps, **others), layout, captions)  # type: ignore[arg-type]


def pixels(sheet: ContactSheet) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(sheet.figure.data)))


def noise(*shape: int) -> Levels:
    return np.random.default_rng(0).integers(0, 250, shape).astype(np.uint8)


def tile(sheet: ContactSheet, place: int) -> npt.NDArray[np.uint8]:
    row, column = divmod(place, sheet.columns)
    top, left = row * (sheet.tile_height_px + sheet.gap_px), column * (sheet.tile_width_px + sheet.gap_px)
    return pixels(sheet)[top : top + sheet.tile_height_px, left : left + sheet.tile_width_px]


@pytest.mark.parametrize(
    ("channels", "length"), [(1, 1), (8, 7), (8, 99), (24, 400), (60, 1280), (100, 640), (300, 320)]
)
def test_strip_shows_every_position_equally_wide_and_several_pixels_high(channels: int, length: int) -> None:
    maps = noise(channels, length)
    (sheet,) = drawn(maps, signal(length))
    for channel in (0, channels // 2, channels - 1):
        rows = tile(sheet, channel)
        assert (rows == rows[0]).all()
        wide = sheet.tile_width_px // length
        np.testing.assert_array_equal(rows[0], maps[channel].repeat(wide))
    assert sheet.tile_height_px * sheet.scale >= 4
    assert sheet.image_size[0] == pytest.approx(SHEET_WIDTH)
    assert sheet.image_size[1] <= HIGHEST_SHEET + 20


def test_strips_of_more_points_than_the_page_show_the_highest_of_their_neighbours() -> None:
    maps = noise(200, 1000)
    layout = lay_out(200, signal(8000, 8))
    assert (layout.columns, layout.shrink, layout.grid.blocks) == (4, (4,), (32,))
    (sheet,) = drawn(maps, signal(8000, 8))
    np.testing.assert_array_equal(tile(sheet, 77)[0], maps[77].reshape(250, 4).max(axis=1))


def test_positions_are_named_below_a_strip_where_they_are() -> None:
    (sheet,) = drawn(noise(3, 400), signal(400))
    assert [text for _, _, text, _ in sheet.tick_labels] == ["position 0", "100", "200", "300"]
    # Position 200 has its middle at 200.5 of 400 positions over 640 pixels.
    assert sheet.tick_labels[2][0] == pytest.approx(SHEET_LEFT + 640 * 200.5 / 400)
    assert sheet.tick_labels[0][0] == SHEET_LEFT
    assert sheet.tick_labels[0][1] > 18 + sheet.image_size[1]


def test_positions_of_a_reduced_strip_are_those_of_the_signal() -> None:
    (sheet,) = drawn(noise(3, 1231), signal(16_000, 13))
    assert [text for _, _, text, _ in sheet.tick_labels] == ["position 0", "5000", "10000", "15000"]
    assert sheet.tick_labels[2][0] == pytest.approx(SHEET_LEFT + 640 * 10_000.5 / (1231 * 13))


def test_rows_of_strips_are_numbered_where_there_is_room() -> None:
    few, many = drawn(noise(8, 50), signal(50))[0], drawn(noise(500, 50), signal(50))[0]
    assert [number for _, number in few.row_labels] == list(range(8))
    assert few.column_labels == ()
    assert [number for _, number in many.row_labels] == list(range(0, 500, 8))
    assert [number for _, number in many.column_labels] == [0, 1, 2, 3]
    places = [y for y, _ in many.row_labels]
    assert min(np.diff(places)) >= 11


@pytest.mark.parametrize(
    ("channels", "grid"), [(1200, signal(40)), (300, volume(8, 12, 12)), (100, volume(16, 60, 60))]
)
def test_sheets_go_on_until_every_channel_is_shown(channels: int, grid: Grid) -> None:
    shown = drawn(noise(channels, *grid.sizes), grid, marks=(Mark(channels - 1, "broken"),))
    assert len(shown) > 1
    assert [channel for sheet in shown for channel in sheet.channels] == list(range(channels))
    assert [sheet.figure.name for sheet in shown[:2]] == ["maps", "maps-2"]
    assert all(sheet.image_size[1] <= HIGHEST_SHEET + 20 for sheet in shown)
    assert [len(sheet.marks) for sheet in shown] == [0] * (len(shown) - 1) + [1]
    assert shown[-1].frames
    assert shown[-1].row_labels[0][1] == shown[-1].channels[0]


@pytest.mark.parametrize(("channels", "sizes"), [(1, (1, 5, 5)), (8, (8, 24, 24)), (16, (6, 10, 12)), (64, (3, 5, 5))])
def test_slices_lie_in_order_with_a_line_between(channels: int, sizes: tuple[int, int, int]) -> None:
    maps = noise(channels, *sizes)
    shown = drawn(maps, volume(*sizes))
    (sheet,) = shown
    row = tile(sheet, channels - 1)
    depth, height, width = sizes
    line = (row.shape[1] - depth * width) // max(depth - 1, 1)
    for place in range(depth):
        left = place * (width + line)
        np.testing.assert_array_equal(row[:, left : left + width], maps[channels - 1, place])
        if place + 1 < depth:
            assert line >= 1
            assert (row[:, left + width : left + width + line] == 255).all()
    # Maps stand farther apart than their slices.
    assert sheet.gap_px > line
    assert sheet.tile_height_px == height


def test_time_steps_are_named_below_their_pictures() -> None:
    (sheet,) = drawn(noise(4, 5, 24, 24), volume(5, 24, 24, axes=("time", "height", "width")))
    assert [text for _, _, text, _ in sheet.tick_labels] == ["step 0", "1", "2", "3", "4"]
    step = 25 * sheet.scale
    middles = [SHEET_LEFT + place * step + 12 * sheet.scale for place in range(1, 5)]
    assert [x for x, *_ in sheet.tick_labels][1:] == pytest.approx(middles, abs=1)


def test_slabs_are_named_by_their_first_slice() -> None:
    (sheet,) = drawn(noise(1, 16, 8, 8), Grid(("depth", "height", "width"), (64, 8, 8), (4, 1, 1)))
    assert [text for _, _, text, _ in sheet.tick_labels][:3] == ["slice 0", "4", "8"]


def test_steps_of_a_film_of_volumes_are_named_once() -> None:
    grid = Grid(("time", "depth", "height", "width"), (3, 4, 8, 8), (1, 1, 1, 1))
    (sheet,) = drawn(noise(1, 3, 4, 8, 8), grid)
    assert [text for _, _, text, _ in sheet.tick_labels] == ["step 0", "1", "2"]


def test_large_slices_show_the_highest_of_their_neighbours() -> None:
    maps = noise(2, 4, 400, 400)
    layout = lay_out(2, volume(4, 400, 400))
    assert layout.shrink == (1, 2, 2)
    (sheet,) = drawn(maps, volume(4, 400, 400))
    expected = maps[1, 0].reshape(200, 2, 200, 2).max(axis=(1, 3))
    np.testing.assert_array_equal(tile(sheet, 1)[:, :200], expected)


def test_highest_level_gives_way_to_the_gap_in_a_palette() -> None:
    (sheet,) = drawn(np.full((1, 10), 255, np.uint8), signal(10), colormap="viridis")
    assert tuple(Image.open(io.BytesIO(sheet.figure.data)).convert("RGB").getpixel((0, 0))) == (253, 231, 37)  # type: ignore[arg-type]
    (slices,) = drawn(np.full((1, 2, 4, 4), 255, np.uint8), volume(2, 4, 4), colormap="viridis")
    page = np.asarray(Image.open(io.BytesIO(slices.figure.data)).convert("RGB"))
    assert [tuple(page[0, x]) for x in (0, 4)] == [(253, 231, 37), (255, 255, 255)]


def test_slices_in_rows_leave_a_line_between_neighbours() -> None:
    slices = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    page = side_by_side(slices, 2)
    assert page.tolist() == [
        [0, 0, 255, 1, 1],
        [0, 0, 255, 1, 1],
        [255] * 5,
        [2, 2, 255, 255, 255],
        [2, 2, 255, 255, 255],
    ]


def test_words_say_what_lies_side_by_side() -> None:
    assert slices_of(volume(12, 8, 8)) == "12\xa0slices, front to back,"
    assert slices_of(volume(5, 8, 8, axes=("time", "height", "width"))) == "5\xa0time steps, first to last,"


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (signal(400), ""),
        (signal(16_000, 13), " Each point drawn shows the highest of 13 neighbouring positions."),
        (
            Grid(("depth", "height", "width"), (64, 512, 512), (4, 2, 2)),
            " Each point drawn shows the highest of 4 neighbouring slices and of 2\u202f×\u202f2 neighbouring"
            " positions.",
        ),
        (Grid(("time",), (5000,), (4,)), " Each point drawn shows the highest of 4 neighbouring time steps."),
    ],
    ids=["whole", "signal", "volume", "steps"],
)
def test_words_say_what_a_point_stands_for(grid: Grid, said: str) -> None:
    assert reduced(grid) == said
