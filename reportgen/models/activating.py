"""A layer -> the tensor that its activation is given while the layer is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import keras

from reportgen.models.types import Operation, Tensor
from reportgen.records.judged import ACTIVATIONS


@contextmanager
def noting(operation: Operation) -> Iterator[list[Tensor]]:
    """Note what a layer gives to the activation that it holds, while the block runs; then it is as it was.

    `activation` is what Keras calls it in all its layers; one that is read from elsewhere, as by a recurrent layer from
    its cell, is not seen.

    Args:
        operation: Any layer or operator.

    Yields:
        The tensors, filled while the layer is called.
    """
    found: list[Tensor] = []
    activation = vars(operation).get("activation")
    if not callable(activation):
        yield found
        return

    @wraps(activation, updated=())
    def noted(values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        found.append(values)
        return activation(values, *args, **kwargs)

    operation.__dict__["activation"] = noted
    try:
        yield found
    finally:
        operation.__dict__["activation"] = activation


def only(noted: Sequence[Tensor], inputs: Sequence[Tensor], operation: Operation, output: Tensor) -> Tensor | None:
    """Return the one tensor that an activation was given in a call, in the shape of what came out.

    Args:
        noted: What `noting` found.
        inputs: The tensors that the call was given.
        operation: What was called.
        output: What came out, in any structure; its first tensor counts.

    Returns:
        None where there is no activation, where it was called more than once, where it changes the shape, as a gated
        one does, and where it was called in an inner function of the layer's, whose tensors mean nothing outside.
    """
    found = noted or (inputs if type(operation).__name__ in ACTIVATIONS else ())
    leaf = next((each for each in keras.tree.flatten(output) if keras.ops.is_tensor(each)), None)
    if leaf is None or len(found) != 1 or not keras.ops.is_tensor(found[0]):
        return None
    same_graph = getattr(found[0], "graph", None) is getattr(leaf, "graph", None)
    return found[0] if same_graph and tuple(found[0].shape) == tuple(leaf.shape) else None
