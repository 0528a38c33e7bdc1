"""AdaptiveMaxPooling1D-3D, AdaptiveAveragePooling1D-3D -> arithmetic. The output size is chosen, the windows follow."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, only, per_axis, split
from reportgen.layers.wording import Sum, axis_names, axis_steps, channels_step
from reportgen.records.model import Arithmetic, Shape, Window

_RANKS = {f"Adaptive{what}Pooling{rank}D": rank for what in ("Max", "Average") for rank in (1, 2, 3)}
_UNEVEN = (
    "The input's size is not a multiple of the output's, so the windows differ in size from place to place and the "
    "receptive field has no single number."
)

KINDS = frozenset(_RANKS)
ROLE = "pool"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an adaptive pooling.

    Args:
        kind: One of `KINDS`.
        config: Read: output_size, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds; windows only where the output size divides the input size.

    Raises:
        LayerError: The input has another number of axes.

    Source: Keras 3, keras.layers.AdaptiveAveragePooling2D: output i reads the input positions from ⌊i · input / output⌋
        up to, and without, ⌈(i + 1) · input / output⌉.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    outputs = per_axis(config, "output_size", rank)
    windows = tuple(
        Window(kernel=length // output, stride=length // output)
        for length, output in zip(spatial, outputs, strict=True)
        if length is not None and length % output == 0
    )
    is_even = len(windows) == rank
    names = axis_names(rank)
    sizes = [Sum("input / output", f"{w.kernel * o} / {o}", w.kernel) for w, o in zip(windows, outputs, strict=False)]
    return Arithmetic(
        output_shape=assemble(outputs, channels, config),
        parameters=0,
        macs=0,
        windows=windows if is_even else None,
        steps=(
            *axis_steps([Sum("output size", str(output), output) for output in outputs], names, "output "),
            *(axis_steps(sizes, names, "window ") if is_even else []),
            channels_step("input channels", str(channels), channels),
        ),
        notes=() if is_even else (_UNEVEN,),
    )
