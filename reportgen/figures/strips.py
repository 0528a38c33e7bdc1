"""Maps of one axis, or of three and more -> contact sheets of heat strips, or of slices that lie side by side.

A sheet that would be higher than a page goes on in further ones. Where a strip or a slice has more points than its
place on the page, each point drawn shows the highest of its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from reportgen.document.sheets import HIGHEST_TILE, SHEET_WIDTH, ContactSheet
from reportgen.evidence import Levels
from reportgen.evidence.grids import Grid
from reportgen.figures import mosaic
from reportgen.figures.mosaic import Label, Maps
from reportgen.language.numerals import number, plural, shape

HIGHEST_SHEET = 760.0
"""Most that a sheet is high, CSS pixels: what a page holds."""
_MOST_POINTS = 1280
# Widths of a slice, CSS pixels: what it should have, and what it must have where there are many.
_GOOD_SLICE = 36.0
_LEAST_SLICE = 20.0
_TICK = 90.0  # CSS pixels that a tick's words take
_NAMES = {"time": "step", "depth": "slice"}
_WHOLE_NAMES = {"time": "time step", "depth": "slice"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the maps of a layer are laid out.

    Attributes:
        grid: Their axes, and how many positions a drawn point stands for on the page.
        columns: Maps in a row.
        rows: Most rows in a sheet.
        pitch: From one strip to the next, CSS pixels; 0 for slices.
        shrink: How many points of the maps as they come make one drawn point, along each axis.
    """

    grid: Grid
    columns: int
    rows: int
    pitch: float
    shrink: tuple[int, ...]

    def parts(self, channels: int) -> tuple[range, ...]:
        """Return the channels of each sheet."""
        step = self.columns * self.rows
        return tuple(range(start, min(start + step, channels)) for start in range(0, channels, step))


# Up to so many channels, their strips stand in as many columns.
_STRIP_COLUMNS = ((64, 1), (128, 2))


