"""A living model -> its record: every call, worked out by formula and compared with what Keras says."""

from __future__ import annotations

import hashlib
import math
import weakref
from collections.abc import Mapping
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import LayerError, ModelError
from reportgen.layers import reach, repeating
from reportgen.layers.arithmetic import work_out
from reportgen.layers.reach import Reach
from reportgen.models import kinds, running
from reportgen.models.comparing import compare
from reportgen.models.hooks import Call, watch
from reportgen.models.inputs import declared_outputs, input_records, zero_inputs
from reportgen.models.precision import item_size, precision, zeros
from reportgen.models.settings import output_activation, settings
from reportgen.models.types import Model, Operation, Tensor, Tensors
from reportgen.records.model import (
    Arithmetic,
    LayerRecord,
    ModelRecord,
    Setting,
    Shape,
    TensorRecord,
    WeightFault,
    main_input,
    product,
)

_RESCALING = {"Rescaling", "Normalization"}
# What may hand on the axes of an image in another order.
_TURNING = {"Permute", "Transpose", "Reshape", "Moveaxis", "Swapaxes"}


def inspect(model: Model, input_shapes: Mapping[str, Shape] | None = None) -> ModelRecord:
    """Walk through a model once, on an image of zeros, and write down what every call is and does.

    Args:
        model: A Keras model of any kind.
        input_shapes: Shape of one sample by name of the input ("" for the main one), batch axis left out, where the
            model leaves a size open or, being subclassed, knows none.

    Returns:
        The record, with every formula compared with Keras's own shapes and counts.

    Raises:
        ModelError: A size is open and `input_shapes` does not give it, the model cannot be run, or what it answers
            with is no numbers.
    """
    inputs = input_records(model, input_shapes)
    walk = _Walk(model, inputs)
    outputs = walk.run()
    digest, faults = _weights(model)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    calls = tuple(walk.records)
    return ModelRecord(
        name=model.name,
        kind=_kind_of_model(model),
        inputs=inputs,
        outputs=walk.output_records(outputs),
        parameters=int(model.count_params()),
        trainable_parameters=trainable,
        macs=sum(call.macs or 0 for call in calls),
        size_bytes=sum(int(np.prod(weight.shape)) * item_size(weight.dtype) for weight in model.weights),
        layers=calls,
        weights_sha256=digest,
        faults=faults,
        rescales=next((call.path for call in calls if call.kind in _RESCALING), None),
    )


def require_model(model: Model) -> None:
    """Refuse what is no model.

    Raises:
        ModelError: It is not a Keras model.
    """
    if not isinstance(model, keras.Model):
        raise ModelError(
            f"A {type(model).__name__} was given as the model. Expected a Keras model. Load one with "
            "keras.models.load_model(path)."
        )


def _in_words(answer: Tensors) -> str:
    shape = getattr(answer, "shape", None)
    return type(answer).__name__ if shape is None else f"{type(answer).__name__} of the shape {tuple(shape)}"


