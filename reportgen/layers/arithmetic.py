"""A layer's kind, configuration and input shapes -> its arithmetic, by the family that knows the kind."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen import registry
from reportgen.errors import LayerError
from reportgen.layers import quantized
from reportgen.records.model import Arithmetic, Shape


def family(kind: str) -> str | None:
    """Return the name of the family that knows a kind.

    Args:
        kind: Exact Keras class name: "Conv2D".

    Returns:
        One of `registry.names("layers")`; None when no family knows the kind.
    """
    for name in registry.names("layers"):
        if kind in registry.load("layers", name).KINDS:
            return name
    return None


def work_out(kind: str, config: Mapping[str, object], input_shapes: tuple[Shape, ...]) -> Arithmetic | None:
    """Work out what a layer makes of its inputs.

    Args:
        kind: Exact Keras class name: "Conv2D".
        config: What the layer's `get_config()` returns. Where a kind has no "data_format" of its own (Softmax,
            LayerNormalization, Concatenate, Dense ...), one may be added to say which axis of its input is the
            channel axis; "channels_last" is taken otherwise.
        input_shapes: Shape of each input of one sample, without the batch axis.

    Returns:
        The arithmetic; None when no family knows the kind.

    Raises:
        LayerError: The configuration and the input shapes do not go together.
    """
    name = family(kind)
    if name is None:
        return None
    try:
        _refuse_changed_weights(kind, config)
        arithmetic: Arithmetic = registry.load("layers", name).work_out(kind, config, input_shapes)
    except LayerError as error:
        raise LayerError(f"Layer {config.get('name', kind)!r} ({kind}): {error}") from error
    return arithmetic


def _refuse_changed_weights(kind: str, config: Mapping[str, object]) -> None:
    """Refuse layers whose weights are stored in another way than their kind's formula says."""
    if config.get("lora_rank"):
        raise LayerError(
            "It was given low-rank weights for fine-tuning (LoRA) beside its own. The formula knows its own weights "
            "only. Shape and parameters are Keras's own."
        )
    # Only the policies of quantized weights have a mode: "int8", "float8" ...
    if quantized.mode_name(config) and kind not in quantized.KINDS:
        raise LayerError(
            "Its weights are quantized, and stored with scales beside them. The formula knows plain weights only. "
            "Shape and parameters are Keras's own."
        )
