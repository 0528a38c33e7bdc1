"""A model that the processor's own kernels cannot run -> the same model, run.

TensorFlow has no kernels for some convolutions in channels_first order on a CPU. XLA, the compiler inside TensorFlow,
translates the same operation with the same weights for the same processor. Only calls that fail otherwise go that way:
with oneDNN, TensorFlow has more kernels, and fewer calls fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from reportgen.models.hooks import operations_inside
from reportgen.models.types import Model, Operation, Tensors


@contextmanager
def runnable(model: Model) -> Iterator[list[str]]:
    """Let a model's channels_first layers run on this machine, for a while.

    Layers that are made inside the context, such as copies of a layer, are not covered: see `anyhow`.

    Args:
        model: A Keras model of any kind.

    Yields:
        Names of the layers that had to be compiled, each once, filled while the model runs. Afterwards every layer is
        as it was.
    """
    compiled: list[str] = []
    replaced: list[Operation] = []
    try:
        for operation in operations_inside(model):
            if getattr(operation, "data_format", None) == "channels_first" and "call" not in vars(operation):
                operation.__dict__["call"] = anyhow(operation, compiled)
                replaced.append(operation)
        yield compiled
    finally:
        for operation in replaced:
            del operation.__dict__["call"]


def anyhow(operation: Operation, compiled: list[str] | None = None) -> Callable[..., Tensors]:
    """Return an operation's `call`, which is compiled where TensorFlow has no kernel for it.

    Args:
        operation: A layer or an operator.
        compiled: The operation's name is added where it had to be compiled.
    """
    call = operation.call
    translated: list[Callable[..., Tensors]] = []

    def call_anyhow(*args: Any, **kwargs: Any) -> Tensors:
        if translated:
            return translated[0](*args, **kwargs)
        try:
            return call(*args, **kwargs)
        except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):
            function = _compiled(operation, call)
            output = function(*args, **kwargs)
            translated.append(function)
            if compiled is not None and operation.name not in compiled:
                compiled.append(operation.name)
            return output

    return call_anyhow


def _compiled(operation: Operation, call: Callable[..., Tensors]) -> Callable[..., Tensors]:
    """Compile a call; an activation that a layer of Keras's ends in is left out, and applied to what comes out.

    So it is given a tensor that can be looked at (`activating`): those inside of what is compiled cannot be.
    """
    ends_in_activation = type(operation).__module__.startswith("keras.") and "activation" in vars(operation)
    if not ends_in_activation or operation.activation is None:
        return tf.function(call, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def without_activation(*args: Any, **kwargs: Any) -> Tensors:
        activation = vars(operation)["activation"]
        operation.__dict__["activation"] = None
        try:
            return call(*args, **kwargs)
        finally:
            operation.__dict__["activation"] = activation

    function = tf.function(without_activation, jit_compile=True, autograph=False)
    return lambda *args, **kwargs: operation.activation(function(*args, **kwargs))
