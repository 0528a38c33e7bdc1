"""A living model -> its record: every call, worked out by formula and compared with what Keras says."""

from __future__ import annotations

import hashlib
import re
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reportgen import layers
from reportgen.errors import LayerError, ModelError
from reportgen.layers import reach, repeating
from reportgen.layers.reach import Reach
from reportgen.models.hooks import Call, watch
from reportgen.models.settings import output_activation, settings
from reportgen.records import (
    Arithmetic,
    Check,
    LayerRecord,
    ModelRecord,
    Setting,
    Shape,
    TensorRecord,
    WeightFault,
)
from reportgen.shapes import product

_RESCALING = {"Rescaling", "Normalization"}
_CONV_FAMILIES = {"convolution", "depthwise", "separable", "transposed"}
_POOL_FAMILIES = {"pooling", "global_pooling", "adaptive_pooling"}
# TensorFlow puts names of its own and bold type into its messages.
_DECORATION = re.compile(r"\x1b\[\d*m|\{\{function_node [^}]*\}\}")
_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")


def inspect(model: Any, input_shapes: Sequence[Shape] | None = None) -> ModelRecord:
    """Walk through a model once, on an image of zeros, and write down what every call is and does.

    Args:
        model: A Keras model of any kind.
        input_shapes: Shape of one sample per input, batch axis left out, where the model leaves a size open or, being
            subclassed, knows none.

    Returns:
        The record, with every formula compared with Keras's own shapes and counts.

    Raises:
        ModelError: A size is open and `input_shapes` does not give it, or the model cannot be run.
    """
    inputs = input_records(model, input_shapes)
    walk = _Walk(model, inputs)
    outputs = walk.run()
    digest, faults = _weights(model)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    calls = tuple(walk.records)
    return ModelRecord(
        name=model.name,
        kind=_kind(model),
        inputs=inputs,
        outputs=_output_records(model, outputs),
        parameters=int(model.count_params()),
        trainable_parameters=trainable,
        macs=sum(call.macs or 0 for call in calls),
        size_bytes=sum(int(np.prod(weight.shape)) * _item_size(weight.dtype) for weight in model.weights),
        layers=calls,
        output_activation=output_activation(walk.last),
        weights_sha256=digest,
        faults=faults,
        rescales=next((call.path for call in calls if call.kind in _RESCALING), None),
    )


def require_model(model: Any) -> None:
    """Refuse what is no model.

    Raises:
        ModelError: It is not a Keras model.
    """
    if not isinstance(model, keras.Model):
        raise ModelError(
            f"A {type(model).__name__} was given as the model. Expected a Keras model. Load one with "
            "keras.models.load_model(path)."
        )


def input_records(model: Any, input_shapes: Sequence[Shape] | None = None) -> tuple[TensorRecord, ...]:
    """Return what a model takes, with open sizes filled in from `input_shapes`.

    Raises:
        ModelError: A size is open and nothing gives it, or the two do not go together.
    """
    declared = getattr(model, "inputs", None)
    if not declared:
        if input_shapes is None:
            raise ModelError(
                f"The model {model.name!r} does not say what it takes. Expected the shape of one image. "
                "Give images, so that their shape can be used."
            )
        return tuple(TensorRecord(f"input_{i}", tuple(shape), "float32") for i, shape in enumerate(input_shapes))
    given = list(input_shapes) if input_shapes is not None else [tuple(tensor.shape[1:]) for tensor in declared]
    records = []
    for tensor, shape in zip(declared, given, strict=True):
        own = tuple(tensor.shape[1:])
        if len(own) != len(shape) or any(a is not None and a != b for a, b in zip(own, shape, strict=True)):
            raise ModelError(
                f"The model {model.name!r} takes {own} and got {tuple(shape)}. Expected equal shapes where the model "
                "leaves none open. Use images of that shape."
            )
        if None in shape:
            raise ModelError(
                f"The model {model.name!r} leaves a size of its input open: {own}. Expected every size. "
                "Give data, so that the size of its images can be used."
            )
        records.append(TensorRecord(tensor.name, tuple(shape), str(keras.backend.standardize_dtype(tensor.dtype))))
    return tuple(records)


