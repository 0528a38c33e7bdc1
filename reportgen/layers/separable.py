"""SeparableConv1D, SeparableConv2D -> arithmetic. A depthwise convolution, then a pointwise one."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, flag, only, split, whole
from reportgen.layers.sliding import kernel_frame, slide
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    Sum,
    channels_step,
    factor,
    factors,
    macs_step,
    multiplied,
    parameters_step,
    plus,
)
from reportgen.records.model import Arithmetic, Shape, Step

_RANKS = {"SeparableConv1D": 1, "SeparableConv2D": 2}

KINDS = frozenset(_RANKS)
ROLE = "conv"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a separable convolution.

    Args:
        kind: One of `KINDS`.
        config: Read: kernel_size, strides, padding, dilation_rate, depth_multiplier, filters, use_bias, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic; the bias belongs to the pointwise part. MACs: multiply-adds for one sample, bias not counted;
        FLOPs are twice that.

    Raises:
        LayerError: The window does not fit inside the input.

    Source: Chollet 2017, "Xception: deep learning with depthwise separable convolutions". arXiv:1610.02357.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    frame = kernel_frame(config, rank)
    moved = slide(spatial, frame)
    filters = whole(config, "filters", 1)
    middle = [factor("input channels", channels), factor("depth multiplier", whole(config, "depth_multiplier", 1))]
    deep = [*factors("kernel", frame.kernels), *middle]
    wide = [*middle, factor("filters", filters)]
    num_biases = filters if flag(config, "use_bias", default=True) else 0
    parameters, parameter_steps = _parameters(deep, wide, num_biases)
    macs, macs_steps = _macs(factors("output", moved.outputs), deep, wide)
    return Arithmetic(
        output_shape=assemble(moved.outputs, filters, config),
        parameters=parameters,
        macs=macs,
        windows=moved.windows,
        steps=(*moved.steps, channels_step("filters", str(filters), filters), *parameter_steps, *macs_steps),
        notes=moved.notes if macs_steps else (*moved.notes, MACS_UNKNOWN),
    )


def _parameters(deep: list[Factor], wide: list[Factor], num_biases: int) -> tuple[int, list[Step]]:
    """Return the number of weights, and its calculation part by part."""
    steps = _parts(deep, wide, "weights", "parameters")
    names, numbers = [step.quantity for step in steps], [step.value for step in steps]
    if num_biases:
        names, numbers = [*names, "filters"], [*numbers, num_biases]
    total = Sum(plus(names), plus(numbers), sum(numbers))
    return total.value, [*steps, parameters_step(total)]


def _macs(outputs: list[Factor], deep: list[Factor], wide: list[Factor]) -> tuple[int, list[Step]]:
    """Return the multiply-adds, and their calculation part by part; no steps where the output size is unknown."""
    steps = _parts([*outputs, *deep], [*outputs, *wide], "multiply-adds", "multiply-adds")
    if not steps:
        return 0, []
    total = Sum(
        plus(step.quantity for step in steps), plus(step.value for step in steps), sum(step.value for step in steps)
    )
    return total.value, [*steps, macs_step(total)]


def _parts(deep: list[Factor], wide: list[Factor], what: str, unit: str) -> list[Step]:
    """Return the steps of the depthwise and of the pointwise part; none where a size is unknown."""
    parts = (("depthwise", multiplied(deep)), ("pointwise", multiplied(wide)))
    return [Step(f"{name} {what}", part.rule, part.working, part.value, unit) for name, part in parts if part]
