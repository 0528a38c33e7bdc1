from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.errors import DataError, UnknownNameError
from reportgen.sources.dataset import Manner
from reportgen.sources.fitting import fit
from tests.sources.datasets import Images, make


def counting(*shape: int) -> Images:
    """Return two images that count upwards, as floats between 0 and 1 that nobody scales."""
    size = 2 * int(np.prod(shape))
    return (np.arange(size) / size).reshape(2, *shape).astype(np.float32)


def fitted(images: Images, shape: tuple[int | None, ...], **options: Any) -> tuple[Images, tuple[str, ...]]:
    """Return the images as the model gets them, and what was noted."""
    dataset = fit(
        make(images), shape, options.pop("dtype", "float32"), Manner(options.pop("rescales", False), **options)
    )
    found = dataset.read(range(dataset.size))
    assert found.shape == (dataset.size, *dataset.shape)
    assert dataset.notes[0] == "Before."
    return found, dataset.notes[1:]


@pytest.mark.parametrize("shape", [(4, 5, 1), (None, None, 1), (None, 5, None)])
def test_images_that_fit_are_left_as_they_are(shape: tuple[int | None, ...]) -> None:
    images = counting(4, 5, 1)
    found, notes = fitted(images, shape)
    np.testing.assert_array_equal(found, images)
    assert len(notes) == 1


IMAGE = counting(4, 5)
COLOUR = counting(4, 5, 3)


@pytest.mark.parametrize(
    ("images", "shape", "expected", "note"),
    [
        (IMAGE, (4, 5, 1), IMAGE[..., None], "reshaped from 4 × 5 to 4 × 5 × 1"),
        (IMAGE, (None, None, 1), IMAGE[..., None], "Images were reshaped"),
        (IMAGE, (1, 4, 5), IMAGE[:, None], "reshaped from 4 × 5 to 1 × 4 × 5"),
        (IMAGE[..., None], (4, 5), IMAGE, "reshaped from 4 × 5 × 1 to 4 × 5"),
        (IMAGE[:, None], (4, 5), IMAGE, "reshaped from 1 × 4 × 5 to 4 × 5"),
        (COLOUR[:, None], (4, 5, 3), COLOUR, "Images were reshaped"),
        (IMAGE.reshape(2, 20), (4, 5, 1), IMAGE[..., None], "20 values of each image were read as 4 × 5 × 1"),
        (IMAGE[:, None], (4, 5, 1), IMAGE[..., None], "moved from the first to the last place: 1 × 4 × 5"),
        (COLOUR.transpose(0, 3, 1, 2), (4, 5, 3), COLOUR, "moved from the first to the last place: 3 × 4 × 5"),
        (COLOUR.transpose(0, 3, 1, 2), (None, None, 3), COLOUR, "moved from the first to the last place"),
        (COLOUR, (3, 4, 5), COLOUR.transpose(0, 3, 1, 2), "moved from the last to the first place"),
        (IMAGE, (4, 5, 3), np.stack([IMAGE] * 3, -1), "repeated in three channels: 4 × 5 became 4 × 5 × 3"),
        (IMAGE[..., None], (None, None, 3), np.stack([IMAGE] * 3, -1), "repeated in three channels"),
        (IMAGE[:, None], (4, 5, 3), np.stack([IMAGE] * 3, -1), "repeated in three channels"),
        (IMAGE[..., None], (3, 4, 5), np.stack([IMAGE] * 3, 1), "repeated in three channels"),
        (counting(20), (20, 1), counting(20)[..., None], "reshaped from 20 to 20 × 1"),
    ],
)
def test_one_clear_change_of_layout_is_made_and_noted(
    images: Images, shape: tuple[int | None, ...], expected: Images, note: str
) -> None:
    found, notes = fitted(images, shape)
    np.testing.assert_array_equal(found, expected)
    assert note in notes[0]


@pytest.mark.parametrize(
    ("have", "shape"),
    [
        ((28, 28), (32, 32, 2)),
        ((50, 3), (100, 3)),
        ((28, 28, 2), (32, 32, 3)),
        ((28, 28, 5), (32, 32, 1)),
        ((32, 32, 3), (32, 32, 4)),
        ((32, 32), (32, 32, 4)),
        ((28, 28, 1), (784,)),
        ((784,), (None, None, 1)),
        ((784,), (32, 32, 1)),
        ((28, 28), (28, 28, 2)),
        ((2, 28, 28), (28, 28, 2)),
        ((5, 28, 28, 3), (28, 28, 3)),
    ],
)
def test_images_of_another_shape_are_refused_with_both_shapes(
    have: tuple[int, ...], shape: tuple[int | None, ...]
) -> None:
    received = " × ".join(map(str, have))
    with pytest.raises(DataError, match=f"Received images of {received} from 'a.npz'. Expected images of .* Resize"):
        fit(make(np.zeros((2, *have))), shape, "float32", Manner(rescales=False))


def test_transparent_images_without_a_known_white_are_refused() -> None:
    with pytest.raises(DataError, match=r"Received images of 4 × 4 × 4 .* Expected images of 4 × 4 × 3"):
        fit(make(np.full((2, 4, 4, 4), -1.0)), (4, 4, 3), "float32", Manner(rescales=False))


