"""What moved a channel most, and its kernels -> one small picture for each, cheap enough for hundreds of channels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.responses import MOST_PATCHES, Patch
from reportgen.figures import mosaic, overlays
from reportgen.figures.drawing import draws

# Sides of a patch as it is drawn: small ones are enlarged to the first, large ones reduced to the second.
_LEAST_SIDE = 28
_MOST_SIDE = 32
_GAP = 2
# Small images are enlarged by a whole number up to this side, so that nothing smooths their pixels.
_CONTEXT_SIDE = 112
# A box that takes up less of its image than this along a side is shown again, larger, in the corner farthest from it.
_SMALL = 1 / 6
_INSET = 0.3
# Grey levels are drawn in steps, so that a block of digits keeps to a palette; nobody sees a fiftieth.
_GREY_STEP = 5
_LINE = colours.rgb(colours.EVERYWHERE["grey"])
# Outside the image there are slanting lines, which no photograph has so evenly.
_OUTSIDE = colours.rgb(colours.ON_PAGES["conv"][0])
_HATCH = colours.rgb(colours.EVERYWHERE["hatch"])
_HATCH_PERIOD = 6
_CLEAR = -1
_KERNEL_SCALE = 4
_KERNEL_LINE = colours.rgb(colours.ON_PAGES["accent"][0])


def strip(name: str, patches: Sequence[Patch], *, alt: str, caption: str = "", side: int = _MOST_SIDE) -> Figure | None:
    """Draw patches side by side, in their order.

    Args:
        name: Id of the figure.
        patches: At most MOST_PATCHES, with pictures of one size; a place without one is left clear.
        alt: Text alternative.
        caption: Caption.
        side: Most pixels that a patch is drawn with along its longer side; of a larger one every n-th is taken.

    Returns:
        The figure, or None where there is no picture to draw. What lies outside the image is hatched.
    """
    drawn = [_drawn(patch, side) for patch in patches[:MOST_PATCHES] if patch.picture is not None]
    if not drawn:
        return None
    height, width = (max(tile.shape[axis] for tile in drawn) for axis in (0, 1))
    sheet = np.full((height, MOST_PATCHES * (width + _GAP) - _GAP), _CLEAR, np.int64)
    for place, tile in enumerate(drawn):
        left = place * (width + _GAP)
        sheet[: tile.shape[0], left : left + tile.shape[1]] = tile
        if place:
            sheet[:, left - _GAP : left] = _packed(_LINE)
    return _figure(name, sheet, alt, caption)


def is_mostly_outside(patch: Patch) -> bool:
    """Whether most of a patch lies outside its image: deep in a network a channel sees more than the whole of it."""
    if patch.picture is None:
        return False
    top, left, bottom, right = patch.inside
    height, width = patch.picture.shape[:2]
    return bool(2 * (bottom - top) * (right - left) < height * width)


def inside_only(patch: Patch) -> Patch:
    """Return what a patch holds of its image."""
    if patch.picture is None:
        return patch
    top, left, bottom, right = patch.inside
    picture = patch.picture[top:bottom, left:right]
    return replace(patch, picture=picture, inside=(0, 0, *picture.shape[:2]))


def in_context(name: str, patches: Sequence[Patch], columns: int, *, alt: str) -> Figure:
    """Draw patches inside their images, side by side, as `in_its_image`.

    Args:
        name: Id of the figure.
        patches: At least one and at most `columns`, each with an image to lie in.
        columns: For how many there is room.
        alt: Text alternative.
    """
    tiles = [in_its_image(patch) for patch in patches]
    height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    row = np.full((height, columns * (width + _GAP) - _GAP, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        left = place * (width + _GAP)
        row[: tile.shape[0], left : left + tile.shape[1]] = tile
    return mosaic.coloured(name, row, alt=alt)


def in_its_image(patch: Patch) -> Levels:
    """Draw a patch inside its image, which is dimmed but for what the channel saw.

    Args:
        patch: One with an image to lie in.

    Returns:
        uint8 (height, width, 3): the box is framed, and a small one is shown again, larger, in a corner; of a channel
        that sees most of an image, the places where it responds are lined.
    """
    assert patch.context is not None, "it has an image to lie in"
    image = patch.context
    if image.ndim == 2:
        image = image // _GREY_STEP * _GREY_STEP
    if patch.lit is not None:
        return overlays.bright(image, patch.lit, _CONTEXT_SIDE)
    top, left, bottom, right = patch.box
    drawn = overlays.boxed(image, (top, left, bottom, right), _CONTEXT_SIDE, patch.size)
    height, width = patch.size
    if not has_inset(patch) or patch.picture is None:
        return drawn
    # A signal is as high as the box.
    short = drawn.shape[1] if height == 1 else min(drawn.shape[:2])
    inset = overlays.coloured(fitted(patch.picture, round(_INSET * short)))
    inset = overlays.framed(inset, (0, 0, inset.shape[0], inset.shape[1]))
    row = drawn.shape[0] - inset.shape[0] if top + bottom < height else 0
    column = drawn.shape[1] - inset.shape[1] if left + right < width else 0
    drawn[row : row + inset.shape[0], column : column + inset.shape[1]] = inset
    return drawn


def has_inset(patch: Patch) -> bool:
    """Whether a patch is so small in its image that it is shown again, larger, in a corner."""
    if patch.context is None or patch.lit is not None or patch.picture is None or not all(patch.size):
        return False
    sides = [(patch.box[axis + 2] - patch.box[axis]) / long for axis, long in enumerate(patch.size) if long > 1]
    return max(sides, default=1.0) < _SMALL


def fitted(picture: Levels, side: int) -> Levels:
    """Bring a picture to a side at most, and to few grey levels."""
    drawn = overlays.sized(picture, side)
    return drawn // _GREY_STEP * _GREY_STEP if drawn.ndim == 2 else drawn


def kernels(name: str, pictures: Sequence[Levels], *, alt: str) -> Figure:
    """Draw the kernels of one channel side by side.

    Args:
        name: Id of the figure.
        pictures: uint8 (height, width) or (height, width, 3) each, zero at mid-grey.
        alt: Text alternative.
    """
    tiles = [_coloured(picture).repeat(_KERNEL_SCALE, axis=0).repeat(_KERNEL_SCALE, axis=1) for picture in pictures]
    line = np.full((tiles[0].shape[0], _GAP), _packed(_KERNEL_LINE), np.int64)
    columns = [part for tile in tiles for part in (line, tile)][1:]
    return _figure(name, np.concatenate(columns, axis=1), alt, "")


def _drawn(patch: Patch, side: int) -> npt.NDArray[np.int64]:
    """One patch, its colours packed."""
    assert patch.picture is not None, "it has a picture"
    longest = max(patch.picture.shape[:2])
    step, scale = max(1, -(-longest // side)), max(1, _LEAST_SIDE // longest)
    outside = np.ones(patch.picture.shape[:2], np.bool_)
    top, left, bottom, right = patch.inside
    outside[top:bottom, left:right] = False
    tile = _coloured(patch.picture)[::step, ::step].repeat(scale, axis=0).repeat(scale, axis=1)
    outside = outside[::step, ::step].repeat(scale, axis=0).repeat(scale, axis=1)
    rows, columns = np.indices(tile.shape)
    slanting = (rows + columns) % _HATCH_PERIOD < _HATCH_PERIOD // 3
    hatched = np.where(slanting, _packed(_HATCH), _packed(_OUTSIDE))
    return np.where(outside, hatched, tile).astype(np.int64)


def _packed(colour: tuple[int, int, int]) -> int:
    red, green, blue = colour
    return red << 16 | green << 8 | blue


def _coloured(picture: Levels) -> npt.NDArray[np.int64]:
    """Grey levels or colours as one number for each pixel."""
    levels = picture.astype(np.int64)
    red, green, blue = (levels,) * 3 if levels.ndim == 2 else (levels[..., axis] for axis in range(3))
    return np.asarray(red << 16 | green << 8 | blue)


def _figure(name: str, sheet: npt.NDArray[np.int64], alt: str, caption: str) -> Figure:
    height, width = map(int, sheet.shape)
    return Figure(name, "image/png", _png(sheet), width, height, alt, caption)


def _png(sheet: npt.NDArray[np.int64]) -> bytes:
    """Encode a picture without loss, in a palette where its colours are few enough: half as many bytes."""
    if not draws():
        return b""
    colours, places = np.unique(sheet, return_inverse=True)
    clear = bool(colours[0] == _CLEAR)
    # The bytes of each colour; clear ones are black in the palette.
    table = np.stack([(np.maximum(colours, 0) >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(np.uint8)
    file = io.BytesIO()
    if len(colours) <= 256:
        image = Image.fromarray(places.reshape(sheet.shape).astype(np.uint8)).convert("P")
        image.putpalette(table.tobytes())
        image.save(file, "PNG", optimize=True, **({"transparency": 0} if clear else {}))
        return file.getvalue()
    pixels = table[places.reshape(sheet.shape)]
    if clear:
        opaque = np.where(sheet == _CLEAR, 0, 255).astype(np.uint8)
        pixels = np.concatenate([pixels, opaque[..., None]], axis=2)
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()
