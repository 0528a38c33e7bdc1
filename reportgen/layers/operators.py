"""Operators between layers, and ConvNeXt's LayerScale -> arithmetic. Each value is treated on its own.

A functional model may hold operators without being layers: `x * y`, `keras.ops.relu(x)`. Addition, subtraction,
multiplication, maximum and minimum have the names of layers, and `merging` works them out.
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

KINDS = _ONE_INPUT | _TWO_INPUTS | {"LayerScale"}


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

    Source: Liu et al. 2022, "A ConvNet for the 2020s" (LayerScale). arXiv:2201.03545.
    """
    if kind == "LayerScale":
        scales = whole(config, "projection_dim", 0)
        step = parameters_step(Sum("channels", str(scales), scales))
        return Arithmetic(only(input_shapes), scales, 0, (), (step,))
    return value_by_value(input_shapes)
