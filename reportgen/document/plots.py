"""Points -> where they stand in a drawing, as plain data; the templates draw it in the colours of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reportgen.document import lettering

WIDTH, HEIGHT = 672.0, 236.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 24.0, 34.0, 40.0
_LEGEND_LEFT, _LEGEND_TOP = 336.0, 8.0
_MOST_LABELS = 6
_LABEL_ROOM = (34.0, 13.0)
# Marks told apart by their shape, drawn from their middle.
_SHAPES = {
    "other": "M{x} {y}h.01",
    "speaks": "M{x} {top}l5 5l-5 5l-5 -5z",
    "silent": "M{left} {above}l8 8m0 -8l-8 8",
    "copy": "M{left} {above}h8v8h-8z",
}
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Point:
    """One point.

    Attributes:
        x: Place from left to right, in the units of its axis.
        y: Place from below.
        kind: "other", "speaks", "silent" or "copy".
        label: What it is called.
    """

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Points over two axes.

    Attributes:
        points: The points.
        x_title: What is counted from left to right.
        y_title: What is counted upwards.
        words: What each kind of point is called, by kind, for the kinds that need a word.
    """

    points: tuple[Point, ...]
    x_title: str
    y_title: str
    words: tuple[tuple[str, str], ...]

    @property
    def x_ticks(self) -> tuple[tuple[float, float], ...]:
        """Place of each mark below, CSS pixels, and its number."""
        values = _ticks([point.x for point in self.points])
        return tuple(zip(_placed(values, values, _LEFT, WIDTH - _RIGHT), values, strict=True))

    @property
    def y_ticks(self) -> tuple[tuple[float, float], ...]:
        """The same of the marks at the left."""
        values = _ticks([point.y for point in self.points])
        return tuple(zip(_placed(values, values, HEIGHT - _BOTTOM, _TOP), values, strict=True))

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """Each kind that occurs, and all of its marks as one path."""
        marks = {
            kind: "".join(_mark(kind, x, y) for x, y, point in self._places if point.kind == kind) for kind in _SHAPES
        }
        return tuple((kind, path) for kind, path in marks.items() if path)

    @property
    def legend(self) -> tuple[tuple[str, str, float, str], ...]:
        """Each kind that occurs and has a word: the mark as a path, the left end of the word, and the word."""
        left, found, present = _LEGEND_LEFT, [], {each.kind for each in self.points}
        for kind, word in self.words:
            if kind in present:
                found.append((kind, _mark(kind, left + 6, _LEGEND_TOP), left + 16, word))
                left += 32 + 5.4 * len(word)
        return tuple(found)

    @property
    def labels(self) -> tuple[tuple[float, float, str], ...]:
        """Left end and baseline of the names of the points farthest up, and of the one farthest right."""
        places = self._places
        upward = sorted(places, key=lambda each: (each[1], -each[0]))[: _MOST_LABELS - 1]
        rightmost = max(places, key=lambda each: (each[0], -each[1]), default=None)
        found: list[tuple[float, float, str]] = []
        for x, y, point in [*upward, *([rightmost] if rightmost else [])]:
            room = 6.5 * len(point.label)
            left = x + 8 if x + 8 + room < WIDTH else x - 8 - room
            foot = y + lettering.BELOW_MIDDLE
            if all(abs(left - other[0]) > _LABEL_ROOM[0] or abs(foot - other[1]) > _LABEL_ROOM[1] for other in found):
                found.append((round(left, 1), round(foot, 1), point.label))
        return tuple(found)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing, CSS pixels."""
        return WIDTH, HEIGHT

    @property
    def headline(self) -> float:
        """Baseline of the words above the field, which stand beside the marks of the legend."""
        return _LEGEND_TOP + lettering.BELOW_MIDDLE

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the field that the points stand in."""
        return _LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM

    @property
    def _places(self) -> list[tuple[float, float, Point]]:
        """Every point with its place, CSS pixels."""
        xs, ys = [point.x for point in self.points], [point.y for point in self.points]
        across, up = _placed(xs, xs, _LEFT, WIDTH - _RIGHT), _placed(ys, ys, HEIGHT - _BOTTOM, _TOP)
        return list(zip(across, up, self.points, strict=True))


def _placed(values: list[float], among: list[float], start: float, end: float) -> list[float]:
    """Where values stand on an axis that holds others, too."""
    low, high, _ = _range(among)
    return [round(start + (value - low) / (high - low) * (end - start), 1) for value in values]


def _ticks(values: list[float]) -> list[float]:
    low, high, step = _range(values)
    return [round((round(low / step) + place) * step, 12) for place in range(round((high - low) / step) + 1)]


def _mark(kind: str, x: float, y: float) -> str:
    places = {"x": x, "y": y, "left": x - 4, "above": y - 4, "top": y - 5}
    return _SHAPES[kind].format(**{name: f"{value:.1f}" for name, value in places.items()})


def _range(values: list[float]) -> tuple[float, float, float]:
    """Ends of an axis that holds all values and zero, and the step between its marks, all round numbers.

    >>> _range([0.0, 0.84]), _range([-0.3, 2.2]), _range([0.0])
    ((0.0, 1.0, 0.2), (-0.5, 2.5, 0.5), (0.0, 1.0, 0.2))
    """
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        low, high = 0.0, 1.0
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in _STEPS if each * power >= rough * 0.99)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step
