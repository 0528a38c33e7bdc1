"""Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot -> arithmetic. Several inputs, no weights."""

from __future__ import annotations

from reportgen.errors import LayerError
from reportgen.layers.reading import Config, channel_axis, channels_first, per_axis, sample_axis, whole
from reportgen.layers.wording import plus, points, shape_names, size_text
from reportgen.records.model import Arithmetic, Shape, Step

_VALUE_BY_VALUE = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
_REPEATED = "Where an input has size 1 along an axis, or no such axis, its values are repeated along it."
_JOINED = "The inputs are joined along a spatial axis: an output reads one of them, so no receptive field is given."
_SUMMED = "Products are summed along an axis of both inputs, so no receptive field is given."

KINDS = _VALUE_BY_VALUE | {"Concatenate", "Dot"}


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a layer that makes one tensor of several.

    Args:
        kind: One of `KINDS`.
        config: Read: axis (Concatenate), axes (Dot), data_format, whichever the kind has.
        input_shapes: The inputs, in order.

    Returns:
        Its arithmetic: no weights and no multiply-adds.

    Raises:
        LayerError: The inputs do not fit together.
    """
    if kind == "Concatenate" and input_shapes:
        return _concatenated(config, input_shapes)
    if kind == "Dot":
        return _dotted(config, input_shapes)
    return value_by_value(input_shapes)


def value_by_value(input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out what combines its inputs value by value, the smaller ones repeated.

    Args:
        input_shapes: The inputs, in order.

    Raises:
        LayerError: There is none, or they do not fit together.
    """
    if not input_shapes:
        raise LayerError("It got no input. This kind of layer joins at least one. Call it on a list of tensors.")
    output = input_shapes[0]
    for shape in input_shapes[1:]:
        output = _broadcast(output, shape)
    notes = (_REPEATED,) if any(shape != output for shape in input_shapes) else ()
    return Arithmetic(output, 0, 0, (), (), notes=notes)


def _broadcast(first: Shape, second: Shape) -> Shape:
    """Return the shape of two inputs combined value by value; the shorter one is repeated along its missing axes."""
    rank = max(len(first), len(second))
    padded = [(1,) * (rank - len(shape)) + shape for shape in (first, second)]
    output: list[int | None] = []
    for one, other in zip(*padded, strict=True):
        if one is not None and other is not None and one != other and 1 not in (one, other):
            raise LayerError(
                f"It got inputs of {size_text(first)} and {size_text(second)}. Sizes must be equal, or 1, along each "
                f"axis. Change the layers before it so that their outputs agree."
            )
        output.append(None if one is None or other is None else max(one, other))
    return tuple(output)


def _concatenated(config: Config, shapes: tuple[Shape, ...]) -> Arithmetic:
    """Put the inputs one after the other along one axis."""
    rank = len(shapes[0])
    place = sample_axis(whole(config, "axis", -1), rank)
    for shape in shapes[1:]:
        pairs = zip(shapes[0], shape, strict=False)
        fits = all(at == place or None in (one, other) or one == other for at, (one, other) in enumerate(pairs))
        if len(shape) != rank or not fits:
            raise LayerError(
                f"It got inputs of {size_text(shapes[0])} and {size_text(shape)} to be joined along axis {place + 1}. "
                f"All other sizes must be equal. Change the layers before it so that their outputs agree."
            )
    output, steps = list(shapes[0]), []
    sizes = [size for shape in shapes if (size := shape[place]) is not None]
    output[place] = sum(sizes) if len(sizes) == len(shapes) else None
    if len(sizes) == len(shapes):
        name = shape_names(rank, channels_first=channels_first(config))[place]
        places = "values" if rank == 1 else points(rank - 1)
        unit = "channels" if name == "channels" else places
        steps = [Step(f"output {name}", f"sum of the inputs' {name}", plus(sizes), sum(sizes), unit)]
    joins_channels = place == channel_axis(config, rank)
    windows = () if joins_channels else None
    return Arithmetic(tuple(output), 0, 0, windows, tuple(steps), notes=() if joins_channels else (_JOINED,))


def _dotted(config: Config, shapes: tuple[Shape, ...]) -> Arithmetic:
    """Sum the products of two inputs along one axis of each."""
    if len(shapes) != 2:
        raise LayerError(f"It got {len(shapes)} inputs. A Dot takes two. Call it on a list of two tensors.")
    axes = per_axis(config, "axes", 2, default=-1)
    left, right = (list(shape) for shape in shapes)
    one = left.pop(sample_axis(axes[0], len(left)))
    other = right.pop(sample_axis(axes[1], len(right)))
    if one is not None and other is not None and one != other:
        raise LayerError(
            f"It sums along an axis of {one} and an axis of {other}. The two axes must be equally long. Choose other "
            f"axes, or change the layers before it."
        )
    sees_all = not left and not right
    return Arithmetic((*left, *right) or (1,), 0, 0, None, (), sees_all=sees_all, notes=() if sees_all else (_SUMMED,))
