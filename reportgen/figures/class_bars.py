"""A channel's mean response to each class -> small bars, as paths of a drawing that the page puts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

_MOST = 20
BAR_PITCH, BAR_HEIGHT = 13, 28
"""From one bar to the next, and the height of the highest, CSS pixels."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Small bars, CSS pixels.

    Attributes:
        width: Width of all of them.
        zero: How far below the top the line of zero is.
        others: All bars but the highest as one path.
        highest: The highest bar as a path, "" where none rises above zero.
    """

    width: int
    zero: float
    others: str
    highest: str

    @property
    def height(self) -> int:
        """Height of the highest."""
        return BAR_HEIGHT


def class_bars(means: Sequence[float]) -> Bars | None:
    """Draw the mean response to each class.

    Args:
        means: One for each class, in their order.

    Returns:
        The bars, which begin at zero; None of fewer than 2 or more than 20 classes, where all means are zero, and where
        one is no number.
    """
    low, high = min([0.0, *means]), max([0.0, *means])
    if not 1 < len(means) <= _MOST or low == high or not all(map(isfinite, means)):
        return None
    tops = [round(BAR_HEIGHT * (high - mean) / (high - low), 1) for mean in means]
    zero = round(BAR_HEIGHT * high / (high - low), 1)
    lines = [f"M{BAR_PITCH * (place + 0.5):.0f} {zero}V{top}" for place, top in enumerate(tops)]
    strongest = means.index(high) if high > 0 else None
    others = "".join(line for place, line in enumerate(lines) if place != strongest)
    return Bars(BAR_PITCH * len(means), zero, others, "" if strongest is None else lines[strongest])
