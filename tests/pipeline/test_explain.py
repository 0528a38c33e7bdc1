"""`explain` on what people have in memory: what it takes for what, and what it refuses in one sentence."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import reportgen
from reportgen.errors import DataError, ModelError, ReportgenError
from reportgen.pipeline.result import Report

pytestmark = pytest.mark.keras
SIDE, CLASSES = 12, 3
X = np.random.default_rng(0).random((6, SIDE, SIDE, 3)).astype("float32")
Y = np.arange(6) % CLASSES


@keras.saving.register_keras_serializable("tests.pipeline.test_explain")
class Subclassed(keras.Model):  # type: ignore[misc]
    """Conv, and a head; its second answer is taken from the same layers again."""

    def __init__(self, *, is_double: bool = False) -> None:
        super().__init__()
        self.conv, self.pool = keras.layers.Conv2D(3, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()
        self.answer, self.is_double = keras.layers.Dense(CLASSES), is_double

    def call(self, images: Any) -> Any:
        scores = self.answer(self.pool(self.conv(images)))
        return {"scores": scores, "means": self.pool(self.conv(images))} if self.is_double else scores


def layers() -> list[Any]:
    keras.utils.set_random_seed(0)
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(CLASSES, activation="softmax")]
    return [keras.layers.Conv2D(3, 3, activation="relu"), *head]


@pytest.fixture(scope="module")
def model() -> Any:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers()])


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A use that is right warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def page_one(report: Report) -> str:
    return next(section.answer for section in report.sections if section.name == "summary")


def notes(report: Report) -> str:
    return " ".join(finding.detail for finding in report.findings)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Two batches."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, place: int) -> tuple[Any, Any]:
        return X[place * 3 : place * 3 + 3], Y[place * 3 : place * 3 + 3]


@pytest.mark.parametrize(
    "make",
    [
        lambda: (X, Y),
        lambda: (tf.constant(X), tf.constant(Y)),
        lambda: (list(X), tuple(Y.tolist())),
        lambda: (tf.data.Dataset.from_tensor_slices((X, Y)).batch(4),),
        lambda: (Batches(),),
        lambda: (((X[start : start + 2], Y[start : start + 2]) for start in (0, 2, 4)),),
    ],
    ids=["arrays", "tensors", "lists", "tf.data", "PyDataset", "generator"],
)
def test_accuracy_is_that_of_the_model_whatever_holds_the_images(model: Any, make: Callable[[], Any]) -> None:
    right = int((model.predict(X, verbose=0).argmax(1) == Y).sum())
    report = reportgen.explain(model, *make(), section="samples")
    (score,) = report.scores
    assert (score.right, score.num_images) == (right, 6)


def test_pictures_of_pillow_are_images(model: Any) -> None:
    pictures: Any = [Image.fromarray((each * 255).astype("uint8")) for each in X]
    report = reportgen.explain(model, pictures, section="summary")
    assert "It was run on 6\xa0images without usable labels" in page_one(report)


def test_one_image_is_one_sample(model: Any) -> None:
    report = reportgen.explain(model, X[0], section=("summary", "samples"))
    assert "It was run on 1\xa0image without usable labels" in page_one(report)
    assert report.sections[1].answer.startswith("1 of 1\xa0image is shown in detail")
    assert "one sample without a batch axis" in notes(report)


def test_images_of_another_size_are_fitted_and_that_is_said(model: Any) -> None:
    report = reportgen.explain(model, X[:, :10, :10], Y, section="samples")
    assert "10\u202f×\u202f10" in notes(report) or "10 × 10" in notes(report)


def test_model_that_is_not_built_is_built_for_the_images() -> None:
    report = reportgen.explain(keras.Sequential(layers()), X, Y, section="summary")
    assert "reads colour images of 12\u202f×\u202f12 pixels" in page_one(report)


@pytest.mark.parametrize("is_double", [False, True])
def test_subclassed_model_is_taken_as_it_is(is_double: bool) -> None:
    subclassed = Subclassed(is_double=is_double)
    report = reportgen.explain(subclassed, X, Y, section=("samples", "architecture"))
    answered = subclassed.predict(X, verbose=0)
    right = int(((answered["scores"] if is_double else answered).argmax(1) == Y).sum())
    assert next(score.right for score in report.scores if score.right is not None) == right
    # Conv and pooling are used twice, and are paid for once.
    assert report.model.parameters == subclassed.count_params()


@pytest.mark.parametrize(
    ("arguments", "choices", "error", "message"),
    [
        (("dogs",), {}, DataError, "The images are 'dogs', a name. Expected images in memory"),
        ((Path("dogs"),), {}, DataError, "The images are 'dogs', a name"),
        ((X, Y[:-1]), {}, DataError, "There are 6 images and 5 labels. Expected as many labels"),
        ((X, Y), {"class_names": ["a", "b"]}, DataError, "go up to 2 but there are 2 class names. .* Add the missing"),
        ((X, Y), {"pick": [3, 5]}, ReportgenError, "cannot be picked by '3'. Expected index:NUMBERS"),
    ],
    ids=["name", "path", "a label short", "a name short", "numbers"],
)
def test_what_cannot_be_is_one_sentence(
    model: Any, arguments: tuple[Any, ...], choices: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        reportgen.explain(model, *arguments, **choices)


def test_path_is_no_model() -> None:
    with pytest.raises(ModelError, match=r"A str was given as the model. .* keras.models.load_model\(path\)"):
        reportgen.explain("model.keras", X, Y)


def test_model_that_says_nothing_of_its_input_needs_images() -> None:
    subclassed = Subclassed()
    subclassed(X[:1])
    with pytest.raises(
        ModelError, match=r"does not say what it takes. .* Give images, .* or the shape with input_shape="
    ):
        reportgen.explain(subclassed)


def test_weights_that_are_no_numbers_are_a_failed_check() -> None:
    broken = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers()])
    kernel, bias = broken.layers[0].get_weights()
    broken.layers[0].set_weights([kernel * np.nan, bias])
    report = reportgen.explain(broken, X, Y, section="summary")
    assert {finding.code for finding in report.findings if finding.severity == "failed"} >= {"RG101"}


def test_network_that_answers_everything_alike_is_explained_without_a_place() -> None:
    constant = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers()])
    kernel, bias = constant.layers[0].get_weights()
    constant.layers[0].set_weights([kernel * 0, bias - 1])
    report = reportgen.explain(constant, X, Y, section="why", pick="index:0")
    page = report.to_html()
    assert "nothing speaks for it" in page
    assert "is strongest" not in page


def test_network_in_channels_first_order_is_explained_as_its_twin_with_the_channels_last() -> None:
    draw, told = np.random.default_rng(3), []
    weights: list[Any] = []
    for order, axis, images in (("channels_last", -1, X), ("channels_first", 1, np.moveaxis(X, -1, 1))):
        model = keras.Sequential(
            [
                keras.Input(images.shape[1:]),
                keras.layers.Conv2D(4, 3, data_format=order, name="conv"),
                keras.layers.BatchNormalization(axis=axis),
                keras.layers.ReLU(name="seen"),
                keras.layers.GlobalAveragePooling2D(data_format=order),
                keras.layers.Dense(CLASSES, activation="softmax"),
            ]
        )
        weights = weights or [draw.uniform(0.2, 1, each.shape) for each in model.get_weights()]
        model.set_weights(weights)
        found = reportgen.explain(model, images, Y, preprocess="none", section=["channels", "why"])
        sections = found.to_dict()["sections"]
        shares = [row["share"] for each in sections["why"]["content"]["samples"] for row in each["sums"][0]["rows"]]
        moves = [each["estimated_move"] for each in sections["channels"]["content"]["layers"][0]["channels"]]
        told.append([*shares, *moves])
    assert len(told[0]) > 4
    np.testing.assert_allclose(told[0], told[1], rtol=1e-3, atol=1e-5)


def test_sum_behind_a_layer_that_sums_up_a_film_is_given_without_its_places() -> None:
    films = np.random.default_rng(0).random((6, 3, 8, 8, 2)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input(films.shape[1:]),
            keras.layers.ConvLSTM2D(3, 3, name="film"),
            keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    found = reportgen.explain(model, films, Y, preprocess="none", section=["why"]).to_dict()
    (sample, *_) = found["sections"]["why"]["content"]["samples"]
    assert sample["sums"][0]["path"] == "conv"
    assert sample["cells"] is None
