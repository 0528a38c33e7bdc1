"""Windows and an input's size -> output size, borders and their steps. Shared by convolutions and poolings."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.layers.lengths import conv_output_length, dilated, same_padding
from reportgen.layers.reading import Config, per_axis, text
from reportgen.layers.wording import Sum, axis_names, axis_steps
from reportgen.records.model import Shape, Step, Window

_BEFORE = {1: ("before",), 2: ("above", "left"), 3: ("in front", "above", "left")}
_AFTER = {1: ("after",), 2: ("below", "right"), 3: ("behind", "below", "right")}


@dataclass(frozen=True, slots=True)
class Frame:
    """The windows of a layer, one number per spatial axis.

    Attributes:
        kernels: Window sizes before dilation, positions.
        strides: Steps between neighbouring windows, positions.
        dilations: Distances between neighbouring taps, positions.
        padding: "valid", "same" or "causal".
        pools: Whether the layer is a pooling, whose rules name a window and no dilation.
    """

    kernels: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: str
    pools: bool = False


@dataclass(frozen=True, slots=True)
class Slide:
    """What comes of moving the windows over an input.

    Attributes:
        outputs: Output size along each spatial axis.
        windows: One per spatial axis; None where the padding cannot be known.
        steps: The calculation of the padding and of the output size.
        notes: What the reader should know besides.
    """

    outputs: Shape
    windows: tuple[Window, ...] | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def kernel_frame(config: Config, rank: int) -> Frame:
    """Return the windows of a convolution.

    Raises:
        LayerError: A number of the configuration does not fit the axes.
    """
    return Frame(
        kernels=per_axis(config, "kernel_size", rank),
        strides=per_axis(config, "strides", rank),
        dilations=per_axis(config, "dilation_rate", rank),
        padding=text(config, "padding", "valid"),
    )


def pool_frame(config: Config, rank: int) -> Frame:
    """Return the windows of a pooling; without strides they stand side by side.

    Raises:
        LayerError: A number of the configuration does not fit the axes.
    """
    sizes = per_axis(config, "pool_size", rank, default=2)
    strides = sizes if config.get("strides") is None else per_axis(config, "strides", rank)
    return Frame(sizes, strides, (1,) * rank, text(config, "padding", "valid"), pools=True)


def slide(lengths: Shape, frame: Frame) -> Slide:
    """Move windows over an input.

    Args:
        lengths: Input size along each spatial axis; None where unknown.
        frame: The windows.

    Raises:
        LayerError: A window does not fit inside the input.
    """
    axes = list(zip(lengths, frame.kernels, frame.strides, frame.dilations, strict=True))
    outputs = tuple(conv_output_length(*axis, frame.padding) for axis in axes)
    borders = [_border(*axis, frame.padding) for axis in axes]
    windows = tuple(_window(*axis, border) for axis, border in zip(axes, borders, strict=True) if border is not None)
    is_known = len(windows) == len(axes)
    names = axis_names(len(axes))
    sums = [_output_sum(*axis, output, frame) for axis, output in zip(axes, outputs, strict=True)]
    return Slide(
        outputs=outputs,
        windows=windows if is_known else None,
        steps=(*_padding_steps(axes, borders, frame), *axis_steps(sums, names, "output ")),
        notes=_notes(frame, is_known=is_known),
    )


def _border(length: int | None, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, int] | None:
    """Return the positions added before and after the input; None where they cannot be known."""
    if padding == "same":
        return same_padding(length, kernel, stride, dilation)
    return (dilated(kernel, dilation) - 1 if padding == "causal" else 0, 0)


def _window(length: int | None, kernel: int, stride: int, dilation: int, border: tuple[int, int]) -> Window:
    """Return the record of the windows along one axis."""
    before, after = border
    unread = 0 if length is None else (length + before + after - dilated(kernel, dilation)) % stride
    return Window(kernel, stride, dilation, before, after, unread=unread)


def _output_sum(
    length: int | None, kernel: int, stride: int, dilation: int, output: int | None, frame: Frame
) -> Sum | None:
    """Return the calculation of the output size along one axis."""
    if length is None or output is None:
        return None
    if frame.padding == "same":
        return Sum("⌈input / stride⌉", f"⌈{length} / {stride}⌉", output)
    if frame.pools:
        return Sum("⌊(input + padding − window) / stride⌋ + 1", f"⌊({length} + 0 − {kernel}) / {stride}⌋ + 1", output)
    padding = dilated(kernel, dilation) - 1 if frame.padding == "causal" else 0
    return Sum(
        "⌊(input + padding − dilation · (kernel − 1) − 1) / stride⌋ + 1",
        f"⌊({length} + {padding} − {dilation} · ({kernel} − 1) − 1) / {stride}⌋ + 1",
        output,
    )


def _padding_steps(
    axes: list[tuple[int | None, int, int, int]], borders: list[tuple[int, int] | None], frame: Frame
) -> list[Step]:
    """Return the calculation of the padding: its total, and how it is shared out."""
    rank = len(axes)
    if frame.padding == "valid":
        return []
    if frame.padding == "causal":
        sums = [
            Sum("dilation · (kernel − 1)", f"{dilation} · ({kernel} − 1)", dilation * (kernel - 1))
            for _, kernel, _, dilation in axes
        ]
        return axis_steps(sums, _BEFORE[rank], "padding ")
    totals = [None if border is None else sum(border) for border in borders]
    shared = [total if total else None for total in totals]
    halves = [None if total is None else Sum("⌊padding / 2⌋", f"⌊{total} / 2⌋", total // 2) for total in shared]
    rests = [
        None if total is None else Sum("padding − ⌊padding / 2⌋", f"{total} − ⌊{total} / 2⌋", total - total // 2)
        for total in shared
    ]
    return [
        *axis_steps(
            [_total_sum(*axis, total, frame) for axis, total in zip(axes, totals, strict=True)],
            axis_names(rank),
            "padding along ",
        ),
        *axis_steps(halves, _BEFORE[rank], "padding "),
        *axis_steps(rests, _AFTER[rank], "padding "),
    ]


def _total_sum(
    length: int | None, kernel: int, stride: int, dilation: int, total: int | None, frame: Frame
) -> Sum | None:
    """Return the calculation of all the zeros that "same" adds along one axis."""
    if total is None:
        return None
    name, number = (
        ("window", f"{kernel}") if frame.pools else ("dilation · (kernel − 1) + 1", f"{dilation} · ({kernel} − 1) + 1")
    )
    if length is None:
        return Sum(f"{name} − 1", f"{number} − 1", total)
    return Sum(
        f"max((⌈input / stride⌉ − 1) · stride + {name} − input, 0)",
        f"max((⌈{length} / {stride}⌉ − 1) · {stride} + {number} − {length}, 0)",
        total,
    )


def _notes(frame: Frame, *, is_known: bool) -> tuple[str, ...]:
    """Return what the numbers alone do not say."""
    notes = []
    reaches = [dilated(kernel, dilation) for kernel, dilation in zip(frame.kernels, frame.dilations, strict=True)]
    names = axis_names(len(reaches))
    for name, reach, stride in zip(names, reaches, frame.strides, strict=True):
        if stride > reach:
            notes.append(
                f"Along the {name}, windows reach over {reach} and start every {stride} positions: "
                f"those in between are never read."
            )
    if not is_known:
        notes.append("The input's size is not known, so neither the padding nor the receptive field is known.")
    return tuple(notes)
