"""Counts of answers -> recall by class, the matrix of mistakes, and the reliability diagram."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportgen.document.report import Figure
from reportgen.evidence.performance import Calibration, Share, by_chance
from reportgen.figures.charts import Ink, figure
from reportgen.figures.class_labels import Labels, Letters, apart, label_width, side_of
from reportgen.language.numerals import number, percent, short

# Imported when a chart is drawn, as in `charts`.
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure as Canvas

Counts = npt.NDArray[np.int64]

MOST_WRAPPED = 22
"""Letters of a line of a name; a longer name has a second line."""
_MARGIN = 26  # left of the names, with the words along the axis
_POINTS = 0.75  # a CSS pixel
_TEXT = 7.5  # points
_USUAL = Letters()
_FIVE_DIGITS = 10_000
_LINE = 12.0
_RECALL_WIDTH = 430
_RECALL_ROW = 23.0
_RECALL_TOP = 20.0
_RECALL_BOTTOM = 18.0
_DOT = 5.4
# Where the axis of recalls may begin, and how many steps it then has.
_RECALL_SCALES = ((0.9, 5), (0.8, 4), (0.7, 3), (0.6, 4), (0.5, 5), (0.0, 5))


@dataclass(frozen=True, slots=True)
class RecallRow:
    """How often one class is recognised.

    Attributes:
        label: What it is called.
        share: Its recall, with its interval.
        mistakes: What its images are read as instead: "read as 3 (4 times), 8 (3)"; "" of none.
        stands_out: Whether it is worse than chance would make it.
    """

    label: str
    share: Share
    mistakes: str = ""
    stands_out: bool = False


def recalls(
    name: str, rows: Sequence[RecallRow], average: float, *, alt: str, caption: str, letters: Letters = _USUAL
) -> Figure:
    """Draw the recall of classes as dots on their intervals, one below the other, mistakes beside them.

    Args:
        name: Id of the figure.
        rows: The classes, in the order in which they are drawn.
        average: The share of all images that are recognised, 0..1.
        alt: Text alternative.
        caption: Caption.
        letters: With what letters names are written.
    """
    rows = [replace(row, label=letters.write(row.label), mistakes=letters.write(row.mistakes)) for row in rows]
    plan = _RecallPlan(rows)

    def draw(canvas: Canvas, ink: Ink) -> None:
        panel = canvas.add_axes((0, 0, 1, 1))
        panel.set_axis_off()
        panel.set(xlim=(0, plan.width), ylim=(plan.height, 0))
        bottom = plan.height - _RECALL_BOTTOM + 4
        for tick in plan.ticks:
            panel.plot([plan.x(tick)] * 2, [_RECALL_TOP - 4, bottom], color=ink.line, linewidth=0.6)
            words = percent(tick, 0) if tick == 1 else number(round(100 * tick))
            panel.text(plan.x(tick), _RECALL_TOP - 8, words, ha="center", va="bottom", fontsize=_TEXT, color=ink.soft)
        panel.plot([plan.x(average)] * 2, [_RECALL_TOP - 4, bottom], color=ink.soft, linewidth=0.9,
                   linestyle=(0, (1.5, 2)))  # fmt: skip
        panel.text(min(plan.x(average) + 2, plan.width), plan.height - 1, f"all: {percent(average)}", ha="right",
                   va="bottom", fontsize=_TEXT, color=ink.soft)  # fmt: skip
        for row, label, place in zip(rows, plan.labels, plan.places, strict=True):
            _recall_row(panel, row, label, place, plan, ink)

    size = (round(plan.width), round(plan.height))
    return figure(name, draw, size, alt=alt, caption=caption, layout=None, fonts=letters.fonts)


class _RecallPlan:
    """Where everything of a chart of recalls lies, CSS pixels from its upper left corner."""

    def __init__(self, rows: Sequence[RecallRow]) -> None:
        self.labels = wrapped([row.label for row in rows])
        self.counts = [f"{number(row.share.part)} of {number(row.share.whole)}" for row in rows]
        names = max(label_width(line) for label in self.labels for line in label)
        self.counted_at = names + 12
        self.left = self.counted_at + max(map(label_width, self.counts)) + 14
        self.width = float(_RECALL_WIDTH)
        self.right = self.width - 14
        least = min(row.share.interval[0] for row in rows)
        self.lowest, steps = next(scale for scale in _RECALL_SCALES if scale[0] <= least)
        self.ticks = [self.lowest + (1 - self.lowest) * place / steps for place in range(steps + 1)]
        self.places: list[tuple[float, list[tuple[float, str, str]]]] = []
        y = _RECALL_TOP
        for row, label in zip(rows, self.labels, strict=True):
            texts, below = self._mistakes(row)
            height = max(_RECALL_ROW + below * _LINE, len(label) * _LINE + 6)
            self.places.append((y + _RECALL_ROW / 2, texts))
            y += height
        self.height = y + _RECALL_BOTTOM

    def x(self, share: float) -> float:
        """Where a share lies."""
        return self.left + (self.right - self.left) * (share - self.lowest) / (1 - self.lowest)

    def _mistakes(self, row: RecallRow) -> tuple[list[tuple[float, str, str]], int]:
        """Where the words about mistakes begin or end, with their alignment; and how many lines lie below the dot."""
        if not row.mistakes:
            return [], 0
        low, high = (self.x(bound) for bound in row.share.interval)
        wide = label_width(row.mistakes) + 8
        if high + wide <= self.width:
            return [(high + 8, "left", row.mistakes)], 0
        if low - wide >= self.left:
            return [(low - 8, "right", row.mistakes)], 0
        room = max(int((self.right - self.left) / 5.4), 10)
        lines = textwrap.wrap(row.mistakes, room, break_on_hyphens=False)
        return [(self.left, "left", line) for line in lines], len(lines)


def _recall_row(
    panel: Axes,
    row: RecallRow,
    label: Sequence[str],
    place: tuple[float, list[tuple[float, str, str]]],
    plan: _RecallPlan,
    ink: Ink,
) -> None:
    from matplotlib.collections import LineCollection

    y, texts = place
    colour = ink.warn if row.stands_out else ink.accent
    counted = f"{number(row.share.part)} of {number(row.share.whole)}"
    for line, words in enumerate(label):
        panel.text(0, y + line * _LINE, words, va="center", fontsize=_TEXT,
                   color=ink.warn if row.stands_out else ink.text)  # fmt: skip
    panel.text(plan.counted_at, y, counted, va="center", fontsize=_TEXT, color=ink.soft)
    low, high = (plan.x(bound) for bound in row.share.interval)
    panel.add_collection(LineCollection([[(low, y), (high, y)]], colors=colour, linewidths=1.2))
    at = plan.x(row.share.value)
    dot = [[(at - 1e-3, y), (at + 1e-3, y)]]
    panel.add_collection(LineCollection(dot, colors=colour, linewidths=_DOT, capstyle="round", clip_on=False))
    is_below = len(texts) > 1 or (texts and texts[0][0] == plan.left)
    for line, (x, side, words) in enumerate(texts):
        down = (line + 1) * _LINE if is_below else 0
        panel.text(
            x, y + down, words, ha=side, va="center", fontsize=_TEXT, color=colour if row.stands_out else ink.text
        )


def wrapped(names: Sequence[str]) -> list[list[str]]:
    """Return names in one line or two, so that none is cut where two lines have room for it.

    >>> wrapped(["cat", "Staffordshire bullterrier, bitch"])
    [['cat'], ['Staffordshire', 'bullterrier, bitch']]
    """
    short = apart(names, 2 * MOST_WRAPPED - 4)
    return [_two_lines(name) for name in short]


def _two_lines(name: str) -> list[str]:
    if len(name) <= MOST_WRAPPED:
        return [name]
    middle = len(name) / 2
    breaks = [place + 1 for place, letter in enumerate(name[:-1]) if letter in " _-/,"]
    cut = min(breaks, key=lambda place: abs(place - middle), default=round(middle))
    return [name[:cut].strip(), name[cut:].strip()]


def mistakes_matrix(
    name: str, counts: Counts, labels: Labels, *, alt: str, caption: str, letters: Letters = _USUAL
) -> Figure:
    """Draw which class is taken for which: mistakes only, with the sums of rows and columns.

    Args:
        name: Id of the figure.
        counts: int64 (true classes, answers); answers that are no number in a last column, where there are some.
        labels: What stands for the classes.
        alt: Text alternative.
        caption: Caption.
        letters: With what letters names are written.
    """
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    num_rows, num_columns = wrong.shape
    side = side_of(num_columns)
    labels = labels.written(letters, num_columns)
    across = [*labels.heads] + ["no\nnumber"] * (num_columns - num_rows)
    down = wrapped(labels.names)
    gutter = 8 + label_width(str(num_rows)) if labels.numbered else 0
    names = max(label_width(line) for label in down for line in label) + 6
    left = _MARGIN + gutter + names
    top = _MARGIN + 12 * (1 + (num_columns > num_rows))
    width, height = left + side * (num_columns + 1) + 26, top + side * (num_rows + 1) + 10

    def draw(canvas: Canvas, ink: Ink) -> None:
        extent = (side * (num_columns + 1) / width, side * (num_rows + 1) / height)
        panel = canvas.add_axes((left / width, 1 - top / height - extent[1], *extent))
        _cells(panel, wrong, side, ink)
        _sums(panel, wrong, ink)
        _axes(panel, (num_rows + 1, num_columns + 1), ink)
        panel.set_xticks(np.arange(num_columns + 1) + 0.5, [*across, "all"])
        panel.set_yticks(np.arange(num_rows + 1) + 0.5, ["\n".join(label) for label in [*down, ["all"]]])
        for label in panel.get_yticklabels():
            label.set_linespacing(1.05)
        if labels.numbered:
            panel.yaxis.labelpad += gutter * _POINTS
            _numbered_rows(panel, names, side, ink)

    size = (round(width), round(height))
    return figure(name, draw, size, alt=alt, caption=caption, layout=None, fonts=letters.fonts, mixed=True)


def _cells(panel: Axes, wrong: Counts, side: int, ink: Ink) -> None:
    """Draw a square for each place: with its number and shade where there are mistakes; where none can be, a dash."""
    from matplotlib.patches import Rectangle

    colours, most = _ramp(ink), max(int(wrong.max()), 1)
    for (row, column), count in np.ndenumerate(wrong):
        shade = math.sqrt(int(count) / most)
        if row == column:
            panel.plot([column + 0.36, column + 0.64], [row + 0.64, row + 0.36], color=ink.soft, linewidth=0.7)
            continue
        face = colours(shade) if count else ink.wash
        panel.add_patch(Rectangle((column + 0.03, row + 0.03), 0.94, 0.94, facecolor=face, edgecolor="none"))
        if count:
            colour = ink.paper if shade > 0.5 else ink.text
            size = _TEXT if side >= 30 else 6
            panel.text(
                column + 0.5, row + 0.5, _count(int(count)), ha="center", va="center", fontsize=size, color=colour
            )


def _sums(panel: Axes, wrong: Counts, ink: Ink) -> None:
    """Draw the sums of rows and columns, and of all."""
    num_rows, num_columns = wrong.shape
    for row, total in enumerate(wrong.sum(axis=1).tolist()):
        panel.text(num_columns + 0.5, row + 0.5, _count(total), ha="center", va="center", fontsize=_TEXT,
                   color=ink.text if total else ink.soft)  # fmt: skip
    for column, total in enumerate(wrong.sum(axis=0).tolist()):
        panel.text(column + 0.5, num_rows + 0.5, _count(total), ha="center", va="center", fontsize=_TEXT,
                   color=ink.text if total else ink.soft)  # fmt: skip
    panel.text(num_columns + 0.5, num_rows + 0.5, _count(int(wrong.sum())), ha="center", va="center", fontsize=_TEXT,
               color=ink.text)  # fmt: skip
    panel.plot([num_columns + 0.02] * 2, [0, num_rows + 1], color=ink.soft, linewidth=0.7)
    panel.plot([0, num_columns + 1], [num_rows + 0.02] * 2, color=ink.soft, linewidth=0.7)


def _count(count: int) -> str:
    return short(count) if count >= _FIVE_DIGITS else number(count)


def _numbered_rows(panel: Axes, names: float, side: int, ink: Ink) -> None:
    """Put the numbers of the columns before the names of the rows too, and begin the names one below the other.

    Args:
        panel: The matrix.
        names: Width of the longest name, CSS pixels.
        side: Width of a column, CSS pixels.
        ink: Colours.
    """
    for row, label in enumerate(panel.get_yticklabels()[:-1]):
        label.set_horizontalalignment("left")
        panel.text(-(names + 11) / side, row + 0.5, str(row + 1), ha="right", va="center", fontsize=_TEXT,
                   color=ink.soft)  # fmt: skip
    panel.get_yticklabels()[-1].set_horizontalalignment("left")
    panel.tick_params(axis="y", pad=3 + names * _POINTS)


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


def reliability(name: str, calibration: Calibration, *, alt: str, caption: str) -> Figure:
    """Draw the accuracy against the confidence, what chance would make of it, and how many predictions there are.

    Args:
        name: Id of the figure.
        calibration: The bins.
        alt: Text alternative.
        caption: Caption.
    """

    def draw(canvas: Canvas, ink: Ink) -> None:
        upper, lower = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (4, 1)})
        upper.plot([0, 1], [0, 1], color=ink.soft, linewidth=0.9, linestyle=(0, (3, 3)))
        for each in calibration.bins:
            if each.right is None or each.confidence is None:
                continue
            _bin(upper, each.low, each.high, each.confidence, each.right, ink)
            middle, wide = (each.low + each.high) / 2, each.high - each.low
            lower.bar(middle, each.right.whole, wide * 0.86, color=ink.soft)
            lower.text(middle, each.right.whole, number(each.right.whole), ha="center", va="bottom", fontsize=6.5,
                       color=ink.text)  # fmt: skip
        for panel, said in ((upper, "accuracy"), (lower, "predictions")):
            panel.set_ylabel(said, fontsize=_TEXT, color=ink.soft)
            panel.tick_params(length=0, labelsize=_TEXT, colors=ink.soft)
            for side in ("top", "right", "left"):
                panel.spines[side].set_visible(False)
            panel.spines["bottom"].set_color(ink.line)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        words = [number(round(100 * tick)) for tick in ticks[:-1]] + [percent(1, 0)]
        upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), yticks=ticks, yticklabels=words)
        lower.set(yticks=[], xticks=ticks, xticklabels=words)
        lower.margins(y=0.4)
        lower.set_xlabel("confidence: probability of the predicted class", fontsize=_TEXT, color=ink.soft, loc="left")

    return figure(name, draw, (300, 260), alt=alt, caption=caption)


def _bin(panel: Axes, low: float, high: float, confidence: float, right: Share, ink: Ink) -> None:
    """Draw the accuracy of one bin with its interval, over what chance would make of it."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    least, most = by_chance(confidence, right.whole)
    edge = (high - low) * 0.07
    panel.add_patch(
        Rectangle((low + edge, least - 0.004), high - low - 2 * edge, most - least + 0.008, facecolor=ink.line, lw=0)
    )
    interval = [[(confidence, bound) for bound in right.interval]]
    panel.add_collection(LineCollection(interval, colors=ink.accent, linewidths=1.2, clip_on=False))
    at = [[(confidence - 1e-4, right.value), (confidence + 1e-4, right.value)]]
    panel.add_collection(LineCollection(at, colors=ink.accent, linewidths=_DOT, capstyle="round", clip_on=False))


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