def zero_inputs(model: Any, inputs: Sequence[TensorRecord] | None = None) -> Any:
    """Return one sample of zeros for each input: a tensor, or a list of them where there are several."""
    records = inputs if inputs is not None else input_records(model)
    tensors = [keras.ops.zeros((1, *record.shape), dtype=record.dtype) for record in records]
    return tensors if len(tensors) > 1 else tensors[0]


class _Walk:
    """One watched forward pass and the records that it leaves."""

    def __init__(self, model: Any, inputs: tuple[TensorRecord, ...]) -> None:
        self.model = model
        self.inputs = inputs
        self.records: list[LayerRecord] = []
        self.last: Any = None
        self._made: dict[int, tuple[weakref.ref[Any], str]] = {}
        self._reach: dict[str, Reach] = {"": reach.UNKNOWN}
        self._seen: dict[int, str] = {}
        self._inside: dict[str, int] = {}

    def run(self) -> Any:
        zeros = zero_inputs(self.model, self.inputs)
        for tensor, record in zip(keras.tree.flatten(zeros), self.inputs, strict=True):
            self._remember(tensor, "")
            if len(record.shape) >= 2 and self._reach[""] is reach.UNKNOWN:
                self._reach[""] = reach.of_input(len(record.shape) - 1)
        try:
            with watch(self.model, self._note):
                return self.model(zeros, training=False)
        except (
            ValueError,
            TypeError,
            RuntimeError,
            AttributeError,
            NotImplementedError,
            tf.errors.OpError,
        ) as error:
            reason = " ".join(_DECORATION.sub("", str(error)).split())[:300]
            raise ModelError(
                f"The model {self.model.name!r} cannot be run on an image of zeros: {reason} Expected a model that "
                "answers when it is called. Try model(images) in Python first."
            ) from error

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
        self._seen.setdefault(id(call.operation), call.path)
        self.last = call.operation
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
        time_steps = call.rounds.steps if call.rounds else ()
        arithmetic, notes = _work_out(operation, kind, config, shapes)
        parameters = int(operation.count_params()) if isinstance(operation, keras.Layer) else 0
        checks = _checks(operation, shapes, parameters, output_shape[len(time_steps) :], arithmetic)
        if time_steps:
            shapes = tuple((*time_steps, *shape) for shape in shapes)
            arithmetic = arithmetic and repeating.arithmetic(arithmetic, time_steps)
            checks = tuple(repeating.check(each, time_steps) for each in checks)
        below = [reach.UNKNOWN if source is None else self._reach[source] for source in sources]
        own = reach.above(below, arithmetic)
        record = LayerRecord(
            index=len(self.records) + 1,
            path=call.path,
            kind=kind,
            role=_role(kind),
            input_shape=shapes[0],
            input_shapes=shapes,
            output_shape=output_shape,
            parameters=parameters,
            trainable_parameters=sum(
                int(np.prod(weight.shape)) for weight in getattr(operation, "trainable_weights", ())
            ),
            macs=arithmetic.macs if arithmetic else None,
            receptive_field=own.receptive_field,
            jump=own.jump,
            padding=own.padding,
            whole_image=own.whole,
            activation_bytes=(product(output_shape) or 0) * _item_size(output.dtype),
            settings=(*settings(config), *(Setting("time steps", steps) for steps in time_steps)),
            windows=arithmetic.windows if arithmetic else None,
            data_format=_data_format(config),
            steps=(*arithmetic.steps, *reach.steps(below, own, arithmetic, len(time_steps))) if arithmetic else (),
            notes=(*(arithmetic.notes if arithmetic else ()), *notes),
            checks=checks,
            has_formula=arithmetic is not None,
            inputs=tuple(source for source in sources if source is not None),
            shared_with=self._seen.get(id(operation)),
            time_steps=time_steps,
        )
        return record, own

    def _remember(self, tensor: Any, path: str) -> None:
        self._made[id(tensor)] = (weakref.ref(tensor), path)

    def _source(self, tensor: Any) -> str | None:
        # An id can come back for another tensor once the first is gone, hence the second look.
        made, path = self._made.get(id(tensor), (None, ""))
        return path if made is not None and made() is tensor else None

    @staticmethod
    def _owns_weights(operation: Any) -> bool:
        if isinstance(operation, keras.Model) or not isinstance(operation, keras.Layer):
            return False
        inside = {id(weight) for layer in vars(operation).get("_layers", ()) for weight in layer.weights}
        return any(id(weight) not in inside for weight in operation.weights)


