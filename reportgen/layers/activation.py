"""Activation layers -> arithmetic. One function of each value; only PReLU has weights, only softmax looks around."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.layers.normalization import reads_along
from reportgen.layers.reading import Config, known, only, per_axis, sample_axes, sample_axis, text
from reportgen.layers.wording import Sum, parameters_step, shape_names, times
from reportgen.records.model import Arithmetic, Shape, product

KINDS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"})

_ALONG_THE_LAST_AXIS = ("softmax", "log_softmax", "sparsemax")


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an activation layer.

    Args:
        kind: One of `KINDS`.
        config: Read: activation, axis, shared_axes, data_format, whichever the kind has.
        input_shapes: The one input; the output has its shape.

    Returns:
        Its arithmetic; no multiply-adds are counted.

    Raises:
        LayerError: It works along an axis that the input does not have, or whose size is unknown.

    Source: He et al. 2015, "Delving deep into rectifiers" (PReLU). arXiv:1502.01852.
    """
    shape = only(input_shapes)
    if kind == "Softmax":
        return reads_along(shape, sample_axes(config, "axis", len(shape)), config)
    if kind == "Activation" and text(config, "activation", "linear") in _ALONG_THE_LAST_AXIS:
        return reads_along(shape, (len(shape) - 1,), config)
    if kind == "PReLU":
        slopes = _slopes(shape, config)
        return Arithmetic(shape, slopes.value, 0, (), (parameters_step(slopes),))
    return Arithmetic(shape, 0, 0, (), ())


def _slopes(shape: Shape, config: Config) -> Sum:
    """Return the weights of a PReLU: one slope per value, or per value along the axes that do not share theirs."""
    shared = config.get("shared_axes")
    count = len(shared) if isinstance(shared, Sequence) else 1
    numbers = () if shared is None else per_axis({"shared_axes": shared}, "shared_axes", count)
    places = {sample_axis(axis, len(shape)) for axis in numbers}
    own = [place for place in range(len(shape)) if place not in places]
    sizes = [known(shape[place], "size of an axis with slopes of its own") for place in own]
    names = shape_names(len(shape))
    return Sum(times(names[place] for place in own) or "1", times(sizes) or "1", product(sizes) or 0)
