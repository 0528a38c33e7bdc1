"""One picture -> its size and kind, or its pixels. What Pillow knows and the other sources need not know."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, Resize
from reportgen.sources.files import first_bytes
from reportgen.sources.resizing import window

MISSING = "does not exist"
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
# Only these decoders are ever started, whatever a file claims to be: Pillow also knows formats that run programs.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_GREY_MODES = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N")
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N")
_NUMBER_MODES = ("I", "F")
_MOST_PIXELS = 89_478_485  # Pillow's own bound: a quarter of a gigabyte in red, green and blue
_WHITE_16_BIT, _WHITE_8_BIT = 65535, 255
_ORIENTATION_TAG = 0x0112
# Exif 2.3, tag 274: what has to be done to a stored picture so that it stands upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIRST_ON_ITS_SIDE = 5
# What Pillow's decoders raise for damaged files, besides OSError.
_DECODE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)

# A file, the bytes of one, or pixels that were stored without a head.
Source: TypeAlias = Path | bytes | Image.Image


class PictureError(DataError):
    """A picture cannot be read.

    Attributes:
        name: What the picture is called.
        reason: Why, in a few words after its name: "is empty".
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The picture {name!r} cannot be read: it {reason}. Expected a whole PNG, JPEG, BMP, GIF, WebP or TIFF "
            "picture with 8 or 16 bits. Replace or remove it."
        )
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture is, besides its pixels.

    Attributes:
        height: Pixels, standing upright.
        width: Pixels, standing upright.
        is_grey: Whether it has one channel.
        is_transparent: Whether parts of it may let the ground through.
        is_deep: Whether it has 16 bits per pixel and channel, as Pillow hands them out.
        is_ink: Whether it is stored as the four printing inks.
        is_turned: Whether it is stored on its side, upside down or mirrored.
        is_moving: Whether it holds more than one frame.
    """

    height: int
    width: int
    is_grey: bool
    is_transparent: bool
    is_deep: bool
    is_ink: bool
    is_turned: bool
    is_moving: bool


def is_picture(head: bytes) -> bool:
    """Tell whether a file that begins like this is a picture of a kind that is read."""
    return head.startswith(_MAGICS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def look(source: Source, name: str) -> Picture:
    """Decode a picture once and tell what it is; its pixels are not kept.

    Args:
        source: The picture.
        name: What it is called in an error.

    Raises:
        PictureError: It is not a picture in a format that is read, it is damaged, or far too large.
    """
    # One question to the disk each, where a list has a wrong folder in all of its lines.
    if isinstance(source, Path) and not os.path.exists(source):
        raise PictureError(name, MISSING)
    with _opened(source, name) as image:
        orientation = _orientation(image)
        on_its_side = orientation >= _FIRST_ON_ITS_SIDE
        width, height = (image.height, image.width) if on_its_side else image.size
        picture = Picture(
            height=height,
            width=width,
            is_grey=image.mode in _GREY_MODES,
            is_transparent=image.mode not in _DEEP_MODES and image.has_transparency_data,
            is_deep=image.mode in _DEEP_MODES,
            is_ink=image.mode == "CMYK",
            is_turned=orientation in _UPRIGHT,
            is_moving=bool(getattr(image, "is_animated", False)),
        )
        # All of a JPEG is read also at an eighth of its size, in a third of the time.
        image.draft("L", (1, 1))
        image.load()
        return picture


def read_pixels(
    source: Source, name: str, size: tuple[int, int], channels: int, resize: Resize | None = None
) -> npt.NDArray[np.uint8]:
    """Read the pixels of a picture, upright, on white, and of a given size.

    Args:
        source: The picture.
        name: What it is called in an error.
        size: Height and width, pixels; a picture of another size is resized, bilinear.
        channels: 1 for grey (ITU-R 601 luma), 3 for red, green and blue.
        resize: "crop" and None keep the proportions and cut the centre out, "stretch" does not.

    Returns:
        uint8 (height, width, channels), values 0..255.

    Raises:
        PictureError: It is damaged, gone, or far too large.
    """
    with _opened(source, name) as image:
        upright = _UPRIGHT.get(_orientation(image))
        picture = _on_white(image)
        if upright is not None:
            picture = picture.transpose(upright)
        picture = picture.convert("L" if channels == 1 else "RGB")
        height, width = size
        if picture.size != (width, height):
            box = window((picture.height, picture.width), size, resize)
            picture = picture.resize((width, height), Image.Resampling.BILINEAR, box=box)
        return np.asarray(picture, dtype=np.uint8).reshape(height, width, channels)


def read_numbers(source: Source, name: str) -> Array:
    """Read the numbers that a picture stores, as masks hold classes: no colours, no scaling, no turning.

    Args:
        source: The picture.
        name: What it is called in an error.

    Returns:
        (height, width): of a picture with a palette the places in it, of a grey one its values, 8 or 16 bits; of one in
        black and white 0 and 255.

    Raises:
        PictureError: It cannot be read, or has colours.
    """
    with _opened(source, name) as image:
        if image.mode == "1":
            image = image.convert("L")
        if image.mode not in ("L", "P", *_DEEP_MODES):
            raise PictureError(
                name, "has colours or transparency, and a mask has one number for each pixel: grey or indexed"
            )
        return np.asarray(image)


def picture_size(source: Source, name: str) -> tuple[int, int]:
    """Return height and width of a picture as it is stored, without decoding it; errors as `look`."""
    with _opened(source, name) as image:
        return image.height, image.width


@contextmanager
def _opened(source: Source, name: str) -> Iterator[Image.Image]:
    """Open a picture; whatever is wrong with it becomes one sentence."""
    if isinstance(source, Image.Image):
        yield source
        return
    try:
        # From a path Pillow 13.0 would map a plain TIFF into memory and scramble one that is stored on its side.
        with (
            BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream,
            Image.open(stream, formats=_FORMATS) as image,
        ):
            # Pillow only warns of what is a little too large, and whether it does depends on the whole process.
            if image.width * image.height > _MOST_PIXELS:
                raise PictureError(name, f"has {image.width} × {image.height} pixels, which is far too large")
            if image.mode in _NUMBER_MODES:
                raise PictureError(name, "holds numbers of 32 bits, and nothing says which of them is white")
            yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
        raise PictureError(name, f"is far too large, with more than {_MOST_PIXELS} pixels") from error
    except _DECODE_ERRORS as error:
        raise PictureError(name, _reason(source, error)) from error


def _reason(source: Path | bytes, error: Exception) -> str:
    if isinstance(source, Path):
        # os.path, unlike Path, answers also for names that no file can have.
        if not os.path.exists(source):
            return MISSING
        if not os.path.isfile(source):
            return "is no file"
        if isinstance(error, PermissionError):
            return "may not be read by this user"
    head = source[:16] if isinstance(source, bytes) else first_bytes(source)
    if not head:
        return "is empty"
    return "is damaged or cut short" if is_picture(head) else "is not a picture in a format that is read"


def _orientation(image: Image.Image) -> int:
    # Pillow turns TIFF by itself; and it would decode a whole PNG to look for a tag that stands behind the pixels.
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    found = image.getexif().get(_ORIENTATION_TAG, 1)
    return found if found in _UPRIGHT else 1


def _on_white(image: Image.Image) -> Image.Image:
    """Return the picture in 8 bits per channel, with white behind what is transparent."""
    if image.mode in _DEEP_MODES:
        deep = np.asarray(image).astype(np.uint32)
        scaled = (deep * _WHITE_8_BIT + _WHITE_16_BIT // 2) // _WHITE_16_BIT
        return Image.fromarray(scaled.astype(np.uint8))
    if not image.has_transparency_data:
        return image
    colours = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
