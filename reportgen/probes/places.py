"""A conv call -> the place where its channels are judged: its own output, or that of the activation it goes through."""

from __future__ import annotations

from reportgen.errors import OptionsError, UnknownNameError
from reportgen.records import LayerRecord, ModelRecord

# What hands every channel on by itself. A softmax weighs channels against each other and is none of these.
_OF_ONE_CHANNEL = frozenset(
    {
        "Activation",
        "BatchNormalization",
        "Celu",
        "ELU",
        "Elu",
        "Gelu",
        "HardSigmoid",
        "HardSilu",
        "HardTanh",
        "LeakyReLU",
        "LeakyRelu",
        "PReLU",
        "ReLU",
        "Relu",
        "Relu6",
        "Selu",
        "Sigmoid",
        "Silu",
        "Softplus",
        "Softsign",
        "Tanh",
    }
)
_OF_ALL_CHANNELS = {"softmax", "log_softmax", "sparsemax"}


def conv_calls(record: ModelRecord) -> tuple[LayerRecord, ...]:
    """Return the conv calls of a model."""
    return tuple(call for call in record.layers if call.role == "conv")


def judged_at(record: ModelRecord, call: LayerRecord) -> LayerRecord:
    """Return the call whose output counts as a conv call's answer.

    It is the last of the batch normalisations and activations that the conv call's output goes through, where nothing
    else reads it on the way; the conv call itself where there are none.

    Args:
        record: The model.
        call: A conv call.
    """
    readers: dict[str, list[LayerRecord]] = {}
    for each in record.layers:
        for path in each.inputs:
            readers.setdefault(path, []).append(each)
    place = call
    while len(after := readers.get(place.path, [])) == 1 and _hands_on(after[0]):
        place = after[0]
    return place


def channel_axis(call: LayerRecord) -> int:
    """Return the axis of the channels in a call's output, counted from its end: -1 for the last."""
    return call.channel_axis - len(call.output_shape)


def num_channels(call: LayerRecord) -> int:
    """Return how many channels come out of a call."""
    return call.output_shape[call.channel_axis] or 0


def _hands_on(call: LayerRecord) -> bool:
    activation = next((setting.value for setting in call.settings if setting.name == "activation"), "")
    return call.kind in _OF_ONE_CHANNEL and len(call.inputs) == 1 and activation not in _OF_ALL_CHANNELS


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
