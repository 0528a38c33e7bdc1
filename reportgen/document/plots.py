"""Points -> where they stand in a drawing, as plain data; the templates draw it in the colours of the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from reportgen.document import lettering

WIDTH, HEIGHT = 400.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 14.0, 46.0, 40.0
_LEGEND_LEFT, _LEGEND_TOP = 44.0, 26.0
_MOST_LABELS = 6
_LETTER, _LINE = 5.9, 13.0
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
        """Left end and baseline of the names of the points farthest up, and of the one farthest right, that first."""
        places = self._places
        upward = sorted(places, key=lambda each: (each[1], -each[0]))[: _MOST_LABELS - 1]
        rightmost = max(places, key=lambda each: (each[0], -each[1]), default=None)
        order = [*upward[:1], *([rightmost] if rightmost else []), *upward[1:]]
        found: list[tuple[float, float, str]] = []
        for x, y, point in dict.fromkeys(order):
            room = _LETTER * len(point.label)
            beside = [(x + 8, y), (x - 8 - room, y), (x - room / 2, y - 11), (x - room / 2, y + 12)]
            free = [
                (left, middle)
                for left, middle in beside
                if 0 <= left <= WIDTH - room and all(_apart((left, middle, room), other) for other in found)
            ]
            if free:
                left, middle = min(free, key=partial(self._covered, room=room))
                found.append((round(left, 1), round(middle + lettering.BELOW_MIDDLE, 1), point.label))
        return tuple(found)

    def _covered(self, place: tuple[float, float], room: float) -> int:
        """How many points a word would stand on, by its left end, middle and width."""
        left, middle = place
        return sum(left - 4 < x < left + room + 4 and abs(y - middle) < _LINE / 2 + 2 for x, y, _ in self._places)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing, CSS pixels."""
        return WIDTH, HEIGHT

    @property
    def headline(self) -> float:
        """Baseline of the words of the legend, which stand beside its marks."""
        return _LEGEND_TOP + lettering.BELOW_MIDDLE

    @property
    def title_line(self) -> float:
        """Baseline of what is counted upwards, above the field."""
        return 10.0

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


def _apart(place: tuple[float, float, float], other: tuple[float, float, str]) -> bool:
    """Whether a word, by its left end, middle and width, stands clear of one that is placed."""
    left, middle, room = place
    across = left > other[0] + _LETTER * len(other[2]) + 4 or left + room + 4 < other[0]
    return across or abs(middle + lettering.BELOW_MIDDLE - other[1]) > _LINE


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
