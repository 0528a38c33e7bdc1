"""A layer and its weights -> the formats that it works with, and how many weights of its kernels are zero.

Not to be asked while a layer is called: Keras then shows it weights of the format that it computes in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from reportgen.models import kinds
from reportgen.models.types import Operation, Tensor
from reportgen.records.precision import Precision

# What else has several axes: biases of an einsum, scales and zero points of quantized kernels, low-rank additions.
_NO_KERNELS = ("bias", "scale", "zero", "lora", "history")
_NUMBERS_IN_A_BYTE = 2


@dataclass(frozen=True, slots=True)
class Zeros:
    """How many weights of a layer's kernels are zero.

    Attributes:
        num_weights: Weights of its kernels, which are its weights of two axes or more; 0 where they are packed.
        num_zero: Those that are exactly zero; None where they are packed.
        channels: Output channels all of whose weights are zero, the bias aside; of a conv or dense layer.
    """

    num_weights: int = 0
    num_zero: int | None = 0
    channels: tuple[int, ...] = ()


def item_size(dtype: str) -> int:
    """Return how many bytes a number of a format takes."""
    name = str(keras.backend.standardize_dtype(dtype))
    return 2 if name == "bfloat16" else int(np.dtype(name).itemsize)


def precision(operation: Operation, weights: Sequence[Tensor], output: str) -> Precision:
    """Return the formats that a call works with.

    Args:
        operation: The layer or operator.
        weights: Its own weights.
        output: The format of what it gave back, which is what an operator computes in.
    """
    policy = str(getattr(getattr(operation, "dtype_policy", None), "name", ""))
    mode = getattr(operation, "quantization_mode", None) or ""
    compute = getattr(operation, "compute_dtype", None) or output
    if mode == "float8":
        compute = "float8"
    elif mode and getattr(operation, "inputs_quantizer", None) is not None:
        compute = "int8"
    formats: Counter[str] = Counter()
    for weight in weights:
        packed = mode == "int4" and _is_kernel(weight) and _format(weight) == "int8"
        formats["int4" if packed else _format(weight)] += math.prod(weight.shape) * (
            _NUMBERS_IN_A_BYTE if packed else 1
        )
    return Precision(
        compute=str(compute),
        stored=tuple(name for name, _ in formats.most_common()),
        quantized=policy.split("_from_")[0].removesuffix("/-1") if mode else "",
        weight_bytes=sum(math.prod(weight.shape) * item_size(weight.dtype) for weight in weights),
    )


def zeros(operation: Operation, weights: Sequence[Tensor]) -> Zeros:
    """Count the weights of a layer's kernels that are zero.

    Args:
        operation: The layer or operator.
        weights: Its own weights.
    """
    if kinds.quantizations(operation) & {"int4", "gptq", "awq"}:
        return Zeros(0, None)
    kernels = [weight for weight in weights if _is_kernel(weight)]
    total = sum(math.prod(kernel.shape) for kernel in kernels)
    num_zero = sum(math.prod(kernel.shape) - int(np.count_nonzero(np.asarray(kernel))) for kernel in kernels)
    return Zeros(total, num_zero, _channels(operation, kernels) if num_zero else ())


def _channels(operation: Operation, kernels: Sequence[Tensor]) -> tuple[int, ...]:
    """Return the output channels whose weights are all zero."""
    kind = type(operation).__name__
    if len(kernels) != 1 or not kind.startswith(("Conv", "Depthwise", "Dense")) or "LSTM" in kind:
        return ()
    used = np.asarray(kernels[0]) != 0
    if kind.startswith("Depthwise"):  # (…, inputs, multiplier) makes channel input · multiplier + number
        used = used.reshape(*used.shape[:-2], -1)
    elif kind.endswith("Transpose"):
        used = np.swapaxes(used, -1, -2)
    return tuple(np.flatnonzero(~used.reshape(-1, used.shape[-1]).any(axis=0)).tolist())


def _is_kernel(weight: Tensor) -> bool:
    name = str(weight.path).rsplit("/", 1)[-1]
    return len(weight.shape) > 1 and not any(part in name for part in _NO_KERNELS)


def _format(weight: Tensor) -> str:
    return str(keras.backend.standardize_dtype(weight.dtype))