def lay_out(channels: int, grid: Grid, highest: float = HIGHEST_SHEET) -> Layout:
    """Decide how many maps stand side by side, how many rows a sheet has, and what is drawn of each map.

    Args:
        channels: How many maps there are.
        grid: How one map is drawn.
        highest: Most that a sheet may be high, CSS pixels.
    """
    sizes = _drawn_sizes(grid)
    if len(sizes) == 1:
        columns = next((columns for most, columns in _STRIP_COLUMNS if channels <= most), 4)
        shrink: tuple[int, ...] = (-(-sizes[0] * columns // _MOST_POINTS),)
        # A few strips are broad, many are thin; of more than fit in that way a further sheet is made.
        pitch = min(14.0, max(6.0, highest // -(-channels // columns)))
        rows = max(1, int(highest // pitch))
    else:
        slices, height, width = prod(sizes[:-2]), sizes[-2], sizes[-1]
        columns = _slice_columns(channels, (slices, height, width), highest)
        pitch = 0.0
        inner = max(1, -(-columns * slices * width // _MOST_POINTS))
        shrink = (*(1 for _ in sizes[:-2]), inner, inner)
        rows = max(1, int(highest // _row_height(columns, slices, height, width)))
    blocks = tuple(block * more for block, more in zip(grid.blocks, shrink, strict=True))
    return Layout(replace(grid, blocks=blocks), columns, rows, pitch, shrink)


def sheets(label: Label, maps: Maps, layout: Layout, captions: tuple[str, ...]) -> tuple[ContactSheet, ...]:
    """Draw all maps of a layer, or some.

    Args:
        label: Id of the figure, to which further sheets add their number, and text alternative of all of them.
        maps: The maps, uint8 (maps, …), the axes of the grid as long as they were drawn when it was made; of some, the
            layout has one map in a row.
        layout: How they are laid out.
        captions: One for each sheet.
    """
    levels = maps.levels
    for axis, more in enumerate(layout.shrink, 1):
        if more > 1:
            levels = np.maximum.reduceat(levels, np.arange(0, levels.shape[axis], more), axis=axis)
    levels = mosaic.under_gap(levels, maps.colormap)
    if levels.ndim == 2:
        tiles, gap, ticks = _strips(levels, layout)
    else:
        tiles, gap, ticks = _slices(levels.reshape(len(levels), -1, *levels.shape[-2:]), layout)
    found, what = [], "map" if maps.channels else "channel"
    total = maps.num_channels
    for place, (part, caption) in enumerate(zip(layout.parts(len(levels)), captions, strict=True)):
        own = Label(label.name, label.alt, caption)
        if place:
            own = Label(f"{label.name}-{place + 1}", f"{label.alt} Continued from {what} {part.start}.", caption)
        shown = tuple(part) if maps.channels is None else maps.channels[part.start : part.stop]
        part_maps = replace(maps, levels=tiles[part.start : part.stop], line=None, total=total)
        sheet = mosaic.assemble(own, part_maps, layout.columns, gap)
        found.append(replace(sheet, channels=shown, marks=maps.marks_of(shown), ticks=ticks))
    return tuple(found)


def slices_of(grid: Grid) -> str:
    r"""Say what lies side by side, and in which order.

    >>> slices_of(Grid(("depth", "height", "width"), (8, 24, 24), (1, 1, 1)))
    '8\xa0slices, front to back,'
    """
    pairs = list(zip(grid.axes[:-2], grid.sizes[:-2], strict=True))
    listed = " of ".join(plural(size, _WHOLE_NAMES.get(axis, axis)) for axis, size in pairs)
    orders = {"time": "first to last", "depth": "front to back"}
    order = ", each ".join(orders[axis] for axis, _ in pairs if axis in orders)
    return f"{listed}, {order}," if order else listed


def reduced(grid: Grid) -> str:
    """Say what one drawn point stands for, in a sentence that begins with a blank; "" where it is one position."""
    if all(block == 1 for block in grid.blocks):
        return ""
    parts = []
    for axis, block in zip(grid.axes[:-2], grid.blocks[:-2], strict=True):
        if block > 1:
            parts.append(f"{number(block)} neighbouring {_WHOLE_NAMES.get(axis, axis)}s")
    inner = grid.blocks[-2:]
    if max(inner) > 1:
        kind = _WHOLE_NAMES.get(grid.axes[0], "position") if len(grid.axes) == 1 else "position"
        parts.append(f"{shape(inner) if min(inner) > 1 else number(max(inner))} neighbouring {kind}s")
    return f" Each point drawn shows the highest of {' and of '.join(parts)}."


def side_by_side(slices: Levels, columns: int) -> Levels:
    """Lay slices out in rows, a line between neighbours.

    Args:
        slices: uint8 (slices, height, width) or (slices, height, width, 3).
        columns: How many stand side by side.
    """
    total, height, width = slices.shape[:3]
    rows, gap = -(-total // columns), max(1, round(max(slices.shape[1:3]) / 24))
    colours = slices.shape[3:]
    page = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, *colours), 255, np.uint8)
    for place in range(total):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        page[top : top + height, left : left + width] = slices[place]
    return page


def _drawn_sizes(grid: Grid) -> tuple[int, ...]:
    return tuple(-(-size // block) for size, block in zip(grid.sizes, grid.blocks, strict=True))


def _slice_columns(channels: int, tile: tuple[int, int, int], highest: float) -> int:
    """Return how many rows of slices to put side by side: so few that the sheet takes half a page, else a whole one."""
    least = 1
    for height, width in ((highest / 2, _GOOD_SLICE), (highest, _LEAST_SLICE)):
        most = min(channels, max(1, int(SHEET_WIDTH // (tile[0] * width))))
        for least in range(1, most + 1):
            if -(-channels // least) * _row_height(least, *tile) <= height:
                return least
    return least


def _row_height(columns: int, slices: int, height: int, width: int) -> float:
    """A row of maps with its gap, CSS pixels."""
    scale = min(SHEET_WIDTH / (columns * slices * width), HIGHEST_TILE / height)
    return height * scale + 4


def _strips(maps: Levels, layout: Layout) -> tuple[Levels, int, tuple[tuple[float, str], ...]]:
    """Make every map a strip of one width, and as high as its pitch allows."""
    points = maps.shape[1]
    wide = max(1, _MOST_POINTS // layout.columns // points)
    scale = SHEET_WIDTH / (layout.columns * points * wide)
    gap = max(1, round((2 if layout.pitch > 8 else 1) / scale))
    tiles = maps.repeat(wide, axis=1)[:, None, :].repeat(max(1, round(layout.pitch / scale) - gap), axis=1)
    return tiles, gap, _positions(layout, points * wide, points * wide * scale)


def _positions(layout: Layout, width_px: int, width: float) -> tuple[tuple[float, str], ...]:
    """Round numbers along a strip, as many as there is room for."""
    (name,), (size,), (block,) = layout.grid.axes, layout.grid.sizes, layout.grid.blocks
    point = width_px / -(-size // block) / block  # pixels that one position has, before it is drawn with its block
    step = next(
        magnitude * digit
        for magnitude in (10**power for power in range(12))
        for digit in (1, 2, 5)
        if magnitude * digit * point / width_px * width >= _TICK or magnitude * digit >= size
    )
    ticks = [(0.0, f"{_NAMES.get(name, name)} 0")]
    ticks += [((position + 0.5) * point, str(position)) for position in range(step, size, step)]
    return tuple(ticks)


def _slices(maps: Levels, layout: Layout) -> tuple[Levels, int, tuple[tuple[float, str], ...]]:
    """Put the slices of every map side by side, a line between neighbours and a broader gap between maps."""
    channels, slices, height, width = maps.shape
    line = max(1, round(layout.columns * slices * width / SHEET_WIDTH))
    tiles = np.full((channels, height, slices * (width + line) - line), 255, np.uint8)
    for place in range(slices):
        left = place * (width + line)
        tiles[:, :, left : left + width] = maps[:, place]
    if len(layout.grid.axes) < 3:
        return tiles, 3 * line, ()
    inner = slices // -(-layout.grid.sizes[0] // layout.grid.blocks[0])
    shown = SHEET_WIDTH / layout.columns / slices  # CSS pixels of a slice
    every = max(1, round(34 / max(shown * inner, 1)))
    name = _NAMES.get(layout.grid.axes[0], layout.grid.axes[0])
    ticks = []
    for step, place in enumerate(range(0, slices, inner)):
        if step % every == 0:
            text = str(step * layout.grid.blocks[0])
            middle = place * (width + line) + (width / 2 if inner == 1 else 0)
            ticks.append((0.0 if step == 0 else middle, f"{name} {text}" if step == 0 else text))
    return tiles, 3 * line, tuple(ticks)
