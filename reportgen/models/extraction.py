"""A model and the name of a call -> a new model with the same input that answers with that call's output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from reportgen.errors import ModelError, UnknownNameError
from reportgen.models import running
from reportgen.models.hooks import Call, watch
from reportgen.models.inputs import arrange, declared_inputs, input_records, zero_inputs
from reportgen.models.types import Model, Operation, Tensor, Tensors
from reportgen.records.model import Shape


class _FoundError(Exception):
    """Carries the symbolic output out of the walk."""

    def __init__(self, output: Tensor) -> None:
        super().__init__("found")
        self.output = output


def extract(model: Model, path: str, input_shapes: Mapping[str, Shape] | None = None) -> Model:
    """Build the article's "new model": the same input, the output of a chosen layer.

    The new model shares its layers and weights with the old one. Its answer is compared with what the watched old model
    computes at that call, on an image of zeros.

    Args:
        model: A Sequential or functional Keras model, with models nested to any depth.
        path: Path of a call, as the layer table shows it.
        input_shapes: Shape of one sample by name of the input, where the model leaves a size open: what is compared is
            of it.

    Returns:
        A functional Keras model.

    Raises:
        UnknownNameError: The model has no such call; the calls are listed.
        ModelError: The model is subclassed and has no graph to cut.
    """
    if not _has_graph(model):
        raise ModelError(
            f"The layer {path!r} cannot be cut out of {model.name!r}, whose class computes in code of its own. Expected"
            " a Sequential or functional model. Use reportgen.explain(model, images) to see its activations instead."
        )
    zeros = zero_inputs(model, input_records(model, input_shapes))
    known = _outputs(model, zeros)
    if path not in known:
        raise UnknownNameError("layer", path, known)
    inputs = [keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name) for tensor in model.inputs]
    try:
        _walk(model, inputs, path, {}, "")
    except _FoundError as found:
        extracted = keras.Model(_structured(model, inputs), found.output, name=_name(model, path))
        _compare(extracted, model, zeros, known[path], path)
        return extracted
    raise ModelError(
        f"The layer {path!r} cannot be cut out of {model.name!r}: it stands inside a layer that is not a model."
        " Expected a layer of the model or of a model nested in it. Choose the layer around it."
    )


def _name(model: Model, path: str) -> str:
    return f"{model.name}_to_{path}".replace("/", "_").replace("#", "_")


def _has_graph(operation: Operation) -> bool:
    return isinstance(operation, keras.Sequential) or (
        isinstance(operation, keras.Model) and hasattr(operation, "operations")
    )


def _walk(model: Model, inputs: list[Tensor], target: str, uses: dict[str, int], prefix: str) -> Tensors:
    """Call a model's layers again on symbolic inputs, nested models included, until the target has been called."""

    def use(operation: Operation, *args: Any, **kwargs: Any) -> Tensors:
        own = f"{prefix}{operation.name}"
        count = uses[own] = uses.get(own, 0) + 1
        path = own if count == 1 else f"{own}#{count}"
        if _has_graph(operation) and target.startswith(f"{path}/"):
            output = _walk(operation, keras.tree.flatten(args), target, uses, f"{path}/")
        else:
            output = operation(*args, **kwargs)
        if path == target:
            raise _FoundError(output)
        return output

    if isinstance(model, keras.Sequential):
        output = inputs[0]
        for layer in model.layers:
            output = use(layer, output)
        return output
    copy = keras.models.clone_model(
        model, _structured(model, inputs), clone_function=lambda layer: layer, call_function=use
    )
    return copy.outputs if len(copy.outputs) > 1 else copy.outputs[0]


def _structured(model: Model, inputs: list[Tensor]) -> Tensors:
    """Symbolic inputs in the model's own structure: Keras compares the two when it clones a model."""
    return arrange(model, {record.name: tensor for record, tensor in zip(declared_inputs(model), inputs, strict=True)})


def _outputs(model: Model, zeros: Tensors) -> dict[str, Tensors]:
    outputs: dict[str, Tensors] = {}

    def note(call: Call) -> None:
        outputs[call.path] = call.output

    with watch(model, note):
        running.call(model, zeros)
    return outputs


def _compare(extracted: Model, model: Model, zeros: Tensors, expected: Tensors, path: str) -> None:
    answers = keras.tree.flatten(running.call(extracted, zeros))
    for answer, wanted in zip(answers, keras.tree.flatten(expected), strict=True):
        if not np.array_equal(np.asarray(answer), np.asarray(wanted), equal_nan=True):
            raise ModelError(
                f"The model cut out at {path!r} does not compute what {model.name!r} computes there. Expected equal "
                "outputs on an image of zeros. Please report this as a defect of reportgen."
            )
