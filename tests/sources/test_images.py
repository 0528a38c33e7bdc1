from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.sources.images import is_picture, look, read_pixels

# Two rows, three columns, all different, so that a turn shows.
CORNERS = np.array([[10, 20, 30], [40, 50, 60]], dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif"])
def test_every_kind_is_known_by_its_first_bytes_and_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"grey.{suffix}"
    Image.new("L", (3, 2), 200).save(path)
    assert is_picture(path.read_bytes()[:16])
    picture = look(path, "it")
    assert (picture.height, picture.width) == (2, 3)
    np.testing.assert_allclose(read_pixels(path, "it", (2, 3), 1), np.full((2, 3, 1), 200), atol=2)


@pytest.mark.parametrize(
    ("mode", "colour", "channels", "expected"),
    [
        ("1", 1, 1, [255]),
        ("L", 100, 3, [100, 100, 100]),
        ("RGB", (255, 0, 0), 3, [255, 0, 0]),
        # ITU-R 601: 0.299 red, 0.587 green, 0.114 blue.
        ("RGB", (255, 0, 0), 1, [76]),
        ("RGBA", (255, 0, 0, 0), 3, [255, 255, 255]),
        ("RGBA", (0, 0, 0, 255), 1, [0]),
        ("LA", (0, 0), 1, [255]),
        ("I;16", 65535, 1, [255]),
        ("I;16", 32896, 3, [128, 128, 128]),
    ],
)
def test_every_mode_becomes_eight_bits_per_channel(
    tmp_path: Path, mode: str, colour: float | tuple[int, ...], channels: int, expected: list[int]
) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, (3, 2), colour).save(path)
    found = read_pixels(path, "it", (2, 3), channels)
    assert found.dtype == np.uint8
    assert found.shape == (2, 3, channels)
    assert found[1, 2].tolist() == expected


def test_a_transparent_palette_lies_on_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.new("P", (2, 1), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    image.save(path, transparency=0)
    assert look(path, "it").is_transparent
    assert read_pixels(path, "it", (1, 2), 3).tolist() == [[[255, 255, 255], [0, 0, 255]]]


def test_printing_inks_become_red_green_and_blue(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(path, quality=95)
    assert look(path, "it").is_ink
    np.testing.assert_allclose(read_pixels(path, "it", (8, 8), 3)[4, 4], [255, 0, 0], atol=6)


# Exif 2.3, tag 274: where row 0 and column 0 of the stored picture belong; the stored picture is what a viewer turns.
UPRIGHT = {
    1: [[10, 20, 30], [40, 50, 60]],
    2: [[30, 20, 10], [60, 50, 40]],
    3: [[60, 50, 40], [30, 20, 10]],
    4: [[40, 50, 60], [10, 20, 30]],
    5: [[10, 40], [20, 50], [30, 60]],
    6: [[40, 10], [50, 20], [60, 30]],
    7: [[60, 30], [50, 20], [40, 10]],
    8: [[30, 60], [20, 50], [10, 40]],
}


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_pictures_stand_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    image = Image.fromarray(CORNERS)
    exif = image.getexif()
    exif[274] = orientation
    image.save(path, exif=exif)
    picture = look(path, "it")
    expected = np.array(UPRIGHT[orientation])
    assert (picture.height, picture.width) == expected.shape
    assert read_pixels(path, "it", (picture.height, picture.width), 1)[:, :, 0].tolist() == expected.tolist()


def test_an_orientation_that_does_not_exist_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image = Image.fromarray(CORNERS)
    exif = image.getexif()
    exif[274] = 99
    image.save(path, exif=exif)
    assert not look(path, "it").is_turned


def test_the_first_frame_of_a_moving_picture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    Image.new("L", (2, 2), 10).save(path, save_all=True, append_images=[Image.new("L", (2, 2), 200)])
    assert look(path, "it").is_moving
    assert read_pixels(path, "it", (2, 2), 1).max() == 10


@pytest.mark.parametrize("value", [1, 1.5])
def test_numbers_without_a_white_are_refused(tmp_path: Path, value: float) -> None:
    path = tmp_path / "a.tif"
    Image.new("I" if value == 1 else "F", (2, 2), value).save(path)
    with pytest.raises(DataError, match="'it' cannot be read: it holds numbers of 32 bits"):
        look(path, "it")


@pytest.mark.parametrize("content", [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n", b"BM"])
def test_what_is_no_picture_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="'it' cannot be read"):
        look(path, "it")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tif", "bmp"])
def test_a_picture_that_was_cut_short_is_one_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    for source in (path, path.read_bytes()):
        with pytest.raises(DataError, match="'it' cannot be read: it is damaged or cut short"):
            look(source, "it")
        with pytest.raises(DataError, match="'it' cannot be read: it is damaged or cut short"):
            read_pixels(source, "it", (60, 60), 3)


def test_a_picture_of_billions_of_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    for side in (10_000, 60_000):
        head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
        with pytest.raises(DataError, match=r"'it' cannot be read: it .* far too large"):
            look(path, "it")
