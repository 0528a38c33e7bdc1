"""UpSampling1D-3D -> arithmetic. Each position becomes several, by repetition or by interpolation; no weights."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, only, per_axis, split, text
from reportgen.layers.wording import Sum, axis_names, axis_steps
from reportgen.records.model import Arithmetic, Shape, Window

_RANKS = {"UpSampling1D": 1, "UpSampling2D": 2, "UpSampling3D": 3}

KINDS = frozenset(_RANKS)


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an upsampling.

    Args:
        kind: One of `KINDS`.
        config: Read: size, interpolation, data_format (UpSampling1D has none: its channels are last).
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds. Windows for "nearest" and "bilinear"; None otherwise.

    Raises:
        LayerError: The input has another number of axes.
    """
    rank = _RANKS[kind]
    order = {} if kind == "UpSampling1D" else config
    spatial, channels = split(only(input_shapes), order, rank)
    sizes = per_axis(config, "size", rank, default=2)
    interpolation = text(config, "interpolation", "nearest")
    sums = [
        None if length is None else Sum("input · factor", f"{length} · {size}", length * size)
        for length, size in zip(spatial, sizes, strict=True)
    ]
    windows = {
        "nearest": tuple(Window(1, upscale=size, holds=True) for size in sizes),
        "bilinear": tuple(_bilinear(size) for size in sizes),
    }.get(interpolation)
    note = f"How far the interpolation {interpolation!r} reaches is not worked out."
    return Arithmetic(
        output_shape=assemble(tuple(None if entry is None else entry.value for entry in sums), channels, order),
        parameters=0,
        macs=0,
        windows=windows,
        steps=tuple(axis_steps(sums, axis_names(rank), "output ")),
        notes=() if windows else (note,),
    )


def _bilinear(size: int) -> Window:
    """Return what bilinear interpolation reads: the input positions less than one position away from its own.

    Output i lies at (i + 1/2) / size − 1/2 of the input (pixel centres are aligned). On the grid that is finer by
    `size`, that is a window over which the weights fall off in a triangle, as in a transposed convolution.
    """
    kernel, padding = 2 * size - size % 2, size // 2 + size - 1
    return Window(kernel, 1, 1, padding, kernel - 1 - padding, upscale=size)
