"""What a formula says, and the living layer -> every number obtained in two ways, and compared."""

from __future__ import annotations

import math
import re

import keras

from reportgen.models import kinds
from reportgen.models.types import Operation
from reportgen.records.model import Arithmetic, Check, Shape, product

_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel")
_CONVOLUTIONAL = ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


def compare(
    operation: Operation, shapes: tuple[Shape, ...], parameters: int, output_shape: Shape, arithmetic: Arithmetic | None
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """Compare what a formula says with what Keras says; where Keras's rule and its tensor differ, the tensor counts.

    Args:
        operation: The layer or operator.
        shapes: Shapes of one sample of the inputs that the formula reads.
        parameters: The layer's own count of its weights.
        output_shape: Shape of the tensor that came out for one sample.
        arithmetic: What the formula says; None where there is none, and nothing to compare.

    Returns:
        The comparisons, and what the reader should know besides.
    """
    if arithmetic is None:
        return (), ()
    built = _keras_shape(operation, shapes)
    notes: tuple[str, ...] = ()
    agrees = built is not None and len(built) == len(output_shape)
    agrees = agrees and all(a in (None, b) for a, b in zip(built or (), output_shape, strict=False))
    if built is not None and not agrees:
        notes = (
            f"Keras's own shape rule says {built}, and the tensor that comes out is {output_shape}: the tensor counts.",
        )
    against = "Keras's own shape rule" if agrees else "the tensor that came out for an image of zeros"
    checks = [
        _check("output shape", arithmetic.output_shape, output_shape, against),
        _check("parameters", (arithmetic.parameters,), (parameters,), "the model's own count"),
    ]
    if arithmetic.macs and kinds.belongs(operation, kinds.ATTENTION):
        counted, way = _count_attention(operation, shapes), "kernel elements times positions, and pairs of positions"
        checks.append(_check("multiply-adds", (arithmetic.macs,), (counted,), way))
    elif arithmetic.macs:
        counted = _count_macs(operation, shapes[0], output_shape)
        checks.append(_check("multiply-adds", (arithmetic.macs,), (counted,), "kernel elements times positions"))
    return tuple(checks), notes


def _check(quantity: str, expected: Shape, observed: Shape, against: str) -> Check:
    return Check(quantity, expected, observed, against, expected == observed)


def _keras_shape(operation: Operation, shapes: tuple[Shape, ...]) -> tuple[int | None, ...] | None:
    """Return what Keras's shape rule says of the first output; None for an operator or a layer without a rule."""
    if not isinstance(operation, keras.Layer):
        return None
    batched = [(1, *shape) for shape in shapes]
    try:
        if kinds.belongs(operation, kinds.WITH_HEADS):
            shape = operation.compute_output_shape(*batched)
        else:
            shape = operation.compute_output_shape(batched if len(batched) > 1 else batched[0])
    except NotImplementedError:
        return None
    first = shape[0] if shape and isinstance(shape[0], list | tuple) else shape
    return tuple(None if size is None else int(size) for size in first[1:])


def _count_macs(operation: Operation, input_shape: Shape, output_shape: Shape) -> int:
    """Count multiply-adds from the weights that are really there: every kernel element is used at every position."""
    if isinstance(operation, keras.layers.EinsumDense):
        # Each element of the kernel is used once for every place along the axes of the output that it does not name.
        _, kernel, made = re.split(",|->", operation.equation.replace("...", ""))
        size = tuple(int(n) for n in operation.kernel.shape)
        named = math.prod(n for letter, n in zip(kernel, size, strict=True) if letter in made)
        return math.prod(size) * (product(output_shape) or 0) // named
    if kinds.belongs(operation, kinds.RECURRENT):
        sizes = [int(math.prod(weight.shape)) for weight in operation.weights if weight.path.split("/")[-1] in _KERNELS]
        is_layer = len(input_shape) > 1
        return sum(sizes) * ((input_shape[0] or 0) if is_layer else 1) * _places_of_a_step(operation, output_shape)
    kernels = [getattr(operation, name) for name in _KERNELS if getattr(operation, name, None) is not None]
    sizes = [int(math.prod(kernel.shape)) for kernel in kernels]
    read_by_input = type(operation).__name__.endswith("Transpose")
    shape = input_shape if read_by_input else output_shape
    return sum(sizes) * (product(_positions_of(shape, getattr(operation, "data_format", None))) or 0)


def _count_attention(operation: Operation, shapes: tuple[Shape, ...]) -> int:
    """Count multiply-adds of attention: its kernels at every position, and every pair of positions at every channel."""
    query, value = shapes[0], shapes[1]
    if not kinds.belongs(operation, kinds.WITH_HEADS):
        is_additive = kinds.belongs(operation, ("AdditiveAttention",))
        scores = operation.scale is not None if is_additive else operation.score_mode == "dot"
        pairs = (product(query[:-1]) or 0) * (value[-2] or 0)
        return pairs * ((query[-1] or 0) * int(scores) + (value[-1] or 0))
    positions = {"key": product(value[:-1]) or 0, "value": product(value[:-1]) or 0}
    total, sizes = 0, {}
    for weight in operation.weights:
        part, name = weight.path.split("/")[-2:]
        if name == "kernel":
            sizes[part] = tuple(int(size) for size in weight.shape)
            total += math.prod(sizes[part]) * positions.get(part, product(query[:-1]) or 0)
    axes = getattr(operation, "attention_axes", None) or range(1, len(query))
    pairs = (product(query[:-1]) or 0) * math.prod(value[axis - 1] or 0 for axis in axes)
    _, num_heads, key_size = sizes["query"]
    return total + pairs * num_heads * (key_size + sizes["attention_output"][1])


def _places_of_a_step(operation: Operation, output_shape: Shape) -> int:
    """Return at how many positions a recurrent layer uses its kernels in one step: 1 unless it is convolutional."""
    layer: Operation = getattr(operation, "forward_layer", operation)
    if not kinds.belongs(layer, _CONVOLUTIONAL):
        return 1
    step = output_shape[1:] if layer.return_sequences else output_shape
    return product(_positions_of(step, layer.cell.data_format)) or 0


def _positions_of(shape: Shape, data_format: str | None) -> Shape:
    return shape[1:] if data_format == "channels_first" else shape[:-1]
