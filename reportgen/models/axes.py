"""Images in the layout of a model -> the same with the channels last, and back again, as tensors."""

from __future__ import annotations

import tensorflow as tf

from reportgen.models.types import Tensor


def channels_last(image: Tensor, rank: int, axis: int) -> Tensor:
    """Return (batch, *places, channels) of an image with `rank` axes behind the batch axis."""
    if axis == rank:
        return image[..., None]
    order = [0, *(1 + each for each in range(rank) if each != axis), 1 + axis]
    return tf.transpose(image, order)


def channels_back(image: Tensor, rank: int, axis: int) -> Tensor:
    """Return an image in the layout from which `channels_last` brought it; arguments as there."""
    if axis == rank:
        return image[..., 0]
    order = list(range(1, rank))
    order.insert(axis, rank)
    return tf.transpose(image, [0, *order])
