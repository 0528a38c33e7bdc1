"""The units of stages -> slabs, as wide and high as their maps and as deep as their channels, on one scale for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reportgen.figures.stages import Stage, Unit

BOX = (172.0, 132.0)
"""Width and height of the room for one column's slabs, CSS pixels."""
LEAST = 2.0
"""Least length of anything that is drawn, CSS pixels."""
_FRONT = 112.0
_FLAT_FRONT = 12.0
_DEEPEST = 60.0
_PER_CHANNEL = 0.5
_SLANT = 0.33
_AIR = 10.0
_ROOM_BEHIND = 11.0
_MOST_SLABS = 5
_MOST_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Slab:
    """The maps of one layer or block as a slab, in CSS pixels from the upper left corner of its column's room.

    Attributes:
        x: Left edge of its front.
        y: Upper edge of its front.
        width: Width of its front.
        height: Height of its front.
        right: How far its back lies to the right of the front.
        up: How far it lies above.
        role: "conv", "pool", "block" or "other".
    """

    x: float
    y: float
    width: float
    height: float
    right: float
    up: float
    role: str

    @property
    def top_side(self) -> str:
        """The corners of its upper side, as an SVG lists them."""
        x, y, end = self.x, self.y, self.x + self.width
        return _corners((x, y), (x + self.right, y - self.up), (end + self.right, y - self.up), (end, y))

    @property
    def right_side(self) -> str:
        """The corners of its right side."""
        x, y, low = self.x + self.width, self.y, self.y + self.height
        return _corners((x, y), (x + self.right, y - self.up), (x + self.right, low - self.up), (x, low))


class Scale:
    """One scale for all slabs: pixels for a position, and for a channel."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        groups = [tuple(grouped(stage.units)) for stage in stages]
        units = [unit for stage in stages for unit in stage.units]
        self._longest = max((size or 0 for unit in units for size in unit.sizes), default=0) or 1
        deepest = max((unit.channels for unit in units), default=1) or 1
        self._channel = min(_PER_CHANNEL, _DEEPEST / deepest)
        self._front = _FRONT
        # The fronts of a column may lie over each other, but not hide each other.
        while groups and self._front > _FRONT / 4 and not all(map(self._fits, groups)):
            self._front *= 0.9

    def slabs(self, groups: Sequence[Sequence[Unit]]) -> tuple[Slab, ...]:
        """Return the slabs of a column, those at the left first; a later one lies before those to its left."""
        sized = [[self._size(unit) for unit in _some(group)] for group in groups]
        starts, at = [], 0.0
        for group in sized:
            for place, (width, height, right, up) in enumerate(group):
                starts.append((at, width, height, right, up))
                at += _ROOM_BEHIND if place < len(group) - 1 else width + right + _AIR
        end = max((x + width + right for x, width, _, right, _ in starts), default=0.0)
        # What is too wide moves together, as far as every front shows.
        squeeze = 1.0
        if end > BOX[0] and len(starts) > 1:
            x, width, _, right, _ = starts[-1]
            squeeze = max(BOX[0] - width - right, 0.0) / x
        roles = [_role(unit) for group in groups for unit in _some(group)]
        slabs = []
        for (x, width, height, right, up), role in zip(starts, roles, strict=True):
            top = (BOX[1] - height + up) / 2
            x, top, width, height, right, up = (round(each, 1) for each in (x * squeeze, top, width, height, right, up))
            slabs.append(Slab(x, top, width, height, right, up, role))
        return tuple(slabs)

    def _fits(self, groups: Sequence[Sequence[Unit]]) -> bool:
        sizes = [[self._size(unit) for unit in _some(group)] for group in groups]
        width, _, right, _ = sizes[-1][-1]
        hidden = sum(0.8 * group[-1][0] + (len(group) - 1) * LEAST * 2 for group in sizes[:-1])
        return hidden + width + right + (len(sizes[-1]) - 1) * LEAST * 2 <= BOX[0]

    def _size(self, unit: Unit) -> tuple[float, float, float, float]:
        """Width and height of the front, and how far the back lies to the right and above."""
        sizes = [size or 0 for size in unit.sizes]
        across = sizes[-1]
        down = sizes[-2] if len(sizes) > 1 else None
        width = max(across / self._longest * self._front, LEAST)
        height = _FLAT_FRONT if down is None else max(down / self._longest * self._front, LEAST)
        right = max(unit.channels * self._channel, 1.0)
        return width, height, right, right * _SLANT


def _some(group: Sequence[Unit]) -> list[Unit]:
    """The units of a group that are drawn: all, or some with the first and the last."""
    if len(group) <= _MOST_SLABS:
        return list(group)
    return [group[place * (len(group) - 1) // (_MOST_SLABS - 1)] for place in range(_MOST_SLABS)]


def _role(unit: Unit) -> str:
    if unit.number:
        return "block"
    return unit.main.role


def grouped(units: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Put units that are alike into one group, and all into one where there would still be too many."""
    groups = [tuple(group) for _, group in groupby(units, key=_alike)]
    if len(groups) > _MOST_GROUPS:
        groups = [tuple(group) for _, group in groupby(units, key=lambda unit: (unit.run, not unit.number))]
    if len(groups) > _MOST_GROUPS:
        groups = [tuple(units)]
    yield from groups


def _alike(unit: Unit) -> tuple[object, ...]:
    """What two neighbours share that are drawn as one: only blocks of a kind, of one size and with as many channels."""
    settings = "" if unit.number else unit.last.path
    reads = unit.calls[0].input_shape if unit.number else ()
    return unit.run, unit.sizes, unit.channels, settings, bool(unit.number), reads == unit.last.output_shape


def _corners(*points: tuple[float, float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
