"""Scaling of pixel values: every way gives the numbers of its definition, and what speaks against one is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError, OptionsError, UnknownNameError
from reportgen.sources.dataset import Array, Dataset, Manner
from reportgen.sources.fitting import fit
from tests.sources.datasets import make

Images = npt.NDArray[Any]

BYTES = np.array([[[0, 51], [102, 255]]], np.uint8)
UNIT = BYTES / 255
# Two pixels, their red, green and blue far apart.
COLOUR = np.array([[[[0, 51, 102], [255, 204, 153]]]], np.uint8)
# ImageNet's means and deviations as Keras's documentation gives them: of blue, green, red; and of red, green, blue.
CAFFE = COLOUR[..., ::-1] - np.array([103.939, 116.779, 123.68])
TORCH = (COLOUR / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
RESNET = "keras.applications.resnet50"


def fitted(images: Images, **options: Any) -> Dataset:
    return fit(
        make(images),
        images.shape[1:],
        options.pop("dtype", "float32"),
        Manner(options.pop("rescales", False), **options),
    )


def read(images: Images, way: str, **options: Any) -> tuple[Images, str]:
    """Return the images as the model gets them, and the last note."""
    dataset = fitted(images, scale=way, **options)
    return dataset.read(range(dataset.size)), dataset.notes[-1]


def doubts(images: Images, way: str = "auto", **options: Any) -> list[tuple[str, str]]:
    scaling = fitted(images, scale=way, **options).scaling
    assert scaling is not None
    return [(doubt.other, doubt.why) for doubt in scaling.doubts]


def names(images: Images, way: str = "auto", **options: Any) -> tuple[str, ...]:
    scaling = fitted(images, scale=way, **options).scaling
    assert scaling is not None
    return scaling.names


@pytest.mark.parametrize(
    ("images", "way", "expected", "note"),
    [
        (BYTES, "-1..1", [[-1, -0.6], [-0.2, 1]], "they were divided by 127.5 and lowered by 1, as asked"),
        (UNIT, "-1..1", [[-1, -0.6], [-0.2, 1]], "they were doubled and lowered by 1, from 0 to 1 as they were"),
        (BYTES, "0..255", [[0, 51], [102, 255]], "they were left as they are, since they do not run from 0 to 1"),
        (UNIT, "0..255", [[0, 51], [102, 255]], "they were multiplied by 255, from 0 to 1 as they were"),
        (UNIT, "1/255", UNIT[0] / 255, "they were divided by 255, as asked"),
        (BYTES * 300.0, "none", BYTES[0] * 300.0, "they were left as they are, as asked"),
    ],
)
def test_each_way_gives_its_numbers_and_says_so(images: Images, way: str, expected: Any, note: str) -> None:
    found, said = read(images, way)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    assert note in said


@pytest.mark.keras
@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("resnet50", CAFFE),
        ("vgg16", CAFFE),
        ("densenet", TORCH),
        ("mobilenet_v2", COLOUR / 127.5 - 1),
        ("xception", COLOUR / 127.5 - 1),
        ("efficientnet", COLOUR),
        ("imagenet_utils", CAFFE),
    ],
)
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("values", ["bytes", "unit"])
def test_preprocessing_of_a_keras_network_gives_the_numbers_of_its_documentation(
    module: str, expected: Images, layout: str, values: str
) -> None:
    images: Images = COLOUR if values == "bytes" else COLOUR / 255
    if layout == "channels_first":
        images, expected = images.transpose(0, 3, 1, 2), expected.transpose(0, 3, 1, 2)
    before = images.copy()
    found, note = read(images, f"keras.applications.{module}")
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_array_equal(images, before)
    assert f"went through keras.applications.{module}.preprocess_input, as asked" in note
    assert ("multiplied by 255" in note) == (values == "unit")


@pytest.mark.keras
def test_unknown_network_is_refused_with_those_that_keras_has() -> None:
    with pytest.raises(UnknownNameError, match=r"'resnet51'. Expected one of: convnext, densenet, .*, xception"):
        fitted(COLOUR, scale="keras.applications.resnet51")


@pytest.mark.keras
@pytest.mark.parametrize("images", [BYTES, BYTES[..., None], np.zeros((1, 2, 2, 4), np.uint8)])
def test_preprocessing_of_a_keras_network_needs_three_channels(images: Images) -> None:
    with pytest.raises(
        DataError, match=r"Expected colour pictures of three channels for keras\.applications\.resnet50"
    ):
        fitted(images, scale=RESNET)


OWN = """
import numpy as np

def halved(images):
    assert images.dtype == np.float32 and images.ndim == 3
    images /= 2
    return images

def as_list(images):
    return images.tolist()

