"""A batch of images in a model's own order of axes <-> the same with the channels last."""

from __future__ import annotations

import tensorflow as tf

from reportgen.models.types import Tensor


def channels_last(image: Tensor, rank: int, axis: int) -> Tensor:
    """Return (batch, *places, channels).

    Args:
        image: Images with `rank` axes behind the batch axis.
        rank: How many.
        axis: Which of them is that of the channels; where it equals `rank` there is none, and one is added.
    """
    if axis == rank:
        return image[..., None]
    order = [0, *(1 + each for each in range(rank) if each != axis), 1 + axis]
    return tf.transpose(image, order)


def channels_back(image: Tensor, rank: int, axis: int) -> Tensor:
    """Return what `channels_last` was given, of what it returned."""
    if axis == rank:
        return image[..., 0]
    order = list(range(1, rank))
    order.insert(axis, rank)
    return tf.transpose(image, [0, *order])
