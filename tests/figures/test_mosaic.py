"""Contact sheets, pixel by pixel."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen.document.sheets import SHEET_LEFT, SHEET_TOP, ContactSheet, Mark
from reportgen.figures.mosaic import Label, Maps, coloured, contact_sheet, num_columns, picture, png

W = 255  # the gap
Levels = npt.NDArray[np.uint8]


def pixels(data: bytes, mode: str | None = None) -> list[object]:
    image = Image.open(io.BytesIO(data))
    found: list[object] = np.asarray(image.convert(mode) if mode else image).tolist()
    return found


def counting(channels: int, height: int, width: int) -> Levels:
    """Map number c holds c everywhere."""
    return np.tile(np.arange(channels, dtype=np.uint8)[:, None, None], (1, height, width))


def sheet(maps: Levels, **others: object) -> ContactSheet:
    return contact_sheet(Label("maps", "Maps.", "All maps."), Maps(maps, **others))  # type: ignore[arg-type]


def test_tiles_lie_in_rows_of_channels_with_a_white_gap_between() -> None:
    made = sheet(np.array([[[10, 20], [30, 40]], [[50, 60], [70, 80]], [[1, 2], [3, 4]]], np.uint8))
    assert pixels(made.figure.data) == [[10, 20, W, 50, 60, W, 1, 2], [30, 40, W, 70, 80, W, 3, 4]]
    assert (made.columns, made.rows, made.gap_px, made.num_channels) == (3, 1, 1, 3)
    assert (made.tile_width_px, made.tile_height_px) == (2, 2)
    assert (made.figure.width_px, made.figure.height_px, made.figure.media_type) == (8, 2, "image/png")


def test_last_row_is_filled_up_with_white() -> None:
    made = sheet(counting(9, 1, 1))
    row = [value for channel in range(8) for value in (channel, W)][:-1]
    assert pixels(made.figure.data) == [row, [W] * 15, [8, *[W] * 14]]
    assert (made.columns, made.rows, made.channels) == (8, 2, tuple(range(9)))


def test_gap_grows_with_the_tiles() -> None:
    assert [sheet(counting(2, side, side)).gap_px for side in (1, 24, 60, 96)] == [1, 1, 2, 4]


def test_colour_tiles_stay_in_colour() -> None:
    maps = np.array([[[[1, 2, 3]]], [[[255, 5, 6]]]], np.uint8)
    assert pixels(sheet(maps, colormap="viridis").figure.data) == [[[1, 2, 3], [W, W, W], [255, 5, 6]]]


def test_viridis_runs_from_violet_to_yellow_and_the_gap_stays_white() -> None:
    maps = np.array([[[0]], [[127]], [[254]], [[255]]], np.uint8)
    # Ends and middle of viridis as its authors published it (van der Walt and Smith 2015).
    violet, green, yellow, white = [68, 1, 84], [33, 145, 140], [253, 231, 37], [W, W, W]
    made = sheet(maps, colormap="viridis")
    assert pixels(made.figure.data, "RGB") == [[violet, white, green, white, yellow, white, yellow]]


@pytest.mark.parametrize(
    ("channels", "height", "width", "columns"),
    [
        (1, 24, 24, 1),
        (6, 24, 24, 6),
        (16, 24, 24, 8),
        (17, 24, 24, 16),
        (64, 24, 24, 16),
        (256, 7, 7, 32),
        (257, 7, 7, 32),
        (2048, 1, 1, 32),
        (64, 24, 48, 8),
        (64, 1, 32, 1),
        (64, 48, 24, 16),
    ],
)
def test_number_of_columns_follows_the_number_and_the_shape_of_tiles(
    channels: int, height: int, width: int, columns: int
) -> None:
    assert num_columns(channels, height, width) == columns


def test_frame_of_a_marked_tile_lies_on_the_tile() -> None:
    made = sheet(counting(10, 4, 6), marks=(Mark(9, "follows"), Mark(2, "broken")))
    # 5 columns: 8 tiles of 4 × 4 would be as wide as 5 of 4 × 6.
    assert (made.columns, made.rows, made.gap_px) == (5, 2, 1)
    scale = 640 / (5 * 7 - 1)
    assert made.scale == pytest.approx(min(scale, 76 / 4))
    scale = made.scale
    follows, broken = made.frames
    assert follows == pytest.approx((SHEET_LEFT + 28 * scale, SHEET_TOP + 5 * scale, 6 * scale, 4 * scale, "follows"))
    assert broken == pytest.approx((SHEET_LEFT + 14 * scale, SHEET_TOP, 6 * scale, 4 * scale, "broken"))


def test_numbers_stand_above_the_columns_and_beside_the_rows() -> None:
    made = sheet(counting(10, 4, 6))
    scale = made.scale
    assert made.column_labels[1] == pytest.approx((SHEET_LEFT + (7 + 3) * scale, 1))
    assert [row for _, row in made.row_labels] == [0, 5]
    assert [y for y, _ in made.row_labels] == pytest.approx([SHEET_TOP + (5 * row + 2) * scale for row in range(2)])


def test_small_tiles_are_not_made_higher_than_76_pixels() -> None:
    made = sheet(counting(2, 1, 1))
    assert made.scale == 76
    assert made.image_size == (3 * 76, 76)


def test_picture_keeps_every_level() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert pixels(picture("p", levels, alt="Levels.").data) == levels.tolist()


def test_files_hold_pixels_and_nothing_else() -> None:
    data = png(np.zeros((2, 2), np.uint8), "viridis")
    chunks, place = [], 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        chunks.append(data[place + 4 : place + 8])
        place += 12 + size
    assert chunks == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]


def test_same_maps_give_the_same_bytes() -> None:
    assert sheet(counting(40, 3, 3)).figure.data == sheet(counting(40, 3, 3)).figure.data


def test_sheet_without_a_text_alternative_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="has no text alternative"):
        contact_sheet(Label("maps", " "), Maps(counting(1, 1, 1)))


def test_maps_of_one_dimension_are_drawn_as_strips() -> None:
    made = sheet(counting(3, 1, 60))
    assert (made.tile_height_px, made.tile_width_px) == (3, 60)
    rows = pixels(made.figure.data)
    assert rows[0] == rows[1] == rows[2]


def test_few_colours_are_kept_without_loss_and_a_photograph_is_a_jpeg() -> None:
    few = np.zeros((8, 9, 3), np.uint8)
    few[2:4, :, 0], few[5, 5] = 240, (1, 2, 3)
    drawn = coloured("few", few, alt="Few colours.")
    assert drawn.media_type == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(drawn.data)).convert("RGB")), few)
    many = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    drawn = coloured("many", many, alt="Many colours.")
    assert (drawn.media_type, drawn.width_px, drawn.height_px) == ("image/jpeg", 50, 40)
    assert Image.open(io.BytesIO(drawn.data)).size == (50, 40)


def test_noise_is_drawn_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (292, 292, 3), np.uint8)
    assert coloured("noise", noise, alt="Noise.").media_type == "image/jpeg"
