"""The record of a model -> its outputs that have the form of a picture: rows, columns, and channels or none.

An output in the form of a volume is one, too: its slices count as rows below each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from reportgen.records.model import ModelRecord, Shape, TensorRecord
from reportgen.records.places import spatial_shape

_PLANE_AXES, _VOLUME_AXES = 2, 3


@dataclass(frozen=True, slots=True)
class PictureOutput:
    """An output with a number, or several, for each place of a picture.

    Attributes:
        place: Its place among the outputs.
        name: Its name.
        activation: What it ends in, as `TensorRecord` has it.
        size: Rows and columns; of a volume slices, rows and columns.
        channels: Numbers for each place.
        channel_axis: Where the channels stand in one sample: behind the others, or 0 in channels_first order; None for
            one channel that has no axis of its own.
    """

    place: int
    name: str
    activation: str | None
    size: tuple[int, ...]
    channels: int
    channel_axis: int | None

    @property
    def num_classes(self) -> int:
        """How many classes it can tell apart; one number tells two."""
        return max(self.channels, 2)

    @property
    def is_volume(self) -> bool:
        """Whether it has slices."""
        return len(self.size) == _VOLUME_AXES

    @property
    def plane(self) -> tuple[int, int]:
        """Rows and columns, those of all slices below each other."""
        return prod(self.size[:-1]), self.size[-1]


def picture_outputs(model: ModelRecord) -> tuple[PictureOutput, ...]:
    """Return the outputs of a model of pictures or volumes which are such themselves, by their shapes alone.

    An output without an axis of channels is one where its sizes are those of the input; otherwise it may as well be
    a table. What a model reads in time steps is no volume.
    """
    num_axes = len(model.inputs[model.main_input].shape) - 1 if model.inputs else 0
    is_in_time = any(call.time_steps or call.kind.startswith("ConvLSTM") for call in model.layers)
    if num_axes not in (_PLANE_AXES, _VOLUME_AXES) or (num_axes == _VOLUME_AXES and is_in_time):
        return ()
    found = (_picture(model, place, output) for place, output in enumerate(model.outputs))
    return tuple(each for each in found if each is not None)


def answers_like_input(model: ModelRecord, output: PictureOutput) -> bool:
    """Return whether an output has as many rows, columns and channels as the main input."""
    shape = model.inputs[model.main_input].shape
    axis = model.input_channel_axis(shape)
    return shape[axis] == output.channels and (*shape[:axis], *shape[axis + 1 :]) == output.size


def _picture(model: ModelRecord, place: int, output: TensorRecord) -> PictureOutput | None:
    shape: Shape = output.shape
    num_axes = len(spatial_shape(model))
    if len(shape) == num_axes:
        if shape != spatial_shape(model):
            return None
        axis, channels = None, 1
    elif len(shape) == num_axes + 1:
        axis = 0 if model.channels_first else num_axes
        channels = shape[axis] or 0
    else:
        return None
    sizes = tuple(size or 0 for number, size in enumerate(shape) if number != axis)
    if min(sizes) < 2 or not channels:
        return None
    return PictureOutput(place, output.name, output.activation, sizes, channels, axis)
