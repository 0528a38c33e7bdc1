"""What picture-shaped outputs answer with, by shapes, activations and values; and what is refused, in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.errors import DataError, OptionsError
from reportgen.records.model import ModelRecord, TensorRecord
from reportgen.sources import meaning
from reportgen.sources.dataset import Dataset
from reportgen.sources.memory import from_arrays
from tests import made

SIDE = 6
GREY: NDArray[np.float32] = np.random.default_rng(1).random((4, SIDE, SIDE, 1)).astype(np.float32)
COLOUR = np.repeat(GREY, 3, axis=-1)
MASKS = np.arange(4 * SIDE * SIDE).reshape(4, SIDE, SIDE) % 3


def network(*outputs: tuple[int, str | None], channels: int = 3) -> ModelRecord:
    """A model of pictures whose outputs have so many channels and end so."""
    return made.model(
        made.conv(),
        inputs=(TensorRecord("image", (SIDE, SIDE, channels), "float32"),),
        outputs=tuple(
            TensorRecord(f"out_{place}", (SIDE, SIDE, number), "float32", activation)
            for place, (number, activation) in enumerate(outputs)
        ),
        parameters=10,
    )


def settled(model: ModelRecord, images: Any, truth: Any = None, answers: str = "auto", names: Any = ()) -> Dataset:
    given = from_arrays(images, truth, names)
    return meaning.settle(given, given, model, answers, None)


def kinds(dataset: Dataset) -> list[tuple[str, bool]]:
    return [(truth.kind, truth.read is not None) for truth in dataset.pixels]


@pytest.mark.parametrize(
    ("output", "channels", "names", "expected"),
    [
        ((4, "softmax"), 3, (), "classes"),
        ((3, "softmax"), 3, (), "classes"),
        ((1, "sigmoid"), 3, (), "classes"),
        ((1, "sigmoid"), 1, (), "input"),
        ((3, "linear"), 3, (), "input"),
        ((1, "linear"), 3, (), "values"),
        ((4, "linear"), 3, ("a", "b", "c", "d"), "classes"),
        ((4, "linear"), 3, (), ""),
        ((4, "relu"), 3, (), "values"),
    ],
)
def test_without_truth_shape_and_end_decide(
    output: tuple[int, str], channels: int, names: tuple[str, ...], expected: str
) -> None:
    found = settled(network(output, channels=channels), COLOUR if channels == 3 else GREY, names=names)
    assert kinds(found) == [(expected, False)]


@pytest.mark.parametrize(
    ("output", "truth", "expected"),
    [
        ((3, "softmax"), MASKS, "classes"),
        ((3, "linear"), MASKS, "classes"),
        ((3, None), np.eye(3)[MASKS], "classes"),
        ((3, "linear"), np.random.default_rng(2).random((4, SIDE, SIDE, 3)), "values"),
        ((1, "sigmoid"), MASKS % 2, "classes"),
        ((1, "linear"), MASKS % 2, "classes"),
        ((1, "linear"), MASKS, "values"),
        ((1, "relu"), MASKS % 2, "values"),
        ((1, "sigmoid"), MASKS / 2, "values"),
    ],
)
def test_what_is_true_decides(output: tuple[int, str | None], truth: Any, expected: str) -> None:
    assert kinds(settled(network(output), COLOUR, truth)) == [(expected, True)]


@pytest.mark.parametrize(("answers", "expected"), [("classes", "classes"), ("input", "input"), ("values", "values")])
def test_option_decides_before_anything_else(answers: str, expected: str) -> None:
    assert kinds(settled(network((1, "sigmoid"), channels=1), GREY, answers=answers)) == [(expected, False)]


def test_truth_that_is_the_images_is_a_reconstruction() -> None:
    found = settled(network((3, "sigmoid")), COLOUR, COLOUR)
    assert kinds(found) == [("input", False)]
    assert any("are the images themselves" in note for note in found.notes)


def test_each_output_gets_its_own() -> None:
    model = network((3, "softmax"), (1, "linear"))
    given = from_arrays(COLOUR, MASKS)
    depth = from_arrays(COLOUR, GREY)
    both = replace(given, maps=(("out_1", depth.maps[0][1]), *given.maps))
    found = meaning.settle(both, given, model, "auto", None)
    assert [(truth.output, truth.kind) for truth in found.pixels] == [("out_0", "classes"), ("out_1", "values")]


def test_maps_of_an_output_that_is_no_picture_stay_its_values() -> None:
    model = made.model(outputs=(TensorRecord("corners", (4, 2), "float32", "linear"),))
    corners = np.arange(32.0).reshape(4, 4, 2) / 3
    found = settled(model, GREY, corners)
    ((name, values),) = found.targets
    assert name == ""
    np.testing.assert_array_equal(values, corners)
    assert (found.maps, found.pixels) == ((), ())


@pytest.mark.parametrize(
    ("output", "truth", "said"),
    [
        ((3, "softmax"), MASKS + 5, "hold 7, but the output 'out_0' tells 3 classes apart. Expected 0 to 2"),
        ((3, "softmax"), MASKS - 7, "hold -7, but the output"),
        ((3, "softmax"), MASKS[:, :4], "are 4 × 6 for each image, and the output 'out_0' answers with 6 × 6 × 3"),
        ((3, "softmax"), np.zeros((4, SIDE, SIDE, 2)), "are 6 × 6 × 2 for each image"),
        ((3, "softmax"), np.full((4, SIDE, SIDE), 0.5), "neither one class number for each pixel nor rows of 0"),
        ((3, "softmax"), np.zeros((4, SIDE, SIDE, 3)), "neither one class number for each pixel nor rows of 0"),
        ((3, "linear"), np.full((4, SIDE, SIDE), 0.5), "hold 1 values for each pixel, and the output"),
        ((3, "softmax"), np.full((4, SIDE, SIDE), 255), "leave out every pixel"),
        ((1, "linear"), np.full((4, SIDE, SIDE), np.nan), "hold no number at all"),
        ((1, "sigmoid"), MASKS * 100, "run from 0 to 200, and it ends in a sigmoid"),
    ],
)
def test_masks_that_do_not_fit_are_refused_in_one_sentence(output: tuple[int, str], truth: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        settled(network(output), COLOUR, truth)
    assert said in str(caught.value)
    assert "Expected" in str(caught.value)


def test_fewer_masks_than_images_are_refused() -> None:
    with pytest.raises(DataError, match=r"4 images and 3 labels"):
        settled(network((3, "softmax")), COLOUR, MASKS[:3])


def test_masks_without_an_output_of_pixels_are_refused() -> None:
    with pytest.raises(DataError, match=r"no output answers with a picture"):
        settled(made.model(), GREY, MASKS)


def test_masks_for_an_unknown_output_are_refused() -> None:
    given = from_arrays(COLOUR, MASKS)
    given = replace(given, maps=(("elsewhere", given.maps[0][1]),))
    with pytest.raises(DataError, match=r"output 'elsewhere', but the outputs are out_0"):
        meaning.settle(given, given, network((3, "softmax")), "auto", None)


def test_output_of_another_shape_cannot_be_the_input() -> None:
    with pytest.raises(OptionsError, match=r"not the shape of the input"):
        settled(network((2, "sigmoid")), COLOUR, answers="input")


def test_masks_of_the_images_own_size_are_cut_and_resized_as_they_are() -> None:
    images = np.zeros((2, 8, 16, 3), np.uint8)
    masks = np.zeros((2, 8, 16), np.uint8)
    masks[:, :, 8:] = 1
    given = from_arrays(images, masks)
    model = network((2, "softmax"))
    model = replace(model, inputs=(TensorRecord("image", (4, 4, 3), "float32"),))
    model = replace(model, outputs=(TensorRecord("out", (4, 4, 2), "float32", "softmax"),))
    (truth,) = meaning.settle(given, given, model, "auto", None).pixels
    assert truth.read is not None
    np.testing.assert_array_equal(truth.read([1])[0], [[0, 0, 1, 1]] * 4)


@pytest.mark.parametrize("end", ["sigmoid", "linear"])
def test_several_classes_of_one_pixel_are_refused_and_compared_as_numbers_where_that_is_asked(end: str) -> None:
    several = np.eye(3)[MASKS]
    several[:, 0, 0] = 1
    with pytest.raises(
        DataError, match=r"several classes of a pixel are 1, or none. Expected a single 1 .* --answers v"
    ):
        settled(network((3, end)), COLOUR, several)
    assert kinds(settled(network((3, end)), COLOUR, several, answers="values")) == [("values", True)]
