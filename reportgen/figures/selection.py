"""Some of a layer's maps -> one contact sheet on which every tile has its channel's number below it.

Where all maps are shown, a tile's channel is its row's number plus its column's. Of a selection that cannot be said, so
that each tile gets a white foot for its own number, which the page writes there.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from reportgen.document.sheets import HIGHEST_TILE, NUMBER_HEIGHT, SHEET_WIDTH, ContactSheet
from reportgen.evidence import Levels
from reportgen.figures import mosaic
from reportgen.figures.mosaic import Label, Maps

_MOST_COLUMNS = 16
# CSS pixels that a number of four digits takes.
_NUMBER_WIDTH = 24.0


def numbered_sheet(label: Label, maps: Maps) -> ContactSheet:
    """Lay some of a layer's maps, of which each has its channel, out in rows, in their order."""
    channels = maps.channels
    assert channels is not None, "a selection says which channels it has"
    total, height, width = maps.levels.shape
    columns, gap = min(_MOST_COLUMNS, mosaic.num_columns(total, height, width)), mosaic.gap(maps)
    levels = mosaic.under_gap(maps.levels, maps.colormap, maps.line)
    tiles, foot = _with_feet(levels, columns, gap, 255 if maps.line is None else 254)
    sheet = mosaic.assemble(label, replace(maps, levels=tiles), columns, gap)
    return replace(sheet, channels=channels, marks=maps.marks_of(channels), number_px=foot)


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
