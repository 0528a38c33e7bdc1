from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.sources import folder
from reportgen.sources.dataset import Manner, Reading, Resize
from reportgen.sources.fitting import fit
from reportgen.sources.memory import from_arrays
from reportgen.sources.resizing import white, window

Images = npt.NDArray[Any]


def fitted(images: Images, shape: tuple[int | None, ...], resize: Resize = "crop") -> tuple[Images, str]:
    """Return the images as a model that rescales itself gets them, and the sentence on what was done to their shape."""
    dataset = fit(from_arrays(images), shape, "float64", Manner(rescales=True, resize=resize))
    found = dataset.read(range(dataset.size))
    assert found.shape == (len(images), *dataset.shape)
    return found, dataset.notes[0]


TARGETS: list[tuple[int, ...]] = [(8, 8, 1), (20, 9, 3), (3, 8, 8), (8, 8)]
SHAPES: list[tuple[int, ...]] = [(12, 7), (12, 7, 1), (12, 7, 3), (12, 7, 4), (8, 8, 4), (8, 8, 3)]
# Two axes on both sides may be a signal, which is never resized.
PAIRS = [(shape, target) for shape in SHAPES for target in TARGETS if not len(shape) == len(target) == 2]


@pytest.mark.parametrize("resize", ["crop", "stretch"])
@pytest.mark.parametrize(("shape", "target"), PAIRS, ids=str)
def test_an_array_becomes_what_a_picture_with_the_same_pixels_becomes(
    tmp_path: Path, shape: tuple[int, ...], target: tuple[int, ...], resize: Resize
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    for index, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(tmp_path / f"{index}.png")
    pictures = fit(folder.open(str(tmp_path), target, Reading(resize)), target, "float64", Manner(rescales=True))
    found, _ = fitted(images, target, resize)
    np.testing.assert_array_equal(found, pictures.read(range(3)))


@pytest.mark.parametrize(
    ("shape", "target", "resize", "note"),
    [
        ((12, 6, 4), (3, 3, 1), "crop",
         "Each image was laid on white where it is transparent, turned from colour to grey (ITU-R 601 luma) and cut "
         "down to its centre of 6 × 6 pixels, because its proportions are not the model's, and resized to 3 × 3 pixels "
         "(bilinear, proportions kept): 12 × 6 × 4 became 3 × 3 × 1."),
        ((6, 6), (3, 3, 3), "crop",
         "Each image was repeated in three channels and resized to 3 × 3 pixels (bilinear, proportions kept): 6 × 6 "
         "became 3 × 3 × 3."),
        ((3, 12, 6), (3, 3, 1), "stretch",
         "Each image was turned from colour to grey (ITU-R 601 luma) and resized to 3 × 3 pixels (bilinear, "
         "proportions not kept): 3 × 12 × 6 became 3 × 3 × 1."),
        ((4, 5, 4), (None, None, 3), "crop",
         "Each image was laid on white where it is transparent: 4 × 5 × 4 became 4 × 5 × 3."),
    ],
    ids=str,
)  # fmt: skip
def test_what_was_done_is_one_sentence(
    shape: tuple[int, ...], target: tuple[int | None, ...], resize: Resize, note: str
) -> None:
    assert fitted(np.full((2, *shape), 255, np.uint8), target, resize)[1] == note


def test_channels_may_stand_first_before_and_after() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 9, 12, 3), np.uint8)
    expected = fitted(images, (8, 8, 3))[0]
    first = images.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(fitted(first, (8, 8, 3))[0], expected)
    np.testing.assert_array_equal(fitted(first, (3, 8, 8))[0], expected.transpose(0, 3, 1, 2))


@pytest.mark.keras
@pytest.mark.parametrize("dtype", ["float64", "float32", "uint16", "int32"])
@pytest.mark.parametrize("target", [(5, 9), (40, 31)], ids=str)
def test_numbers_of_any_format_are_resized_as_tensorflow_resizes_them(target: tuple[int, int], dtype: str) -> None:
    import tensorflow as tf

    images = (np.random.default_rng(0).random((2, 16, 13, 3)) * 60_000).astype(dtype)
    theirs = tf.image.resize(images, target, method="bilinear", antialias=True)
    found, _ = fitted(images, (*target, 3), "stretch")
    np.testing.assert_allclose(found, theirs, atol=0.6 if dtype in {"uint16", "int32"} else 0.1)
    if dtype in {"uint16", "int32"}:
        np.testing.assert_array_equal(found, np.rint(found))


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [
        ([1.0, 0.0, 0.0], 0.299),
        ([0.0, 1.0, 0.0], 0.587),
        ([0.0, 0.0, 1.0], 0.114),
        ([1.0, 0.5, 0.0, 0.0], 1.0),
        ([1.0, 0.5, 0.0, 1.0], 0.299 + 0.2935),
        ([0.0, 0.0, 0.0, 0.25], 0.75),
    ],
)
def test_colours_as_fractions_turn_grey_by_itu_r_601_on_white(pixel: list[float], expected: float) -> None:
    images = np.ones((1, 2, 2, len(pixel)))
    images[0, 0, 0] = pixel
    np.testing.assert_allclose(fitted(images, (2, 2, 1))[0][0, 0, 0], [expected])


def test_deep_colours_lie_on_a_deep_white() -> None:
    images = np.zeros((1, 2, 2, 4), np.uint16)
    images[0, 0, 0] = 65535
    assert fitted(images, (2, 2, 3))[0][0].max(axis=2).tolist() == [[65535, 65535], [65535, 65535]]


def test_whether_something_is_there_stays_yes_or_no() -> None:
    images = np.zeros((1, 4, 4), np.bool_)
    images[0, :, 2:] = True
    assert fitted(images, (2, 2, 1))[0][0, :, :, 0].tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("have", "want", "expected"),
    [
        ((10, 10), (5, 5), (0, 0, 10, 10)),
        ((10, 20), (5, 5), (5, 0, 15, 10)),
        ((20, 10), (5, 5), (0, 5, 10, 15)),
        ((10, 20), (5, 20), (0, 2, 20, 7)),
        ((1, 9), (9, 1), (4, 0, 5, 1)),
    ],
)
def test_the_part_that_is_taken_lies_in_the_centre(
    have: tuple[int, int], want: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert window(have, want, "crop") == expected
    assert window(have, want, "stretch") == (0, 0, have[1], have[0])


def test_nothing_is_enlarged_more_than_eightfold_unless_asked_for() -> None:
    images = np.zeros((2, 20, 28, 1), np.uint8)
    with pytest.raises(DataError, match=r"Received images of 20 × 28 × 1; .* cut and enlarged 11.2 times"):
        fit(from_arrays(images), (224, 224, 1), "float32", Manner(rescales=True))
    choices: tuple[Resize, ...] = ("crop", "stretch")
    for resize in choices:
        assert fit(from_arrays(images), (224, 224, 1), "float32", Manner(rescales=True, resize=resize)).size == 2
    assert fit(from_arrays(images[:, :, :20]), (160, 160, 1), "float32", Manner(rescales=True)).size == 2


def test_a_white_that_cannot_be_told_is_not_guessed() -> None:
    assert white(-1, 1) is None
    assert white(0, 100_000) is None
