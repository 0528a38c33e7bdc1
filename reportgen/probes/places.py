"""The record of a model -> its conv calls, by name, and the call where the channels of each are judged."""

from __future__ import annotations

from reportgen.errors import OptionsError, UnknownNameError
from reportgen.probes.judged import judged
from reportgen.records import LayerRecord, ModelRecord


def conv_calls(record: ModelRecord) -> tuple[LayerRecord, ...]:
    """Return the conv calls of a model."""
    return tuple(call for call in record.layers if call.role == "conv")


def judged_at(record: ModelRecord, call: LayerRecord) -> LayerRecord:
    """Return the call whose output counts as a conv call's answer, by the rule of `judged`.

    Args:
        record: The model.
        call: A conv call.
    """
    (path,) = (each.path for each in judged(record.layers) if each.record is call)
    return next(each for each in record.layers if each.path == path)


def channel_axis(call: LayerRecord) -> int:
    """Return the axis of the channels in a call's output, counted from its end: -1 for the last."""
    return call.channel_axis - len(call.output_shape)


def num_channels(call: LayerRecord) -> int:
    """Return how many channels come out of a call."""
    return call.output_shape[call.channel_axis] or 0


def find(record: ModelRecord, layer: str, channel: int) -> LayerRecord:
    """Return the conv call of a name.

    Args:
        record: The model.
        layer: Path of a conv call, or its last name where only one has it.
        channel: A channel that it has to have.

    Raises:
        UnknownNameError: No conv call, or more than one, has this name; the conv calls are listed.
        OptionsError: The call has no such channel.
    """
    calls = conv_calls(record)
    found = [call for call in calls if call.path == layer]
    found = found or [call for call in calls if call.path.rpartition("/")[2] == layer]
    if len(found) != 1:
        raise UnknownNameError("conv layer", layer, [call.path for call in calls])
    if channel >= num_channels(found[0]):
        raise OptionsError(
            f"The conv layer {found[0].path!r} has no channel {channel}. Expected 0 to {num_channels(found[0]) - 1}."
            " Count channels from 0."
        )
    return found[0]
