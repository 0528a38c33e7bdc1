"""Signed maps, outlines and images with a part painted over -> pictures, as pixels with hard edges."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.grids import Grid
from reportgen.figures import mosaic, strips

_SIDE = 224
"""Pictures are enlarged by a whole number up to about this side."""
_SMALL_SIDE = 96
_DIM = 0.38
_GREY = (0.299, 0.587, 0.114)
_STRIP_WIDTH, _STRIP_HEIGHT = 640, 36


def signed(name: str, levels: Levels, *, alt: str, caption: str = "") -> Figure:
    """Draw a signed map: grey for 0, one colour for what speaks for the answer, another for what speaks against it.

    Args:
        name: Id of the figure.
        levels: uint8 (*places), 128 for 0.
        alt: Text alternative.
        caption: Caption.
    """
    flat = _enlarged(_flat(levels))
    image = Image.fromarray(flat).convert("P")
    image.putpalette(_diverging())
    file = io.BytesIO()
    image.save(file, "PNG")
    height, width = flat.shape
    return Figure(name, "image/png", file.getvalue(), width, height, alt, caption)


def outlined(name: str, picture: Levels, mask: Levels, *, alt: str, caption: str = "") -> Figure:
    """Draw an image dimmed and grey but for what is outlined, with the outline.

    Args:
        name: Id of the figure.
        picture: uint8 (*places) or (*places, 3).
        mask: uint8 (*places), 1 for what is outlined.
        alt: Text alternative.
        caption: Caption.
    """
    coloured = _enlarged(_flat(picture, mask.ndim))
    if coloured.ndim == 2:
        coloured = coloured[..., None].repeat(3, axis=2)
    inside = _enlarged(_flat(mask)) == 1  # the gaps between slices are neither
    grey = coloured @ np.array(_GREY)
    dimmed = (_DIM * grey)[..., None].repeat(3, axis=2)
    drawn = np.where(inside[..., None], coloured, dimmed)
    thickness = max(1, round(max(inside.shape) / 112))
    border = _border(inside, thickness)
    drawn[_border(inside, thickness + 1) & ~border] = colours.rgb(colours.EVERYWHERE["frame_edge"])
    drawn[border] = colours.rgb(colours.EVERYWHERE["frame"])
    return mosaic.picture(name, np.rint(drawn).astype(np.uint8), alt=alt, caption=caption)


def plain(name: str, picture: Levels, rank: int, *, alt: str, caption: str = "") -> Figure:
    """Draw an image as it is, as large as the maps beside it.

    Args:
        name: Id of the figure.
        picture: uint8 (*places) or (*places, 3).
        rank: How many axes of places it has.
        alt: Text alternative.
        caption: Caption.
    """
    return mosaic.picture(name, _enlarged(_flat(picture, rank)), alt=alt, caption=caption)


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
    return mosaic.picture(name, strips.side_by_side(stacked, len(stacked)), alt=alt, caption=caption)


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


def _diverging() -> bytes:
    """Return 256 colours: from what speaks against, by grey at 128, to what speaks for."""
    middle, ends = np.array(colours.rgb(colours.EVERYWHERE["zero"])), ("against", "for_it")
    low, high = (np.array(colours.rgb(colours.EVERYWHERE[end])) for end in ends)
    shares = (np.arange(256) - 128)[:, None] / 127
    mixed = np.where(shares < 0, middle + (middle - low) * shares, middle + (high - middle) * shares)
    return bytes(np.clip(np.rint(mixed), 0, 255).astype(np.uint8).tobytes())
