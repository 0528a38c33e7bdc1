"""Dense -> arithmetic. Every unit reads the whole last axis of its input. Weights plain or quantized."""

from __future__ import annotations

from reportgen.layers import quantized
from reportgen.layers.reading import Config, channel_axis, channels_first, flag, known, only, whole
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    Sum,
    factor,
    macs_step,
    multiplied,
    parameters_step,
    shape_names,
    summed,
    weights,
)
from reportgen.records.model import Arithmetic, Shape, Step

KINDS = frozenset({"Dense"})


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a dense layer.

    Args:
        kind: "Dense".
        config: Read: units, use_bias, dtype.
        input_shapes: The one input: a flat vector, or positions with channels, each of which is read on its own.

    Returns:
        Its arithmetic. MACs: multiply-adds for one sample, bias not counted; FLOPs are twice that.

    Raises:
        LayerError: The size of the last axis is unknown, or the weights are quantized in a way that is not known.
    """
    del kind
    shape = only(input_shapes)
    rank = len(shape)
    names = shape_names(rank, channels_first=channels_first(config))
    length = known(shape[-1] if shape else None, "size of the last axis")
    units = factor("units", whole(config, "units", 1))
    kernel = [factor(f"input {names[-1]}", length)]
    parameters = _parameters(config, kernel, units)
    places = [factor(name, size) for name, size in zip(names[:-1], shape[:-1], strict=True)]
    macs = multiplied([*places, *kernel, units])
    is_pointwise = rank > 1 and channel_axis(config, rank) == rank - 1
    notes = [] if macs else [MACS_UNKNOWN]
    if rank > 1 and not is_pointwise:
        notes.append("It reads the last axis, which is not the channel axis: each output depends on that whole axis.")
    return Arithmetic(
        output_shape=(*shape[:-1], units.value),
        parameters=parameters[-1].value,
        macs=macs.value if macs else 0,
        windows=() if is_pointwise else None,
        steps=(
            Step(f"output {names[-1]}", units.name, units.working, units.value or 0, "values"),
            *parameters,
            *([macs_step(macs)] if macs else []),
        ),
        sees_all=rank == 1 or (rank == 2 and not is_pointwise),
        notes=tuple(notes),
    )


def _parameters(config: Config, kernel: list[Factor], units: Factor) -> list[Step]:
    """Return the calculation of the number of weights."""
    use_bias, mode = flag(config, "use_bias", default=True), quantized.mode(config)
    if mode is None:
        return [parameters_step(weights(kernel, units, use_bias=use_bias))]
    parts = quantized.stored(mode, kernel, [units])
    if use_bias:
        parts.append(("bias", Sum(units.name, units.working, units.value or 0)))
    return summed("parameters", "parameters", parts)
