"""Predicted and true values of pixels, a batch at a time -> how far they are off, image by image and place by place.

Of single images nothing is kept but the largest errors: errors are counted by their leading bits (`distances`), and
means and their spread are put together from those of blocks (Chan, Golub and LeVeque 1983, "Algorithms for computing
the sample variance", The American Statistician 37).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from reportgen.evidence.pixels import ByError, Errors, Estimate, mean_of
from reportgen.models.blocks import State, part_of
from reportgen.models.subject import Array
from reportgen.probes.predictions.distances import DISTANCES_BYTES, Distances

MOST_AVERAGED = 1024
"""Images whose mean the mean picture is; of more, so many are drawn."""
_AT_ONCE = 64
_SEED_OF_AVERAGED = 37
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_NUM_BINS = 20


class MeanPicture:
    """The mean of many pictures of values, place by place, and for each of them the mean of the others.

    Attributes:
        images: int64: the pictures that it is the mean of, rising: all, or as many as were drawn.
    """

    def __init__(self, size: int, seed: int) -> None:
        """Choose the pictures.

        Args:
            size: How many there are.
            seed: Seed of the draw.
        """
        generator = np.random.default_rng([seed, _SEED_OF_AVERAGED])
        drawn = generator.choice(size, MOST_AVERAGED, replace=False) if size > MOST_AVERAGED else np.arange(size)
        self.images = np.sort(drawn)
        self._sums: Array = np.zeros(())
        self._numbers: Array = np.zeros(())

    def average(self, read: Callable[[Sequence[int]], Array | None]) -> None:
        """Average the pictures.

        Args:
            read: Returns some of them, (batch, rows, columns, channels), NaN where nothing is known; None without any.
        """
        for start in range(0, len(self.images), _AT_ONCE):
            values = read(self.images[start : start + _AT_ONCE].tolist())
            if values is None:
                return
            known = np.isfinite(values)
            self._sums = self._sums + np.where(known, values, 0.0).sum(axis=0)
            self._numbers = self._numbers + known.sum(axis=0)

    def of_others(self, values: Array, indices: Array) -> Array:
        """Return for each picture of a batch the mean of all but itself; NaN where no other has a value."""
        own = np.isin(indices, self.images)[:, None, None, None] & np.isfinite(values)
        numbers = self._numbers - own
        sums = self._sums - np.where(own, values, 0.0)
        return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


@dataclass(slots=True)
class Moments:
    """Means over images, and the sums of the squared differences from them.

    Attributes:
        numbers: How many images, float64 (quantities).
        means: Their means.
        squares: The sums.
    """

    numbers: Array = field(default_factory=lambda: np.zeros(5))
    means: Array = field(default_factory=lambda: np.zeros(5))
    squares: Array = field(default_factory=lambda: np.zeros(5))

    def add(self, rows: Array) -> None:
        """Take in the numbers of some images, (images, quantities), NaN where one is not known."""
        known = np.isfinite(rows)
        numbers = known.sum(axis=0).astype(np.float64)
        means = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(numbers, 1)
        squares = np.where(known, np.square(rows - means), 0.0).sum(axis=0)
        self.join(Moments(numbers, means, squares))

    def join(self, other: Moments) -> None:
        """Take in those of other images."""
        total = np.maximum(self.numbers + other.numbers, 1)
        apart = other.means - self.means
        self.squares = self.squares + other.squares + np.square(apart) * self.numbers * other.numbers / total
        self.means = self.means + apart * other.numbers / total
        self.numbers = self.numbers + other.numbers

    def estimate(self, quantity: int) -> Estimate | None:
        """Return the mean of a quantity with its interval; None where no image has it."""
        number, mean, squares = (float(each[quantity]) for each in (self.numbers, self.means, self.squares))
        return mean_of(int(number), mean, squares) if number else None


class ErrorTally:
    """Sums up errors."""

    def __init__(self, mean_picture: MeanPicture) -> None:
        self._mean_picture = mean_picture
        self._errors, self._most = Distances(1, 0), Distances(1, 0)
        self._moments = Moments()
        self._sums: Array = np.zeros(())
        self._numbers: Array = np.zeros((), np.int64)
        self._num_left_out = 0
        self._low, self._high = np.inf, -np.inf

    @staticmethod
    def num_bytes(num_places: int) -> int:
        """Return how many bytes a block leaves at most whose pictures have so many places."""
        return 2 * DISTANCES_BYTES + 2 * 8 * num_places

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest true value and the highest; infinity and minus infinity where there is none."""
        return self._low, self._high

    def take(self, answered: Array, true: Array, indices: Array) -> Array:
        """Take a batch, both (batch, rows, columns, channels), and the indices of its images.

        Returns:
            The mean absolute error of each image, (batch); NaN where it has none.
        """
        has_value = np.isfinite(true)
        self._num_left_out += int((~has_value).sum())
        if has_value.any():
            self._low = min(self._low, float(true[has_value].min()))
            self._high = max(self._high, float(true[has_value].max()))
        with np.errstate(invalid="ignore", over="ignore"):
            off = answered - true
        off = np.where(np.isfinite(off), off, np.nan)
        beside = self._mean_picture.of_others(true, indices) - true
        own, squared, other, other_squared = (_means(each) for each in (np.abs(off), off**2, np.abs(beside), beside**2))
        is_known = np.isfinite(own)
        compared = is_known & np.isfinite(other)
        rows = [own, squared, *(np.where(compared, each, np.nan) for each in (other, other_squared, other - own))]
        self._moments.add(np.stack(rows, axis=1))
        self._errors.add(indices, np.where(is_known, own, 0.0), is_known)
        absolute = np.abs(off)
        known = np.isfinite(absolute)
        self._sums = self._sums + np.where(known, absolute, 0.0).sum(axis=(0, -1))
        self._numbers = self._numbers + known.sum(axis=(0, -1))
        most = np.where(known, absolute, 0.0).max(axis=(1, 2, 3))
        self._most.add(indices, most, np.ones(len(most), np.int64))
        return own

    def state(self) -> State:
        """Return what is known, as arrays."""
        moments = self._moments
        return {
            "left out": np.array(self._num_left_out),
            "ends": np.array(self.ends),
            "moments": np.stack([moments.numbers, moments.means, moments.squares]),
            "sums at": self._sums,
            "numbers at": self._numbers,
            **{f"errors {name}": array for name, array in self._errors.state().items()},
            **{f"most {name}": array for name, array in self._most.state().items()},
        }

    def fold(self, state: State) -> None:
        """Take in what is known of other images."""
        self._num_left_out += int(state["left out"])
        low, high = state["ends"].tolist()
        self._low, self._high = min(self._low, low), max(self._high, high)
        self._moments.join(Moments(*state["moments"]))
        self._sums, self._numbers = self._sums + state["sums at"], self._numbers + state["numbers at"]
        for kind, distances in (("errors ", self._errors), ("most ", self._most)):
            distances.fold(part_of(state, kind))

    @property
    def place_means(self) -> Array:
        """The mean absolute error at each place, (rows, columns)."""
        return np.asarray(self._sums / np.maximum(self._numbers, 1))

    @property
    def usual_most(self) -> float:
        """The largest absolute error in the middle one of the images."""
        return self._most.quantile(0.5)

    def result(self) -> ByError | None:
        """Put the images together; None where no image has an error that is a number."""
        absolute, squared, beside, beside_squared, gain = map(self._moments.estimate, range(5))
        if absolute is None or squared is None:
            return None
        counts, edges = self._errors.histogram(_NUM_BINS)
        return ByError(
            errors=Errors(absolute, squared),
            mean_picture=Errors(beside, beside_squared) if beside is not None and beside_squared is not None else None,
            gain=gain,
            quantiles=tuple(self._errors.quantile(share) for share in _QUANTILES),
            edges=tuple(float(edge) for edge in edges),
            counts=tuple(int(count) for count in counts),
            num_left_out=self._num_left_out,
            num_averaged=len(self._mean_picture.images),
        )


def _means(values: Array) -> Array:
    """Mean over all places of each image that hold a number, (batch)."""
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat)
    numbers = known.sum(axis=1)
    return np.where(numbers > 0, np.where(known, flat, 0.0).sum(axis=1) / np.maximum(numbers, 1), np.nan)
