"""What a model reads -> the words for it: an image has pixels, a signal positions, a table values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.records.model import LayerRecord, ModelRecord, Shape


@dataclass(frozen=True, slots=True)
class Words:
    """What things are called in a report.

    Attributes:
        sample: One sample: "image", "signal", "volume", "sequence", "sample".
        point: One place in it: "pixel", "position", "value".
        axes: The axes of one sample without the channels: "height", "position", "time" …
        is_picture: Whether it is a picture, so that it has an object, edges and a size in pixels.
    """

    sample: str
    point: str
    axes: tuple[str, ...]
    is_picture: bool = False

    @property
    def samples(self) -> str:
        """Several of them."""
        return f"{self.sample}s"

    @property
    def points(self) -> str:
        """Several places."""
        return f"{self.point}s"


_PICTURE = Words("image", "pixel", ("height", "width"), is_picture=True)
_BY_AXES = {
    1: Words("sample", "value", ("value",)),
    2: Words("signal", "position", ("position",)),
    3: _PICTURE,
    4: Words("volume", "position", ("depth", "height", "width")),
}
_IN_TIME = {
    3: Words("sequence", "position", ("time", "position")),
    4: Words("sequence", "position", ("time", "height", "width")),
    5: Words("sequence", "position", ("time", "depth", "height", "width")),
}


def words(model: ModelRecord) -> Words:
    """Return the words for what a model reads; where it has several inputs, for the one with the most axes."""
    if not model.inputs:
        return _PICTURE
    shape = model.inputs[model.main_input].shape
    table = _IN_TIME if any(_reads_steps(call, shape) for call in model.layers) else _BY_AXES
    unusual = Words("sample", "position", tuple(f"axis {place}" for place in range(1, len(shape))))
    return table.get(len(shape), unusual)


def volume(axes: Sequence[str], *, channels_first: bool = False) -> str:
    """Return the axes of what comes out of a layer in one expression.

    Args:
        axes: Those of one channel's map, as `LayerRecord.map_axes` has them.
        channels_first: Whether the channels stand before them.

    >>> volume(("height", "width")), volume(("position",))
    ('height × width × channels', 'length × channels')
    """
    names = ["length" if name == "position" else name for name in axes]
    return " × ".join(("channels", *names) if channels_first else (*names, "channels"))


def volumes(model: ModelRecord) -> str:
    """Return the axes of what comes out of the layers of a model, of the first conv or pooling layer's output."""
    call = next(iter(model.seen_calls), None)
    if call is None:
        return volume(words(model).axes)
    return volume(call.map_axes, channels_first=call.data_format == "channels_first")


def _reads_steps(call: LayerRecord, shape: Shape) -> bool:
    """Whether a call takes such an input apart into time steps."""
    in_steps = bool(call.time_steps) or call.kind.startswith("ConvLSTM")
    return in_steps and len(call.input_shape) == len(shape)
