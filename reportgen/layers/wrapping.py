"""Bidirectional, SpectralNormalization -> arithmetic. Layers around another layer, which is worked out in its turn."""

from __future__ import annotations

from dataclasses import replace

from reportgen.errors import LayerError
from reportgen.layers import arithmetic
from reportgen.layers.reading import Config, inside, known, only, text, whole
from reportgen.layers.wording import Sum, parameters_step, plus
from reportgen.records.model import Arithmetic, Shape, Step

KINDS = frozenset({"Bidirectional", "SpectralNormalization"})

_STORED = (
    "It keeps one vector for the kernel of the layer inside and uses it in training only; the layer inside has a row "
    "of its own, with its own weights and multiply-adds."
)
# The last axis of the kernel: what the configuration of the layer inside calls it.
_KERNEL_ENDS = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), "filters"),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), "depth_multiplier"),
    "Dense": "units",
    "Embedding": "output_dim",
}


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a layer around another one.

    Args:
        kind: One of `KINDS`.
        config: Read: layer, backward_layer, merge_mode (Bidirectional).
        input_shapes: The one input.

    Returns:
        Its arithmetic: of a Bidirectional, both directions together; of a SpectralNormalization, what it adds to the
        layer inside, and the windows of that layer, through which its own output reads the input.

    Raises:
        LayerError: There is no formula for the layer inside, or it does not fit the input.

    Source: Schuster & Paliwal 1997, "Bidirectional recurrent neural networks". Miyato et al. 2018, "Spectral
        normalization for generative adversarial networks". arXiv:1802.05957.
    """
    if kind == "Bidirectional":
        return _both_ways(config, input_shapes)
    within, settings, found = _within(config, "layer", input_shapes)
    length = _kernel_end(within, settings, only(input_shapes))
    return replace(
        found,
        parameters=length,
        macs=0,
        steps=(parameters_step(Sum("last axis of the kernel", str(length), length)),),
        notes=(_STORED, *found.notes),
    )


def _within(config: Config, key: str, shapes: tuple[Shape, ...]) -> tuple[str, Config, Arithmetic]:
    """Return the kind, the configuration and the arithmetic of the layer inside."""
    kind, settings = inside(config.get(key), "layer")
    found = arithmetic.work_out(kind, settings, shapes)
    if found is None:
        raise LayerError(
            f"It holds a {kind}, and there is no formula for that kind: shape and parameters are Keras's own."
        )
    return kind, settings, found


def _kernel_end(kind: str, settings: Config, shape: Shape) -> int:
    """Return the size of the last axis of the kernel inside."""
    if kind in _KERNEL_ENDS:
        return whole(settings, _KERNEL_ENDS[kind], 1)
    if kind in ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"):
        first = text(settings, "data_format", "channels_last") == "channels_first"
        return known(shape[0 if first else -1], "number of channels")
    raise LayerError(f"It holds a {kind}, whose kernel is of no known form: shape and parameters are Keras's own.")


def _both_ways(config: Config, shapes: tuple[Shape, ...]) -> Arithmetic:
    """Add up a layer that reads forwards and one that reads backwards."""
    _, _, forward = _within(config, "layer", shapes)
    _, _, backward = _within(config, "backward_layer", shapes)
    merge = config.get("merge_mode", "concat")
    *places, channels = forward.output_shape
    steps = [
        replace(step, quantity=f"{name} {step.quantity}")
        for name, each in (("forward", forward), ("backward", backward))
        for step in each.steps
    ]
    if merge == "concat" and channels is not None and backward.output_shape[-1] is not None:
        ends = (channels, backward.output_shape[-1])
        rule = "forward output channels + backward output channels"
        steps.append(Step("output channels", rule, plus(ends), sum(ends), "channels"))
        channels = sum(ends)
    totals = {"parameters": (forward.parameters, backward.parameters), "multiply-adds": (forward.macs, backward.macs)}
    for quantity, numbers in totals.items():
        if all(numbers):
            rule = f"forward {quantity} + backward {quantity}"
            steps.append(Step(quantity, rule, plus(numbers), sum(numbers), quantity))
    # Forwards, a step reads those before it; backwards, those behind it: together they read all.
    reads_both = merge is not None and not forward.over_time
    notes = () if reads_both or forward.sees_all else tuple(dict.fromkeys((*forward.notes, *backward.notes)))
    return replace(
        forward,
        output_shape=(*places, channels),
        parameters=sum(totals["parameters"]),
        macs=sum(totals["multiply-adds"]),
        steps=tuple(steps),
        sees_all=forward.sees_all or reads_both,
        notes=notes,
    )
