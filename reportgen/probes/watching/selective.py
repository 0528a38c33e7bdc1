"""Responses by image and the classes of the images -> how selective channels are, and how selective chance would be.

An image with much ink, or a bright one, raises all channels of a layer. So a response is divided by the layer's mean
response to the same image: what is left says which channels take a larger part in it than usual.

Source: Morcos, Barrett, Rabinowitz and Botvinick 2018, "On the importance of single directions for generalization",
arXiv:1803.06959, the class selectivity index; Westfall and Young 1993, "Resampling-Based Multiple Testing", the
distribution of the maximum over all channels under permutations; Phipson and Smyth 2010, "Permutation P-values should
never be zero", Stat. Appl. Genet. Mol. Biol. 9.
"""

from __future__ import annotations

import math

import numpy as np

from reportgen.models.subject import Array

LEAST_IMAGES = 5
"""Fewest images of a class that is tested."""
# An index that varies by less than this under permutations varies by rounding alone.
_LEAST_SPREAD = 1e-4
# Up to here a product of matrices is faster than sums over groups: one large product for many permutations, because
# a small one takes longer to hand out to threads than to work out.
_FEW_CLASSES = 64
_AT_ONCE = 1 << 22
_CHANNELS_AT_ONCE = 1024


def relative(responses: Array) -> Array:
    """Return responses as multiples of their layer's mean response to the same image.

    Args:
        responses: One per image and channel of a layer, 0 or more, (images, channels).

    Returns:
        The same shape and number format; 0 for an image that no channel responds to; those of a layer with one channel
        as they are.
    """
    if responses.shape[1] < 2:
        return responses
    mean = responses.mean(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(np.where(mean > 0, responses / np.where(mean > 0, mean, 1.0), 0.0).astype(responses.dtype))


def selectivity(means: Array) -> tuple[Array, Array]:
    """Return the class selectivity index of every channel, and the class that it responds to most.

    Args:
        means: Mean response to the images of each class, 0 or more, (…, classes, channels); two classes or more.

    Returns:
        (highest − mean of the others) / (highest + mean of the others), 0..1, float64 (…, channels), NaN for a channel
        that never responds; and the place of the highest.
    """
    return _indices(means), means.argmax(axis=-2)


def _indices(means: Array) -> Array:
    highest = means.max(axis=-2)
    others = (means.sum(axis=-2, dtype=np.float64) - highest) / (means.shape[-2] - 1)
    total = highest + others
    return np.where(total > 0, (highest - others) / np.where(total > 0, total, 1.0), np.nan)


def num_permutations(level: float) -> int:
    """Return how many permutations are tried, so that `level` is reached by ten of them, the given order counted.

    >>> num_permutations(0.05), num_permutations(0.01)
    (199, 999)
    """
    return math.ceil(10 / level) - 1


def chances(responses: Array, classes: Array, number: int, generator: np.random.Generator) -> Array:
    """Return how often chance alone makes any channel stand out as much as each of these does.

    The index of every channel is standardised by mean and deviation over all permutations, the given order among them,
    because channels that respond to few images have high indices under any order. With labels that mean nothing, the
    chance that any channel at all gets a value of p or less is at most p.

    Args:
        responses: One per image and channel, 0 or more, float32 (images, channels).
        classes: The class of each image, 0, 1, 2 …, each of which occurs.
        number: How many permutations to try.
        generator: Where they come from.

    Returns:
        float64 (channels): the share of the orders, the given one among them, in which the highest of all channels'
        standardised indices is at least the channel's own; NaN for a channel whose index no order changes.
    """
    num_classes = int(classes.max()) + 1
    at_once = max(1, _AT_ONCE // (num_classes * max(responses.shape))) if num_classes <= _FEW_CLASSES else 1
    indices = np.empty((number + 1, responses.shape[1]))
    for start in range(0, number + 1, at_once):
        # All orders of many images would take more memory than the images' responses.
        some = range(start, min(start + at_once, number + 1))
        orders = np.stack([generator.permutation(classes) if place else classes for place in some])
        means = _means(responses, orders, num_classes)
        indices[start : start + at_once] = np.nan_to_num(_indices(means))
    found = np.full(indices.shape[1], np.nan)
    moves, highest = np.zeros(len(found), bool), np.full(number + 1, -np.inf)
    # A few channels at a time: of ResNet-50's, all orders take 200 MB, and copies of them would take as much again.
    for start in range(0, len(found), _CHANNELS_AT_ONCE):
        part = indices[:, start : start + _CHANNELS_AT_ONCE]
        spread = part.std(axis=0)
        moving = moves[start : start + _CHANNELS_AT_ONCE] = spread >= _LEAST_SPREAD
        part -= part.mean(axis=0)
        part /= np.where(moving, spread, 1.0)
        np.maximum(highest, part[:, moving].max(axis=1, initial=-np.inf), out=highest)
    ranked = np.sort(highest)
    found[moves] = (number + 1 - np.searchsorted(ranked, indices[0, moves])) / (number + 1)
    return found


def _means(responses: Array, orders: Array, num_classes: int) -> Array:
    """Return the mean response to each class, the classes in several orders, (orders, classes, channels)."""
    counts = np.bincount(orders[0])
    if num_classes <= _FEW_CLASSES:
        members = (orders[:, None] == np.arange(num_classes)[:, None]).astype(responses.dtype)
        sums = members.reshape(-1, len(responses)) @ responses
        return np.asarray(sums.reshape(len(orders), num_classes, -1) / counts[:, None])
    starts = np.cumsum(counts) - counts
    sorted_by_class = (responses[np.argsort(order, kind="stable")] for order in orders)
    return np.stack([np.add.reduceat(rows, starts, axis=0) / counts[:, None] for rows in sorted_by_class])
