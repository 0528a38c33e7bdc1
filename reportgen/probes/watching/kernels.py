"""A conv layer -> its kernels as pictures: of the first layer whole, of deeper ones those of the strongest inputs."""

from __future__ import annotations

import numpy as np

from reportgen.evidence.samples import Levels
from reportgen.models.subject import Array
from reportgen.models.types import Operation

MOST_INPUTS = 4
"""Input channels of a deeper layer whose kernels are shown, for each channel."""


def pictures(layer: Operation) -> tuple[Levels | None, tuple[tuple[int, ...], ...]]:
    """Draw the kernels of a two-dimensional conv layer, zero at mid-grey, each channel on its own scale.

    Args:
        layer: The living layer.

    Returns:
        uint8 (channels, height, width) or (channels, height, width, 3) for a layer on grey or coloured pictures and for
        one that reads each channel by itself, and (); else uint8 (channels, inputs, height, width) and the numbers of
        these input channels, largest norm first. None and () where a kernel is no picture: in one or three dimensions,
        of one pixel, or kept in several parts.
    """
    kernel = getattr(layer, "kernel", None)
    shape = tuple(getattr(kernel, "shape", ()))
    if len(shape) != 4 or shape[0] * shape[1] == 1:
        return None, ()
    weights = np.nan_to_num(np.asarray(kernel).astype(np.float64), posinf=0.0, neginf=0.0)
    kind = type(layer).__name__
    if "Transpose" in kind:
        weights = np.swapaxes(weights, 2, 3)
    if kind == "DepthwiseConv2D":
        return _levels(weights.reshape(*shape[:2], 1, -1))[:, 0], ()
    by_channel = _levels(weights)
    if shape[2] == 1 or weights.shape[2] == 1:
        return np.ascontiguousarray(by_channel[:, 0]), ()
    if weights.shape[2] == 3:
        return np.ascontiguousarray(np.moveaxis(by_channel, 1, -1)), ()
    norms = np.sqrt(np.square(weights).sum(axis=(0, 1))).T
    strongest = np.argsort(-norms, axis=1, kind="stable")[:, :MOST_INPUTS]
    levels = np.take_along_axis(by_channel, strongest[:, :, None, None], axis=1)
    # The kernel of a grouped layer counts the input channels of a group.
    group = np.arange(len(norms)) // max(len(norms) // getattr(layer, "groups", 1), 1)
    inputs = strongest + (group * weights.shape[2])[:, None]
    return np.ascontiguousarray(levels), tuple(tuple(map(int, row)) for row in inputs)


def _levels(weights: Array) -> Levels:
    """Bring kernels (height, width, inputs, channels) to 8 bits, (channels, inputs, height, width)."""
    largest = np.abs(weights).max(axis=(0, 1, 2), keepdims=True)
    levels = np.rint(128 + 127 * weights / np.where(largest > 0, largest, 1.0)).astype(np.uint8)
    return np.transpose(levels, (3, 2, 0, 1))
