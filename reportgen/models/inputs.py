"""What a model takes: names, shapes and number formats of its inputs, and tensors in the structure that it wants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import keras

from reportgen.errors import ModelError
from reportgen.models.types import Model, Tensor, Tensors
from reportgen.records.model import Shape, TensorRecord, main_input

_NUMBERED = re.compile(r"input_\d+")


def declared_inputs(model: Model) -> tuple[TensorRecord, ...]:
    """Return the inputs that a model says it has, open sizes as None; () for one that does not say."""
    tensors = getattr(model, "inputs", None) or ()
    return tuple(TensorRecord(tensor.name, tuple(tensor.shape[1:]), _dtype(tensor)) for tensor in tensors)


def declared_outputs(model: Model) -> tuple[str, ...]:
    """Return the names of a model's outputs, in the order in which `keras.tree.flatten` hands them out.

    Outputs in a dictionary are called as there, others as the layers that make them; () for a model that does not say.
    """
    names = getattr(model, "output_names", None)
    if not names:
        return ()
    structure = getattr(model, "output", None)
    if isinstance(structure, dict) and len(structure) == len(names):
        return tuple(map(str, sorted(structure)))
    return tuple(map(str, names))


def wanted_shape(model: Model, chosen: Shape | None = None) -> Shape | None:
    """Return the shape of one sample of a model's main input: the one that the user chose, or the one that it declares.

    None where neither says it.
    """
    declared = declared_inputs(model)
    return chosen or (_main(declared).shape if declared else None)


def input_records(model: Model, input_shapes: Mapping[str, Shape] | None = None) -> tuple[TensorRecord, ...]:
    """Return what a model takes, with open sizes filled in from `input_shapes`.

    Args:
        model: A Keras model.
        input_shapes: Shape of one sample by name of the input; for a model that says nothing, of all its inputs. The
            name "" stands for the main input (`records.main_input`).

    Raises:
        ModelError: A size is open and nothing gives it, or the two do not go together.
    """
    declared = declared_inputs(model)
    given = dict(input_shapes or {})
    if not declared:
        if not given:
            raise ModelError(
                f"The model {model.name!r} does not say what it takes. Expected the shape of one image. "
                "Give images, so that their shape can be used, or the shape with --input-shape."
            )
        return tuple(TensorRecord(name or "input_0", tuple(shape), "float32") for name, shape in given.items())
    if "" in given:
        given[_main(declared).name] = given.pop("")
    return tuple(_filled(model, record, given.get(record.name)) for record in declared)


def zero_inputs(model: Model, inputs: Sequence[TensorRecord] | None = None) -> Tensors:
    """Return one sample of zeros for each input, in the structure that the model is called with.

    A model that was built for a number of samples gets as many.
    """
    records = inputs if inputs is not None else input_records(model)
    rows = batch_size(model) or 1
    return arrange(
        model, {record.name: keras.ops.zeros((rows, *record.shape), dtype=record.dtype) for record in records}
    )


def batch_size(model: Model) -> int | None:
    """Return the number of samples that a model was built for, or None for any number."""
    sizes = {tensor.shape[0] for tensor in getattr(model, "inputs", None) or () if len(tensor.shape)}
    return (sizes.pop() or None) if len(sizes) == 1 else None


def arrange(model: Model, tensors: Mapping[str, Tensor]) -> Tensors:
    """Put tensors into the structure that a model is called with.

    Args:
        model: A Keras model.
        tensors: One tensor by name of the input, in the order of the inputs.

    Returns:
        The model's own structure, where it says what it takes. Otherwise the tensor alone, or all of them: as a list
        where they are called input_0, input_1 and so on, else as a dictionary.
    """
    declared = declared_inputs(model)
    if declared:
        flat = [tensors[record.name] for record in declared]
        return keras.tree.pack_sequence_as(model.input, flat) if len(flat) > 1 else _alone(model, flat[0])
    if len(tensors) == 1:
        return next(iter(tensors.values()))
    return list(tensors.values()) if all(map(_NUMBERED.fullmatch, tensors)) else dict(tensors)


def _alone(model: Model, tensor: Tensor) -> Tensors:
    """A single input that the model wants inside a list or a dictionary."""
    structure = getattr(model, "input", None)
    return keras.tree.pack_sequence_as(structure, [tensor]) if isinstance(structure, list | tuple | dict) else tensor


def _main(records: Sequence[TensorRecord]) -> TensorRecord:
    return records[main_input([record.shape for record in records])]


def _filled(model: Model, record: TensorRecord, shape: Shape | None) -> TensorRecord:
    own = record.shape
    shape = own if shape is None else tuple(shape)
    if len(own) != len(shape) or any(a is not None and a != b for a, b in zip(own, shape, strict=True)):
        raise ModelError(
            f"The model {model.name!r} takes {own} and got {shape}. Expected equal shapes where the model "
            "leaves none open. Use images of that shape."
        )
    if None in shape:
        raise ModelError(
            f"The model {model.name!r} leaves a size of its input {record.name!r} open: {own}. Expected every size. "
            "Give data, so that the size of its images can be used, or the size with --input-shape."
        )
    return TensorRecord(record.name, shape, record.dtype)


def _dtype(tensor: Tensor) -> str:
    return str(keras.backend.standardize_dtype(tensor.dtype))
