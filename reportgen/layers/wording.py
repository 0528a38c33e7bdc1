"""Numbers of a calculation -> the words and signs of its steps. What every family needs to show.

The signs are those that `records.Step` names: + − · / ( ) ⌊ ⌋ ⌈ ⌉ and max( , ).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.language.listing import listed
from reportgen.records.model import Shape, Step, product

MACS_UNKNOWN = "The input's size is not known, so the multiply-adds cannot be counted."

_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True, slots=True)
class Sum:
    """A rule with numbers in it, before it is known for which axes it counts."""

    rule: str
    working: str
    value: int


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a product: what it is called, how it is written, and what it is (None where unknown)."""

    name: str
    working: str
    value: int | None


def axis_names(rank: int) -> tuple[str, ...]:
    """Return what the spatial axes are called.

    Args:
        rank: Number of spatial axes.

    >>> axis_names(2)
    ('height', 'width')
    """
    return _AXES.get(rank) or tuple(f"axis {place}" for place in range(1, rank + 1))


def shape_names(rank: int, *, channels_first: bool = False) -> tuple[str, ...]:
    """Return what the axes of one sample are called, in their order.

    Args:
        rank: Number of axes of one sample.
        channels_first: Whether the channels stand before the spatial axes.

    >>> shape_names(3)
    ('height', 'width', 'channels')
    """
    if rank == 1:
        return ("length",)
    spatial = axis_names(rank - 1)
    return ("channels", *spatial) if channels_first else (*spatial, "channels")


def points(rank: int) -> str:
    """Return what the positions of something with that many spatial axes are called.

    >>> points(2), points(1)
    ('pixels', 'positions')
    """
    return "pixels" if rank == 2 else "positions"


def times(factors: Iterable[int | str]) -> str:
    """Return factors with the sign for "times" between them.

    >>> times((3, 3, 32))
    '3 · 3 · 32'
    """
    return " · ".join(str(factor) for factor in factors)


def plus(terms: Iterable[int | str]) -> str:
    """Return terms with the sign for "plus" between them.

    >>> plus((32, 64))
    '32 + 64'
    """
    return " + ".join(str(term) for term in terms)


def axis_steps(sums: Sequence[Sum | None], names: Sequence[str], prefix: str = "") -> list[Step]:
    """Return one step for all axes that are worked out alike, and one for each of the others.

    Args:
        sums: The calculation of each axis; None where there is nothing to show.
        names: What the axes, or the quantities along them, are called.
        prefix: What is put before the names: "output ".
    """
    alike: dict[Sum, list[str]] = {}
    for entry, name in zip(sums, names, strict=True):
        if entry is not None:
            alike.setdefault(entry, []).append(name)
    return [
        Step(f"{prefix}{listed(together)}", entry.rule, entry.working, entry.value, points(len(names)))
        for entry, together in alike.items()
    ]


def factor(name: str, value: int | None) -> Factor:
    """Return a factor that is written as the number it is."""
    return Factor(name, str(value), value)


def factors(prefix: str, sizes: Shape) -> list[Factor]:
    """Return one factor per spatial axis: "kernel height", "kernel width".

    Args:
        prefix: What the sizes are of: "kernel", "output".
        sizes: One size per spatial axis.
    """
    return [factor(f"{prefix} {name}", size) for name, size in zip(axis_names(len(sizes)), sizes, strict=True)]


def multiplied(several: Sequence[Factor]) -> Sum | None:
    """Return a product with its rule and its working; None where a factor is unknown."""
    value = product(entry.value for entry in several)
    if value is None:
        return None
    return Sum(times(entry.name for entry in several), times(entry.working for entry in several), value)


def weights(kernel: Sequence[Factor], units: Factor, *, use_bias: bool) -> Sum:
    """Return the number of weights of a layer that has one kernel, and one bias if any, per unit.

    Args:
        kernel: The sizes of one kernel.
        units: How many units (filters) there are.
        use_bias: Whether each has a bias.
    """
    rule, working = times(entry.name for entry in kernel), times(entry.working for entry in kernel)
    value = product(entry.value for entry in kernel) or 0
    if use_bias:
        rule, working, value = f"({rule} + 1)", f"({working} + 1)", value + 1
    return Sum(times((rule, units.name)), times((working, units.working)), value * (units.value or 0))


def summed(quantity: str, unit: str, parts: Sequence[tuple[str, Sum]]) -> list[Step]:
    """Return the calculation of a total: one step for each part, and one that adds them up.

    Args:
        quantity: What is counted: "parameters".
        unit: What the values count.
        parts: Name and calculation of each part; a single one is the total itself.
    """
    if len(parts) == 1:
        ((_, part),) = parts
        return [Step(quantity, part.rule, part.working, part.value, unit)]
    steps = [Step(f"{name} {quantity}", part.rule, part.working, part.value, unit) for name, part in parts]
    numbers = [step.value for step in steps]
    return [*steps, Step(quantity, plus(step.quantity for step in steps), plus(numbers), sum(numbers), unit)]


def channels_step(rule: str, working: str, value: int) -> Step:
    """Return the step for the number of output channels."""
    return Step("output channels", rule, working, value, "channels")


def parameters_step(total: Sum) -> Step:
    """Return the step for the number of weights."""
    return Step("parameters", total.rule, total.working, total.value, "parameters")


def macs_step(total: Sum) -> Step:
    """Return the step for the number of multiply-adds."""
    return Step("multiply-adds", total.rule, total.working, total.value, "multiply-adds")


def size_text(shape: Shape) -> str:
    """Return a shape as a reader writes it.

    >>> size_text((26, 26, None))
    '26 × 26 × ?'
    """
    return " × ".join("?" if size is None else str(size) for size in shape)
