"""8-bit maps -> one picture for all of them. One mosaic and one PNG file per layer, never one plot per channel."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.document.sheets import ContactSheet, Mark
from reportgen.evidence import Levels
from reportgen.figures.charts import palette

_GAP = 255  # level of the gaps between tiles
_WHITE = colours.rgb(colours.EVERYWHERE["white"])
_STRIP = 20  # times as long as high


def png(picture: Levels, colormap: str = "gray", line: tuple[int, int, int] | None = None) -> bytes:
    """Encode a picture without loss.

    Args:
        picture: uint8 (height, width), drawn in the colour map, or (height, width, 3), drawn as it is.
        colormap: "gray" or "viridis".
        line: Colour of the highest level; None: white.
    """
    image = Image.fromarray(picture)
    if picture.ndim == 2 and _in_palette(colormap, line):
        image = image.convert("P")
        image.putpalette(palette(colormap) + bytes(line or _WHITE))
    file = io.BytesIO()
    # In maps zlib finds little but runs: looking for more takes twice the time and saves no room (guide/decisions.md).
    image.save(file, "PNG", compress_type=Image.RLE)
    return file.getvalue()


def picture(
    name: str,
    levels: Levels,
    *,
    alt: str,
    caption: str = "",
    colormap: str = "gray",
    line: tuple[int, int, int] | None = None,
) -> Figure:
    """Make a figure of one picture; arguments as for `png` and `Figure`."""
    return Figure(
        name=name,
        media_type="image/png",
        data=png(levels, colormap, line),
        width_px=int(levels.shape[1]),
        height_px=int(levels.shape[0]),
        alt=alt,
        caption=caption,
    )


def contact_sheet(
    name: str,
    maps: Levels,
    *,
    alt: str,
    caption: str,
    colormap: str = "gray",
    marks: tuple[Mark, ...] = (),
    line: tuple[int, int, int] | None = None,
) -> ContactSheet:
    """Lay all maps of a layer out in rows of channels.

    Args:
        name: Id of the figure.
        maps: uint8 (channels, height, width), or (channels, height, width, 3) for colour pictures.
        alt: Text alternative.
        caption: Caption.
        colormap: "gray" or "viridis".
        marks: Tiles to point at.
        line: Colour of the gaps, red, green and blue 0..255, for tiles in which white means something.

    Returns:
        The sheet, channel = row · columns + column, with a gap between neighbours, white unless `line` says otherwise.
    """
    if maps.shape[1] == 1:
        # A map of one dimension is drawn as a strip; one line of pixels would be too thin to be seen.
        maps = maps.repeat(max(1, maps.shape[2] // _STRIP), axis=1)
    channels, height, width = maps.shape[:3]
    gap = max(1, round(max(height, width) / 24)) * (1 if line is None else 3)
    return assemble(
        name,
        maps if maps.ndim == 4 else under_gap(maps, colormap, line),
        num_columns(channels, height, width),
        gap,
        alt=alt,
        caption=caption,
        colormap=colormap,
        marks=marks,
        line=line,
    )


def assemble(
    name: str,
    tiles: Levels,
    columns: int,
    gap: int,
    *,
    first: int = 0,
    total: int = 0,
    ticks: tuple[tuple[float, str], ...] = (),
    alt: str,
    caption: str,
    colormap: str = "gray",
    marks: tuple[Mark, ...] = (),
    line: tuple[int, int, int] | None = None,
) -> ContactSheet:
    """Put tiles into rows; arguments as for `contact_sheet` and `ContactSheet`.

    Args:
        name: Id of the figure.
        tiles: uint8 (channels, height, width) or (channels, height, width, 3), their levels `under_gap`.
        columns: Tiles in a row.
        gap: Pixels between neighbours.
        first: Channel of the first tile.
        total: Channels of the layer; as many as there are tiles unless given.
        ticks: What stands below each column.
        alt: Text alternative.
        caption: Caption.
        colormap: "gray" or "viridis".
        marks: Tiles to point at.
        line: Colour of the gaps.
    """
    channels, height, width = tiles.shape[:3]
    rows = -(-channels // columns)
    colours = tiles.shape[3:]
    fill = line if line and colours else _GAP
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *colours), fill, np.uint8)
    for place in range(channels):
        row, column = divmod(place, columns)
        top, left = row * (height + gap), column * (width + gap)
        sheet[top : top + height, left : left + width] = tiles[place]
    return ContactSheet(
        figure=picture(name, sheet, alt=alt, caption=caption, colormap=colormap, line=line),
        columns=columns,
        rows=rows,
        tile_width_px=width,
        tile_height_px=height,
        gap_px=gap,
        channels=tuple(range(first, first + channels)),
        num_channels=total or channels,
        marks=marks,
        ticks=ticks,
    )


def under_gap(levels: Levels, colormap: str, line: tuple[int, int, int] | None = None) -> Levels:
    """Keep levels apart from the gap's: in a palette it has the last colour, so the highest level gives way by one."""
    return np.minimum(levels, _GAP - 1) if _in_palette(colormap, line) else levels


def _in_palette(colormap: str, line: tuple[int, int, int] | None) -> bool:
    return colormap != "gray" or line is not None


def num_columns(channels: int, height: int, width: int) -> int:
    """Return how many tiles to put in a row: 16, 8 or 32 by their number, fewer where tiles are wide or rows end so.

    >>> num_columns(64, 24, 24), num_columns(6, 24, 24), num_columns(2048, 7, 7), num_columns(12, 9, 9)
    (16, 6, 32, 6)
    """
    usual = 8 if channels <= 16 else 16 if channels <= 256 else 32
    wide = max(1, usual * height // max(width, 1)) if width > height else usual
    most = max(1, min(channels, usual, max(wide, 1)))
    # Full rows look calmer, where that takes no more than half as many columns away.
    return next((columns for columns in range(most, (most + 1) // 2, -1) if channels % columns == 0), most)
