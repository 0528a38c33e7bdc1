"""Counts of answers -> the confusion matrix, and the reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportgen.document.report import Figure
from reportgen.evidence.performance import Calibration
from reportgen.figures.charts import Ink, figure
from reportgen.figures.class_labels import NO_NUMBER, Labels, apart, drawable, label_width, side_of
from reportgen.language.numerals import number, short

# Imported when a chart is drawn, as in `charts`.
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure as Canvas

Counts = npt.NDArray[np.int64]

MOST_POINTS = 160
"""Most rows and columns of a matrix without numbers; beyond, neighbouring classes share one."""
_LETTER = 5.6  # width of a usual letter of a label, CSS pixels
_MARGIN = 26  # left of the names, with the words along the axis
_SPARE = 8  # of it, what wide letters may take
_LONGEST = 20
_POINTS = 0.75  # a CSS pixel
_FIVE_DIGITS = 10_000


def numbered_matrix(
    name: str, counts: Counts, labels: Labels, *, alt: str, caption: str, fonts: Sequence[Path] = ()
) -> Figure:
    """Draw a confusion matrix with its numbers.

    Args:
        name: Id of the figure.
        counts: int64 (true classes, answers); answers that are no number in a last column, where there are some.
        labels: What stands for the classes.
        alt: Text alternative.
        caption: Caption.
        fonts: Files of fonts for characters that the report's own lack.
    """
    num_rows, num_columns = counts.shape
    side = side_of(num_columns)
    across = [drawable(head) for head in labels.heads] + ["no\nnumber"] * (num_columns - num_rows)
    down = [drawable(label) for label in apart(labels.names, _LONGEST)]
    gutter = 8 + label_width(str(num_rows)) if labels.numbered else 0
    left = _MARGIN + gutter + _width(down, exact=labels.numbered)
    top = _MARGIN + 12 * (1 + (num_columns > num_rows))
    right = 4 + max(0, NO_NUMBER - side) / 2 * (num_columns > num_rows)
    width, height = left + side * num_columns + right, top + side * num_rows + 4

    def draw(canvas: Canvas, ink: Ink) -> None:
        panel = canvas.add_axes((left / width, 4 / height, side * num_columns / width, side * num_rows / height))
        _cells(panel, counts, side, ink)
        _axes(panel, counts.shape, ink)
        panel.set_xticks(np.arange(num_columns) + 0.5, across)
        panel.set_yticks(np.arange(num_rows) + 0.5, down)
        if labels.numbered:
            panel.yaxis.labelpad += gutter * _POINTS
            _numbered_rows(panel, left - _MARGIN - gutter, side, ink)

    return figure(
        name, draw, (round(width), round(height)), alt=alt, caption=caption, layout=None, fonts=fonts, mixed=True
    )


def _width(down: Sequence[str], *, exact: bool) -> float:
    """The room for the names of the rows, CSS pixels."""
    measured = max(map(label_width, down))
    return measured if exact else max(max(map(len, down)) * _LETTER, measured - _SPARE)


def _cells(panel: Axes, counts: Counts, side: int, ink: Ink) -> None:
    """Draw a shaded square for each place, with its number."""
    from matplotlib.patches import Rectangle

    shades, colours = shaded(counts), _ramp(ink)
    for (row, column), count in np.ndenumerate(counts):
        shade = float(shades[row, column])
        edge = ink.soft if row == column else ink.paper
        panel.add_patch(
            Rectangle((column + 0.03, row + 0.03), 0.94, 0.94, facecolor=colours(shade), edgecolor=edge, lw=0.7)
        )
        if count:
            colour = ink.paper if shade > 0.5 else ink.text
            words = short(int(count)) if count >= _FIVE_DIGITS else str(int(count))
            size = 7.5 if side >= 36 else 6
            panel.text(column + 0.5, row + 0.5, words, ha="center", va="center", fontsize=size, color=colour)


def _numbered_rows(panel: Axes, names: float, side: int, ink: Ink) -> None:
    """Put the numbers of the columns before the names of the rows too, and begin the names one below the other.

    Args:
        panel: The matrix.
        names: Width of the longest name, CSS pixels.
        side: Width of a column, CSS pixels.
        ink: Colours.
    """
    for row, label in enumerate(panel.get_yticklabels()):
        label.set_horizontalalignment("left")
        panel.text(-(names + 11) / side, row + 0.5, str(row + 1), ha="right", va="center", fontsize=7.5, color=ink.soft)
    panel.tick_params(axis="y", pad=3 + names * _POINTS)


def plain_matrix(name: str, counts: Counts, block: int, *, alt: str, caption: str) -> Figure:
    """Draw a confusion matrix of many classes, without numbers.

    Args:
        name: Id of the figure.
        counts: int64 (true classes, answers), put together by `blocks`.
        block: How many neighbouring classes share a row, and a column.
        alt: Text alternative.
        caption: Caption.
    """
    shades = shaded(counts)

    def draw(canvas: Canvas, ink: Ink) -> None:
        panel = canvas.add_axes((58 / 560, 12 / 534, 480 / 560, 480 / 534))
        panel.imshow(
            _ramp(ink)(shades),
            interpolation="none",
            extent=(0, counts.shape[1] * block, counts.shape[0] * block, 0),
            aspect="auto",
        )
        _axes(panel, (counts.shape[0] * block, counts.shape[1] * block), ink)

    return figure(name, draw, (560, 534), alt=alt, caption=caption, layout=None, mixed=True)


def counted(shape: tuple[int, int], cells: Sequence[tuple[int, int, int]]) -> Counts:
    """Put counts into a matrix.

    Args:
        shape: True classes, answers.
        cells: Row, column and number of each place that is not empty.
    """
    table = np.zeros(shape, np.int64)
    for row, column, count in cells:
        table[row, column] = count
    return table


def blocks(counts: Counts, block: int) -> Counts:
    """Add up neighbouring rows and columns.

    >>> blocks(np.arange(9).reshape(3, 3), 2).tolist()
    [[8, 7], [13, 8]]
    """
    places = [np.arange(0, size, block) for size in counts.shape]
    return np.asarray(np.add.reduceat(np.add.reduceat(counts, places[0], axis=0), places[1], axis=1))


def shaded(counts: Counts) -> npt.NDArray[np.float64]:
    """Return how dark each place is, 0..1: the square root of its share of its row, so that rare answers are seen."""
    return np.asarray(np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)))


def reliability(name: str, calibration: Calibration, *, alt: str, caption: str) -> Figure:
    """Draw the accuracy against the confidence, and below how many predictions there are.

    Args:
        name: Id of the figure.
        calibration: The bins.
        alt: Text alternative.
        caption: Caption.
    """

    def draw(canvas: Canvas, ink: Ink) -> None:
        upper, lower = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.4, 1)})
        upper.plot([0, 1], [0, 1], color=ink.soft, linewidth=0.9, linestyle=(0, (3, 3)))
        for each in calibration.bins:
            if each.right is None or each.confidence is None:
                continue
            wide, middle = each.high - each.low, (each.low + each.high) / 2
            upper.bar(middle, each.right.value, wide * 0.86, color=ink.accent, alpha=0.35)
            upper.plot([middle, middle], each.right.interval, color=ink.text, linewidth=0.9)
            upper.plot([each.confidence], [each.right.value], "o", markersize=3.4, color=ink.accent)
            lower.bar(middle, each.right.whole, wide * 0.86, color=ink.accent, alpha=0.35)
            lower.text(middle, each.right.whole, number(each.right.whole), ha="center", va="bottom", fontsize=6,
                       color=ink.soft)  # fmt: skip
        for panel, said in ((upper, "accuracy"), (lower, "predictions")):
            panel.set_ylabel(said, fontsize=7.5, color=ink.soft)
            panel.tick_params(length=0, labelsize=7.5, colors=ink.soft)
            for side in ("top", "right", "left"):
                panel.spines[side].set_visible(False)
            panel.spines["bottom"].set_color(ink.line)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        upper.set(xlim=(0, 1), ylim=(0, 1.02), yticks=ticks, yticklabels=[f"{tick:.0%}" for tick in ticks])
        lower.set(yticks=[], xticks=ticks, xticklabels=[f"{tick:.0%}" for tick in ticks])
        lower.margins(y=0.3)
        lower.set_xlabel("confidence: probability of the predicted class", fontsize=7.5, color=ink.soft, loc="left")

    return figure(name, draw, (448, 360), alt=alt, caption=caption)


def _ramp(ink: Ink) -> LinearSegmentedColormap:
    """From nothing to all of it: lightness changes one way, so that it can be read in grey as well."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("share", [ink.wash, ink.accent])


def _axes(panel: Axes, extent: tuple[int, ...], ink: Ink) -> None:
    panel.set(xlim=(0, extent[1]), ylim=(extent[0], 0))
    panel.xaxis.tick_top()
    panel.xaxis.set_label_position("top")
    panel.set_xlabel("predicted", fontsize=7.5, color=ink.soft, loc="left", labelpad=4)
    panel.set_ylabel("true class", fontsize=7.5, color=ink.soft, loc="top", labelpad=4)
    panel.tick_params(length=0, labelsize=7.5, colors=ink.text, pad=3)
    for side in panel.spines.values():
        side.set_visible(False)
