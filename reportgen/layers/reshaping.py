"""Flatten, Reshape, Permute, RepeatVector -> arithmetic. The same values in another order; no weights."""

from __future__ import annotations

from reportgen.errors import LayerError
from reportgen.layers.reading import Config, channels_first, known, only, per_axis, whole
from reportgen.layers.wording import factor, multiplied, shape_names, size_text
from reportgen.records.model import Arithmetic, Shape, Step, product

KINDS = frozenset({"Flatten", "Reshape", "Permute", "RepeatVector"})

_MOVED = "Values change places between the axes, so the receptive field of one position is not known."


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a layer that only moves values.

    Args:
        kind: One of `KINDS`.
        config: Read: target_shape, dims or n, whichever the kind has.
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds. What follows a Flatten or a RepeatVector may read everything.

    Raises:
        LayerError: The values do not fit the new shape.
    """
    shape = only(input_shapes)
    if kind == "Flatten":
        return _flatten(shape, config)
    if kind == "RepeatVector":
        return _repeat(shape, config)
    output = _reshaped(shape, config) if kind == "Reshape" else _permuted(shape, config)
    # A permutation of equal sizes leaves the shape as it was and still moves the values.
    stays = output == shape and (kind == "Reshape" or _dims(config) == tuple(range(1, len(shape) + 1)))
    return Arithmetic(output, 0, 0, () if stays else None, (), notes=() if stays else (_MOVED,))


def _flatten(shape: Shape, config: Config) -> Arithmetic:
    """Put all values into one row."""
    names = shape_names(len(shape), channels_first=channels_first(config)) if shape else ()
    row = multiplied([factor(name, size) for name, size in zip(names, shape, strict=True)])
    steps = (Step("output length", row.rule, row.working, row.value, "values"),) if row and shape else ()
    return Arithmetic((product(shape),), 0, 0, None, steps, sees_all=True)


def _repeat(shape: Shape, config: Config) -> Arithmetic:
    """Repeat a flat vector; each copy holds the whole of it."""
    if len(shape) != 1:
        raise LayerError(f"It got an input of shape {shape}. Expected a flat vector. Flatten the input first.")
    number = whole(config, "n", 1)
    steps = (Step("output length", "repetitions", str(number), number, "positions"),)
    return Arithmetic((number, shape[0]), 0, 0, None, steps, sees_all=True)


def _reshaped(shape: Shape, config: Config) -> Shape:
    """Return the target shape with its open axis, if any, worked out."""
    value = config.get("target_shape", ())
    target = per_axis({"target_shape": value}, "target_shape", len(value)) if isinstance(value, (tuple, list)) else ()
    total = product(shape)
    if total is None:
        return tuple(None if size == -1 else size for size in target)
    fixed = known(product(size for size in target if size != -1), "target shape")
    fits = fixed > 0 and total % fixed == 0 if -1 in target else total == fixed
    if not fits:
        raise LayerError(
            f"It got {total} values ({size_text(shape)}) for the shape {size_text(target)}. The new shape must hold "
            f"exactly as many values. Change the target shape or the input."
        )
    return tuple(total // fixed if size == -1 else size for size in target)


def _permuted(shape: Shape, config: Config) -> Shape:
    """Return the shape with its axes in the new order."""
    dims = _dims(config)
    if sorted(dims) != list(range(1, len(shape) + 1)):
        raise LayerError(
            f"It puts the axes in the order {dims}, but the input has {len(shape)} axes. Each axis, counted from 1, "
            f"must be named once. Change the order or the input."
        )
    return tuple(shape[dim - 1] for dim in dims)


def _dims(config: Config) -> tuple[int, ...]:
    """Return the order of the axes, counted from 1."""
    value = config.get("dims", ())
    return per_axis({"dims": value}, "dims", len(value)) if isinstance(value, (tuple, list)) else ()
