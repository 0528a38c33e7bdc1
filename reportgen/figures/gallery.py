"""What moved channels most -> pictures of a gallery: patches in their images, their average, strips of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.responses import Patch
from reportgen.figures import mosaic, overlays
from reportgen.figures.patches import fitted, in_its_image

IN_A_ROW = 3
"""Patches in a row of a block."""
IN_A_STRIP = 8
"""Channels in a strip of the index."""
_AVERAGE_SIDE = 56
TILE_SIDE = 56
"""Most pixels along a side of a tile of the index."""
_GAP = 2
_DARK = colours.rgb(colours.EVERYWHERE["frame_edge"])
_PAPER = colours.rgb(colours.ON_PAGES["paper"][0])
_LINE = colours.rgb(colours.EVERYWHERE["grey"])
_FRAME = colours.rgb(colours.EVERYWHERE["frame"])
_CROSS = colours.rgb(colours.EVERYWHERE["for_it"])
# Most of a block is dim and grey, which hides what JPEG leaves out.
_QUALITY = 76


def block(name: str, patches: Sequence[Patch], *, alt: str) -> Figure | None:
    """Draw patches inside their images, three in a row, strongest first.

    Args:
        name: Id of the figure.
        patches: At most nine.
        alt: Text alternative.

    Returns:
        The figure, or None where no patch has an image to lie in. Each image is dimmed but for what the channel saw:
        the box, framed, and a small one again in a corner; or, of a channel that sees most of an image, the places
        where it responds, lined.
    """
    drawn = [in_its_image(patch) for patch in patches if patch.context is not None]
    if not drawn:
        return None
    height, width = (max(tile.shape[axis] for tile in drawn) for axis in (0, 1))
    columns = min(IN_A_ROW, len(drawn))
    rows = -(-len(drawn) // columns)
    shape = (rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3)
    sheet = np.full(shape, _PAPER if len(drawn) % columns else _DARK, np.uint8)
    for place, tile in enumerate(drawn):
        top, left = (part * (long + _GAP) for part, long in zip(divmod(place, columns), (height, width), strict=True))
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return mosaic.coloured(name, sheet, alt=alt, quality=_QUALITY)


def mean(patches: Sequence[Patch]) -> npt.NDArray[np.float64] | None:
    """Return the average of patches, 0..255, (height, width) or (height, width, 3), or None where their sizes differ.

    What lies outside of an image does not count; where all lie outside, the average is 0.
    """
    pictures = [patch.picture for patch in patches if patch.picture is not None]
    if not pictures or len({picture.shape for picture in pictures}) > 1:
        return None
    total, count = np.zeros(pictures[0].shape), np.zeros(pictures[0].shape)
    for patch in patches:
        if patch.picture is not None:
            top, left, bottom, right = patch.inside
            total[top:bottom, left:right] += patch.picture[top:bottom, left:right]
            count[top:bottom, left:right] += 1
    return np.asarray(total / np.maximum(count, 1))


def average(name: str, levels: npt.NDArray[np.float64], *, alt: str) -> Figure:
    """Draw what `mean` returned, with hard edges."""
    drawn = fitted(np.rint(levels).astype(np.uint8), _AVERAGE_SIDE)
    return mosaic.coloured(name, overlays.coloured(drawn), alt=alt)


@dataclass(frozen=True, slots=True)
class Tile:
    """One channel in a strip.

    Attributes:
        picture: uint8 (height, width) or (height, width, 3), its best patch; None where it has none.
        framed: Whether it has a frame.
        crossed: Whether it is crossed out.
    """

    picture: Levels | None
    framed: bool = False
    crossed: bool = False


def strip(name: str, tiles: Sequence[Tile], *, side: int, alt: str) -> Figure:
    """Draw channels side by side.

    Args:
        name: Id of the figure.
        tiles: At most `IN_A_STRIP`; the strip ends with the last.
        side: Pixels along a side of a tile.
        alt: Text alternative.
    """
    sheet = np.full((side, len(tiles) * (side + _GAP) - _GAP, 3), _LINE, np.uint8)
    for place, tile in enumerate(tiles):
        left = place * (side + _GAP)
        sheet[:, left : left + side] = _tile(tile, side)
    return mosaic.coloured(name, sheet, alt=alt)


def tile_side(tiles: Sequence[Tile]) -> int:
    """Return how many pixels a side the tiles of a layer have: as the largest of them is drawn, `TILE_SIDE` at most."""
    drawn = (fitted(each.picture, TILE_SIDE).shape[:2] for each in tiles if each.picture is not None)
    return max((max(shape) for shape in drawn), default=TILE_SIDE)


def _tile(tile: Tile, side: int) -> Levels:
    found = np.full((side, side, 3), _DARK, np.uint8)
    if tile.picture is not None:
        picture = overlays.coloured(fitted(tile.picture, side))
        top, left = ((side - length) // 2 for length in picture.shape[:2])
        found[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    if tile.crossed:
        for place in range(side):
            found[place, max(0, place - 1) : place + 1] = found[place, max(0, side - 1 - place) : side - place + 1] = (
                _CROSS
            )
    if tile.framed:
        thick = 3
        found[:thick] = found[-thick:] = found[:, :thick] = found[:, -thick:] = _FRAME
    return found
