"""An image with what a channel did on it -> pixels: its response in amber, or the box that one place saw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.document import colours
from reportgen.evidence import Levels

_GREY = (0.299, 0.587, 0.114)
# What is not lit is dark, and what is lit lets the image through: an overlay that hides the image argues nothing.
_UNLIT = 0.45
_INK = 0.62
_GAMMA = 0.75
_DIM = 0.38
_HALF_DIM = 0.6
_AMBER_AT = 170


def lit(image: Levels, response: Levels, side: int) -> Levels:
    """Lay a response over an image in grey: amber where it is high, dark where there is none.

    Args:
        image: uint8 (height, width) or (height, width, 3).
        response: uint8 (rows, columns): 0 for none, 255 for the highest; its places cover the whole image evenly.
        side: Length of the longer side of what is drawn, pixels.

    Returns:
        uint8 (height, width, 3). The opacity of the ink is (response / 255) to the power of 0.75, and never full.
    """
    return _inked(image, response / 255.0, side)


def signed(image: Levels, levels: Levels, side: int) -> Levels:
    """Lay a signed map over an image in grey: amber for what speaks for an answer, blue for what speaks against it.

    Args:
        image: uint8 (height, width) or (height, width, 3).
        levels: uint8 (rows, columns): 128 for 0; its places cover the whole image evenly.
        side: Length of the longer side of what is drawn, pixels.

    Returns:
        uint8 (height, width, 3), as of `lit`.
    """
    return _inked(image, (levels - 128.0) / 127, side)


def _inked(image: Levels, shares: npt.NDArray[np.float64], side: int) -> Levels:
    grey = sized(image, side).astype(np.float64)
    grey = grey @ np.array(_GREY) if grey.ndim == 3 else grey
    rows, columns = _places(shares.shape[0], grey.shape[0]), _places(shares.shape[1], grey.shape[1])
    shares = np.clip(shares, -1, 1)[..., None]
    share = np.abs(shares) ** _GAMMA
    amber, blue = (np.array(colours.rgb(colours.EVERYWHERE[name])) for name in ("frame", "against"))
    ink = np.where(shares >= 0, amber, blue)
    # A place of the response is as large as many pixels: what follows from it alone was worked out once.
    ink, share = (each[rows].take(columns, axis=1) for each in (ink, share))
    base = grey[..., None] * (_UNLIT + (1 - _UNLIT) * share)
    # In place, as making room takes longer than the arithmetic.
    drawn = ink - base
    drawn *= _INK
    drawn *= share
    drawn += base
    return np.rint(drawn, out=drawn).astype(np.uint8)


def glowing(levels: Levels) -> Levels:
    """Draw a response by itself: from black over amber to cream.

    Args:
        levels: uint8 (height, width).

    Returns:
        uint8 (height, width, 3).
    """
    stops = np.array([colours.rgb(colours.EVERYWHERE[name]) for name in ("frame_edge", "frame", "cream")], np.float64)
    table = np.stack([np.interp(np.arange(256), (0, _AMBER_AT, 255), stops[:, each]) for each in range(3)], axis=1)
    return np.asarray(np.rint(table).astype(np.uint8)[levels])


def boxed(image: Levels, box: tuple[int, int, int, int], side: int, size: tuple[int, int] | None = None) -> Levels:
    """Dim an image but for a box, and frame the box.

    Args:
        image: uint8 (height, width) or (height, width, 3).
        box: First row, first column, end row and end column, pixels of the image; it may reach beyond the image.
        side: Length of the longer side of what is drawn, pixels.
        size: Height and width that `box` counts in, where `image` was reduced.

    Returns:
        uint8 (height, width, 3).
    """
    drawn = coloured(sized(image, side))
    height, width = drawn.shape[:2]
    down, across = (drawn_as / long for drawn_as, long in zip((height, width), size or image.shape, strict=False))
    top, bottom = (min(max(round(edge * down), 0), height) for edge in (box[0], box[2]))
    left, right = (min(max(round(edge * across), 0), width) for edge in (box[1], box[3]))
    inside = np.zeros((height, width), np.bool_)
    inside[top:bottom, left:right] = True
    return framed(dimmed(drawn, inside), (top, left, bottom, right))


def bright(image: Levels, places: npt.NDArray[np.bool_], side: int) -> Levels:
    """Dim an image but for some places, and line these in amber.

    Args:
        image: uint8 (height, width) or (height, width, 3).
        places: bool (rows, columns), which cover the whole image evenly.
        side: Length of the longer side of what is drawn, pixels.

    Returns:
        uint8 (height, width, 3). The line, a pixel thick, lies inside the places, and not along the image's border.
    """
    drawn = coloured(sized(image, side))
    rows, columns = (_places(number, length) for number, length in zip(places.shape, drawn.shape, strict=False))
    inside = places[rows][:, columns]
    core = inside.copy()
    for axis in (0, 1):
        for shift in (-1, 1):
            core &= _shifted(inside, shift, axis)
    # Places are many and small: what they belong to has to be seen, too.
    found = dimmed(drawn, inside, _HALF_DIM)
    found[inside & ~core] = colours.rgb(colours.EVERYWHERE["frame"])
    return found


def _shifted(inside: npt.NDArray[np.bool_], shift: int, axis: int) -> npt.NDArray[np.bool_]:
    """Return the neighbours on one side; those of the border are themselves."""
    at = np.clip(np.arange(inside.shape[axis]) + shift, 0, inside.shape[axis] - 1)
    return np.asarray(np.take(inside, at, axis=axis))


def _thickness(image: Levels) -> int:
    return max(1, round(int(max(image.shape[:2])) / 56))


def dimmed(image: Levels, inside: npt.NDArray[np.bool_], dim: float = _DIM) -> Levels:
    """Make an image grey and dark but for a part of it.

    Args:
        image: uint8 (height, width, 3).
        inside: bool (height, width): the part that stays as it is.
        dim: How bright the rest is against what it was, 0..1.
    """
    dark = (dim * (image @ np.array(_GREY)))[..., None]
    return np.asarray(np.rint(np.where(inside[..., None], image, dark)).astype(np.uint8))


def framed(image: Levels, box: tuple[int, int, int, int]) -> Levels:
    """Return an image with a frame along the inner edge of a box, one pixel in 56 thick and at least one.

    Args:
        image: uint8 (height, width, 3).
        box: First row, first column, end row and end column, inside the image.
    """
    drawn = image.copy()
    top, left, bottom, right = box
    thick = _thickness(image)
    amber = colours.rgb(colours.EVERYWHERE["frame"])
    for rows, columns in (
        (slice(top, top + thick), slice(left, right)),
        (slice(max(top, bottom - thick), bottom), slice(left, right)),
        (slice(top, bottom), slice(left, left + thick)),
        (slice(top, bottom), slice(max(left, right - thick), right)),
    ):
        drawn[rows, columns] = amber
    return drawn


def sized(image: Levels, side: int) -> Levels:
    """Bring an image to a size: enlarged by a whole number with hard edges, or reduced by averaging.

    Args:
        image: uint8 (height, width) or (height, width, 3).
        side: Length of the longer side, pixels; an image that is enlarged stays at or below it.
    """
    longest = max(image.shape[:2])
    if longest <= side:
        times = side // longest
        return image.repeat(times, axis=0).repeat(times, axis=1)
    height, width = (max(1, round(length * side / longest)) for length in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def coloured(image: Levels) -> Levels:
    """Return an image as uint8 (height, width, 3), grey or not."""
    return image[..., None].repeat(3, axis=2) if image.ndim == 2 else image


def _places(number: int, length: int) -> npt.NDArray[np.intp]:
    """Which of some even places each pixel of a length lies in."""
    return np.arange(length) * number // length
