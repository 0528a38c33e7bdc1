"""Conv1D, Conv2D, Conv3D -> arithmetic. Padding valid, same and causal; strides, dilation, groups."""

from __future__ import annotations

from reportgen.errors import LayerError
from reportgen.layers.reading import Config, assemble, flag, only, split, whole
from reportgen.layers.sliding import kernel_frame, slide
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    channels_step,
    factor,
    factors,
    macs_step,
    multiplied,
    parameters_step,
    weights,
)
from reportgen.records.model import Arithmetic, Shape

_RANKS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}

KINDS = frozenset(_RANKS)
ROLE = "conv"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a convolution.

    Args:
        kind: One of `KINDS`.
        config: Read: kernel_size, strides, padding, dilation_rate, groups, filters, use_bias, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic. MACs: multiply-adds for one sample, bias not counted; FLOPs are twice that.

    Raises:
        LayerError: The window does not fit inside the input, or the groups do not divide the channels.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning". arXiv:1603.07285.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    frame = kernel_frame(config, rank)
    moved = slide(spatial, frame)
    filters, groups = whole(config, "filters", 1), whole(config, "groups", 1)
    _check_groups(channels, filters, groups)
    kernel = [*factors("kernel", frame.kernels), _input_channels(channels, groups)]
    units = factor("filters", filters)
    parameters = weights(kernel, units, use_bias=flag(config, "use_bias", default=True))
    macs = multiplied([*factors("output", moved.outputs), *kernel, units])
    return Arithmetic(
        output_shape=assemble(moved.outputs, filters, config),
        parameters=parameters.value,
        macs=macs.value if macs else 0,
        windows=moved.windows,
        steps=(
            *moved.steps,
            channels_step("filters", str(filters), filters),
            parameters_step(parameters),
            *([macs_step(macs)] if macs else []),
        ),
        notes=moved.notes if macs else (*moved.notes, MACS_UNKNOWN),
    )


def _input_channels(channels: int, groups: int) -> Factor:
    """Return the channels that one filter reads."""
    if groups == 1:
        return factor("input channels", channels)
    return Factor("input channels / groups", f"{channels} / {groups}", channels // groups)


def _check_groups(channels: int, filters: int, groups: int) -> None:
    """Refuse groups that do not share out the channels evenly."""
    if groups < 1 or channels % groups or filters % groups:
        raise LayerError(
            f"It has {groups} groups for {channels} input channels and {filters} filters. The groups must divide "
            f"both evenly. Choose a number of groups that divides {channels} and {filters}."
        )
