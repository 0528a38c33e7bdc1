"""Gradients and losses -> evidence maps: float64, in the places of the image, above zero what speaks for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from reportgen.models.subject import Array

SMOOTHING = 56
"""Pixel maps are smoothed by a Gaussian of the longest side over this: 4 pixels of 224, half a pixel of 28."""
_SMALL = 32
"""Images of at most so many pixels a side count as small."""
MOST_WINDOWS = 200
LEAST_STEPS, MOST_STEPS = 32, 128
NUMBERS_AT_ONCE = 1 << 24
"""Numbers of masks, or of images on a line, that are in memory at one time."""
COMPLETE = 0.05
"""Integrated gradients are taken at more points until their sum misses the whole change by no more than this share."""


def is_small(sizes: tuple[int, ...]) -> bool:
    """Whether an image is so small that single pixels count, as in a digit, and not a photograph."""
    return max(sizes) <= _SMALL


def smoothed(maps: Array) -> Array:
    """Smooth maps made pixel by pixel, edges mirrored; they are judged, outlined and drawn alike.

    Args:
        maps: float (maps, *places).
    """
    sigma = max(maps.shape[1:]) / SMOOTHING
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    maps = np.asarray(maps, np.float64)
    for axis in range(1, maps.ndim):
        width = [(reach, reach) if each == axis else (0, 0) for each in range(maps.ndim)]
        around = np.pad(maps, width, mode="symmetric")
        total = np.zeros(maps.shape)
        for start, weight in enumerate(kernel):
            total += weight * np.take(around, range(start, start + maps.shape[axis]), axis)
        maps = total
    return maps


def enlarged(maps: Array, sizes: tuple[int, ...]) -> Array:
    """Enlarge maps linearly along each axis, the centres of pixels as corners, as `tf.image.resize` does.

    Args:
        maps: float (maps, *places).
        sizes: Places of the result.
    """
    for axis, new in enumerate(sizes, start=1):
        old = maps.shape[axis]
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, old - 1)
        share = (at - low).reshape([-1 if each == axis else 1 for each in range(maps.ndim)])
        maps = np.take(maps, low, axis) * (1 - share) + np.take(maps, high, axis) * share
    return maps


def gauss(steps: int) -> tuple[Array, Array]:
    """Return places and weights of the Gauss-Legendre rule on 0..1; the weights sum to 1."""
    at, weights = np.polynomial.legendre.leggauss(steps)
    return (at + 1) / 2, weights / 2


def integrated(value: Array, baseline: Array, slopes: Callable[[Array], Array], steps: int) -> Array:
    """Integrated gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks").

    Args:
        value: What is explained, without a batch axis.
        baseline: The same with nothing on it; the gradients are taken along the straight line between the two.
        slopes: Gradient of what is explained at each of a batch.
        steps: At how many points of the line.

    Returns:
        float64 in the shape of `value`: its sum is what is explained at `value` less that at `baseline`, but for the
        error of the rule.
    """
    at, weights = gauss(steps)
    apart = value - baseline
    total = np.zeros(value.shape)
    for part in parts(steps, value.size):
        line = baseline + at[part].astype(value.dtype).reshape(-1, *(1 for _ in value.shape)) * apart
        total += np.einsum("s...,s->...", slopes(line), weights[part], dtype=np.float64)
    return np.asarray(apart * total)


def parts(number: int, size: int) -> list[slice]:
    """Return how many things of a size are worked on at a time, so that memory does not grow with large images."""
    step = max(1, NUMBERS_AT_ONCE // max(size, 1))
    return [slice(start, start + step) for start in range(0, number, step)]


def windows(sizes: tuple[int, ...], coarse: bool = False) -> list[tuple[slice, ...]]:
    """Return the windows of an occlusion, row by row: about a seventh of the longest side, half overlapping.

    On small images they are a quarter of the side. Where there would be more than `MOST_WINDOWS`, they overlap less.

    Args:
        sizes: Places of the image.
        coarse: Whether they stand side by side, without an overlap.

    >>> len(windows((28, 28))), len(windows((224, 224))), len(windows((224, 224), coarse=True)), len(windows((400,)))
    (64, 169, 49, 28)
    """
    longest = max(sizes)
    if len(sizes) == 1:
        side = max(round(longest / 14), 1)
    else:
        side = max(round(longest / 4), 1) if is_small(sizes) else max(round(longest / 7), 7)
    step = side if coarse else max(side * 3 // 7 if is_small(sizes) else side // 2, 1)
    while step < side and np.prod([len(_starts(size, side, step)) for size in sizes]) > MOST_WINDOWS:
        step += 1
    starts = [[slice(start, min(start + side, size)) for start in _starts(size, side, step)] for size in sizes]
    return list(product(*starts))


def _starts(size: int, side: int, step: int) -> list[int]:
    last = max(size - side, 0)
    return sorted({*range(0, last + 1, step), last})


def covers(sizes: tuple[int, ...], places: list[tuple[slice, ...]]) -> Iterator[Array]:
    """Yield the mask of each window, bool (*places)."""
    for place in places:
        mask = np.zeros(sizes, bool)
        mask[place] = True
        yield mask


def spread(losses: Array, sizes: tuple[int, ...], places: list[tuple[slice, ...]]) -> Array:
    """Lay the loss of each window over the pixels that it covers: each gets the mean over its windows.

    Occlusion: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks".

    Args:
        losses: float (windows,).
        sizes: Places of the image.
        places: The windows.
    """
    total, count = np.zeros(sizes), np.zeros(sizes)
    for place, loss in zip(places, losses, strict=True):
        total[place] += loss
        count[place] += 1
    return total / count


def plain_maps(image: Array) -> dict[str, Array]:
    """Return the plainest maps there are, which know no network: "brightness" and "edges" of an image.

    Args:
        image: float (*places, channels).

    Returns:
        float64 (*places) each: the distance from the median colour, and the size of the slope of the mean over the
        channels.
    """
    values = image.astype(np.float64)
    grey = values.mean(axis=-1)
    apart = np.abs(values - empty_colour(values)).sum(axis=-1)
    slopes = [np.gradient(grey, axis=axis) for axis in range(grey.ndim) if grey.shape[axis] > 1]
    return {"brightness": apart, "edges": np.sqrt(np.sum(np.square(slopes), axis=0))}


def empty_colour(values: Array) -> Array:
    """Return the median of each channel."""
    return np.asarray(np.median(values, axis=tuple(range(values.ndim - 1))))
