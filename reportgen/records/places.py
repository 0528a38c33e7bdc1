"""The record of a model -> its conv calls, by name, and the call where the channels of each are judged."""

from __future__ import annotations

from fnmatch import fnmatchcase

from reportgen.errors import OptionsError, UnknownNameError
from reportgen.records.judged import judged
from reportgen.records.model import LayerRecord, ModelRecord


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


def drawn_at(record: ModelRecord, call: LayerRecord, maps: str) -> LayerRecord:
    """Return the call whose output a conv or pooling call's maps are drawn from.

    Args:
        record: The model.
        call: The call.
        maps: "activated": where a conv call is judged; "raw": its own output.
    """
    return judged_at(record, call) if maps == "activated" and call.role == "conv" else call


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


POOL = 2
"""Side of the pooling window that the poolings are shown with, and its stride."""


def grating_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the first conv call that reads (height, width, channels), where its window is of more than a pixel.

    Of several inputs it is one that the main input lies behind, where there is such a call.
    """
    reading = [call for call in model.layers if call.role == "conv" and in_picture(call) and call.windows]
    for call in _of_main_input(model, reading)[:1]:
        return call if any(window.kernel > 1 for window in call.windows or ()) else None
    return None


def _of_main_input(model: ModelRecord, calls: list[LayerRecord]) -> list[LayerRecord]:
    """Return the calls that the main input lies behind; all of them where there is none such."""
    return [call for call in calls if model.sees_main_input(call)] or calls


def pooled_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the last conv call before the first pooling whose maps of height and width can be pooled by 2 × 2.

    Of several inputs it is one that the main input lies behind, where there is such a call.
    """
    convs = _of_main_input(model, [call for call in model.layers if call.role == "conv" and _can_be_pooled(call)])
    pools = [call for call in model.layers if call.role == "pool" and len(call.output_shape) == 3]
    limit = min((call.index for call in _of_main_input(model, pools)), default=len(model.layers) + 1)
    before = [call for call in convs if call.index < limit]
    return next(reversed(before or convs), None)


def _can_be_pooled(call: LayerRecord) -> bool:
    if call.map_axes != ("height", "width"):
        return False
    sizes = [size for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return all(size is not None and size >= POOL for size in sizes)


def in_picture(call: LayerRecord) -> bool:
    """Whether a call reads pictures, one at a time or one in every time step."""
    return call.rank == 2 and len(call.input_shape) - len(call.time_steps) == 3


def last_conv(model: ModelRecord) -> LayerRecord | None:
    """Return the last conv call, or None."""
    return next((call for call in reversed(model.layers) if call.role == "conv"), None)


def spatial_shape(model: ModelRecord) -> tuple[int | None, ...]:
    """Return the sizes of the model's main input without its channel axis."""
    return _spatial(model, model.main_input) if model.inputs else ()


def image_of(model: ModelRecord, call: LayerRecord) -> tuple[int | None, ...] | None:
    """Return the sizes of the input that a call's receptive field lies in, without its channel axis.

    Returns:
        The sizes, along the field's own axes where it has some; None where inputs of several sizes lie behind the call.
    """
    num_axes = len(call.receptive_field or ())
    places = model.inputs_behind(call) or ((model.main_input,) if model.inputs else ())
    sizes = {
        _spatial(model, place)[-num_axes:] for place in places if len(model.inputs[place].shape) > max(num_axes, 1)
    }
    if not places:
        return ()
    return sizes.pop() if len(sizes) == 1 else None


def _spatial(model: ModelRecord, place: int) -> tuple[int | None, ...]:
    shape_ = model.inputs[place].shape
    channels = model.input_channel_axis(shape_)
    return (*shape_[:channels], *shape_[channels + 1 :])


def matches(path: str, pattern: str) -> bool:
    """Return whether a call's path, or its last name, matches a shell pattern (* ? [abc])."""
    return fnmatchcase(path, pattern) or fnmatchcase(path.rsplit("/", 1)[-1], pattern)
