"""A sample and what channels do on it -> small pictures: the sample, and each response laid over it in amber."""

from __future__ import annotations

import numpy as np

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.grids import Signal
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import curves, mosaic
from reportgen.figures.overlays import coloured, lit, sized

LARGE, SMALL = 300, 112
"""Longest side of the first map of a stage and of the others, pixels: about twice what a page shows."""
_CURVE = (360, 150)
_CELL = 48


def base(sample: SampleRecord) -> Levels:
    """Return a sample as one picture: the middle slice of a volume, the curve of a signal.

    Returns:
        uint8 (height, width) or (height, width, 3).
    """
    if sample.grid is None:
        return sample.image
    if sample.signal is not None:
        return curve(sample.signal)
    if len(sample.grid.axes) == 1:
        return sample.image.repeat(max(1, _CURVE[1] // len(sample.image)), axis=0)
    return np.asarray(sample.image[len(sample.image) // 2])


def curve(signal: Signal) -> Levels:
    """Draw the curves of a signal, white on black, each on its own scale, in rows; uint8 (height, width)."""
    return curves.drawn([np.stack(ends, axis=1) for ends in zip(signal.low, signal.high, strict=True)], _CURVE)


def picture(name: str, image: Levels, side: int, alt: str) -> Figure:
    """Draw an image at a size; arguments as for `Figure`."""
    return mosaic.coloured(name, coloured(sized(image, side)), alt=alt)


def response(name: str, image: Levels, levels: Levels, side: int, alt: str) -> Figure:
    """Lay a response over an image.

    Args:
        name: Id of the figure.
        image: uint8 (height, width) or (height, width, 3).
        levels: uint8 (rows, columns).
        side: Longest side of the figure, pixels.
        alt: Text alternative.
    """
    return mosaic.coloured(name, lit(image, levels, side), alt=alt)


def numbers(name: str, levels: Levels, framed: tuple[int, ...], alt: str) -> Figure:
    """Draw a row of numbers as a grid of cells, row by row, the higher the brighter amber.

    Args:
        name: Id of the figure.
        levels: uint8 (numbers,).
        framed: Places of cells with a white frame.
        alt: Text alternative.
    """
    columns = grid_columns(len(levels))
    rows = -(-len(levels) // columns)
    cell = max(3, min(_CELL, 2 * LARGE // max(columns, rows)))
    amber = np.array(colours.rgb(colours.EVERYWHERE["frame"]), np.float64)
    dark = np.array(colours.rgb(colours.EVERYWHERE["frame_edge"]), np.float64)
    share = np.zeros(rows * columns)
    share[: len(levels)] = (levels / 255.0) ** 0.75
    cells = dark + (amber - dark) * share.reshape(rows, columns, 1)
    drawn = np.rint(cells.repeat(cell, axis=0).repeat(cell, axis=1)).astype(np.uint8)
    drawn[::cell], drawn[:, ::cell] = dark // 2, dark // 2
    thick = max(1, cell // 8)
    for place in framed:
        top, left = (cell * each for each in divmod(place, columns))
        inside = drawn[top + thick - 1 : top + cell - thick + 1, left + thick - 1 : left + cell - thick + 1].copy()
        drawn[top : top + cell, left : left + cell] = colours.rgb(colours.EVERYWHERE["white"])
        drawn[top + thick : top + cell - thick, left + thick : left + cell - thick] = inside[1:-1, 1:-1]
    return mosaic.coloured(name, drawn, alt=alt)


def grid_columns(number: int) -> int:
    """Return how many cells stand in a row: about half as many as below each other, in full rows where that goes.

    >>> grid_columns(128), grid_columns(256), grid_columns(2048), grid_columns(10), grid_columns(7)
    (8, 16, 32, 2, 3)
    """
    about = max(1, round(number**0.5))
    least = max(1, about * 2 // 3)
    return next((columns for columns in range(about, least - 1, -1) if number % columns == 0), about)
