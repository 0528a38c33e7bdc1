"""Embedding -> arithmetic. A table with one row of numbers for each whole number that can come in."""

from __future__ import annotations

from reportgen.layers.reading import Config, only, whole
from reportgen.layers.wording import Sum, parameters_step
from reportgen.records.model import Arithmetic, Shape, Step

KINDS = frozenset({"Embedding"})

_LOOKED_UP = "Each number is looked up on its own; the input has no channels, so no receptive field is followed."


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an embedding.

    Args:
        kind: "Embedding".
        config: Read: input_dim, output_dim.
        input_shapes: The one input, whole numbers; the output has one more axis.

    Returns:
        Its arithmetic: rows are looked up and nothing is multiplied.

    Raises:
        LayerError: There is not exactly one input.
    """
    del kind
    shape = only(input_shapes)
    rows, length = whole(config, "input_dim", 1), whole(config, "output_dim", 1)
    weights = Sum("rows · row length", f"{rows} · {length}", rows * length)
    return Arithmetic(
        output_shape=(*shape, length),
        parameters=weights.value,
        macs=0,
        windows=None,
        steps=(Step("output channels", "row length", str(length), length, "channels"), parameters_step(weights)),
        notes=(_LOOKED_UP,),
    )
