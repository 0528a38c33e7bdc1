"""How far values are off, image by image -> exact sums, a spread in bins, and the largest; the same for any cut.

Sums are whole numbers of a step so small that each float64 is a multiple of it, so that no order of adding rounds.
Errors are counted by their leading bits: as many as leave at most `MOST_BINS` different ones. The number of bits is
settled by the errors alone, since what a part needs is never more than what the whole needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from reportgen.evidence.confidences import FirstImages
from reportgen.evidence.predictions import ErrorMoments, Errors
from reportgen.models.blocks import State
from reportgen.models.subject import Array

MOST_BINS = 1 << 14
DISTANCES_BYTES = 16 * MOST_BINS
_POWERS = (1, 2, 3)
_BITS = 53
_STEP_BITS = 1074 + _BITS
"""Every float64 is a whole number of 2 to the power of minus this."""
_SHARES = (0.5, 0.95)


@dataclass(slots=True)
class Distances:
    """What is known of the errors of some images.

    Attributes:
        most: How many of the largest are listed.
        seed: Seed of the draw among equals.
        sum: Sum of the absolute differences of all values, in steps.
        num_compared: How many values these are.
        powers: Sums of the errors, their squares and their cubes, in steps to the same power.
        shift: How many of the lowest bits of an error are left out where errors are counted.
        bins: int64 (bins): the leading bits of the errors that occur, rising.
        numbers: int64 (bins): how many images have such an error.
        largest: The images with the largest errors.
    """

    most: int
    seed: int
    sum: int = 0
    num_compared: int = 0
    powers: tuple[int, ...] = (0, 0, 0)
    shift: int = 0
    bins: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    largest: FirstImages = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no image."""
        self.largest = FirstImages.of(self.most, self.seed, np.zeros(0, np.int64), np.zeros(0))

    def add(self, indices: Array, sums: Array, counts: Array) -> None:
        """Note the errors of some images.

        Args:
            indices: The images, (batch).
            sums: Sum of the absolute differences of the values of each that are numbers, float64 (batch).
            counts: How many values these are, (batch).
        """
        known = (counts > 0) & np.isfinite(sums)
        sums, counts = sums[known].astype(np.float64), counts[known]
        errors = sums / counts
        self.sum += exact_sum(sums)
        self.num_compared += int(counts.sum())
        self.powers = tuple(held + exact_sum(errors, power) for held, power in zip(self.powers, _POWERS, strict=True))
        self.largest = self.largest.joined(FirstImages.of(self.most, self.seed, indices[known], -errors))
        found, numbers = np.unique(np.abs(errors).view(np.int64), return_counts=True)
        self._count(0, found, numbers)

    def fold(self, state: State) -> None:
        """Take in what is known of other images."""
        summed, *powers = (int.from_bytes(state[f"exact {place}"].tobytes(), "little") for place in range(4))
        compared, shift = state["compared"].tolist()
        self.sum += summed
        self.num_compared += compared
        self.powers = tuple(held + its for held, its in zip(self.powers, powers, strict=True))
        self.largest = self.largest.joined(
            FirstImages(self.most, self.seed, *(state[name] for name in ("indices", "keys", "levels", "images")))
        )
        self._count(shift, state["bins"], state["numbers"])

    def state(self) -> State:
        """Return what is known, as arrays."""
        exact = {
            f"exact {place}": np.frombuffer(whole.to_bytes((whole.bit_length() + 7) // 8, "little"), np.uint8)
            for place, whole in enumerate((self.sum, *self.powers))
        }
        largest = self.largest
        return {
            **exact,
            "compared": np.array([self.num_compared, self.shift], np.int64),
            "bins": self.bins,
            "numbers": self.numbers,
            "indices": largest.indices,
            "keys": largest.keys,
            "levels": largest.levels,
            "images": largest.numbers,
        }

    def _count(self, shift: int, bins: Array, numbers: Array) -> None:
        """Count errors by their leading bits, as many as there is room for."""
        common = max(self.shift, shift)
        joined = np.concatenate([self.bins >> (common - self.shift), bins >> (common - shift)])
        counted = np.concatenate([self.numbers, numbers])
        while True:
            found, places = np.unique(joined, return_inverse=True)
            totals = np.zeros(len(found), np.int64)
            np.add.at(totals, places, counted)
            if len(found) <= MOST_BINS:
                break
            common, joined, counted = common + 1, found >> 1, totals
        self.shift, self.bins, self.numbers = common, found, totals

    def mean_error(self) -> float | None:
        """Return the mean of the absolute difference of all values; None where none is known."""
        return _float(Fraction(self.sum, self.num_compared << _STEP_BITS)) if self.num_compared else None

    def result(self) -> Errors:
        """Return what the report says of the errors."""
        return Errors(self._moments(), self._spread(), self.largest)

    def _moments(self) -> ErrorMoments | None:
        number = self.number
        if not number:
            return None
        first, second, third = (
            Fraction(whole, 1 << power * _STEP_BITS) for whole, power in zip(self.powers, _POWERS, strict=True)
        )
        mean = first / number
        variance = (second - first * mean) / max(number - 1, 1)
        deviation = _root(variance)
        skewness = 0.0
        if deviation > 0:
            central = third - 3 * mean * second + 2 * number * mean**3
            skewness = _float(central / number / Fraction(deviation) ** 3)
        return ErrorMoments(number, _float(mean), deviation, skewness)

    def _spread(self) -> tuple[float, float, float] | None:
        if not self.number:
            return None
        largest = -float(self.largest.keys[0])
        half, most = (self.quantile(share) for share in _SHARES)
        return half, most, largest

    @property
    def number(self) -> int:
        """How many errors are known."""
        return int(self.numbers.sum())

    def histogram(self, num_bins: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return how many errors lie in each of some intervals of one width, and their ends, as `numpy.histogram`.

        Errors of which only the leading bits are known count where the middle of their bin is.
        """
        ends = np.stack([self.bins, self.bins + 1]) << self.shift
        low, high = ends.view(np.float64)
        largest = -float(self.largest.keys[0])
        middle = np.minimum(low + (high - low) / 2 if self.shift else low, largest)
        counts, edges = np.histogram(middle, num_bins, (float(low[0]), largest), weights=self.numbers)
        return np.rint(counts).astype(np.int64), edges

    def quantile(self, share: float) -> float:
        """Return the error that a share of all is below, between two of them as `numpy.quantile` does it."""
        place = share * (self.number - 1)
        below = math.floor(place)
        low, high = self._ranked(below), self._ranked(math.ceil(place))
        part = place - below
        return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)

    def _ranked(self, rank: int) -> float:
        """Return the error at a whole place: where several share a bin, as if they lay evenly in it."""
        ends = np.cumsum(self.numbers)
        bin_of = int(np.searchsorted(ends, rank, side="right"))
        low, high = (np.array([self.bins[bin_of], self.bins[bin_of] + 1]) << self.shift).view(np.float64).tolist()
        if not self.shift:
            return float(low)
        within = (rank - int(ends[bin_of] - self.numbers[bin_of]) + 0.5) / int(self.numbers[bin_of])
        return float(min(low + (high - low) * within, -float(self.largest.keys[0])))


def exact_sum(values: npt.NDArray[np.float64], power: int = 1) -> int:
    """Return the sum of a power of some finite numbers from 0 on, in steps to that power.

    >>> exact_sum(np.array([0.5, 0.25])) == 3 << (_STEP_BITS - 2)
    True
    """
    parts, exponents = np.frexp(values)
    if not len(values):
        return 0
    lowest = int(exponents.min())
    wholes = np.ldexp(parts, _BITS).astype(np.int64).tolist()
    total = sum((whole << shift) ** power for whole, shift in zip(wholes, (exponents - lowest).tolist(), strict=True))
    return int(total << power * (_STEP_BITS + lowest - _BITS))


def _root(value: Fraction) -> float:
    """Return the square root of a fraction whose own float might be infinite or zero."""
    half = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(value / Fraction(4) ** half), half)


def _float(value: Fraction) -> float:
    """Return the nearest float, infinity beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
