"""Signed maps, outlines and images with a part painted over -> pictures, as pixels with hard edges."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.grids import Grid
from reportgen.figures import curves, mosaic, overlays, strips

_SIDE = 448
"""Pictures are enlarged by a whole number up to about this side."""
_SMALL_SIDE = 96
# How far corners are rounded: in single pixels of an image that is enlarged, and at least in parts of its side.
_ROUND = 0.28
_FINEST = 150
_STRIP_WIDTH, _STRIP_HEIGHT = 640, 36
# A signal is a line: how high its picture is, as a share of the width, one of many below each other, and how thick.
_LINE_HEIGHT, _LOW_HEIGHT, _LINE_THICKNESS = 0.34, 0.08, 3


def signed(name: str, picture: Levels, levels: Levels, *, alt: str, caption: str = "") -> Figure:
    """Lay a signed map over its image in grey: amber for what speaks for the answer, blue for what speaks against it.

    Args:
        name: Id of the figure.
        picture: uint8 (*places) or (*places, 3), of as many axes of places as the map.
        levels: uint8 (*places), 128 for 0; of an image of two axes it may have fewer places than the image.
        alt: Text alternative.
        caption: Caption.
    """
    rank = levels.ndim
    image = _enlarged(_ground(picture, rank))
    flat = levels
    if rank != 2:
        gaps = _flat(np.zeros_like(levels)) == 255
        flat = np.where(gaps, 128, _flat(levels)).astype(np.uint8)
    laid = overlays.signed(image, flat, max(image.shape[:2]))
    return mosaic.coloured(name, laid, alt=alt, caption=caption)


def outlined(name: str, picture: Levels, mask: Levels, *, alt: str, caption: str = "") -> Figure:
    """Draw an image, dark and grey but for what is outlined. Corners are rounded where single pixels can be seen.

    Args:
        name: Id of the figure.
        picture: uint8 (*places) or (*places, 3).
        mask: uint8 (*places), 1 for what is outlined.
        alt: Text alternative.
        caption: Caption.
    """
    image = overlays.coloured(_enlarged(_ground(picture, mask.ndim)))
    inside = _enlarged(_flat(mask)) == 1  # the gaps between slices are neither
    if mask.ndim == 1:
        inside = inside[:1].repeat(len(image), axis=0)
    if mask.ndim == 2:
        inside = _rounded(inside, max(image.shape[0] // mask.shape[0] * _ROUND, max(inside.shape) / _FINEST))
    drawn = overlays.dimmed(image, inside)
    thickness = max(1, round(max(inside.shape) / 112))
    border = _border(inside, thickness)
    drawn[_border(inside, thickness + 1) & ~border] = colours.rgb(colours.EVERYWHERE["frame_edge"])
    drawn[border] = colours.rgb(colours.EVERYWHERE["frame"])
    return mosaic.coloured(name, drawn, alt=alt, caption=caption)


def _rounded(inside: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Return a mask with its corners rounded: what is at least half inside when it is blurred."""
    blurred = Image.fromarray(inside.astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(np.asarray(blurred) >= 128)


def lit(image: Levels | None, response: Levels, side: int) -> Levels:
    """Lay a response over what it lies on, of any number of axes; see `overlays.lit`.

    Args:
        image: uint8 (*places) or (*places, 3), of as many axes of places as the response; None for a dark ground.
        response: uint8 (*places): 0 for none, 255 for the highest.
        side: Length of the longer side of what is drawn, pixels; a signal is as long as all others.
    """
    shown = flat(response)
    ground = (
        np.zeros(overlays.sized(shown, side).shape, np.uint8)
        if image is None
        else _ground(image, response.ndim, _LOW_HEIGHT)
    )
    return overlays.lit(ground, shown, max(side, *ground.shape[:2]) if response.ndim == 1 else side)


def flat(levels: Levels) -> Levels:
    """Return a map as a picture of two axes: a signal as a strip, slices side by side on a dark ground."""
    if levels.ndim == 2:
        return levels
    gaps = _flat(np.zeros_like(levels)) == 255
    return np.where(gaps, 0, _flat(levels)).astype(np.uint8)


def plain(name: str, picture: Levels, rank: int, *, alt: str, caption: str = "", side: int = _SIDE) -> Figure:
    """Draw an image as it is, as large as the maps beside it.

    Args:
        name: Id of the figure.
        picture: uint8 (*places) or (*places, 3).
        rank: How many axes of places it has.
        alt: Text alternative.
        caption: Caption.
        side: Length of its longer side, pixels, at most; a signal is as long as all others.
    """
    flat = _ground(picture, rank)
    image = overlays.coloured(flat if rank == 1 else overlays.sized(flat, side))
    return mosaic.coloured(name, image, alt=alt, caption=caption)


def side_by_side(name: str, pictures: Sequence[Levels], *, alt: str, caption: str = "") -> Figure:
    """Draw several images of one size in a row.

    Args:
        name: Id of the figure.
        pictures: uint8 (height, width) or (height, width, 3) each; at least one.
        alt: Text alternative.
        caption: Caption.
    """
    scale = max(1, _SMALL_SIDE // max(pictures[0].shape[:2]))
    stacked = np.stack([picture.repeat(scale, axis=0).repeat(scale, axis=1) for picture in pictures])
    row = overlays.coloured(strips.side_by_side(stacked, len(stacked)))
    return mosaic.coloured(name, row, alt=alt, caption=caption)


def levels(rows: Sequence[Sequence[float]]) -> Levels:
    """Return signed numbers as levels around 128, their largest size at the ends."""
    values = np.array(rows, np.float64)
    largest = float(np.abs(values).max())
    return np.asarray(np.rint(128 + 127 * values / (largest or 1.0)).astype(np.uint8))


def encoded(levels: Levels) -> str:
    """Return levels as the base64 of a grey PNG, for `report.json`; of more than two axes, slice below slice."""
    file = io.BytesIO()
    flat = levels.reshape(-1, levels.shape[-1])
    Image.fromarray(np.ascontiguousarray(flat)).save(file, "PNG", optimize=False)
    return base64.b64encode(file.getvalue()).decode("ascii")


def as_picture(levels: Levels, grid: Grid | None, size: tuple[int, ...]) -> Levels:
    """Return a sample as it is drawn, brought to the places of its maps, where several of these make one point.

    Args:
        levels: The sample, as `SampleRecord.image`.
        grid: How it is drawn; None for a picture.
        size: Places of the map.
    """
    if grid is None:
        return levels
    if len(size) == 1:
        wide = levels.repeat(grid.blocks[-1], axis=-1)[..., : size[0]]
        return np.asarray(wide.mean(axis=0).astype(np.uint8))
    shaped = levels.reshape(
        *(-(-total // block) for total, block in zip(grid.sizes, grid.blocks, strict=True)), *(levels.shape[3:])
    )
    for axis, block in enumerate(grid.blocks):
        shaped = shaped.repeat(block, axis=axis).take(range(size[axis]), axis=axis)
    return np.asarray(shaped)


def _flat(levels: Levels, rank: int | None = None) -> Levels:
    """Return something as a picture of two axes, perhaps with colours: a signal as a strip, slices side by side."""
    rank = levels.ndim if rank is None else rank
    if rank == 1:
        wide = max(1, _STRIP_WIDTH // levels.shape[0])
        return levels[None].repeat(_STRIP_HEIGHT, axis=0).repeat(wide, axis=1)
    if rank == 2:
        return levels
    places, rest = levels.shape[:rank], levels.shape[rank:]
    slices = levels.reshape(-1, *places[-2:], *rest)
    return strips.side_by_side(slices, min(len(slices), 8))


def _ground(picture: Levels, rank: int, height: float = _LINE_HEIGHT) -> Levels:
    """Return what a map is laid over: an image as it is, a signal as a line, slices side by side."""
    if rank != 1:
        return _flat(picture, rank)
    values = picture.astype(np.float64)
    values = values if values.ndim == 1 else values.mean(axis=-1)
    width = len(values) * max(1, _STRIP_WIDTH // len(values))
    thickness = max(1, round(min(width, _STRIP_WIDTH) / _STRIP_WIDTH * _LINE_THICKNESS))
    return curves.drawn([values], (width, max(8, round(width * height))), thickness)


def _enlarged(picture: Levels) -> Levels:
    scale = max(1, _SIDE // max(picture.shape[:2]))
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)


def _border(mask: Levels, thickness: int) -> Levels:
    """Return what lies inside a mask and not farther from its edge than a thickness; the image's edge is an edge."""
    inner = np.pad(mask, 1)
    for _ in range(thickness):
        around = [
            inner[1:-1, 1:-1], inner[:-2, 1:-1], inner[2:, 1:-1], inner[1:-1, :-2], inner[1:-1, 2:],
        ]  # fmt: skip
        inner = np.pad(np.logical_and.reduce(around), 1)
    return np.asarray(mask & ~inner[1:-1, 1:-1])