def _work_out(
    operation: Any, kind: str, config: Mapping[str, object], shapes: tuple[Shape, ...]
) -> tuple[Arithmetic | None, tuple[str, ...]]:
    if not type(operation).__module__.startswith("keras."):
        return None, (
            f"No formula for kind {kind}, a class from outside Keras: shape and parameters are the model's own.",
        )
    try:
        arithmetic = layers.work_out(kind, config, shapes)
    except LayerError as error:
        return None, (str(error),)
    if arithmetic is None:
        return None, (f"No formula for kind {kind}: shape and parameters are Keras's own.",)
    return arithmetic, ()


def _checks(
    operation: Any, shapes: tuple[Shape, ...], parameters: int, output_shape: Shape, arithmetic: Arithmetic | None
) -> tuple[Check, ...]:
    if arithmetic is None:
        return ()
    built = _keras_shape(operation, shapes)
    against = "Keras's own shape rule" if built is not None else "the tensor that came out for an image of zeros"
    checks = [
        _check("output shape", arithmetic.output_shape, output_shape if built is None else built, against),
        _check("parameters", (arithmetic.parameters,), (parameters,), "the model's own count"),
    ]
    if arithmetic.macs:
        counted = _count_macs(operation, shapes[0], output_shape)
        checks.append(_check("multiply-adds", (arithmetic.macs,), (counted,), "kernel elements times positions"))
    return tuple(checks)


def _check(quantity: str, expected: Shape, observed: Shape, against: str) -> Check:
    return Check(quantity, expected, observed, against, expected == observed)


def _keras_shape(operation: Any, shapes: tuple[Shape, ...]) -> Shape | None:
    """Return what Keras's shape rule says; None for an operator or a layer without one."""
    if not isinstance(operation, keras.Layer):
        return None
    batched = [(1, *shape) for shape in shapes]
    try:
        shape = operation.compute_output_shape(batched if len(batched) > 1 else batched[0])
    except NotImplementedError:
        return None
    return tuple(int(n) for n in shape[1:])


def _count_macs(operation: Any, input_shape: Shape, output_shape: Shape) -> int:
    """Count multiply-adds from the weights that are really there: every kernel element is used at every position."""
    kernels = [getattr(operation, name) for name in _KERNELS if getattr(operation, name, None) is not None]
    sizes = [int(np.prod(kernel.shape)) for kernel in kernels]
    read_by_input = type(operation).__name__.endswith("Transpose")
    shape = input_shape if read_by_input else output_shape
    data_format = getattr(operation, "data_format", None)
    positions = product(shape[1:] if data_format == "channels_first" else shape[:-1])
    return sum(sizes) * (positions or 0)


def _config(operation: Any) -> Mapping[str, object]:
    try:
        config: Mapping[str, object] = operation.get_config()
    except (NotImplementedError, TypeError, AttributeError):
        return {}
    return config


def _data_format(config: Mapping[str, object]) -> str | None:
    value = config.get("data_format")
    return value if isinstance(value, str) else None


def _role(kind: str) -> str:
    family = layers.family(kind)
    if family in _CONV_FAMILIES:
        return "conv"
    return "pool" if family in _POOL_FAMILIES else "other"


def _kind(model: Any) -> str:
    if isinstance(model, keras.Sequential):
        return "sequential"
    return "functional" if hasattr(model, "operations") else "subclassed"


def _output_records(model: Any, outputs: Any) -> tuple[TensorRecord, ...]:
    tensors = keras.tree.flatten(outputs)
    names = list(getattr(model, "output_names", ()))
    if len(names) != len(tensors):
        names = [f"output_{index}" for index in range(len(tensors))]
    return tuple(
        TensorRecord(name, tuple(int(n) for n in tensor.shape[1:]), str(keras.backend.standardize_dtype(tensor.dtype)))
        for name, tensor in zip(names, tensors, strict=True)
    )


def _item_size(dtype: Any) -> int:
    name = str(keras.backend.standardize_dtype(dtype))
    return 2 if name == "bfloat16" else int(np.dtype(name).itemsize)


def _weights(model: Any) -> tuple[str, tuple[WeightFault, ...]]:
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


def _own_path(weight: Any) -> str:
    """Return the names of a weight's layer and of the weight: Keras drops the models around them when it loads."""
    return "/".join(str(weight.path).split("/")[-2:])
