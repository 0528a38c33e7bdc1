"""A kind and its settings -> the real layer, built, and what it says of its output's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from reportgen.records.model import Shape

WITH_HEADS = ("MultiHeadAttention", "GroupedQueryAttention")
# What Keras calls a class in its list of layers, where that is not the class's own name.
LISTED_AS = {"GroupedQueryAttention": "GroupQueryAttention"}


def made(kind: str, settings_: Mapping[str, object]) -> Any:
    """Make the real layer."""
    return getattr(keras.layers, LISTED_AS.get(kind, kind))(**settings_)


def build(layer: Any, shapes: tuple[Shape, ...]) -> Any:
    """Build a layer; return the shapes as Keras wants them."""
    batches: Any = [(None, *shape) for shape in shapes]
    if type(layer).__name__ in WITH_HEADS:
        layer.build(*batches)
        return batches
    batches = batches[0] if len(shapes) == 1 else batches
    layer.build(batches)
    return batches


def shape_rule(layer: Any, batches: Any) -> Shape:
    """Return what the layer itself says of its output, or of the first one; a cell has no rule and is asked."""
    kind = type(layer).__name__
    if kind.endswith(("Cell", "Cells")):
        states = layer.get_initial_state(batch_size=1)
        return tuple(layer(keras.ops.zeros((1, *batches[1:])), states)[0].shape)[1:]
    shape = layer.compute_output_shape(*batches) if kind in WITH_HEADS else layer.compute_output_shape(batches)
    first = shape[0] if isinstance(shape[0], (list, tuple)) else shape
    return tuple(first)[1:]
