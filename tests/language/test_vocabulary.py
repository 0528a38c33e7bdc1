"""The words for what a model reads."""

from __future__ import annotations

import pytest

from reportgen.language.vocabulary import Words, volumes, words
from reportgen.records.model import ModelRecord, Shape, TensorRecord
from tests import made


def reading(*shapes: Shape) -> ModelRecord:
    inputs = tuple(TensorRecord(f"input_{place}", shape, "float32") for place, shape in enumerate(shapes))
    return made.model(made.conv(), inputs=inputs)


@pytest.mark.parametrize(
    ("shapes", "sample", "points", "axes"),
    [
        (((28, 28, 1),), "image", "pixels", ("height", "width")),
        (((400, 2),), "signal", "positions", ("position",)),
        (((8, 24, 24, 1),), "volume", "positions", ("depth", "height", "width")),
        (((64,),), "sample", "values", ("value",)),
        (((5,), (28, 28, 3)), "image", "pixels", ("height", "width")),
        (((2, 3, 4, 5, 6),), "sample", "positions", ("axis 1", "axis 2", "axis 3", "axis 4")),
        ((), "image", "pixels", ("height", "width")),
    ],
    ids=["picture", "signal", "volume", "table", "table and picture", "five axes", "nothing known"],
)
def test_words_follow_the_axes_of_the_input(
    shapes: tuple[Shape, ...], sample: str, points: str, axes: tuple[str, ...]
) -> None:
    found = words(reading(*shapes))
    assert (found.sample, found.points, found.axes) == (sample, points, axes)
    assert found.is_picture == (sample == "image")


@pytest.mark.parametrize("kind", ["Conv2D", "ConvLSTM2D"])
def test_input_that_is_taken_apart_into_steps_is_a_sequence(kind: str) -> None:
    steps = (5,) if kind == "Conv2D" else ()
    call = made.layer("conv", kind, input_shape=(5, 24, 24, 3), output_shape=(5, 22, 22, 8), time_steps=steps)
    model = made.model(call, inputs=(TensorRecord("film", (5, 24, 24, 3), "float32"),))
    assert words(model) == Words("sequence", "position", ("time", "height", "width"))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({}, "height × width × channels"),
        ({"data_format": "channels_first"}, "channels × height × width"),
        ({"kind": "Conv1D", "output_shape": (4, 8)}, "length × channels"),
        ({"kind": "Conv3D", "output_shape": (4, 4, 4, 8)}, "depth × height × width × channels"),
        ({"output_shape": (5, 4, 4, 8), "time_steps": (5,)}, "time × height × width × channels"),
        ({"kind": "ConvLSTM2D", "output_shape": (5, 4, 4, 8)}, "time × height × width × channels"),
    ],
    ids=["picture", "channels first", "signal", "volume", "steps", "recurrent"],
)
def test_axes_of_shapes_are_those_of_the_first_conv_layer(others: dict[str, object], expected: str) -> None:
    kind = str(others.get("kind", "Conv2D"))
    rest = {name: value for name, value in others.items() if name != "kind"}
    assert volumes(made.model(made.layer("conv", kind, role="conv", **rest))) == expected
