"""An activation volume -> 8-bit maps and numbers per channel, in as few looks at the floats as that takes.

The floats are read twice: for the extremes, and then block by block, each small enough for the cache of a processor's
core, for the maps and all sums.
"""

from __future__ import annotations

import math

import numpy as np

from reportgen.evidence import Levels
from reportgen.evidence.activations import ChannelNumbers
from reportgen.models.subject import Array
from reportgen.probes.activations.foreground import BLOCK

LEAST_RANGE = 1e-6
"""A map whose values differ by at most this share of its layer's range is constant: rounding makes such differences."""
_MID_GREY = 128
_LONG_ROW = 1024


def reduce_maps(
    volume: Array, scale: str = "own", follows: Array | None = None
) -> tuple[Levels, tuple[ChannelNumbers, ...]]:
    """Turn an activation volume into 8-bit maps and numbers.

    Args:
        volume: (…, channels), any number of axes before the channels.
        scale: "own": each map from its minimum (0) to its maximum (255); "common": all from the volume's minimum to its
            maximum. A map that is constant (`flat`) is 128 everywhere on its own scale, and so is on any scale one that
            holds NaN or infinity. Maps of one position, which have no scale of their own, always have a common one.
        follows: What `foreground.Target.follow` says of each channel; None where there is no object.

    Returns:
        uint8 (channels, …), and a record per channel; means and deviations are summed in float64.
    """
    rows = np.ascontiguousarray(volume).reshape(-1, volume.shape[-1])
    # Sums of half precision numbers would run over.
    rows = rows if rows.dtype.kind == "f" and rows.dtype.itemsize >= 4 else rows.astype(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        columns = _Columns(rows)
        # One number by itself is no constant map.
        single = len(rows) == 1
        levels = columns.read(rows, common=scale == "common" or single)
    broken = columns.num_nonfinite > 0
    constant = flat(columns.low, columns.high) & ~broken & (not single)
    scores = np.full(len(broken), np.nan) if follows is None else np.where(constant | broken, np.nan, follows)
    numbers = map(
        ChannelNumbers,
        range(len(broken)),
        columns.low.tolist(),
        columns.high.tolist(),
        columns.mean.tolist(),
        columns.deviation.tolist(),
        columns.active.tolist(),
        (None if math.isnan(score) else score for score in scores.tolist()),
        constant.tolist(),
        columns.num_nonfinite.tolist(),
    )
    return levels.reshape(-1, *volume.shape[:-1]), tuple(numbers)


def flat(low: Array, high: Array) -> Array:
    """Return which maps of a volume hold one value but for rounding.

    Args:
        low: Lowest finite value of each, (channels,).
        high: Highest of each.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
    span = np.max(high, where=known, initial=-np.inf) - np.min(low, where=known, initial=np.inf)
    return np.asarray(known & (high - low <= LEAST_RANGE * span))


class _Columns:
    """Numbers of every column of a volume laid flat, (positions, channels); of its finite values, 0 without any."""

    def __init__(self, rows: Array) -> None:
        channels = rows.shape[1]
        long = _long(rows)
        self.low = long.min(axis=0).reshape(-1, channels).min(axis=0)
        self.high = long.max(axis=0).reshape(-1, channels).max(axis=0)
        self.mean, self.deviation, self.active = np.zeros((3, channels))
        self.num_nonfinite = np.zeros(channels, np.int64)
        # NaN and infinity are among the extremes of a channel that holds one.
        for channel in np.flatnonzero(~(np.isfinite(self.low) & np.isfinite(self.high))):
            finite = rows[np.isfinite(rows[:, channel]), channel]
            self.num_nonfinite[channel] = len(rows) - len(finite)
            self.low[channel], self.high[channel] = (finite.min(), finite.max()) if len(finite) else (0, 0)

    def read(self, rows: Array, common: bool) -> Levels:
        """Work out the other numbers, and return the maps, uint8 (channels, positions)."""
        positions, channels = rows.shape
        bottom, factor, drawn = self._scale(common, positions)
        long = _long(rows)
        times = long.shape[1] // channels
        low, bottoms, factors = (np.tile(part, times) for part in (self.low.astype(np.float64), bottom, factor))
        sums, squares, active = np.zeros((3, long.shape[1]))
        levels = np.empty(long.shape, np.uint8)
        step = max(1, BLOCK // long.shape[1])
        for start in range(0, len(long), step):
            block = long[start : start + step]
            above = block - low
            sums += above.sum(axis=0)
            squares += np.einsum("pc,pc->c", above, above)
            active += (block > 0).sum(axis=0)
            np.multiply(block - bottoms, factors, out=above)
            levels[start : start + step] = np.rint(above, out=above)
        sums, squares, active = (each.reshape(-1, channels).sum(axis=0) / positions for each in (sums, squares, active))
        # Measured from a value of the map itself, no more is lost than one part in 10^16 for each position: the mean is
        # at most √(positions − 1) deviations away from any value (Samuelson 1968, "How deviant can you be?", JASA 63).
        self.mean, self.active = self.low + sums, active
        self.deviation = np.sqrt(np.maximum(squares - sums * sums, 0.0))
        self._read_broken(rows)
        maps = np.ascontiguousarray(levels.reshape(positions, channels).T)
        maps[~drawn] = _MID_GREY
        return maps

    def _scale(self, common: bool, positions: int) -> tuple[Array, Array, Array]:
        """The value of level 0, levels per unit, and whether the channel can be drawn on that scale."""
        low, high, still = self.low, self.high, flat(self.low, self.high)
        known = self.num_nonfinite < positions
        if common and known.any():
            low, high = np.full_like(low, low[known].min()), np.full_like(high, high[known].max())
            still = high == low
        drawn = ~still & (self.num_nonfinite == 0)
        return low, 255.0 / np.where(drawn, high - low, 1).astype(np.float64), drawn

    def _read_broken(self, rows: Array) -> None:
        for channel in np.flatnonzero(self.num_nonfinite):
            finite = rows[np.isfinite(rows[:, channel]), channel].astype(np.float64)
            self.mean[channel], self.deviation[channel] = (finite.mean(), finite.std()) if len(finite) else (0, 0)
            self.active[channel] = (finite > 0).sum() / len(rows)


def _long(rows: Array) -> Array:
    """The same numbers in longer rows, several positions in each, because numpy is slow at many short rows."""
    positions, channels = rows.shape
    most = min(max(1, _LONG_ROW // channels), positions)
    times = next(times for times in range(most, 0, -1) if positions % times == 0)
    return rows.reshape(positions // times, -1)
