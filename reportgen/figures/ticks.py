"""Values on one axis -> where each stands, as plain data; the templates draw a tick for each.

Places are percentages of the drawing's width, so that it can be of any width and its letters keep their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, zip_longest

from reportgen.language.numerals import number, percent

_CLOSEST = 4.5
"""Least distance between two numbers that are written beside each other, percent of the width."""
_LETTER = 2.4
"""Width of a digit on a phone, percent of the width."""
_WORD, _WORDS_END = 28.0, 97.0
"""Width of a few words there, and from where on a number leans away from the right end."""
_AT_AN_END = 12.0
"""Nearer to an end than this, percent, words lean away from it."""
_WIDTH = 0.2
"""Of a tick among thousands, percent of the width."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick with a word of its own.

    Attributes:
        value: Where it stands.
        word: What is written beside it.
    """

    value: float
    word: str


@dataclass(frozen=True, slots=True)
class Ticks:
    """One tick for each of many values.

    Attributes:
        values: The values.
        low: The left end of the axis.
        high: Its right end; above `low`.
        named: Those that have a word.
        median: The median of the values; None where it says nothing.
        is_share: Whether they are shares, which are written in percent.
    """

    values: tuple[float, ...]
    low: float
    high: float
    named: tuple[Tick, ...] = ()
    median: float | None = None
    is_share: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands, percent of the width, within the axis."""
        return round(min(max(100 * (value - self.low) / (self.high - self.low), 0.0), 100.0), 2)

    @property
    def places(self) -> tuple[float, ...]:
        """Where the ticks stand, each place once."""
        return tuple(sorted({self.at(value) for value in self.values}))

    @property
    def inked(self) -> tuple[tuple[float, float], ...]:
        """Where ink begins and how wide it is, percent of the width: ticks that touch are one stretch of ink."""
        stretches: list[tuple[float, float]] = []
        for place in self.places:
            left, right = round(place - _WIDTH / 2, 2), round(place + _WIDTH / 2, 2)
            if stretches and left <= stretches[-1][1]:
                left, _ = stretches.pop()
            stretches.append((left, right))
        return tuple((left, round(right - left, 2)) for left, right in stretches)

    @property
    def written(self) -> tuple[tuple[float, str, str], ...]:
        """Where each word stands, the word, and which of its ends or its middle stands there."""
        return tuple((self.at(each.value), each.word, self.lean(each.value)) for each in self.named)

    @property
    def ends(self) -> tuple[str, str]:
        """What is written at both ends."""
        return self.said(self.low), self.said(self.high)

    def lean(self, value: float) -> str:
        """Return which part of a word stands at a value: "start" near the left end, "end" near the right one."""
        place = self.at(value)
        return "start" if place < _AT_AN_END else "end" if place > 100 - _AT_AN_END else "middle"

    def clear_of(self, value: float) -> tuple[float, str]:
        """Return where words above the lowest tick stand, and their lean, clear of a line at a value."""
        start, line = self.at(min(self.values)), self.at(value)
        lean = "start" if start < 55 else "end"
        left, right = (start, start + _WORD) if lean == "start" else (start - _WORD, start)
        if not left - 1 <= line <= right + 1:
            return start, lean
        return (round(line + 1.5, 2), "start") if line + _WORD < 100 else (round(line - 1.5, 2), "end")

    def said(self, value: float) -> str:
        """Return a value as it is written."""
        return percent(value, 0) if self.is_share else number(value, 2)


def extremes(values: dict[int, float], low: float, high: float, most: int = 3, least: int = 2) -> tuple[Tick, ...]:
    """Return the highest and the lowest of numbered values that have room for their numbers, by value.

    Args:
        values: Value of each number.
        low: The left end of the axis.
        high: Its right end.
        most: How many of the highest.
        least: How many of the lowest.

    >>> [tick.word for tick in extremes({3: 0.0, 5: 0.01, 7: 0.5, 9: 1.0}, 0.0, 1.0)]
    ['3', '7', '9']
    >>> [tick.word for tick in extremes({1: 0.5, 172: 0.93, 181: 1.0}, 0.0, 1.0)]
    ['1', '181']
    """
    order = sorted(values, key=lambda each: (values[each], each))
    kept: list[int] = []
    wide, spans = (high - low) * _CLOSEST / 100, {each: _span(values[each], str(each), low, high) for each in order}
    # From both ends at once, so that neither takes the room of the other's first.
    for each in chain.from_iterable(zip_longest(reversed(order[-most:]), order[:least])):
        if each is None or each in kept:
            continue
        left, right = spans[each]
        if all(
            abs(values[each] - values[other]) >= wide and (right < spans[other][0] or spans[other][1] < left)
            for other in kept
        ):
            kept.append(each)
    return tuple(Tick(values[each], str(each)) for each in sorted(kept, key=lambda each: values[each]))


def _span(value: float, word: str, low: float, high: float) -> tuple[float, float]:
    """Where a word begins and ends on a phone, with the space around it, percent of the width."""
    place, wide = 100 * (value - low) / ((high - low) or 1.0), _LETTER * (len(word) + 0.5)
    if place <= 100 - _WORDS_END:
        return place, place + wide
    return (place - wide, place) if place >= _WORDS_END else (place - wide / 2, place + wide / 2)
