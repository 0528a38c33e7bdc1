"""The record of a model -> its outputs that have the form of a picture: rows, columns, and channels or none."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.records.model import ModelRecord, Shape, TensorRecord
from reportgen.records.places import spatial_shape

_PICTURE_AXES = 3
_PLANE_AXES = 2


@dataclass(frozen=True, slots=True)
class PictureOutput:
    """An output with a number, or several, for each place of a picture.

    Attributes:
        place: Its place among the outputs.
        name: Its name.
        activation: What it ends in, as `TensorRecord` has it.
        size: Rows and columns.
        channels: Numbers for each place.
        channel_axis: Where the channels stand in one sample: 2, or 0 in channels_first order; None for one channel that
            has no axis of its own.
    """

    place: int
    name: str
    activation: str | None
    size: tuple[int, int]
    channels: int
    channel_axis: int | None

    @property
    def num_classes(self) -> int:
        """How many classes it can tell apart; one number tells two."""
        return max(self.channels, 2)


def picture_outputs(model: ModelRecord) -> tuple[PictureOutput, ...]:
    """Return the outputs of a model that reads pictures which are pictures themselves, by their shapes alone.

    An output of two axes is one where its sizes are those of the input; otherwise it may as well be a table.
    """
    if not model.inputs or len(model.inputs[model.main_input].shape) != _PICTURE_AXES:
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
    if len(shape) == _PLANE_AXES:
        if shape != spatial_shape(model):
            return None
        axis, channels = None, 1
    elif len(shape) == _PICTURE_AXES:
        axis = 0 if model.channels_first else 2
        channels = shape[axis] or 0
    else:
        return None
    rows, columns = (size or 0 for number, size in enumerate(shape) if number != axis)
    if min(rows, columns) < 2 or not channels:
        return None
    return PictureOutput(place, output.name, output.activation, (rows, columns), channels, axis)
