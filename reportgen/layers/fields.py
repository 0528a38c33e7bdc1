"""A receptive field and a window -> the receptive field behind the window. Exact, along one axis of the image.

Which input pixels an output position depends on repeats from position to position: in a network without upsampling
each position's interval is its neighbour's, moved by the jump. Behind an upsampling the intervals follow a pattern
that repeats every few positions. A `Field` holds one round of that pattern, so that nothing is rounded or averaged.
The caller unites the fields of the tensors that a layer reads (`union`) and passes them on, axis by axis (`through`).

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", Distill.
    https://distill.pub/2019/computing-receptive-fields. Dumoulin & Visin 2016, "A guide to convolution arithmetic for
    deep learning". arXiv:1603.07285.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from reportgen.records.model import Step, Window

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Field:
    """Which input pixels each position of a tensor depends on, along one axis.

    Position i reads the interval number i mod p, moved by advance · (i div p) pixels, where p is the number of
    intervals. Pixels below 0 or behind the last one are padding.

    Attributes:
        intervals: First and last pixel for each position of one round; None for a position that reads nothing.
        advance: Input pixels from one round to the next.
    """

    intervals: tuple[Interval | None, ...]
    advance: int

    @property
    def positions(self) -> int:
        """Positions of one round: 1 unless there is an upsampling below."""
        return len(self.intervals)

    @property
    def size(self) -> int:
        """Receptive field: pixels of the largest interval, from its first to its last."""
        return max(sizes(self))

    @property
    def jump(self) -> int | float:
        """Effective stride: pixels between neighbouring positions, on average; whole where it is a whole number."""
        exact = _jump(self)
        return exact.numerator if exact.denominator == 1 else float(exact)

    @property
    def padding(self) -> int:
        """Effective padding: pixels by which the first position that reads anything reaches over the border."""
        return next((-interval[0] for interval in self.intervals if interval is not None), 0)

    def at(self, position: int) -> Interval | None:
        """Return the first and the last pixel that a position depends on; None where it reads nothing.

        Args:
            position: Place in the tensor, counted from 0; negative for positions in the padding.

        >>> Field(((-1, 1),), 2).at(3)
        (5, 7)
        """
        rounds, place = divmod(position, len(self.intervals))
        interval = self.intervals[place]
        if interval is None:
            return None
        shift = self.advance * rounds
        return interval[0] + shift, interval[1] + shift


INPUT = Field(((0, 0),), 1)
"""The field of the network's own input: each position is its own pixel."""


def sizes(field: Field) -> tuple[int, ...]:
    """Return how many pixels each position of one round depends on; 0 for one that reads nothing."""
    return tuple(0 if interval is None else interval[1] - interval[0] + 1 for interval in field.intervals)


def through(field: Field, window: Window) -> Field:
    """Return the field of a layer's output.

    Args:
        field: Field of what the layer reads, along the same axis.
        window: How it reads it.

    Source: Araujo, Norris & Sim 2019, the recurrence for size, stride and padding; here for every position of a round.

    >>> through(INPUT, Window(kernel=3, stride=2, padding_before=1))
    Field(intervals=((-1, 1),), advance=2)
    """
    finer = window.upscale * field.positions
    # One round of the output is the least number of steps that ends where a round of the (finer) input ends.
    positions = finer // gcd(finer, window.stride)
    rounds = positions * window.stride // finer
    intervals = tuple(_hull([field.at(tap) for tap in _taps(position, window)]) for position in range(positions))
    return _shortest(Field(intervals, field.advance * rounds))


def union(fields: Sequence[Field]) -> Field | None:
    """Return the field of positions that read several tensors, each in the same place.

    Args:
        fields: Fields of these tensors along one axis.

    Returns:
        Per position, the smallest interval that holds those of all fields. None when there is no field, or when the
        jumps differ, so that the intervals drift apart.

    >>> union([Field(((0, 0),), 1), Field(((-2, 2),), 1)])
    Field(intervals=((-2, 2),), advance=1)
    """
    if len({_jump(field) for field in fields}) != 1:
        return None
    positions = lcm(*(field.positions for field in fields))
    intervals = tuple(_hull([field.at(position) for field in fields]) for position in range(positions))
    return _shortest(Field(intervals, fields[0].advance * positions // fields[0].positions))


def step(below: Field, above: Field, window: Window, axes: str) -> Step:
    """Return the line that shows how the receptive field grows.

    Args:
        below: Field of what the layer reads.
        above: `through(below, window)`.
        window: How it reads it.
        axes: What the axis, or the axes with equal numbers, are called: "height and width".
    """
    quantity = f"receptive field, {axes}"
    if _recurrence_holds(below, window):
        return Step(
            quantity,
            "field below + dilation · (kernel − 1) · jump below",
            f"{below.size} + {window.dilation} · ({window.kernel} − 1) · {below.jump}",
            above.size,
            "pixels",
        )
    found = sorted(set(sizes(above)))
    working = str(found[0]) if len(found) == 1 else f"max({', '.join(map(str, found))})"
    return Step(quantity, "largest reach among the positions of one round", working, above.size, "pixels")


def jump_step(below: Field, above: Field, window: Window, axes: str) -> Step | None:
    """Return the line that shows how far apart neighbouring positions lie; None where that is no whole number.

    Args:
        below: Field of what the layer reads.
        above: `through(below, window)`.
        window: How it reads it.
        axes: What the axis, or the axes with equal numbers, are called.
    """
    jump, exact = above.jump, _jump(below)
    if not isinstance(jump, int):
        return None
    working = str(exact.numerator) if exact.denominator == 1 else f"{exact.numerator} / {exact.denominator}"
    rule, working = "jump below · stride", f"{working} · {window.stride}"
    if window.upscale > 1:
        rule, working = f"{rule} / upscaling", f"{working} / {window.upscale}"
    return Step(f"jump, {axes}", rule, working, jump, "pixels")


def steps(below: Field, above: Field, window: Window, axes: str) -> tuple[Step, ...]:
    """Return the lines that show the receptive field and the jump.

    Args:
        below: Field of what the layer reads.
        above: `through(below, window)`.
        window: How it reads it.
        axes: What the axis, or the axes with equal numbers, are called: "height and width".
    """
    lines = (step(below, above, window, axes), jump_step(below, above, window, axes))
    return tuple(line for line in lines if line is not None)


def _recurrence_holds(below: Field, window: Window) -> bool:
    """Return whether the published recurrence holds as it stands: every position reads something, and all alike."""
    return below.positions == 1 and window.upscale == 1 and below.intervals[0] is not None


def _jump(field: Field) -> Fraction:
    """Return the average distance between neighbouring positions, exactly."""
    return Fraction(field.advance, field.positions)


def _taps(position: int, window: Window) -> list[int]:
    """Return the positions of the layer's input that one output position reads."""
    first = position * window.stride - window.padding_before
    places = range(first, first + window.kernel * window.dilation, window.dilation)
    return [place // window.upscale for place in places if window.holds or place % window.upscale == 0]


def _hull(intervals: Sequence[Interval | None]) -> Interval | None:
    """Return the smallest interval that holds them all; None where there is none."""
    known = [interval for interval in intervals if interval is not None]
    if not known:
        return None
    return min(first for first, _ in known), max(last for _, last in known)


def _shortest(field: Field) -> Field:
    """Return the same field with the shortest round that describes it."""
    total = field.positions
    for positions in range(1, total):
        if total % positions or field.advance * positions % total:
            continue
        shorter = Field(field.intervals[:positions], field.advance * positions // total)
        if all(shorter.at(position) == field.at(position) for position in range(total)):
            return shorter
    return field
