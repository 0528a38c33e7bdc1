"""Responses of channels -> which of them are copies of another.

All pairs are compared at random places in the data, where a correlation is cheap; the few pairs that pass are compared
again at all places of the images that move them most. A channel is a copy where both correlations say so. Channels
that respond too seldom to be met at the random places are compared by their means over single images there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

import numpy as np

from reportgen.probes.subject import Array

NUM_IMAGES = 32
"""Most images that pairs are compared on again."""


def alike(sampled: Array, levels: Array, threshold: float) -> dict[tuple[int, int], float]:
    """Return the pairs of channels, the lower number first, that correlate by more than a threshold, and how much.

    Args:
        sampled: Responses at random places, (places, channels).
        levels: Mean responses by image, (images, channels).
        threshold: A correlation, 0..1.
    """
    by_place, by_image = _correlations(sampled), _correlations(levels)
    found = np.where(np.isnan(by_place), by_image, by_place)
    # What varies neither here nor there, and yet varies, has to be looked at.
    lower, higher = np.nonzero(np.triu(np.isnan(found) | (found > threshold), 1))
    pairs = zip(lower.tolist(), higher.tolist(), strict=True)
    return {pair: 1.0 if np.isnan(found[pair]) else float(found[pair]) for pair in pairs}


def chosen_images(ranked: Iterable[Sequence[int]], known: Collection[int]) -> list[int]:
    """Return the images to compare pairs on again: what moves each channel most, then what moves it second most, etc.

    Args:
        ranked: Of every channel of some pair, the images that move it most, the channels that respond least first:
            others respond to some of the same images anyway.
        known: The images of the data; other numbers stand for no image.
    """
    by_rank = (image for rank in zip(*ranked, strict=True) for image in rank if image in known)
    return sorted(islice(dict.fromkeys(by_rank), NUM_IMAGES))


class Comparison:
    """Pairs of channels of one call that are compared at all places of some images."""

    def __init__(self, pairs: dict[tuple[int, int], float], means: Array) -> None:
        """Take the pairs.

        Args:
            pairs: What `alike` returned.
            means: Mean response of every channel of the call, about which deviations are summed up, (channels).
        """
        self._pairs = pairs
        self.channels = sorted({channel for pair in pairs for channel in pair})
        self._means = means[self.channels]
        self._number = 0
        self._sums = np.zeros(len(self.channels))
        self._products = np.zeros((len(self.channels), len(self.channels)))

    def add(self, values: Array) -> None:
        """Note the responses of all channels of the call at all places of some images, (places, channels)."""
        centred = values[:, self.channels].astype(np.float64) - self._means
        self._number += len(centred)
        self._sums += centred.sum(axis=0)
        self._products += centred.T @ centred

    def found(self, threshold: float) -> dict[int, tuple[int, float]]:
        """Return, by number of the copy, the lowest channel that it is a copy of, and the lower of two correlations."""
        covariance = self._products - np.outer(self._sums, self._sums) / max(self._number, 1)
        length = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        # What is left of a constant channel is rounding.
        varies = length > 1e-6 * np.sqrt(np.maximum(np.diag(self._products), 1e-300))
        place = {channel: number for number, channel in enumerate(self.channels)}
        copies: dict[int, tuple[int, float]] = {}
        for (lower, higher), before in sorted(self._pairs.items()):
            row, column = place[lower], place[higher]
            if higher in copies or not (varies[row] and varies[column]):
                continue
            now = float(min(covariance[row, column] / (length[row] * length[column]), 1.0))
            if now > threshold:
                copies[higher] = (lower, min(before, now))
        return copies


def _correlations(rows: Array) -> Array:
    """Return the correlation of each pair of columns, NaN where one of the two is constant."""
    centred = rows - rows.mean(axis=0, dtype=np.float64).astype(rows.dtype)
    length = np.sqrt(np.einsum("rc,rc->c", centred, centred, dtype=np.float64))
    constant = rows.max(axis=0) == rows.min(axis=0)
    scaled = centred / np.where(constant | (length == 0), 1.0, length).astype(rows.dtype)
    found = np.clip(scaled.T @ scaled, -1.0, 1.0).astype(np.float64)
    found[constant | (length == 0)] = np.nan
    found[:, constant | (length == 0)] = np.nan
    return np.asarray(found)
