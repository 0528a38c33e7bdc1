"""Dead and stuck channels of all calls -> which of them are so only because a channel before them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportgen.evidence.responses import CallResponses, ChannelResponses
from reportgen.records.model import LayerRecord

SILENT = {"dead", "stuck"}
# What hands on each channel by itself, one value for one value everywhere.
_PASSING = {
    "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D", "Cropping3D", "MaxPooling1D",
    "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization",
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "ReLU", "Activation", "LeakyReLU",
    "Identity",
}  # fmt: skip


def with_origins(calls: Sequence[CallResponses], layers: Sequence[LayerRecord]) -> tuple[CallResponses, ...]:
    """Return calls with the origins of their dead and stuck channels.

    Args:
        calls: What the channels of each conv call did, in order.
        layers: All calls of the model.
    """
    by_path = {layer.path: layer for layer in layers}
    judged = {call.judged_at: call.path for call in calls}
    found: dict[str, CallResponses] = {}
    for call in calls:
        before = found.get(_before(by_path[call.path], by_path, judged))
        found[call.path] = replace(call, channels=tuple(_traced(each, before) for each in call.channels))
    return tuple(found[call.path] for call in calls)


def _before(layer: LayerRecord, by_path: dict[str, LayerRecord], judged: dict[str, str]) -> str:
    """Path of the conv call whose channels a call has one by one; "" where there is none."""
    if layer.shared_with is not None:
        return layer.shared_with
    path = layer.inputs[0] if len(layer.inputs) == 1 else ""
    axis = layer.channel_axis
    alike = len(layer.input_shape) > axis and layer.input_shape[axis] == layer.output_shape[axis]
    while layer.kind.startswith("Depthwise") and alike and path in by_path:
        if path in judged:
            return judged[path]
        between = by_path[path]
        if between.kind not in _PASSING or len(between.inputs) != 1:
            return ""
        path = between.inputs[0]
    return ""


def _traced(channel: ChannelResponses, before: CallResponses | None) -> ChannelResponses:
    if before is None or channel.state not in SILENT or channel.channel >= len(before.channels):
        return channel
    other = before.channels[channel.channel]
    return replace(channel, origin=other.origin or before.path) if other.state in SILENT else channel
