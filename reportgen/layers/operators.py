"""Operators between layers, masks, and layers of keras.applications -> arithmetic. Each value is treated on its own.

A functional model may hold operators without being layers: `x * y`, `keras.ops.relu(x)`. Addition, subtraction,
multiplication, maximum and minimum have the names of layers, and `merging` works them out. What a Masking layer marks
as missing is found by comparing values (NotEqual) and asking whether any along an axis is true (Any). ConvNeXt's
LayerScale and StochasticDepth, and the CustomScaleLayer of Inception-ResNet (its first input plus a constant times its
second), are classes that keras.applications keeps to itself.
"""

from __future__ import annotations

from dataclasses import replace

from reportgen.layers.merging import value_by_value
from reportgen.layers.reading import Config, flag, only, sample_axis, whole
from reportgen.layers.wording import Sum, parameters_step
from reportgen.records.model import Arithmetic, Shape

_ONE_INPUT = frozenset(
    {
        "Absolute",
        "Cast",
        "Celu",
        "Clip",
        "Elu",
        "Exp",
        "Gelu",
        "HardSigmoid",
        "HardSilu",
        "HardTanh",
        "LeakyRelu",
        "Log",
        "LogSigmoid",
        "Negative",
        "Reciprocal",
        "Relu",
        "Relu6",
        "Selu",
        "Sigmoid",
        "Silu",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Square",
        "Tanh",
    }
)
_TWO_INPUTS = frozenset({"Divide", "TrueDivide", "Power"})
# They answer with true or false, as masks do.
_OF_MASKS = frozenset(
    {
        "Equal",
        "Greater",
        "GreaterEqual",
        "Less",
        "LessEqual",
        "LogicalAnd",
        "LogicalNot",
        "LogicalOr",
        "LogicalXor",
        "NotEqual",
    }
)
_ALONG_AN_AXIS = frozenset({"All", "Any"})
_OF_APPLICATIONS = frozenset({"CustomScaleLayer", "LayerScale", "StochasticDepth"})

KINDS = _ONE_INPUT | _TWO_INPUTS | _OF_MASKS | _ALONG_AN_AXIS | _OF_APPLICATIONS

_TRUE_OR_FALSE = "It gives true or false for each value: a mask, which says what counts, not an activation."
_SEVERAL_PLACES = "Values of several places are asked for one answer, so no receptive field is given."


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an operator that treats each value on its own.

    Args:
        kind: One of `KINDS`.
        config: Read: projection_dim, of a LayerScale; axis and keepdims, of Any and All.
        input_shapes: The tensors that it reads; a plain number among its inputs has no shape.

    Returns:
        Its arithmetic; only a LayerScale has weights, one for each channel.

    Raises:
        LayerError: The inputs do not fit together, or Any and All are not asked along one axis of a sample.

    Source: Liu et al. 2022, "A ConvNet for the 2020s" (LayerScale). arXiv:2201.03545. Szegedy et al. 2017,
        "Inception-v4, Inception-ResNet and the impact of residual connections on learning". arXiv:1602.07261.
    """
    if kind == "LayerScale":
        scales = whole(config, "projection_dim", 0)
        step = parameters_step(Sum("channels", str(scales), scales))
        return Arithmetic(only(input_shapes), scales, 0, (), (step,))
    if kind in _ALONG_AN_AXIS:
        return _along_an_axis(config, only(input_shapes))
    found = value_by_value(input_shapes)
    return replace(found, notes=(*found.notes, _TRUE_OR_FALSE)) if kind in _OF_MASKS else found


def _along_an_axis(config: Config, shape: Shape) -> Arithmetic:
    """Ask whether any or all values along one axis are true."""
    place = sample_axis(whole(config, "axis", 0), len(shape))  # without an axis it is asked of the whole batch
    kept = (1,) if flag(config, "keepdims", default=False) else ()
    is_last = place == len(shape) - 1
    notes = (_TRUE_OR_FALSE,) if is_last else (_TRUE_OR_FALSE, _SEVERAL_PLACES)
    output = (*shape[:place], *kept, *shape[place + 1 :])
    return Arithmetic(output, 0, 0, () if is_last else None, (), notes=notes)