class _Walk:
    """One watched forward pass and the records that it leaves."""

    def __init__(self, model: Model, inputs: tuple[TensorRecord, ...]) -> None:
        self.model = model
        self.inputs = inputs
        self.records: list[LayerRecord] = []
        self._activations: dict[str, str | None] = {}
        self._last = ""
        self._made: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self._reach: dict[str, Reach] = {}
        self._formats: dict[str | None, str | None] = {}
        self._seen: dict[int, str] = {}
        self._inside: dict[str, int] = {}
        self._seen_weights: list[tuple[Operation, list[Tensor], str]] = []

    def run(self) -> Tensors:
        zero = zero_inputs(self.model, self.inputs)
        tensors = keras.tree.flatten(zero)
        main = main_input([record.shape for record in self.inputs])
        for place, (tensor, record) in enumerate(zip(tensors, self.inputs, strict=True)):
            path = "" if place == main else f"/{record.name}"
            self._remember(tensor, path)
            axes = len(record.shape) - 1
            without_axes = reach.NOTHING if place != main else reach.UNKNOWN
            self._reach[path] = reach.of_input(axes) if axes > 0 else without_axes
        if not self.model.built:
            running.call(self.model, zero)  # building calls every layer too, which is no call of the pass
        with watch(self.model, self._note):
            outputs = running.call(self.model, zero)
        self.records = self._with_weights()
        return outputs

    def _with_weights(self) -> list[LayerRecord]:
        """Return the records with what their weights hold."""
        counted = {id(operation): zeros(operation, weights) for operation, weights, _ in self._seen_weights}
        return [
            replace(
                record,
                precision=precision(operation, weights, output),
                kernel_weights=counted[id(operation)].num_weights,
                zero_weights=counted[id(operation)].num_zero,
                zero_kernels=counted[id(operation)].channels,
            )
            for record, (operation, weights, output) in zip(self.records, self._seen_weights, strict=True)
        ]

    def output_records(self, outputs: Tensors) -> tuple[TensorRecord, ...]:
        """Return what the model answered with in this pass."""
        tensors = keras.tree.flatten(outputs)
        if not tensors:
            raise ModelError(
                f"The model {self.model.name!r} returns nothing. Expected numbers, a row for each sample. Use a"
                " model that returns such arrays."
            )
        names = declared_outputs(self.model) or (tuple(sorted(outputs)) if isinstance(outputs, dict) else ())
        if len(names) != len(tensors):
            names = tuple(f"output_{index}" for index in range(len(tensors)))
        return tuple(self._output(name, tensor, len(tensors)) for name, tensor in zip(names, tensors, strict=True))

    def _output(self, name: str, tensor: Tensor, total: int) -> TensorRecord:
        source = self._source(tensor)
        if source not in self._activations and total == 1:
            source = self._last  # a subclassed model may change the last tensor outside any layer
        if (
            not isinstance(tensor, tf.Tensor | np.ndarray)
            or len(tensor.shape) == 0
            or 0 in tensor.shape
            or tensor.dtype == tf.string
        ):
            raise ModelError(
                f"The model {self.model.name!r} answers at {name!r} with {_in_words(tensor)}. Expected numbers, a row"
                " for each sample. Use a model that returns such arrays only."
            )
        shape = tuple(int(n) for n in tensor.shape[1:])
        dtype = str(keras.backend.standardize_dtype(tensor.dtype))
        return TensorRecord(name, shape, dtype, self._activations.get(source or ""))

    def _note(self, call: Call) -> None:
        if call.num_inside and not self._owns_weights(call.operation):
            if isinstance(call.operation, keras.layers.TimeDistributed) and self.records:
                # It puts the steps together itself, so that its output is no tensor that a call inside has made.
                for tensor in keras.tree.flatten(call.output):
                    self._remember(tensor, self.records[-1].path)
            return
        sources = self._sources(call)
        record, own = self._record(call, sources)
        self.records.append(record)
        self._reach[call.path] = own
        self._formats[call.path] = record.data_format
        self._seen.setdefault(id(call.operation), call.path)
        self._activations[call.path] = output_activation(call.operation)
        self._last = call.path
        made = (call.output, call.rounds.first) if call.rounds else call.output
        for tensor in keras.tree.flatten(made):
            self._remember(tensor, call.path)

    def _sources(self, call: Call) -> tuple[str | None, ...]:
        """Return what each tensor was made by; what a wrapper cuts its input into was made by what made the whole."""
        whole = next((self._source(tensor) for tensor in call.rounds.given), None) if call.rounds else None
        found = [self._source(tensor) for tensor in call.inputs]
        return tuple(whole if source is None else source for source in found)

    def _record(self, call: Call, sources: tuple[str | None, ...]) -> tuple[LayerRecord, Reach]:
        operation = call.operation
        kind = type(operation).__name__
        config = _config(operation)
        shapes = tuple(tuple(int(n) for n in tensor.shape[1:]) for tensor in call.inputs) or ((),)
        output = keras.tree.flatten(call.output)[0]
        output_shape = tuple(int(n) for n in output.shape[1:])
        read = kinds.read(call)
        shapes_read = tuple(shapes[place] for place in read) or shapes
        arithmetic, notes = _work_out(operation, kind, config, shapes_read)
        weights = kinds.own_weights(operation, is_around=call.num_inside > 0)
        trainable = {id(weight) for weight in getattr(operation, "trainable_weights", ())}
        parameters = sum(math.prod(weight.shape) for weight in weights)
        time_steps = call.rounds.steps if call.rounds else ()
        checks, more_notes = compare(operation, shapes_read, parameters, output_shape[len(time_steps) :], arithmetic)
        if time_steps:
            shapes = tuple((*time_steps, *shape) for shape in shapes)
            arithmetic = arithmetic and repeating.arithmetic(arithmetic, time_steps)
            checks = tuple(repeating.check(each, time_steps) for each in checks)
        below = [reach.UNKNOWN if (path := sources[place]) is None else self._reach[path] for place in read]
        own = reach.above(below, arithmetic)
        record = LayerRecord(
            index=len(self.records) + 1,
            path=call.path,
            kind=kind,
            role=kinds.role(operation, shapes[0], output_shape),
            input_shape=shapes[0],
            input_shapes=shapes,
            output_shape=output_shape,
            parameters=parameters,
            trainable_parameters=sum(math.prod(weight.shape) for weight in weights if id(weight) in trainable),
            macs=arithmetic.macs if arithmetic else None,
            receptive_field=own.receptive_field,
            jump=own.jump,
            padding=own.padding,
            whole_image=own.whole,
            activation_bytes=(product(output_shape) or 0) * item_size(output.dtype),
            settings=(*settings(config), *(Setting("time steps", steps) for steps in time_steps)),
            windows=arithmetic.windows if arithmetic else None,
            data_format=_data_format(config) or self._handed_on(kind, sources, shapes, output_shape),
            steps=(*arithmetic.steps, *reach.steps(below, own, arithmetic, len(time_steps))) if arithmetic else (),
            notes=(*(arithmetic.notes if arithmetic else ()), *notes, *more_notes),
            checks=checks,
            has_formula=arithmetic is not None,
            inputs=tuple(source for source in sources if source is not None),
            shared_with=self._seen.get(id(operation)),
            time_steps=time_steps,
        )
        self._seen_weights.append((operation, weights, str(keras.backend.standardize_dtype(output.dtype))))
        return record, own

    def _handed_on(
        self, kind: str, sources: tuple[str | None, ...], shapes: tuple[Shape, ...], output_shape: Shape
    ) -> str | None:
        """Return the data format of what an activation or the like is given, which says none of its own."""
        formats = {self._formats.get(source) for source in sources}
        keeps_axes = all(
            shape == output_shape or (kind == "Concatenate" and len(shape) == len(output_shape)) for shape in shapes
        )
        is_first = formats == {"channels_first"} and keeps_axes and kind not in _TURNING
        return "channels_first" if is_first else None

    def _remember(self, tensor: Tensor, path: str) -> None:
        self._made[id(tensor)] = (weakref.ref(tensor), path)

    def _source(self, tensor: Tensor) -> str | None:
        # An id can come back for another tensor once the first is gone, hence the second look.
        made, path = self._made.get(id(tensor), (None, ""))
        return path if made is not None and made() is tensor else None

    @staticmethod
    def _owns_weights(operation: Operation) -> bool:
        return not isinstance(operation, keras.Model) and bool(kinds.own_weights(operation, is_around=True))


