"""8-bit maps -> one picture for all of them. One mosaic and one PNG file per layer, never one plot per channel."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.document.sheets import ContactSheet, Mark
from reportgen.evidence import Levels
from reportgen.figures.charts import palette
from reportgen.figures.drawing import draws

_GAP = 255  # level of the gaps between tiles
_WHITE = colours.rgb(colours.EVERYWHERE["white"])
_STRIP = 20  # times as long as high
_IN_A_PALETTE = 256
_IN_A_PART = 2048
_JPEG_QUALITY = 80


def png(picture: Levels, colormap: str = "gray", line: tuple[int, int, int] | None = None) -> bytes:
    """Encode a picture without loss.

    Args:
        picture: uint8 (height, width), drawn in the colour map, or (height, width, 3), drawn as it is.
        colormap: "gray" or "viridis".
        line: Colour of the highest level; None: white.
    """
    if not draws():
        return b""
    image = Image.fromarray(picture)
    if picture.ndim == 2 and _in_palette(colormap, line):
        image = image.convert("P")
        image.putpalette(palette(colormap) + bytes(line or _WHITE))
    file = io.BytesIO()
    # In maps zlib finds little but runs: looking for more takes twice the time and saves no room (guide/decisions.md).
    image.save(file, "PNG", compress_type=Image.RLE)
    return file.getvalue()


def coloured(name: str, levels: Levels, *, alt: str, caption: str = "", quality: int = _JPEG_QUALITY) -> Figure:
    """Make a figure of a picture in colours: of few colours without loss, of a photograph as JPEG.

    Args:
        name: Id of the figure.
        levels: uint8 (height, width, 3).
        alt: Text alternative.
        caption: Caption.
        quality: Quality of a photograph, as JPEG counts it, 1..95.
    """
    height, width = map(int, levels.shape[:2])
    if not draws():
        return Figure(name, "image/png", b"", width, height, alt, caption)
    # A photograph mostly has too many colours in a few of its pixels; to sort all of them takes longer than to draw it.
    photograph = Figure(name, "image/jpeg", b"", width, height, alt, caption)
    few = levels.reshape(-1, 3)[:: max(1, height * width // _IN_A_PART)]
    if len(np.unique(_packed(few))) > _IN_A_PALETTE:
        return replace(photograph, data=_jpeg(levels, quality))
    packed = _packed(levels)
    found = np.unique(packed)
    if len(found) > _IN_A_PALETTE:
        return replace(photograph, data=_jpeg(levels, quality))
    file = io.BytesIO()
    image = Image.fromarray(np.searchsorted(found, packed).astype(np.uint8)).convert("P")
    image.putpalette(np.stack([(found >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(np.uint8).tobytes())
    image.save(file, "PNG", optimize=True)
    return Figure(name, "image/png", file.getvalue(), width, height, alt, caption)


def _packed(levels: Levels) -> npt.NDArray[np.uint32]:
    """Return colours, (…, 3), as one number each, (…)."""
    red, green, blue = (levels[..., place].astype(np.uint32) for place in range(3))
    return np.asarray(red << 16 | green << 8 | blue)


def _jpeg(levels: Levels, quality: int) -> bytes:
    """Encode a photograph, its colours at full size: edges of a frame would run otherwise."""
    file = io.BytesIO()
    try:
        Image.fromarray(levels).save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    except OSError:
        # Noise takes more bytes than Pillow has room for while it looks for the best code.
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "JPEG", quality=quality, subsampling=0)
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


@dataclass(frozen=True, slots=True)
class Label:
    """What a figure is called and what it says.

    Attributes:
        name: Id of the figure.
        alt: Text alternative.
        caption: Caption.
    """

    name: str
    alt: str
    caption: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Maps of a layer, all or some, and how they are drawn.

    Attributes:
        levels: uint8 (maps, height, width), or (maps, height, width, 3) for colour pictures; `strips` and slices have
            fewer axes or more.
        colormap: "gray" or "viridis".
        line: Colour of the gaps, red, green and blue 0..255, for tiles in which white means something; None: white.
        marks: Tiles to point at; of channels that are not shown, none.
        channels: Channel of each map, where they are not all.
        total: Channels of the layer; as many as there are maps unless given.
    """

    levels: Levels
    colormap: str = "gray"
    line: tuple[int, int, int] | None = None
    marks: tuple[Mark, ...] = ()
    channels: tuple[int, ...] | None = None
    total: int = 0

    @property
    def num_channels(self) -> int:
        """Channels of the layer."""
        return self.total or len(self.levels)

    def marks_of(self, channels: tuple[int, ...]) -> tuple[Mark, ...]:
        """Return the marks of some channels."""
        return tuple(mark for mark in self.marks if mark.channel in channels)


def contact_sheet(label: Label, maps: Maps) -> ContactSheet:
    """Lay all maps of a layer out in rows of channels.

    Returns:
        The sheet, channel = row · columns + column, with a gap between neighbours, white unless `line` says otherwise.
    """
    levels = maps.levels
    if levels.shape[1] == 1:
        # A map of one dimension is drawn as a strip; one line of pixels would be too thin to be seen.
        levels = levels.repeat(max(1, levels.shape[2] // _STRIP), axis=1)
    channels, height, width = levels.shape[:3]
    tiles = levels if levels.ndim == 4 else under_gap(levels, maps.colormap, maps.line)
    sheet = assemble(label, replace(maps, levels=tiles), num_columns(channels, height, width), gap(maps))
    return replace(sheet, marks=maps.marks)


def gap(maps: Maps) -> int:
    """Return how many pixels lie between neighbours in rows of maps: more where the gaps have a colour."""
    longest = int(max(maps.levels.shape[1:3]))
    return max(1, round(longest / 24)) * (1 if maps.line is None else 3)


def assemble(label: Label, maps: Maps, columns: int, gap: int) -> ContactSheet:
    """Put tiles into rows, without marks.

    Args:
        label: What the figure is called and says.
        maps: The tiles, their levels `under_gap`, taken for all channels from 0 on.
        columns: Tiles in a row.
        gap: Pixels between neighbours.
    """
    tiles = maps.levels
    channels, height, width = tiles.shape[:3]
    rows = -(-channels // columns)
    colours = tiles.shape[3:]
    fill = maps.line if maps.line and colours else _GAP
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *colours), fill, np.uint8)
    for place in range(channels):
        row, column = divmod(place, columns)
        top, left = row * (height + gap), column * (width + gap)
        sheet[top : top + height, left : left + width] = tiles[place]
    return ContactSheet(
        figure=picture(label.name, sheet, alt=label.alt, caption=label.caption, colormap=maps.colormap, line=maps.line),
        columns=columns,
        rows=rows,
        tile_width_px=width,
        tile_height_px=height,
        gap_px=gap,
        channels=tuple(range(channels)),
        num_channels=maps.num_channels,
    )


# Up to so many channels, as many tiles stand in a row.
_USUAL_COLUMNS = ((16, 8), (128, 16))


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
    usual = next((columns for most, columns in _USUAL_COLUMNS if channels <= most), 32)
    wide = max(1, usual * height // max(width, 1)) if width > height else usual
    most = max(1, min(channels, usual, max(wide, 1)))
    # Full rows look calmer, where that takes no more than half as many columns away.
    return next((columns for columns in range(most, (most + 1) // 2, -1) if channels % columns == 0), most)