def flat(images):
    return images.reshape(-1)

def fewer(images):
    return images[:-1]

def words(images):
    return np.full(images.shape, "a")

def nothing(images):
    return images / 0 * 0

def broken(images):
    raise ValueError("no such table")

def leaves(images):
    raise SystemExit(3)

number = 3
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_scaling.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "own_broken.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(("function", "factor"), [("halved", 0.5), ("as_list", 1.0)])
def test_own_function_is_called_with_the_values_as_they_are_and_named(function: str, factor: float) -> None:
    images = np.repeat(BYTES, 40, axis=0)
    found, note = read(images, f"own_scaling:{function}")
    np.testing.assert_array_equal(found, images * np.float32(factor))
    assert found.dtype == np.float32
    assert f"went through your own function own_scaling:{function}, whose code was run, as asked" in note
    np.testing.assert_array_equal(images[0], BYTES[0])


@pytest.mark.usefixtures("own")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(
    ("way", "error", "sentence"),
    [
        (
            "own_scaling:flat",
            DataError,
            r"made \(4,\) of float32 out of a batch of \(1, 2, 2\). Expected .* same shape",
        ),
        ("own_scaling:fewer", DataError, r"made \(0, 2, 2\) of float32 out of a batch"),
        ("own_scaling:words", DataError, r"made \(1, 2, 2\) of <U1 out of a batch"),
        ("own_scaling:nothing", DataError, "made values that are NaN or infinite"),
        (
            "own_scaling:broken",
            DataError,
            "'own_scaling:broken' failed: ValueError: no such table. Expected a function",
        ),
        ("own_scaling:leaves", DataError, "'own_scaling:leaves' failed: SystemExit: 3. Expected a function"),
        ("own_scaling:number", OptionsError, "'own_scaling' has no function 'number'. Expected module:function"),
        ("own_scaling:none", OptionsError, "'own_scaling' has no function 'none'"),
        ("own_nothing:a", DataError, "'own_nothing:a' failed: ModuleNotFoundError"),
        ("own_broken:a", DataError, "'own_broken:a' failed: ZeroDivisionError"),
    ],
)
def test_own_function_that_cannot_be_used_is_one_sentence(way: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        read(BYTES, way)


@pytest.mark.parametrize(
    ("images", "options", "note"),
    [
        (
            BYTES,
            {"rescales": "start/rescaling"},
            "because the model rescales its input itself, in its layer 'start/resc",
        ),
        (BYTES, {}, "they were divided by 255, because the model does not rescale its input"),
        (BYTES, {"networks": [("resnet50", "resnet50")]}, "they were divided by 255, because the model does not"),
    ],
)
def test_automatic_choice_says_why(images: Images, options: dict[str, Any], note: str) -> None:
    assert note in fitted(images, **options).notes[-1]


@pytest.mark.parametrize(
    ("images", "way", "rescales", "expected"),
    [
        (UNIT, "auto", True, [("0..255", "from 0 to 1: they may be scaled twice")]),
        (BYTES, "1/255", True, [("none", "from 0 to 1: they may be scaled twice")]),
        (BYTES, "-1..1", True, [("none", "from −1 to 1: they may be scaled twice")]),
        (UNIT * 2 - 1, "auto", True, [("", "from −1 to 1: they may be scaled twice")]),
        (UNIT, "0..255", True, []),
        (UNIT, "1/255", True, [("0..255", "from 0 to 0.00392: they may be scaled twice")]),
        (BYTES, "auto", True, []),
        (BYTES, "auto", False, []),
        (UNIT, "1/255", False, [("none", "were divided by 255 once more, as asked")]),
        (BYTES, "1/255", False, []),
        (UNIT, "-1..1", False, []),
        (
            BYTES * 100.0,
            "1/255",
            False,
            [("none", "1/255 is meant for values from 0 to 255 or from 0 to 1, but the va")],
        ),
        (BYTES - 100.0, "-1..1", False, [("none", "but the values run from −100 to 155")]),
        (BYTES * 100.0, "none", False, []),
    ],
)
def test_what_the_values_and_the_layers_speak_against_is_a_doubt(
    images: Images, way: str, rescales: bool, expected: list[tuple[str, str]]
) -> None:
    found = doubts(images, way, rescales=rescales)
    assert [other for other, _ in found] == [other for other, _ in expected]
    assert all(part in why for (_, why), (_, part) in zip(found, expected, strict=True))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("images", "way", "rescales", "expected"),
    [
        (COLOUR, "auto", False, [RESNET]),
        (COLOUR, "auto", True, []),
        (COLOUR, RESNET, False, []),
        (COLOUR, "1/255", False, []),
        (COLOUR / 255, "auto", False, []),
        (COLOUR[..., :1], "auto", False, []),
    ],
    ids=["decided", "rescales", "asked", "asked-otherwise", "unit", "grey"],
)
def test_network_of_keras_by_name_is_a_doubt_where_its_preprocessing_was_not_done(
    images: Images, way: str, rescales: bool, expected: list[str]
) -> None:
    found = doubts(images, way, rescales=rescales, networks=[("resnet50", "resnet50")])
    assert [other for other, _ in found] == expected
    assert all("network that Keras calls 'resnet50'" in why for _, why in found)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("images", "way", "networks", "expected"),
    [
        (BYTES, "auto", [], ("1/255", "none", "-1..1")),
        (BYTES, "none", [], ("none", "1/255", "-1..1")),
        (BYTES, "0..255", [], ("0..255", "1/255", "-1..1")),
        (UNIT, "auto", [], ("none", "0..255", "-1..1")),
        (UNIT, "1/255", [], ("1/255", "none", "0..255", "-1..1")),
        (UNIT * 2 - 1, "auto", [], ("none",)),
        (BYTES * 9.0, "auto", [], ("none",)),
        (COLOUR, "auto", [], ("1/255", "none", "-1..1", RESNET, "keras.applications.densenet")),
        (COLOUR / 255, "auto", [], ("none", "0..255", "-1..1", RESNET, "keras.applications.densenet")),
        (
            COLOUR,
            "keras.applications.mobilenet_v2",
            [],
            ("keras.applications.mobilenet_v2", "none", "1/255", RESNET, "keras.applications.densenet"),
        ),
        (
            COLOUR,
            "auto",
            [("vgg16", "vgg16"), ("mobilenetv2_1.00_224", "mobilenet_v2")],
            ("1/255", "none", "-1..1", "keras.applications.vgg16", "keras.applications.densenet"),
        ),
    ],
)
def test_ways_that_make_sense_are_listed_once_each_the_one_in_use_first(
    images: Images, way: str, networks: list[tuple[str, str]], expected: tuple[str, ...]
) -> None:
    assert names(images, way, networks=networks) == expected


