"""MaxPooling1D-3D, AveragePooling1D-3D -> arithmetic. Windows that keep one value per channel; no weights."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, only, split
from reportgen.layers.sliding import pool_frame, slide
from reportgen.layers.wording import channels_step
from reportgen.records.model import Arithmetic, Shape

_RANKS = {f"{what}Pooling{rank}D": rank for what in ("Max", "Average") for rank in (1, 2, 3)}

KINDS = frozenset(_RANKS)
ROLE = "pool"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a pooling.

    Args:
        kind: One of `KINDS`.
        config: Read: pool_size, strides, padding, data_format.
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds.

    Raises:
        LayerError: The window does not fit inside the input.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 3. arXiv:1603.07285.
    """
    rank = _RANKS[kind]
    spatial, channels = split(only(input_shapes), config, rank)
    moved = slide(spatial, pool_frame(config, rank))
    return Arithmetic(
        output_shape=assemble(moved.outputs, channels, config),
        parameters=0,
        macs=0,
        windows=moved.windows,
        steps=(*moved.steps, channels_step("input channels", str(channels), channels)),
        notes=moved.notes,
    )
