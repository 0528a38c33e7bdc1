"""One sample as the network got it -> its figure: a picture, curves, strips, or slices side by side."""

from __future__ import annotations

import math

from reportgen.document.report import Figure
from reportgen.evidence.grids import Grid, Signal
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import charts, mosaic, strips
from reportgen.language.numerals import number, plural, size

_STRIP_HEIGHT = 8
_WIDTH = 640


def draw(sample: SampleRecord, name: str, *, what: str, said: str = "") -> Figure:
    """Draw one sample.

    Args:
        sample: The sample.
        name: Id of the figure.
        what: What a sample is called: "signal".
        said: What the text alternative says at its end: ", labelled cat".

    Returns:
        The figure; its caption says how it is to be read, and what one drawn point stands for. That of a picture is "".
    """
    if sample.grid is None:
        height, width = sample.image.shape[:2]
        colour = "colour" if sample.image.ndim == 3 else "grey"
        alt = f"Sample {sample.index}: {colour} image of {height} by {width} pixels{said}."
        return mosaic.picture(name, sample.image, alt=alt)
    if sample.signal is not None:
        return _curves(sample, sample.signal, sample.grid, name, what, said)
    if len(sample.grid.axes) == 1:
        return _strips(sample, sample.grid, name, what, said)
    return _slices(sample, sample.grid, name, what, said)


def _curves(sample: SampleRecord, signal: Signal, grid: Grid, name: str, what: str, said: str) -> Figure:
    (axis,) = grid.axes
    channels = len(signal.low)
    extent = plural(signal.length, axis) + (f" and {plural(channels, 'channel')}" if channels > 1 else "")
    caption = "One curve per channel, each on a scale of its own." if channels > 1 else ""
    if signal.block > 1:
        several = f"{number(signal.block)} neighbouring {axis}s"
        caption += f" Each point of it is a band from the lowest to the highest of {several}."
    return charts.curves(
        name,
        signal.low,
        signal.high,
        signal.length,
        axis,
        alt=f"Sample {sample.index}: {what} of {extent}, {_values(sample)}{said}.",
        caption=caption.strip(),
    )


def _strips(sample: SampleRecord, grid: Grid, name: str, what: str, said: str) -> Figure:
    channels, points = sample.image.shape
    (length,) = grid.sizes
    wide = max(1, _WIDTH // points)
    levels = sample.image.repeat(wide, axis=1).repeat(max(1, round(_STRIP_HEIGHT * points * wide / _WIDTH)), axis=0)
    caption = (
        f"One row per channel, {number(channels)} in all, channel 0 at the top; from position 0 at the left to "
        f"{number(length - 1)} at the right, all on one scale, black the lowest value.{strips.reduced(grid)}"
    )
    extent = f"{plural(length, 'position')} and {channels} channels"
    alt = f"Sample {sample.index}: {what} of {extent}, {_values(sample)}{said}."
    return mosaic.picture(name, levels, alt=alt, caption=caption)


def _slices(sample: SampleRecord, grid: Grid, name: str, what: str, said: str) -> Figure:
    columns = _columns(len(sample.image))
    height, width = grid.sizes[-2:]
    kind = "colour" if sample.image.ndim == 4 else "grey"
    rows = " row by row," if len(sample.image) > columns else ""
    extent = f"{strips.slices_of(grid)} {height} by {width} positions each"
    ways = f"{strips.slices_of(grid)}{rows} from left to right, {size((height, width))} positions each."
    return mosaic.picture(
        name,
        strips.side_by_side(sample.image, columns),
        alt=f"Sample {sample.index}: {kind} {what} of {extent}, {_values(sample)}{said}.",
        caption=f"{ways}{strips.reduced(grid)}",
    )


def _values(sample: SampleRecord) -> str:
    return f"values {number(sample.value_range[0])} to {number(sample.value_range[1])}"


def _columns(slices: int) -> int:
    """Return how many slices to put in a row: about a square, with as few empty places as possible.

    >>> [_columns(slices) for slices in (5, 8, 12, 16)]
    [5, 4, 4, 4]
    """
    least = math.ceil(math.sqrt(slices))
    return min(range(least, min(slices, max(least, 6)) + 1), key=lambda columns: (-slices % columns, columns))