@pytest.mark.keras
@pytest.mark.usefixtures("own")
def test_own_function_is_compared_with_all_others() -> None:
    assert names(BYTES, "own_scaling:halved") == ("own_scaling:halved", "none", "1/255", "-1..1")


@pytest.mark.keras
@pytest.mark.parametrize(
    ("images", "published", "rescales", "expected"),
    [
        (COLOUR, "mobilenet", False, "keras.applications.mobilenet"),
        (COLOUR, "", False, "1/255"),
        (COLOUR, "mobilenet", True, "none"),
        (COLOUR / np.float32(255), "mobilenet", False, "none"),
        (BYTES, "mobilenet", False, "1/255"),
    ],
    ids=["by structure", "other network", "rescales", "unit", "grey"],
)
def test_published_network_gets_its_own_preprocessing(
    images: Images, published: str, rescales: bool, expected: str
) -> None:
    dataset = fitted(images, published=published, rescales=rescales, networks=[("mobilenet_0.25_224", "mobilenet")])
    assert dataset.scaling is not None
    assert dataset.scaling.names[0] == expected
    told = "has, layer by layer, the structure of the network in keras.applications.mobilenet" in dataset.notes[-1]
    assert told == (expected == "keras.applications.mobilenet")


def test_batch_is_read_once_for_all_ways() -> None:
    read: list[list[int]] = []

    def counted(indices: Sequence[int]) -> Array:
        read.append(list(indices))
        return BYTES[list(indices)]

    dataset = fit(replace(make(BYTES), read=counted), BYTES.shape[1:], "float32", Manner(rescales=False))
    read.clear()
    assert dataset.scaling is not None
    for indices in ([0], [0], [0, 0]):
        for name in dataset.scaling.names:
            dataset.scaling.read(indices, name)
    assert read == [[0], [0, 0]]


def test_the_same_images_are_read_in_another_way() -> None:
    dataset = fitted(BYTES)
    assert dataset.scaling is not None
    np.testing.assert_array_equal(dataset.scaling.read([0], "none"), BYTES.astype(np.float32))
    np.testing.assert_allclose(dataset.scaling.read([0], "-1..1"), BYTES / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(dataset.read([0]), dataset.scaling.read([0], "1/255"))


@pytest.mark.parametrize("way", ["1/255", "-1..1", "0..255"])
def test_a_model_of_whole_numbers_is_asked_in_no_other_way(way: str) -> None:
    assert names(BYTES, "none", dtype="uint8") == ("none",)
    with pytest.raises(DataError, match=r"takes whole numbers \(uint8\)"):
        fitted(BYTES, scale=way, dtype="uint8")