UNIT = np.array([[[0.0, 0.25], [0.5, 1.0]]])
BYTES = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
SCALED = np.array([[[0, 0.2], [0.4, 1]]])


@pytest.mark.parametrize(
    ("images", "rescales", "scale", "expected", "note"),
    [
        (
            BYTES,
            False,
            "auto",
            SCALED,
            "whole values from 0 to 255; they were divided by 255, because the model does not",
        ),
        (BYTES.astype(np.int64), False, "auto", SCALED, "they were divided by 255"),
        (BYTES.astype(np.float64), False, "auto", SCALED, "they were divided by 255"),
        (BYTES, True, "auto", BYTES, "left as they are, because the model rescales its input."),
        (UNIT, False, "auto", UNIT, "left as they are, because they already run from 0 to 1"),
        (UNIT, True, "auto", UNIT, "left as they are, because the model rescales its input."),
        (
            UNIT * 255,
            False,
            "auto",
            UNIT * 255,
            "values from 0 to 255; they were left as they are, because they are not",
        ),
        (UNIT - 1, False, "auto", UNIT - 1, "values from −1 to 0; they were left as they are, because they are not"),
        (
            BYTES.astype(np.uint16) * 257,
            False,
            "auto",
            BYTES * 257.0,
            "from 0 to 65\u202f535; they were left as they are",
        ),
        (BYTES > 60, False, "auto", BYTES > 60, "whole values from 0 to 1; they were left as they are"),
        (BYTES, False, "none", BYTES, "left as they are, as asked"),
        (BYTES, True, "1/255", SCALED, "divided by 255, as asked"),
        (UNIT * 255, False, "1/255", UNIT, "divided by 255, as asked"),
    ],
)
def test_values_are_scaled_only_where_the_model_needs_it_and_it_is_said(
    images: Images, rescales: bool, scale: str, expected: Images, note: str
) -> None:
    found, notes = fitted(images, (2, 2), rescales=rescales, scale=scale)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected.astype(np.float32))
    assert note in notes[-1]


def test_the_first_256_images_decide() -> None:
    images = np.zeros((300, 2, 2), np.uint8)
    images[255] = 9
    images[256] = 200
    _, notes = fitted(images, (2, 2))
    assert notes[-1].startswith("The first 256 of 300 samples hold whole values from 0 to 9; they were divided by 255")


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float32", "float32"), ("float16", "float16"), ("float64", "float64"), ("no-such-format", "float32")],
)
def test_images_get_the_number_format_of_the_model(dtype: str, expected: str) -> None:
    found, _ = fitted(BYTES, (2, 2), dtype=dtype)
    assert found.dtype == np.dtype(expected)
    np.testing.assert_allclose(found, SCALED, rtol=1e-3)


def test_a_model_of_whole_numbers_gets_whole_numbers() -> None:
    found, notes = fitted(BYTES.astype(np.float32), (2, 2), dtype="uint8")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, BYTES)
    assert "because the model takes whole numbers" in notes[-1]


@pytest.mark.parametrize(("images", "scale"), [(UNIT, "auto"), (BYTES, "1/255")])
def test_a_model_of_whole_numbers_gets_no_fractions(images: Images, scale: str) -> None:
    with pytest.raises(DataError, match=r"takes whole numbers \(uint8\)"):
        fit(make(images), (2, 2), "uint8", Manner(rescales=False, scale=scale))


@pytest.mark.parametrize(
    ("images", "dtype"), [(np.full((1, 2, 2), 256), "uint8"), (np.full((1, 2, 2), 1e300), "float32")]
)
def test_values_that_the_number_format_cannot_hold_are_refused(images: Images, dtype: str) -> None:
    with pytest.raises(DataError, match=f"values that {dtype} cannot hold"):
        fit(make(images), (2, 2), dtype, Manner(rescales=False)).read([0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(value: float) -> None:
    images = np.zeros((300, 2, 2))
    images[40, 1, 1] = value
    with pytest.raises(DataError, match=r"Image 40 of 'test images' \(counted from 0\) holds 1 values that are NaN"):
        fit(make(images), (2, 2), "float32", Manner(rescales=False))


def test_values_that_are_no_numbers_are_refused_also_behind_the_judged_images() -> None:
    images = np.zeros((300, 2, 2))
    images[299] = np.nan
    dataset = fit(make(images), (2, 2), "float32", Manner(rescales=False))
    with pytest.raises(DataError, match=r"Image 299 .* holds 4 values that are NaN"):
        dataset.read([0, 299])


def test_no_images_are_refused() -> None:
    with pytest.raises(DataError, match="hold no images"):
        fit(make(np.zeros((0, 2, 2))), (2, 2), "float32", Manner(rescales=False))


def test_an_unknown_scale_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownNameError, match="Expected one of: auto, none, 1/255"):
        fit(make(BYTES), (2, 2), "float32", Manner(rescales=False, scale="127.5"))


def test_a_batch_of_no_images_keeps_its_shape() -> None:
    dataset = fit(make(np.zeros((3, 16), np.uint8)), (4, 4, 1), "float32", Manner(rescales=False))
    assert dataset.read([]).shape == (0, 4, 4, 1)
