"""What the calls below a call depend on, and its own windows -> which input pixels it depends on.

A `Reach` follows the graph: it is a receptive field per spatial axis, the whole image, or unknown. Where branches meet,
the fields are united; one that sees the whole image makes the union see it.

Source: Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.language.listing import listed
from reportgen.layers import fields
from reportgen.layers.fields import Field
from reportgen.layers.wording import axis_names, points
from reportgen.records.model import Arithmetic, Step, Window


@dataclass(frozen=True, slots=True)
class Reach:
    """Which input pixels a position of a tensor depends on.

    Attributes:
        axes: One field per spatial axis; () where there are none, where all is seen, or where nothing is known.
        whole: Whether every position depends on the whole image.
        known: Whether anything is known.
    """

    axes: tuple[Field, ...] = ()
    whole: bool = False
    known: bool = True

    @property
    def receptive_field(self) -> tuple[int, ...] | None:
        """Pixels that one position depends on, per axis."""
        return tuple(axis.size for axis in self.axes) if self.axes else None

    @property
    def jump(self) -> tuple[int | float, ...] | None:
        """Pixels between neighbouring positions, per axis."""
        return tuple(axis.jump for axis in self.axes) if self.axes else None

    @property
    def padding(self) -> tuple[int, ...] | None:
        """Pixels by which the first position's field reaches over the border, per axis."""
        return tuple(axis.padding for axis in self.axes) if self.axes else None


UNKNOWN = Reach(known=False)
WHOLE = Reach(whole=True)
# What comes from an input that is no picture depends on no pixel.
NOTHING = Reach()


def of_input(num_axes: int) -> Reach:
    """Return the reach of the model's own input: every position is its own pixel."""
    return Reach(tuple(Field(((0, 0),), 1) for _ in range(num_axes)))


def above(below: Sequence[Reach], arithmetic: Arithmetic | None) -> Reach:
    """Return the reach of a call's output.

    Args:
        below: Reach of each tensor that it reads; at least one.
        arithmetic: What its formula worked out, or None for a kind without one.
    """
    if any(not reach.known for reach in below) or arithmetic is None or not below:
        return UNKNOWN
    if any(reach.whole for reach in below) or (arithmetic.sees_all and any(reach.axes for reach in below)):
        return WHOLE
    if all(reach == NOTHING for reach in below):
        return NOTHING
    joined = _merged(below)
    if arithmetic.windows is None or not joined.known:
        return UNKNOWN
    if not arithmetic.windows:
        return joined
    axes = _fields_of_windows(joined, arithmetic)
    if len(arithmetic.windows) != len(axes):
        return UNKNOWN
    pairs = zip(axes, arithmetic.windows, strict=True)
    return Reach(tuple(fields.through(axis, window) for axis, window in pairs))


def steps(
    below: Sequence[Reach], own: Reach, arithmetic: Arithmetic | None, num_time_axes: int = 0
) -> tuple[Step, ...]:
    """Return the lines that show how a call's receptive field follows from the ones below.

    Equal axes share one line; a call that reads no windows has none.

    Args:
        below: Reach of each tensor that it reads.
        own: Reach of its output.
        arithmetic: What its formula worked out.
        num_time_axes: How many of the axes, the first ones, count time steps.
    """
    if arithmetic is None or not arithmetic.windows or not own.axes:
        return ()
    joined = _merged(below)
    names = ("time",) * num_time_axes + axis_names(len(own.axes) - num_time_axes)
    alike: dict[tuple[Field, Field, Window], list[str]] = {}
    rows = zip(_fields_of_windows(joined, arithmetic), own.axes, arithmetic.windows, strict=True)
    for row, name in zip(rows, names, strict=True):
        alike.setdefault(row, []).append(name)
    unit = points(len(own.axes))
    return tuple(
        replace(line, unit=unit)
        for (one, other, window), together in alike.items()
        for line in fields.steps(one, other, window, listed(together))
    )


def _fields_of_windows(below: Reach, arithmetic: Arithmetic) -> tuple[Field, ...]:
    """Return the fields that the windows go through: where the input's first axis is time, it is left out."""
    has_time = arithmetic.over_time and len(below.axes) == len(arithmetic.windows or ()) + 1
    return below.axes[1:] if has_time else below.axes


def _merged(below: Sequence[Reach]) -> Reach:
    shaped = [reach.axes for reach in below if reach.axes]
    if not shaped or len({len(axes) for axes in shaped}) > 1:
        return UNKNOWN
    joined = [fields.union(list(axis)) for axis in zip(*shaped, strict=True)]
    if any(axis is None for axis in joined):
        return UNKNOWN
    return Reach(tuple(axis for axis in joined if axis is not None))
