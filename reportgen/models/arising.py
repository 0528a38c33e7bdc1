"""A call -> what it gives back, with NaN and infinity where they arose, whatever its activation made of them.

An activation may turn what is no number into an ordinary one: ReLU makes 0 of minus infinity, a sigmoid 1 of infinity,
and some kernels of oneDNN make 0 of NaN. A broken channel would then pass for a dead one, on one processor and not on
another. So what an activation was given is looked at as well, also where it belongs to the layer itself.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from reportgen.models.hooks import Call
from reportgen.models.types import Tensor
from reportgen.sources.dataset import Array


def put_back(values: Array, before: Array | None) -> Array:
    """Return the values that a call gave back, NaN and infinity in them where its activation was given such.

    Args:
        values: What came out, of any shape.
        before: What the activation was given, in the same shape; None without one.

    Returns:
        The values themselves where nothing has to be put back, which is found out in one look at `before`.
    """
    if before is None or not _may_be_broken(before):
        return values
    finite = np.isfinite(before)
    return values if finite.all() else np.where(finite, values, before)


def seen(call: Call) -> Array:
    """Return what an eager call gave back, its first tensor, as `put_back` does."""
    before = None if call.activated is None else np.asarray(call.activated)
    return put_back(np.asarray(keras.tree.flatten(call.output)[0]), before)


def put_back_in_graph(values: Tensor, before: Tensor | None) -> Tensor:
    """Do what `put_back` does with tensors of a graph."""
    if before is None:
        return values
    before = tf.cast(before, values.dtype)
    return tf.where(tf.math.is_finite(before), values, before)


def _may_be_broken(values: Array) -> bool:
    """Whether any value may be NaN or infinite: their sum of squares is, or has run over."""
    if values.dtype not in (np.float32, np.float64):
        return True
    flat = values.reshape(-1)
    with np.errstate(all="ignore"):
        return not np.isfinite(np.dot(flat, flat))
