"""Normalization layers -> arithmetic, as they work at inference.

BatchNormalization and Normalization use stored numbers and treat each position on its own. The others measure the
sample itself: along the channels only, each position on its own; along spatial axes, each output reads those axes.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.layers.reading import (
    Config,
    channel_axis,
    flag,
    known,
    only,
    sample_axes,
    sample_axis,
    whole,
)
from reportgen.layers.wording import Sum, parameters_step, plus, times
from reportgen.records.model import Arithmetic, Shape, product

KINDS = frozenset(
    {
        "BatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "RMSNormalization",
        "UnitNormalization",
        "Normalization",
    }
)

_STORED = "The means and variances are measured in training and stored; they are weights that no optimizer changes."
_PARTLY = "Each output depends on every position along some of the spatial axes, so no receptive field is given."


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a normalization.

    Args:
        kind: One of `KINDS`.
        config: Read: axis, center, scale, renorm, rms_scaling, mean, data_format, whichever the kind has.
        input_shapes: The one input; the output has its shape.

    Returns:
        Its arithmetic; no multiply-adds are counted.

    Raises:
        LayerError: It works along an axis that the input does not have, or whose size is unknown.

    Source: Ioffe & Szegedy 2015, "Batch normalization". arXiv:1502.03167. Ba, Kiros & Hinton 2016, "Layer
        normalization". arXiv:1607.06450. Wu & He 2018, "Group normalization". arXiv:1803.08494.
    """
    shape = only(input_shapes)
    rank = len(shape)
    if kind == "BatchNormalization":
        return _arithmetic(shape, _batch(shape, config), notes=(_STORED,))
    if kind == "Normalization":
        return _arithmetic(shape, _fixed(shape, config))
    if kind == "GroupNormalization":
        place = sample_axis(whole(config, "axis", -1), rank)
        total = _per_entry(shape, (place,), _learned(config))
        return _arithmetic(shape, total, sees_all=rank > 1)
    places = sample_axes(config, "axis", rank)
    if kind == "RMSNormalization":
        total = _per_entry(shape, places, ["scale"])
    else:
        total = _per_entry(shape, places, _learned(config)) if kind == "LayerNormalization" else None
    return reads_along(shape, places, config, total)


def reads_along(shape: Shape, places: Sequence[int], config: Config, total: Sum | None = None) -> Arithmetic:
    """Return the arithmetic of a layer of which each output reads some axes of its input from end to end.

    Args:
        shape: Shape of one sample; the output has it too.
        places: Those axes, counted in `shape`.
        config: Its "data_format", if any, says which axis is the channel axis.
        total: The number of its weights, if it has any.
    """
    spatial = set(range(len(shape))) - {channel_axis(config, len(shape))}
    read = spatial & set(places)
    if not read:
        return _arithmetic(shape, total)
    if read == spatial:
        return _arithmetic(shape, total, sees_all=True)
    parameters, steps = (total.value, (parameters_step(total),)) if total else (0, ())
    return Arithmetic(shape, parameters, 0, None, steps, notes=(_PARTLY,))


def _arithmetic(shape: Shape, total: Sum | None, *, sees_all: bool = False, notes: tuple[str, ...] = ()) -> Arithmetic:
    """Return the arithmetic of a layer that leaves the shape as it is."""
    parameters, steps = (total.value, (parameters_step(total),)) if total else (0, ())
    return Arithmetic(shape, parameters, 0, None if sees_all else (), steps, sees_all=sees_all, notes=notes)


def _learned(config: Config) -> list[str]:
    """Return the names of the numbers that are learned for each entry of the normalized axes."""
    rms = flag(config, "rms_scaling", default=False)
    found = ["scale"] if rms or flag(config, "scale", default=True) else []
    return [*found, "shift"] if flag(config, "center", default=True) and not rms else found


def _batch(shape: Shape, config: Config) -> Sum | None:
    """Return the weights of a BatchNormalization: learned scale and shift, stored mean and variance."""
    place = sample_axis(whole(config, "axis", -1), len(shape))
    stored = ["mean", "variance"]
    if flag(config, "renorm", default=False):
        stored += ["deviation", "renormalized mean", "renormalized deviation"]
    return _per_entry(shape, (place,), _learned(config) + stored)


def _fixed(shape: Shape, config: Config) -> Sum | None:
    """Return the weights of a Normalization: mean and variance, and a count, unless they were given as constants."""
    if config.get("mean") is not None:
        return None
    axes = config.get("axis", -1)
    places = () if axes is None else sample_axes({"axis": axes}, "axis", len(shape))
    entries = _own_sizes(shape, places)
    return Sum(
        "(mean + variance) · entries + count",
        f"(1 + 1) · {times(entries) or 1} + 1",
        2 * (product(entries) or 0) + 1,
    )


def _per_entry(shape: Shape, places: Sequence[int], numbers: Sequence[str]) -> Sum | None:
    """Return the weights of a layer that keeps these numbers for each entry of the axes; None where it keeps none."""
    if not numbers:
        return None
    entries = _own_sizes(shape, places)
    name = "channels" if len(entries) == 1 else "entries"
    ones = plus([1] * len(numbers))
    return Sum(f"({plus(numbers)}) · {name}", f"({ones}) · {times(entries)}", len(numbers) * (product(entries) or 0))


def _own_sizes(shape: Shape, places: Sequence[int]) -> list[int]:
    """Return the sizes of the axes that have numbers of their own."""
    return [known(shape[place], "size of a normalized axis") for place in places]
