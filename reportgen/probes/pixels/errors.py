"""Predicted and true values of pixels, a batch at a time -> how far they are off, image by image and place by place."""

from __future__ import annotations

import numpy as np

from reportgen.evidence.pixels import ByError, Errors, mean_of
from reportgen.models.subject import Array

_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_NUM_BINS = 20


class MeanPicture:
    """The mean of many pictures of values, place by place, and for each of them the mean of the others."""

    def __init__(self) -> None:
        self._sums: Array = np.zeros(())
        self._numbers: Array = np.zeros(())
        self.low, self.high = np.inf, -np.inf

    def take(self, values: Array) -> None:
        """Take a batch, (batch, rows, columns, channels); NaN is left out."""
        known = np.isfinite(values)
        self._sums = self._sums + np.where(known, values, 0.0).sum(axis=0)
        self._numbers = self._numbers + known.sum(axis=0)
        if known.any():
            self.low = min(self.low, float(values[known].min()))
            self.high = max(self.high, float(values[known].max()))

    def of_others(self, values: Array) -> Array:
        """Return for each picture of a batch the mean of all but itself; NaN where no other has a value."""
        known = np.isfinite(values)
        numbers = self._numbers - known
        sums = self._sums - np.where(known, values, 0.0)
        return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


class ErrorTally:
    """Sums up errors."""

    def __init__(self, mean_picture: MeanPicture) -> None:
        self._mean_picture = mean_picture
        self._images: list[Array] = []
        self._most: list[Array] = []
        self._sums: Array = np.zeros(())
        self._numbers: Array = np.zeros(())
        self._num_left_out = 0

    def take(self, answered: Array, true: Array) -> Array:
        """Take a batch, both (batch, rows, columns, channels).

        Returns:
            The mean absolute error of each image, (batch); NaN where it has none.
        """
        self._num_left_out += int((~np.isfinite(true)).sum())
        with np.errstate(invalid="ignore", over="ignore"):
            off = answered - true
        off = np.where(np.isfinite(off), off, np.nan)
        beside = self._mean_picture.of_others(true) - true
        rows = np.stack([_means(np.abs(off)), _means(off**2), _means(np.abs(beside)), _means(beside**2)], axis=1)
        self._images.append(rows)
        absolute = np.abs(off)
        known = np.isfinite(absolute)
        self._sums = self._sums + np.where(known, absolute, 0.0).sum(axis=(0, -1))
        self._numbers = self._numbers + known.sum(axis=(0, -1))
        self._most.append(np.where(known, absolute, 0.0).max(axis=(1, 2, 3)))
        return np.asarray(rows[:, 0])

    @property
    def place_means(self) -> Array:
        """The mean absolute error at each place, (rows, columns)."""
        return np.asarray(self._sums / np.maximum(self._numbers, 1))

    @property
    def usual_most(self) -> float:
        """The largest absolute error in the middle one of the images."""
        return float(np.median(np.concatenate(self._most)))

    def result(self) -> ByError | None:
        """Put the images together; None where no image has an error that is a number."""
        rows = np.concatenate(self._images)
        known = np.isfinite(rows[:, 0])
        if not known.any():
            return None
        own, beside = rows[known], rows[known & np.isfinite(rows[:, 2])]
        counts, edges = np.histogram(own[:, 0], bins=_NUM_BINS)
        return ByError(
            errors=Errors(mean_of(own[:, 0]), mean_of(own[:, 1])),
            mean_picture=Errors(mean_of(beside[:, 2]), mean_of(beside[:, 3])) if len(beside) else None,
            gain=mean_of(beside[:, 2] - beside[:, 0]) if len(beside) else None,
            quantiles=tuple(float(value) for value in np.quantile(own[:, 0], _QUANTILES)),
            edges=tuple(float(edge) for edge in edges),
            counts=tuple(int(count) for count in counts),
            num_left_out=self._num_left_out,
        )


def _means(values: Array) -> Array:
    """Mean over all places of each image that hold a number, (batch)."""
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat)
    numbers = known.sum(axis=1)
    return np.where(numbers > 0, np.where(known, flat, 0.0).sum(axis=1) / np.maximum(numbers, 1), np.nan)
