"""Some of a layer's maps -> one contact sheet on which every tile has its channel's number below it.

Where all maps are shown, a tile's channel is its row's number plus its column's. Of a selection that cannot be said, so
that each tile gets a white foot for its own number, which the page writes there.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from reportgen.document.sheets import HIGHEST_TILE, NUMBER_HEIGHT, SHEET_WIDTH, ContactSheet, Mark
from reportgen.evidence import Levels
from reportgen.figures import mosaic

_MOST_COLUMNS = 16
# CSS pixels that a number of four digits takes.
_NUMBER_WIDTH = 24.0


def numbered_sheet(
    name: str,
    maps: Levels,
    channels: tuple[int, ...],
    num_channels: int,
    *,
    alt: str,
    caption: str,
    colormap: str = "gray",
    marks: tuple[Mark, ...] = (),
    line: tuple[int, int, int] | None = None,
) -> ContactSheet:
    """Lay maps out in rows, in their order.

    Args:
        name: Id of the figure.
        maps: uint8 (maps, height, width).
        channels: Channel of each map.
        num_channels: How many channels the layer has.
        alt: Text alternative.
        caption: Caption.
        colormap: "gray" or "viridis".
        marks: Tiles to point at; of channels that are not shown, none.
        line: Colour of the gaps, as for `mosaic.contact_sheet`.
    """
    total, height, width = maps.shape
    columns = min(_MOST_COLUMNS, mosaic.num_columns(total, height, width))
    gap = max(1, round(max(height, width) / 24)) * (1 if line is None else 3)
    tiles, foot = _with_feet(mosaic.under_gap(maps, colormap, line), columns, gap, 255 if line is None else 254)
    sheet = mosaic.assemble(
        name,
        tiles,
        columns,
        gap,
        alt=alt,
        caption=caption,
        colormap=colormap,
        line=line,
    )
    shown = tuple(mark for mark in marks if mark.channel in channels)
    return replace(sheet, channels=channels, num_channels=num_channels, marks=shown, number_px=foot)


def _with_feet(tiles: Levels, columns: int, gap: int, white: int) -> tuple[Levels, int]:
    """Tiles with white below them, and beside them where they are too narrow for a number, and the foot's height."""
    total, height, width = tiles.shape
    room = HIGHEST_TILE - NUMBER_HEIGHT
    scale = min(SHEET_WIDTH / (columns * (width + gap) - gap), room / height)
    broad = max(width, ceil(_NUMBER_WIDTH / scale) - gap)
    whole = columns * (broad + gap) - gap
    foot = max(ceil(NUMBER_HEIGHT * whole / SHEET_WIDTH), ceil(NUMBER_HEIGHT * height / room))
    footed = np.full((total, height + foot, broad), white, np.uint8)
    left = (broad - width) // 2
    footed[:, :height, left : left + width] = tiles
    return footed, foot
