"""Responses of channels -> which of them are copies of another.

A copy has to agree at random places of the data, in its means over single images, and in where it responds most. One
of the three alone would be deceived: few random places meet a channel that responds seldom, and means over images say
nothing of places.
"""

from __future__ import annotations

import numpy as np

from reportgen.models.subject import Array


def copies(
    sampled: Array, levels: Array, tops: tuple[Array, Array], varying: Array, threshold: float
) -> dict[int, tuple[int, float]]:
    """Return, by number of the copy, the lowest channel that it is a copy of, and how much they correlate.

    Args:
        sampled: Responses at random places, (places, channels).
        levels: Mean responses by image, (images, channels).
        tops: In which images the channels respond most, and where in the map, both (ranks, channels); an image below 0
            stands for none.
        varying: Which channels have several values, all of them numbers; others are copies of none.
        threshold: A correlation, 0..1.

    Returns:
        Pairs whose correlations, at random places and of the means over images, as far as both channels vary there,
        are above the threshold, and that have one of their highest responses at one place. The lower correlation of
        the two is returned.
    """
    channels = np.flatnonzero(varying)
    by_place, by_image = (_correlations(rows[:, channels]) for rows in (sampled, levels))
    lowest = np.fmin(by_place, by_image)
    found: dict[int, tuple[int, float]] = {}
    for row, column in np.argwhere(np.triu(lowest > threshold, 1)).tolist():
        lower, higher = int(channels[row]), int(channels[column])
        if higher not in found and _meet(tops, lower, higher):
            found[higher] = (lower, float(lowest[row, column]))
    return found


def line(origin: Array, copy: Array) -> tuple[float, float]:
    """Return slope and offset of the line by which a copy follows from another channel, by least squares.

    Args:
        origin: Responses of the other channel at some places, (places,).
        copy: Those of the copy.
    """
    here, there = origin.astype(np.float64), copy.astype(np.float64)
    spread = float(here.var())
    slope = float(((here - here.mean()) * (there - there.mean())).mean() / spread) if spread > 0 else 0.0
    return slope, float(there.mean() - slope * here.mean())


def _meet(tops: tuple[Array, Array], one: int, other: int) -> bool:
    mine, theirs = (set(zip(*(each[:, channel].tolist() for each in tops), strict=True)) for channel in (one, other))
    return any(image >= 0 for image, _ in mine & theirs)


def _correlations(rows: Array) -> Array:
    """Return the correlation of each pair of columns, NaN where one of the two is constant."""
    centred = rows - rows.mean(axis=0, dtype=np.float64).astype(rows.dtype)
    length = np.sqrt(np.einsum("rc,rc->c", centred, centred, dtype=np.float64))
    constant = (rows.max(axis=0) == rows.min(axis=0)) | (length == 0)
    # Responses near the largest float32 are longer than that; such channels are taken for no copies.
    with np.errstate(over="ignore"):
        scaled = centred / np.where(constant, 1.0, length).astype(rows.dtype)
    found = np.clip(scaled.T @ scaled, -1.0, 1.0).astype(np.float64)
    found[constant] = np.nan
    found[:, constant] = np.nan
    return np.asarray(found)