def _work_out(
    operation: Operation, kind: str, config: Mapping[str, object], shapes: tuple[Shape, ...]
) -> tuple[Arithmetic | None, tuple[str, ...]]:
    if not type(operation).__module__.startswith("keras."):
        return None, (
            f"No formula for kind {kind}, a class from outside Keras: shape and parameters are the model's own.",
        )
    if kinds.belongs(operation, kinds.ATTENTION) and kinds.quantizations(operation):
        return None, (
            f"No formula for kind {kind} with quantized layers inside: shape and parameters are Keras's own.",
        )
    try:
        arithmetic = work_out(kind, config, shapes)
    except LayerError as error:
        return None, (str(error),)
    if arithmetic is None:
        return None, (f"No formula for kind {kind}: shape and parameters are Keras's own.",)
    return arithmetic, ()


def _config(operation: Operation) -> Mapping[str, object]:
    try:
        config: Mapping[str, object] = operation.get_config()
    except (NotImplementedError, TypeError, AttributeError):
        return {}
    return config


def _data_format(config: Mapping[str, object]) -> str | None:
    value = config.get("data_format")
    return value if isinstance(value, str) else None


def _kind_of_model(model: Model) -> str:
    if isinstance(model, keras.Sequential):
        return "sequential"
    return "functional" if hasattr(model, "operations") else "subclassed"


def _weights(model: Model) -> tuple[str, tuple[WeightFault, ...]]:
    """Hash the weights and look for values that are no numbers, in one pass over them."""
    digest = hashlib.sha256()
    faults = []
    for weight in sorted(model.weights, key=_own_path):
        # Not `keras.ops.convert_to_numpy`: with NumPy 2 it warns about TensorFlow's variables.
        values = np.ascontiguousarray(np.asarray(weight))
        digest.update(f"{_own_path(weight)}\0{values.dtype}\0{values.shape}\0".encode())
        digest.update(values.tobytes())
        # bfloat16 and the 8-bit floats are of no kind that NumPy knows ("V").
        if values.dtype.kind in "fV" and not np.isfinite(values).all():
            num_nan = int(np.isnan(values).sum())
            faults.append(WeightFault(_own_path(weight), num_nan, int(np.isinf(values).sum()), values.size))
    return digest.hexdigest(), tuple(faults)


def _own_path(weight: Tensor) -> str:
    """Return the names of a weight's layer and of the weight: Keras drops the models around them when it loads."""
    return "/".join(str(weight.path).split("/")[-2:])
