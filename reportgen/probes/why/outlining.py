"""A map -> the smallest part of the image that halves the answer when it is painted over, as an outline."""

from __future__ import annotations

import numpy as np

from reportgen.evidence.why import SHARES
from reportgen.models.subject import Array
from reportgen.probes.why.judging import tops

_SPECK = 0.004
"""Parts and holes of less than this share of the image go."""


def candidates(heat: Array) -> list[tuple[float, Array]]:
    """Return the shares that may be outlined, smallest first, each with its mask, bool (*places), tidied."""
    masks = tops(heat[None])[0]
    found = [(share, tidied(mask)) for share, mask in zip(SHARES, masks, strict=True)]
    return [(share, mask) for share, mask in found if mask.any() and not mask.all()]


def tidied(mask: Array) -> Array:
    """Return a mask without its specks and holes; where all is specks, the largest of them stay.

    Args:
        mask: bool (*places).
    """
    least = max(int(np.ceil(_SPECK * mask.size)), 2)
    kept = _large(mask, least)
    if not kept.any():
        kept = _large(mask, int(_sizes(_pieces(mask))[1:].max(initial=0)))
    return ~_large(~kept, least) if kept.any() else kept


def _large(mask: Array, least: int) -> Array:
    labels = _pieces(mask)
    sizes = _sizes(labels)
    sizes[0] = 0
    return np.asarray(sizes[labels] >= max(least, 1))


def _sizes(labels: Array) -> Array:
    return np.bincount(labels.ravel(), minlength=1)


def _pieces(mask: Array) -> Array:
    """Number the parts of a mask that hang together along its axes, from 1; 0 is what lies outside."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        grown = labels
        wide = np.pad(labels, 1)
        inner = tuple(slice(1, -1) for _ in mask.shape)
        for axis in range(mask.ndim):
            for start in (0, 2):
                shifted = list(inner)
                shifted[axis] = slice(start, start + mask.shape[axis])
                grown = np.maximum(grown, wide[tuple(shifted)])
        grown = np.where(mask, grown, 0)
        # A label takes on the label that stands where it began, so that a long part is numbered in few rounds.
        grown = np.where(mask, np.concatenate([[0], grown.ravel()])[grown], 0)
        if np.array_equal(grown, labels):
            return np.unique(np.concatenate([[0], labels.ravel()]), return_inverse=True)[1][1:].reshape(mask.shape)
        labels = grown
