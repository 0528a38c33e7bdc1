"""An image and what is kept of it -> the image with the rest painted over, from what surrounds it.

Push-pull (Gortler, Grzeszczuk, Szeliski and Cohen 1996, "The Lumigraph", SIGGRAPH, section 3.6): the mean of the known
pixels over blocks of two along each axis, again and again, until one block is left; then back, each level filling the
holes of the finer one, after a smoothing by 1-2-1. There is no randomness, and what is kept is not touched. Nothing is
blurred: a blurred part keeps its colour, and a network still reads it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from reportgen.models.subject import Array
from reportgen.models.types import Tensor

# Of so many numbers one is looked at first, and the median is looked for among those of about its rank.
_EVERY, _NEAR_THE_MIDDLE = 64, (0.4, 0.6)


def paint(image: Tensor, keep: Tensor) -> Tensor:
    """Fill what is not kept.

    Args:
        image: float32 (1, *places, channels).
        keep: float32 (batch, *places): 1 for what is known, 0 for what is painted over. Where nothing is known the
            result is 0.

    Returns:
        float32 (batch, *places, channels).
    """
    image, weight = tf.convert_to_tensor(image), tf.convert_to_tensor(keep)[:, None]
    if len(weight.shape) == 3:  # a signal is a picture of one row
        return paint(image[:, None], keep[:, None])[:, 0]
    rank = image.shape.rank
    # Plane by plane: to multiply a few channels with one number at each place takes four times as long.
    image = tf.transpose(image, [0, rank - 1, *range(1, rank - 1)])
    levels = [(image * weight, weight)]
    while max(levels[-1][1].shape[2:]) > 1:
        # Apart: to put values and weights into one tensor takes longer than all else.
        value, weight = map(_summed, levels[-1])
        levels.append((value / tf.maximum(weight, 1.0), tf.minimum(weight, 1.0)))
    filled = levels[-1][0]
    for value, weight in reversed(levels[:-1]):
        filled = value + (1 - weight) * _doubled(filled, weight.shape[2:])
    return tf.transpose(filled, [0, *range(2, rank), 1])


def empty(image: Array) -> Array:
    """Return an image of one colour, the median of each channel: what is left where everything is painted over.

    Args:
        image: (*places, channels).
    """
    colour = [
        _median(channel) for channel in np.ascontiguousarray(np.moveaxis(image, -1, 0)).reshape(image.shape[-1], -1)
    ]
    return np.broadcast_to(np.array(colour), image.shape).astype(image.dtype)


def _median(values: Array) -> float:
    """Return the median of finite numbers, (number,), in half of NumPy's time: a few of them say about where it is."""
    number, few = len(values), np.sort(values[::_EVERY])
    low, high = (few[int(share * (len(few) - 1))] for share in _NEAR_THE_MIDDLE)
    lower, upper = (number - 1) // 2, number // 2
    below, middle = int((values < low).sum()), values[(values >= low) & (values <= high)]
    if not below <= lower <= upper < below + len(middle):
        return float(np.median(values))
    middle.partition((lower - below, upper - below))
    return float(middle[[lower - below, upper - below]].mean())


def _summed(values: Tensor) -> Tensor:
    """Sum over blocks of two along each axis of places; an odd last one stands alone."""
    for axis in range(2, values.shape.rank):
        size = values.shape[axis]
        if size == 1:
            continue
        if size % 2:
            values = tf.pad(values, [[0, size % 2 if each == axis else 0] for each in range(values.shape.rank)])
        shape = [-1, *values.shape[1:]]
        shape[axis : axis + 1] = [shape[axis] // 2, 2]
        values = tf.reduce_sum(tf.reshape(values, shape), axis + 1)
    return values


def _doubled(values: Tensor, sizes: Sequence[int]) -> Tensor:
    """Repeat each place along each axis, smoothed by 1-2-1 with the border repeated, and cut to sizes.

    Along the last two axes this is a bilinear enlargement to twice the size, the centres of pixels as corners.
    """
    rows, columns = sizes[-2:]
    pictures = tf.reshape(values, [-1, *values.shape[-2:], 1])
    large = [2 * old if new > 1 else 1 for old, new in zip(values.shape[-2:], sizes[-2:], strict=True)]
    pictures = tf.image.resize(pictures, large)[:, :rows, :columns]
    values = tf.reshape(pictures, [-1, *values.shape[1:-2], rows, columns])
    for axis, size in enumerate(sizes[:-2], start=2):
        values = _doubled_along(values, axis, size)
    return values


def _doubled_along(values: Tensor, axis: int, size: int) -> Tensor:
    if size == 1:
        return values
    ends = [slice(None)] * axis
    first, last = values[(*ends, slice(None, 1))], values[(*ends, slice(-1, None))]
    before = tf.concat([first, values[(*ends, slice(None, -1))]], axis)
    after = tf.concat([values[(*ends, slice(1, None))], last], axis)
    pairs = tf.stack([0.25 * before + 0.75 * values, 0.75 * values + 0.25 * after], axis + 1)
    shape = [-1, *values.shape[1:]]
    shape[axis] *= 2
    return tf.reshape(pairs, shape)[(*ends, slice(None, size))]
