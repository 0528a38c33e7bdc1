"""A call of a layer -> what it is: a conv, a pool or another; which of its inputs count, and which weights are its own.

What decides is the class that a layer descends from, not the name that it goes by.
"""

from __future__ import annotations

from functools import cache

import keras

from reportgen import registry
from reportgen.models.hooks import Call
from reportgen.models.types import Operation, Tensor
from reportgen.records.model import Shape

RECURRENT = ("RNN", "Bidirectional", "SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells")
"""Kinds that read a sequence, or one step of it, and states besides."""

WITH_HEADS = ("MultiHeadAttention", "GroupQueryAttention")
"""Kinds that are called on queries, values and keys one by one."""

ATTENTION = (*WITH_HEADS, "Attention", "AdditiveAttention")
"""Kinds in which positions look at others."""


def role(operation: Operation, input_shape: Shape, output_shape: Shape) -> str:
    """Return "conv", "pool" or "other", by the classes that a layer descends from, whatever it calls itself.

    Args:
        operation: The layer or operator.
        input_shape: Shape of one sample of its first input.
        output_shape: Shape of one sample of its output.
    """
    for known in ("conv", "pool"):
        if isinstance(operation, _classes_of(known)):
            return known
    return "conv" if _convolves(operation, input_shape, output_shape) else "other"


def read(call: Call) -> list[int]:
    """Return the places, among a call's inputs, of the tensors that a formula reads: no masks and no states.

    Args:
        call: The call.
    """
    operation = call.operation
    places = list(range(len(call.inputs)))
    if not isinstance(operation, keras.Layer):
        return places
    if belongs(operation, RECURRENT):
        return places[:1]
    if belongs(operation, WITH_HEADS):
        # The layer was built from the shapes of its queries, values and, where there are any, keys, in this order.
        return places[: len((operation.get_build_config() or {}).get("shapes_dict", ())) or 2]
    # Keras hands masks on as tensors of truth values.
    data = [place for place in places if keras.backend.standardize_dtype(call.inputs[place].dtype) != "bool"]
    return data or places


def own_weights(operation: Operation, *, is_around: bool) -> list[Tensor]:
    """Return a layer's weights.

    Args:
        operation: The layer or operator.
        is_around: Whether layers inside it have rows of their own, so that only what it adds to them is its own.
    """
    if not isinstance(operation, keras.Layer):
        return []
    inside = (
        {id(weight) for layer in vars(operation).get("_layers", ()) for weight in layer.weights} if is_around else ()
    )
    return [weight for weight in operation.weights if id(weight) not in inside]


def belongs(operation: Operation, names: tuple[str, ...]) -> bool:
    """Return whether an operation is of one of Keras's classes with these names, or descends from one."""
    return isinstance(operation, _classes(names))


def quantizations(operation: Operation) -> set[str]:
    """Return how Keras quantized a layer and the layers inside it, "int8" or "int4"; nothing of plain ones."""
    layers = (operation, *vars(operation).get("_layers", ()))
    return {mode for layer in layers if (mode := getattr(layer, "quantization_mode", None))}


def _convolves(operation: Operation, input_shape: Shape, output_shape: Shape) -> bool:
    """Tell whether a class from outside Keras, and of no Keras kind, is a convolution over images or volumes.

    It is taken for one when it has a weight called `kernel` with one axis for each spatial axis, one for the input
    channels (or for those of one group) and a last one for the output channels, and its input and output have those
    spatial axes and channels. Rows (one spatial axis) are left out: there, a kernel of three axes is as often an
    attention's. A kernel under another name, or packed, is not recognized: better "other" than wrong maps.
    """
    kernel = getattr(operation, "kernel", None)
    if not isinstance(operation, keras.Layer) or type(operation).__module__.startswith("keras.") or kernel is None:
        return False
    rank, sizes = len(output_shape), tuple(getattr(kernel, "shape", ()))
    if rank not in (3, 4) or len(input_shape) != rank or len(sizes) != rank + 1:
        return False
    place = 0 if getattr(operation, "data_format", None) == "channels_first" else -1
    return bool(output_shape[place] == sizes[-1]) and sizes[-2] > 0 and (input_shape[place] or 0) % int(sizes[-2]) == 0


@cache
def _classes(names: tuple[str, ...]) -> tuple[type, ...]:
    """Return the classes of Keras with these names, those that this version of Keras has."""
    return tuple(getattr(keras.layers, name) for name in names if hasattr(keras.layers, name))


@cache
def _classes_of(role: str) -> tuple[type, ...]:
    """Return the classes of Keras that the families of a role have formulas for."""
    families = [registry.load("layers", name) for name in registry.names("layers")]
    chosen = [family for family in families if getattr(family, "ROLE", "other") == role]
    return _classes(tuple(sorted(kind for family in chosen for kind in family.KINDS)))


_CUT_OFF = {"relu", "relu6"}
# Where hard_sigmoid, min(max(x + 3, 0), 6) / 6, and the others stop rising.
_CAPS = {"relu6": 6.0, "hard_sigmoid": 3.0, "hard_tanh": 1.0}
_OPERATORS = {"Relu6": "relu6", "HardSigmoid": "hard_sigmoid", "HardTanh": "hard_tanh"}


def cuts_off(operation: Operation) -> bool:
    """Return whether an operation ends in an activation that gives 0 for all that is below zero, as ReLU does."""
    kind = type(operation).__name__
    if kind in {"Relu", "Relu6"}:
        return True
    if kind == "ReLU":
        return not operation.negative_slope
    return getattr(getattr(operation, "activation", None), "__name__", "") in _CUT_OFF


def caps(operation: Operation) -> bool:
    """Return whether an operation ends in an activation that gives one highest value for all that is above a bound."""
    return cap(operation) is not None


def cap(operation: Operation) -> float | None:
    """Return the bound above which the activation that an operation ends in gives one highest value, or None."""
    kind = type(operation).__name__
    if kind == "ReLU":
        return None if operation.max_value is None else float(operation.max_value)
    name = _OPERATORS.get(kind) or getattr(getattr(operation, "activation", None), "__name__", "")
    return _CAPS.get(str(name))
