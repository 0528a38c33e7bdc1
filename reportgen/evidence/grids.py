"""How samples and maps that are no pictures of height and width are drawn, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Grid:
    """How something that is no picture of height and width is drawn.

    Attributes:
        axes: Its axes in order, without the channels: "time", "depth", "height", "width", "position" or "value".
        sizes: How many positions each has.
        blocks: How many neighbouring positions along each one drawn point stands for: it shows the highest of them.
    """

    axes: tuple[str, ...]
    sizes: tuple[int, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One sample of a signal, as far as it can be drawn as curves.

    Attributes:
        low: float64 (channels, points): lowest value of each block of neighbouring positions.
        high: float64 (channels, points): highest value of each block.
        length: How many positions the signal has.
        block: How many positions a point stands for; 1 where every position has its own.
    """

    low: npt.NDArray[np.float64] = field(repr=False)
    high: npt.NDArray[np.float64] = field(repr=False)
    length: int
    block: int
