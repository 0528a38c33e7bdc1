"""A model's layers and weights -> between which values every channel can lie, whatever the image (interval arithmetic).

A channel that was never above zero may yet respond to another image; one whose bounds meet in one value cannot. The
bounds of a channel follow from those of the channels that it reads: a sum of products is largest where every product
is. They are widened by what sums of float32 may be off by, so that what is said to be proven holds for the numbers
that the network computes. What is not known how to bound, is unbounded, and so is most of what follows from it.

Source: Moore 1966, "Interval Analysis"; for networks Gowal et al. 2018, "On the effectiveness of interval bound
propagation for training verifiably robust models", arXiv:1810.12715.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.models.subject import Array
from reportgen.models.types import Operation
from reportgen.records.model import LayerRecord

MAIN_INPUT = ""
"""What a call reads that reads the model's main input, as `LayerRecord.inputs` has it."""
# Thousands of terms in float32, each off by 6e-8 of its size; and one sum.
_ROUNDING = 1e-5
_ROUNDING_ONCE = 2e-7
# What differs by less than this share of its size is one value, but for rounding.
_ONE_VALUE = 1e-6
# The lowest values of activations that turn around on their way.
_LOWEST = {"gelu": -0.171, "silu": -0.279, "swish": -0.279, "hard_silu": -0.376, "hard_swish": -0.376}
_PASSING = {
    "Cropping1D", "Cropping2D", "Cropping3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D",
    "AveragePooling2D", "AveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "Dropout", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D", "Identity", "GaussianNoise", "GaussianDropout", "UpSampling1D",
    "UpSampling2D", "UpSampling3D", "ActivityRegularization",
}  # fmt: skip
_PADDING = {"ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"}
_CONVOLUTIONS = {"Conv1D", "Conv2D", "Conv3D"}
_DEPTHWISE = {"DepthwiseConv1D", "DepthwiseConv2D"}


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Lowest and highest value, float64 (channels,), or () where all channels have the same.

    Attributes:
        low: Lowest.
        high: Highest.
    """

    low: Array
    high: Array

    @property
    def is_point(self) -> Array:
        """Where both meet, but for rounding."""
        with np.errstate(invalid="ignore"):
            near = self.high - self.low <= _ONE_VALUE * np.maximum(np.abs(self.low), np.abs(self.high))
        return np.asarray(near & np.isfinite(self.low) & np.isfinite(self.high))


UNBOUNDED = Interval(np.asarray(-np.inf), np.asarray(np.inf))


def intervals(
    layers: Sequence[LayerRecord], operations: Mapping[str, Operation], given: tuple[float, float] | None
) -> dict[str, Interval]:
    """Return between which values each channel of each call can lie.

    Args:
        layers: All calls of the model, each after those that it reads.
        operations: Layers and operators by the paths of the calls.
        given: Lowest and highest value of a picture, as the model gets it; None where that is not known.
    """
    start = UNBOUNDED if given is None else Interval(np.asarray(given[0], np.float64), np.asarray(given[1], np.float64))
    found: dict[str, Interval] = {}
    # Weights may be infinite or NaN, too.
    with np.errstate(all="ignore"):
        _fill(found, layers, operations, start)
    return found


def _fill(
    found: dict[str, Interval], layers: Sequence[LayerRecord], operations: Mapping[str, Operation], start: Interval
) -> None:
    for layer in layers:
        operation = operations.get(layer.path)
        inputs = [start if path == MAIN_INPUT else found.get(path, UNBOUNDED) for path in layer.inputs] or [UNBOUNDED]
        # Inside of time steps and models there is more than what the record's inputs say.
        known = operation is not None and not layer.time_steps and layer.channel_axis == len(layer.output_shape) - 1
        made = _through(layer.kind, operation, inputs) if known else UNBOUNDED
        found[layer.path] = Interval(
            np.where(np.isnan(made.low), -np.inf, made.low), np.where(np.isnan(made.high), np.inf, made.high)
        )


def _through(kind: str, operation: Operation, inputs: list[Interval]) -> Interval:
    first = inputs[0]
    if kind in _PASSING:
        return first
    if kind in _PADDING:
        return _with_zero(first)
    if kind in _CONVOLUTIONS and getattr(operation, "groups", 1) == 1:
        return _activated(operation, _convolved(operation, first))
    if kind in _DEPTHWISE:
        return _activated(operation, _by_channel(operation, first))
    if kind == "BatchNormalization":
        return _normalized(operation, first)
    if kind == "Add":
        low, high = ([getattr(each, end) for each in inputs] for end in ("low", "high"))
        return Interval(np.sum(np.broadcast_arrays(*low), axis=0), np.sum(np.broadcast_arrays(*high), axis=0))
    if kind == "Rescaling" and np.ndim(operation.scale) == np.ndim(operation.offset) == 0:
        return _scaled(first, np.asarray(operation.scale), np.asarray(operation.offset))
    if kind in {"ReLU", "Activation"}:
        return _activated(operation, first)
    return UNBOUNDED


def _convolved(layer: Operation, given: Interval) -> Interval:
    kernel = np.asarray(layer.kernel, np.float64)
    taps = kernel.reshape(-1, *kernel.shape[-2:])
    given = given if layer.padding == "valid" else _with_zero(given)
    low, high = (np.broadcast_to(end, taps.shape[1]) for end in (given.low, given.high))
    rising, falling = np.maximum(taps, 0).sum(axis=0), np.minimum(taps, 0).sum(axis=0)
    top = _product(high, rising) + _product(low, falling)
    bottom = _product(low, rising) + _product(high, falling)
    size = _product(np.maximum(np.abs(low), np.abs(high)), rising - falling)
    return _biased(layer, bottom, top, size)


def _by_channel(layer: Operation, given: Interval) -> Interval:
    kernel = np.asarray(layer.kernel, np.float64)
    taps = kernel.reshape(-1, kernel.shape[-2] * kernel.shape[-1])
    given = given if layer.padding == "valid" else _with_zero(given)
    low, high = (np.repeat(np.broadcast_to(end, kernel.shape[-2]), kernel.shape[-1]) for end in (given.low, given.high))
    rising, falling = np.maximum(taps, 0).sum(axis=0), np.minimum(taps, 0).sum(axis=0)
    top, bottom = _times(high, rising) + _times(low, falling), _times(low, rising) + _times(high, falling)
    return _biased(layer, bottom, top, _times(np.maximum(np.abs(low), np.abs(high)), rising - falling))


def _biased(layer: Operation, bottom: Array, top: Array, size: Array) -> Interval:
    bias = np.asarray(layer.bias, np.float64) if getattr(layer, "bias", None) is not None else 0.0
    # A constant stays one: the same numbers are added up in the same way everywhere.
    off = np.where(bottom == top, 0.0, _ROUNDING * size + _ROUNDING_ONCE * np.abs(bias))
    return Interval(bottom + bias - off, top + bias + off)


def _normalized(layer: Operation, given: Interval) -> Interval:
    if getattr(layer, "axis", -1) not in (-1, 3) or layer.moving_mean is None:
        return UNBOUNDED
    mean, variance = (np.asarray(each, np.float64) for each in (layer.moving_mean, layer.moving_variance))
    gamma = np.asarray(layer.gamma, np.float64) if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta, np.float64) if layer.center else np.zeros_like(mean)
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return _scaled(given, factor, beta - mean * factor)


def _scaled(given: Interval, factor: Array, offset: Array) -> Interval:
    ends = np.stack([_times(np.broadcast_to(end, np.shape(factor)), factor) for end in (given.low, given.high)])
    off = np.where(ends[0] == ends[1], 0.0, _ROUNDING * np.abs(ends).max(axis=0) + _ROUNDING_ONCE * np.abs(offset))
    return Interval(ends.min(axis=0) + offset - off, ends.max(axis=0) + offset + off)


def _activated(operation: Operation, given: Interval) -> Interval:
    """Bound what comes out of an activation: of a rising one its values at the ends."""
    if type(operation).__name__ == "ReLU":
        cap = np.inf if operation.max_value is None else float(operation.max_value)
        if operation.threshold:
            return UNBOUNDED
        slope = float(operation.negative_slope)
        return _ends(given, lambda values: np.minimum(np.where(values > 0, values, _times(values, slope)), cap))
    name = getattr(getattr(operation, "activation", None), "__name__", "linear")
    if name in _EXACT:
        return _ends(given, _EXACT[name])
    if name in _SMOOTH:
        ends = _ends(given, _SMOOTH[name])
        off = _ROUNDING * np.maximum(np.maximum(np.abs(ends.low), np.abs(ends.high)), 1.0)
        return Interval(ends.low - off, ends.high + off)
    if name in _LOWEST:
        low = np.where(given.low >= 0, 0.0, _LOWEST[name])
        return Interval(low, np.maximum(given.high, 0.0))
    return Interval(np.asarray(0.0), np.asarray(1.0)) if name in {"softmax", "hard_sigmoid"} else UNBOUNDED


# What rises with what it is given: exactly, or as some formula computes it.
_EXACT: dict[str, Callable[[Array], Array]] = {
    "linear": np.asarray,
    "relu": lambda values: np.maximum(values, 0.0),
    "relu6": lambda values: np.clip(values, 0.0, 6.0),
}
_SMOOTH: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "softplus": lambda values: np.logaddexp(values, 0.0),
    "elu": lambda values: np.where(values > 0, values, np.expm1(np.minimum(values, 0.0))),
    "sigmoid": lambda values: 0.5 + 0.5 * np.tanh(0.5 * values),
}


def _ends(given: Interval, rising: Callable[[Array], Array]) -> Interval:
    return Interval(rising(np.asarray(given.low)), rising(np.asarray(given.high)))


def _with_zero(given: Interval) -> Interval:
    return Interval(np.minimum(given.low, 0.0), np.maximum(given.high, 0.0))


def _times(values: Array, factors: Array | float) -> Array:
    """Return products; nothing times infinity is nothing."""
    factors = np.asarray(factors)
    return np.asarray(np.where(factors == 0, 0.0, values * np.where(factors == 0, 1.0, factors)))


def _product(values: Array, weights: Array) -> Array:
    """Return values (inputs,) times weights (inputs, outputs), summed over the inputs."""
    return np.asarray(_times(values[:, None], weights).sum(axis=0))
