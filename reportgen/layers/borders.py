"""ZeroPadding1D-3D, Cropping1D-3D -> arithmetic. Positions added at the borders or cut off; no weights."""

from __future__ import annotations

from reportgen.errors import LayerError
from reportgen.layers.reading import Config, assemble, only, pairs, split
from reportgen.layers.wording import Sum, axis_names, axis_steps
from reportgen.records.model import Arithmetic, Shape, Window

_RANKS = {f"{what}{rank}D": rank for what in ("ZeroPadding", "Cropping") for rank in (1, 2, 3)}

KINDS = frozenset(_RANKS)


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a padding or a cropping layer.

    Args:
        kind: One of `KINDS`.
        config: Read: padding or cropping, data_format (Cropping1D has none: its channels are last).
        input_shapes: The one input.

    Returns:
        Its arithmetic: windows of one position with the padding (negative: cropping) that the layer adds.

    Raises:
        LayerError: The cropping leaves nothing.
    """
    rank = _RANKS[kind]
    crops = kind.startswith("Cropping")
    order = {} if kind == "Cropping1D" else config
    spatial, channels = split(only(input_shapes), order, rank)
    borders = pairs(config, "cropping" if crops else "padding", rank)
    sign = -1 if crops else 1
    windows = tuple(Window(1, padding_before=sign * before, padding_after=sign * after) for before, after in borders)
    sums = [_sum(size, *border, crops=crops) for size, border in zip(spatial, borders, strict=True)]
    outputs = tuple(None if entry is None else entry.value for entry in sums)
    return Arithmetic(
        output_shape=assemble(outputs, channels, order),
        parameters=0,
        macs=0,
        windows=windows,
        steps=tuple(axis_steps(sums, axis_names(rank), "output ")),
    )


def _sum(size: int | None, before: int, after: int, *, crops: bool) -> Sum | None:
    """Return the calculation of the output size along one axis; None where the input's is unknown."""
    if size is None:
        return None
    if not crops:
        return Sum("input + padding before + padding after", f"{size} + {before} + {after}", size + before + after)
    if before + after >= size:
        raise LayerError(
            f"It cuts {before} and {after} positions off an input of {size}. The cropping must leave at least one "
            f"position. Crop less, or use larger images."
        )
    return Sum("input − cut before − cut after", f"{size} − {before} − {after}", size - before - after)
