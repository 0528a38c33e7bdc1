"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose -> arithmetic.

Keras defines these layers as the gradient of a convolution with the same kernel, stride and padding: an input pixel at
position j is added to the output positions j · stride − cut + t · dilation, where `cut` is the padding that this
convolution would put before its input. Read from the output, that is a window of the same size, moved one by one over
a grid on which the input pixels lie `stride` positions apart.
"""

from __future__ import annotations

from reportgen.layers.lengths import dilated, transposed_output_length
from reportgen.layers.reading import Config, assemble, flag, only, per_axis, split, text, whole
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Sum,
    axis_names,
    axis_steps,
    channels_step,
    factor,
    factors,
    macs_step,
    multiplied,
    parameters_step,
    weights,
)
from reportgen.records.model import Arithmetic, Shape, Step, Window

_RANKS = {"Conv1DTranspose": 1, "Conv2DTranspose": 2, "Conv3DTranspose": 3}
_PARITY = "window − 2 · ⌊window / 2⌋ is 1 for an odd window and 0 for an even one."

KINDS = frozenset(_RANKS)
ROLE = "conv"

_Axis = tuple[int | None, int, int, int, str, int | None]


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a transposed convolution.

    Args:
        kind: One of `KINDS`.
        config: Read: kernel_size, strides, padding, output_padding, dilation_rate, filters, use_bias, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic. MACs: multiply-adds for one sample, every input position times the whole kernel, whether or not
        a product falls on the part that "same" cuts off; bias not counted.

    Raises:
        LayerError: The configuration does not fit the input.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4. arXiv:1603.07285.
        Output size: Keras 3, keras.layers.Conv2DTranspose.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    kernels = per_axis(config, "kernel_size", rank)
    axes = _axes(spatial, kernels, config)
    outputs = tuple(transposed_output_length(*axis) for axis in axes)
    filters = whole(config, "filters", 1)
    kernel, units = [*factors("kernel", kernels), factor("input channels", channels)], factor("filters", filters)
    parameters = weights(kernel, units, use_bias=flag(config, "use_bias", default=True))
    macs = multiplied([*factors("input", spatial), *kernel, units])
    steps = _size_steps(axes, outputs)
    notes = [_PARITY] if any("⌊window" in step.rule for step in steps) else []
    return Arithmetic(
        output_shape=assemble(outputs, filters, config),
        parameters=parameters.value,
        macs=macs.value if macs else 0,
        windows=tuple(_window(*axis) for axis in axes),
        steps=(
            *steps,
            channels_step("filters", str(filters), filters),
            parameters_step(parameters),
            *([macs_step(macs)] if macs else []),
        ),
        notes=tuple(notes if macs else [*notes, MACS_UNKNOWN]),
    )


def _axes(spatial: Shape, kernels: tuple[int, ...], config: Config) -> list[_Axis]:
    """Return what `transposed_output_length` takes, axis by axis."""
    rank = len(spatial)
    padding = text(config, "padding", "valid")
    added: tuple[int | None, ...] = (None,) * rank
    if config.get("output_padding") is not None:
        added = per_axis(config, "output_padding", rank, default=0)
    strides, dilations = per_axis(config, "strides", rank), per_axis(config, "dilation_rate", rank)
    return [
        (spatial[place], kernels[place], strides[place], dilations[place], padding, added[place])
        for place in range(rank)
    ]


def _window(length: int | None, kernel: int, stride: int, dilation: int, padding: str, added: int | None) -> Window:
    """Return how an output position reads the input along one axis, whatever the input's size."""
    reach = dilated(kernel, dilation)
    # The total that "same" cuts off does not depend on the input's size, so any size serves to find it.
    some = length or 1
    output = transposed_output_length(some, kernel, stride, dilation, padding, added) or 0
    cut = max((some - 1) * stride + reach - output, 0) // 2 if padding == "same" else 0
    before = reach - 1 - cut
    return Window(kernel, 1, dilation, before, output + reach - 1 - before - some * stride, upscale=stride)


def _size_steps(axes: list[_Axis], outputs: Shape) -> list[Step]:
    """Return the calculation of the output size."""
    names = axis_names(len(axes))
    sums = [None if output is None else _output_sum(axis, output) for axis, output in zip(axes, outputs, strict=True)]
    steps = axis_steps(sums, names, "output ")
    if not any("⌊window" in step.rule for step in steps):
        return steps
    reaches = [
        Sum("dilation · (kernel − 1) + 1", f"{dilation} · ({kernel} − 1) + 1", dilated(kernel, dilation))
        for _, kernel, _, dilation, _, _ in axes
    ]
    return [*axis_steps(reaches, names, "window "), *steps]


def _output_sum(axis: _Axis, output: int) -> Sum:
    """Return the calculation of the output size along one axis."""
    length, kernel, stride, dilation, padding, added = axis
    reach = dilated(kernel, dilation)
    spread, spread_rule = f"({length} − 1) · {stride}", "(input − 1) · stride"
    window, window_rule = f"{dilation} · ({kernel} − 1) + 1", "dilation · (kernel − 1) + 1"
    if padding == "same" and added is None:
        return Sum("input · stride", f"{length} · {stride}", output)
    if padding == "same":
        return Sum(
            f"{spread_rule} + window − 2 · ⌊window / 2⌋ + output padding",
            f"{spread} + {reach} − 2 · ⌊{reach} / 2⌋ + {added}",
            output,
        )
    if added is None:
        return Sum(f"{spread_rule} + max({window_rule}, stride)", f"{spread} + max({window}, {stride})", output)
    return Sum(f"{spread_rule} + {window_rule} + output padding", f"{spread} + {window} + {added}", output)
