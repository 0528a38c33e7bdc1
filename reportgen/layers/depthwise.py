"""DepthwiseConv1D, DepthwiseConv2D -> arithmetic. Each input channel has kernels of its own."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, flag, only, split, whole
from reportgen.layers.sliding import kernel_frame, slide
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    channels_step,
    factors,
    macs_step,
    multiplied,
    parameters_step,
    times,
    weights,
)
from reportgen.records.model import Arithmetic, Shape

_RANKS = {"DepthwiseConv1D": 1, "DepthwiseConv2D": 2}

KINDS = frozenset(_RANKS)
ROLE = "conv"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a depthwise convolution.

    Args:
        kind: One of `KINDS`.
        config: Read: kernel_size, strides, padding, dilation_rate, depth_multiplier, use_bias, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic. MACs: multiply-adds for one sample, bias not counted; FLOPs are twice that.

    Raises:
        LayerError: The window does not fit inside the input.

    Source: Chollet 2017, "Xception: deep learning with depthwise separable convolutions". arXiv:1610.02357.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    frame = kernel_frame(config, rank)
    moved = slide(spatial, frame)
    multiplier = whole(config, "depth_multiplier", 1)
    kernel = factors("kernel", frame.kernels)
    units = Factor("input channels · depth multiplier", times((channels, multiplier)), channels * multiplier)
    parameters = weights(kernel, units, use_bias=flag(config, "use_bias", default=True))
    macs = multiplied([*factors("output", moved.outputs), *kernel, units])
    return Arithmetic(
        output_shape=assemble(moved.outputs, channels * multiplier, config),
        parameters=parameters.value,
        macs=macs.value if macs else 0,
        windows=moved.windows,
        steps=(
            *moved.steps,
            channels_step(units.name, units.working, channels * multiplier),
            parameters_step(parameters),
            *([macs_step(macs)] if macs else []),
        ),
        notes=moved.notes if macs else (*moved.notes, MACS_UNKNOWN),
    )
