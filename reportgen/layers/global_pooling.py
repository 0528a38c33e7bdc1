"""GlobalMaxPooling1D-3D, GlobalAveragePooling1D-3D -> arithmetic. One value per channel for the whole input."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, flag, only, split
from reportgen.layers.wording import axis_names, channels_step, factor, multiplied
from reportgen.records.model import Arithmetic, Shape, Step

_RANKS = {f"Global{what}Pooling{rank}D": rank for what in ("Max", "Average") for rank in (1, 2, 3)}

KINDS = frozenset(_RANKS)
ROLE = "pool"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a global pooling.

    Args:
        kind: One of `KINDS`.
        config: Read: keepdims, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds; every output reads the whole input.

    Raises:
        LayerError: The input has another number of axes.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    keeps = flag(config, "keepdims", default=False)
    read = multiplied([factor(name, size) for name, size in zip(axis_names(rank), spatial, strict=True)])
    steps = [Step("values read per channel", read.rule, read.working, read.value, "values")] if read else []
    return Arithmetic(
        output_shape=assemble((1,) * rank, channels, config) if keeps else (channels,),
        parameters=0,
        macs=0,
        windows=None,
        steps=(*steps, channels_step("input channels", str(channels), channels)),
        sees_all=True,
    )
