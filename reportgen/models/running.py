"""A model and a batch -> its answers, whatever batch size it insists on, with its state as it was before.

Every pass begins from the state that the model came with: the seeds of random layers, the memory of recurrent ones and
what a layer counts are put back, so that one pass sees what another saw, and the user's model is left as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError, ReportgenError
from reportgen.models.hooks import StopPassError, operations_inside
from reportgen.models.inputs import batch_size
from reportgen.models.types import Model, Tensor, Tensors

# What the layers of a model, the user's own among them, may raise when they cannot take what they are given.
CALL_ERRORS = (
    ValueError,
    TypeError,
    RuntimeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    OSError,
    SystemExit,
    tf.errors.OpError,
)
# TensorFlow puts names of its own and bold type into its messages; Keras lists all arguments behind them.
_DECORATION = re.compile(r"\x1b\[\d*m|\{\{function_node [^}]*\}\}|Arguments received by .*", re.DOTALL)

# Operations that may write to a variable, or call Python code that may.
_CHANGES = re.compile(
    r"(?:Eager)?PyFunc$|.*(?:Assign|Apply|Skip|Scatter)|Stateful(?!PartitionedCall)|Resource(?!Gather)"
)


def call(model: Model, inputs: Tensors) -> Tensors:
    """Call a model for its answers; its variables have their values back afterwards.

    Args:
        model: A Keras model.
        inputs: What it takes, batch axis first. A model with a batch size of its own is called as often as that takes,
            the last batch filled up with its last sample.

    Returns:
        What it answers with, in its own structure, with as many rows as it was given.

    Raises:
        ModelError: It cannot be called with these.
    """
    size, rows = batch_size(model), len(keras.tree.flatten(inputs)[0])
    if size is None or size == rows:
        return _called_once(model, inputs)
    pieces = []
    for start in range(0, rows, size):
        indices = np.minimum(np.arange(start, start + size), rows - 1)
        answers = _called_once(model, keras.tree.map_structure(lambda part, at=indices: np.asarray(part)[at], inputs))
        here = min(size, rows - start)
        pieces.append(keras.tree.map_structure(lambda part, here=here: np.asarray(part)[:here], answers))
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *pieces)


def _called_once(model: Model, inputs: Tensors) -> Tensors:
    try:
        with state_kept(model):
            return model(inputs, training=False)
    except (ReportgenError, StopPassError):
        raise
    except CALL_ERRORS as error:
        raise ModelError(
            f"The model {model.name!r} cannot be run on its input: {reason(error)} Expected a model that answers when "
            "it is called. Try model(images, training=False) in Python first."
        ) from error


def changes_state(graph: tf.Graph) -> bool:
    """Whether anything in a graph, or in a function that it calls, may give a variable another value."""
    whole = graph.as_graph_def()
    nodes = chain(whole.node, *(function.node_def for function in whole.library.function))
    return any(_CHANGES.match(node.op) for node in nodes)


def reason(error: BaseException) -> str:
    """Return what an error says, as a short sentence."""
    given = error.args[0] if isinstance(error, KeyError) and error.args else error  # which would come in quotes
    said = " ".join(_DECORATION.sub("", str(given)).split())[:300].rstrip(" .'\"")
    return f"{said or type(error).__name__}."


@contextmanager
def state_kept(model: Model) -> Iterator[None]:
    """Put the variables of a model that are not trained back to what they hold now, when the block ends."""
    # Reading and putting back copies nothing: a variable that nobody changes shares its memory with what was read.
    before = [(variable, tf.convert_to_tensor(variable.value)) for variable in _variables(model)]
    try:
        yield
    finally:
        for variable, value in before:
            variable.value.assign(value, read_value=False)  # TensorFlow's own, in half the time of Keras's around it


def _variables(model: Model) -> list[Tensor]:
    # What recurrent layers remember from batch to batch is not among the variables of their model.
    remembered = [getattr(operation, "states", None) for operation in operations_inside(model)]
    states = [state for state in keras.tree.flatten(remembered) if isinstance(state, keras.Variable)]
    return [*model.non_trainable_variables, *states]
