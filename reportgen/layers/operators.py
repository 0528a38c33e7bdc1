"""Operators between layers, and layers of keras.applications -> arithmetic. Each value is treated on its own.

A functional model may hold operators without being layers: `x * y`, `keras.ops.relu(x)`. Addition, subtraction,
multiplication, maximum and minimum have the names of layers, and `merging` works them out. ConvNeXt's LayerScale and
StochasticDepth, and the CustomScaleLayer of Inception-ResNet (its first input plus a constant times its second), are
classes that keras.applications keeps to itself.
"""

from __future__ import annotations

from reportgen.layers.merging import value_by_value
from reportgen.layers.reading import Config, only, whole
from reportgen.layers.wording import Sum, parameters_step
from reportgen.records import Arithmetic, Shape

_ONE_INPUT = frozenset(
    {
        "Absolute",
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
_OF_APPLICATIONS = frozenset({"CustomScaleLayer", "LayerScale", "StochasticDepth"})

KINDS = _ONE_INPUT | _TWO_INPUTS | _OF_APPLICATIONS


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an operator that treats each value on its own.

    Args:
        kind: One of `KINDS`.
        config: Read: projection_dim, of a LayerScale.
        input_shapes: The tensors that it reads; a plain number among its inputs has no shape.

    Returns:
        Its arithmetic; only a LayerScale has weights, one for each channel.

    Raises:
        LayerError: The inputs do not fit together.

    Source: Liu et al. 2022, "A ConvNet for the 2020s" (LayerScale). arXiv:2201.03545. Szegedy et al. 2017,
        "Inception-v4, Inception-ResNet and the impact of residual connections on learning". arXiv:1602.07261.
    """
    if kind == "LayerScale":
        scales = whole(config, "projection_dim", 0)
        step = parameters_step(Sum("channels", str(scales), scales))
        return Arithmetic(only(input_shapes), scales, 0, (), (step,))
    return value_by_value(input_shapes)
