"""Embedding -> arithmetic. A table with one row of numbers for each whole number that can come in."""

from __future__ import annotations

from reportgen.layers import quantized
from reportgen.layers.reading import Config, only, whole
from reportgen.layers.wording import channels_step, factor, multiplied, summed
from reportgen.records.model import Arithmetic, Shape

KINDS = frozenset({"Embedding"})

_LOOKED_UP = "Each number is looked up on its own; the input has no channels, so no receptive field is followed."


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an embedding.

    Args:
        kind: "Embedding".
        config: Read: input_dim, output_dim, dtype.
        input_shapes: The one input, whole numbers; the output has one more axis.

    Returns:
        Its arithmetic: rows are looked up and nothing is multiplied.

    Raises:
        LayerError: There is not exactly one input, or the table is quantized in a way that is not known.
    """
    del kind
    shape = only(input_shapes)
    rows, length = factor("rows", whole(config, "input_dim", 1)), factor("row length", whole(config, "output_dim", 1))
    mode, table = quantized.mode(config), multiplied([rows, length])
    parts = [("table", table)] if mode is None and table else []
    if mode is not None:
        parts = quantized.stored(mode, [rows], [length], by_row=True)
    parameters = summed("parameters", "parameters", parts)
    return Arithmetic(
        output_shape=(*shape, length.value),
        parameters=parameters[-1].value,
        macs=0,
        windows=None,
        steps=(channels_step(length.name, length.working, length.value or 0), *parameters),
        notes=(_LOOKED_UP,),
    )
