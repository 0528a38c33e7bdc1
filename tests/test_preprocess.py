"""A model in memory with its preprocessing: what is decided, what is asked for, and what the report says of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen import ReportCallback, read
from reportgen.document.report import Fact, Report
from reportgen.errors import DataError, OptionsError, UnknownNameError
from reportgen.pipeline.explain import explain
from reportgen.sections import provenance, samples

pytestmark = pytest.mark.keras

layers = keras.layers
COLOURS = (np.arange(12 * 8 * 8 * 3).reshape(12, 8, 8, 3) * 7 % 256).astype(np.uint8)
LABELS = [0, 1, 2] * 4


def network(*first: Any, name: str = "net") -> Any:
    """A backbone in a model, with layers before it."""
    keras.utils.set_random_seed(1)
    backbone = keras.Sequential([keras.Input((8, 8, 3)), *first, layers.Conv2D(2, 3)], name=name)
    return keras.Sequential(
        [keras.Input((8, 8, 3)), backbone, layers.GlobalMaxPooling2D(), layers.Dense(3, activation="softmax")]
    )


def report(model: Any, images: npt.NDArray[Any] = COLOURS, **choices: Any) -> Report:
    return explain(model, images, LABELS, section=["samples", "provenance"], pick="index:0", **choices)


def content(made: Report) -> samples.Content:
    found = made.sections[0].content
    assert isinstance(found, samples.Content)
    return found


def note(made: Report) -> str:
    found = made.sections[1].content
    assert isinstance(found, provenance.Content)
    return " ".join(finding.detail for finding in made.findings if finding.code == "RG203")


def warnings(made: Report) -> list[str]:
    return [finding.detail for finding in made.findings if finding.code == "RG201"]


def value_range(made: Report) -> tuple[float, float]:
    return content(made).samples[0].value_range


def test_a_layer_that_rescales_inside_a_backbone_decides_and_is_named() -> None:
    made = report(network(layers.Rescaling(1 / 255, name="to_unit")))
    assert "left as they are, because the model rescales its input itself, in its layer 'net/to_unit'." in note(made)
    assert value_range(made) == (0, 255)


def test_a_layer_that_rescales_fractions_does_not_keep_whole_values_from_being_divided() -> None:
    made = report(network(layers.Rescaling(2.0, offset=-1.0)))
    assert "they were divided by 255, because the model does not rescale its input" in note(made)
    assert value_range(made) == (0, 1)


@pytest.mark.parametrize("name", ["preprocess", "scale_input"])
def test_what_is_asked_for_is_done(name: str) -> None:
    choices: dict[str, Any] = {name: "-1..1"}
    made = report(network(), **choices)
    assert value_range(made) == (-1, 1)
    assert "they were divided by 127.5 and lowered by 1, as asked" in note(made)
    assert Fact("preprocess", ("-1..1",)) in made.run.options


def test_both_names_at_once_are_one_sentence() -> None:
    with pytest.raises(OptionsError, match="given twice, as 'preprocess' and 'scale_input'"):
        report(network(), preprocess="none", scale_input="none")


def test_a_network_by_the_name_that_keras_gives_it_is_a_doubt_with_its_preprocessing() -> None:
    made = report(network(name="resnet50"))
    (said,) = warnings(made)
    assert "the network that Keras calls 'resnet50'" in said
    assert "Compare with --preprocess keras.applications.resnet50." in said
    again = report(network(name="resnet50"), preprocess="keras.applications.resnet50")
    assert warnings(again) == []
    assert value_range(again)[0] < 0
    scaling = content(again).scaling
    assert scaling is not None
    assert [way.way for way in scaling.ways] == [
        *("keras.applications.resnet50", "none", "1/255", "-1..1", "keras.applications.densenet")
    ]


def test_a_doubt_stands_in_the_report_also_without_the_chapter_that_measures_it() -> None:
    made = explain(network(name="vgg16"), COLOURS, LABELS, section="provenance")
    (said,) = warnings(made)
    assert "Compare with --preprocess keras.applications.vgg16." in said


def test_images_that_are_divided_twice_are_a_doubt() -> None:
    made = report(network(), COLOURS / 255, preprocess="1/255")
    assert "divided by 255 once more, as asked. Compare with --preprocess none." in warnings(made)[0]


def test_an_unknown_network_is_one_sentence() -> None:
    with pytest.raises(
        UnknownNameError, match=r"keras\.applications called 'vgg'. Expected one of: convnext, .* vgg16"
    ):
        report(network(), preprocess="keras.applications.vgg")


def test_own_code_is_named_where_it_was_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_contrast.py").write_text("def halve(images):\n    return images / 510\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = report(network(), preprocess="own_contrast:halve")
    assert value_range(made) == (0, 0.5)
    assert "went through your own function own_contrast:halve, whose code was run, as asked" in note(made)
    assert Fact("the user's own code that was run", "own_contrast:halve") in made.run.data


def halved(images: Any) -> Any:
    images /= 510  # in place, as Keras's own functions work
    return images


class Contrast:
    """An object that is a function, and its method."""

    def __call__(self, images: Any) -> Any:
        return images / 510

    def half(self, images: Any) -> Any:
        return images / 510


CONTRAST = Contrast()


@pytest.mark.parametrize(
    ("function", "name", "values"),
    [
        (keras.applications.mobilenet.preprocess_input, "keras.applications.mobilenet.preprocess_input", (-1, 1)),
        (halved, "tests.test_preprocess.halved", (0, 0.5)),
        (CONTRAST.half, "tests.test_preprocess.Contrast.half", (0, 0.5)),
        (CONTRAST, "a function of the caller", (0, 0.5)),
        (partial(halved), "a function of the caller", (0, 0.5)),
        (lambda images: keras.ops.convert_to_tensor(images) / 510, "a function of the caller", (0, 0.5)),
    ],
    ids=["of Keras", "function", "method", "object", "partial", "lambda"],
)
def test_a_function_prepares_every_batch_and_is_named(function: Any, name: str, values: tuple[float, float]) -> None:
    before = COLOURS.copy()
    made = report(network(), preprocess=function)
    np.testing.assert_array_equal(COLOURS, before)
    assert value_range(made) == values
    assert f"they were preprocessed by {name}, as asked." in note(made)
    assert Fact("preprocessed by", name) in made.run.data
    assert Fact("preprocess", (name,)) in made.run.options
    assert warnings(made) == []


def test_a_function_defined_inside_another_or_in_a_notebook_has_its_own_name_alone() -> None:
    def local(images: Any) -> Any:
        return images / 255

    assert "preprocessed by local, a function of the caller, as asked." in note(report(network(), preprocess=local))
    local.__module__, local.__qualname__ = "__main__", "cell"
    assert "preprocessed by cell, a function of the caller, as asked." in note(report(network(), preprocess=local))


def test_a_function_that_does_what_a_named_way_does_is_not_compared_with_it() -> None:
    made = report(network(), preprocess=keras.applications.mobilenet.preprocess_input)
    scaling = content(made).scaling
    assert scaling is not None
    assert [way.way for way in scaling.ways] == [
        "keras.applications.mobilenet.preprocess_input", "none", "1/255", "keras.applications.resnet50",
        "keras.applications.densenet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda images: images[:, :4],
            r"\(a function of the caller\) made \(12, 4, 8, 3\) of float32 out of a batch of",
        ),
        (lambda images: "pixels", r"made \(\) of <U6 out of a batch of"),
        (lambda images: None, r"made \(\) of object out of a batch of"),
        (lambda images: images / 0 * 0, "made values that are NaN or infinite"),
        (lambda images: images.no_such_thing, "failed: AttributeError: 'numpy.ndarray' object has no attribute"),
        (lambda: 1, "failed: TypeError"),
    ],
    ids=["shape", "text", "nothing", "NaN", "raises", "no argument"],
)
def test_a_function_that_makes_something_else_ends_in_one_sentence(function: Any, message: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(DataError, match=f"^The preprocessing .*{message}") as caught:
        report(network(), preprocess=function)
    assert str(caught.value).count("Expected") == 1


@pytest.mark.parametrize("given", [3, None, ("1/255",), "half"])
def test_what_is_neither_a_way_nor_a_function_is_one_sentence(given: Any) -> None:
    with pytest.raises(OptionsError, match=r"Pixel values cannot be scaled by .* Expected one of auto, none, 1/255"):
        report(network(), preprocess=given)


def test_a_callback_takes_a_function_and_refuses_what_is_none_before_the_training(tmp_path: Path) -> None:
    model = network()
    model.compile(loss="sparse_categorical_crossentropy")
    choices: dict[str, Any] = {"directory": tmp_path, "formats": "json", "section": ["samples"], "preprocess": halved}
    model.fit(COLOURS / 510, np.array(LABELS), verbose=0, callbacks=[ReportCallback((COLOURS, LABELS), **choices)])
    made = read(tmp_path / "trained" / "report.json")
    assert Fact("preprocessed by", "tests.test_preprocess.halved") in made.run.data
    with pytest.raises(OptionsError, match="Pixel values cannot be scaled by 5"):
        ReportCallback((COLOURS, LABELS), **{**choices, "preprocess": 5})


class Own(keras.Model):  # type: ignore[misc, unused-ignore]
    """A subclassed model: it declares no input, and rescales in its own way."""

    def __init__(self) -> None:
        super().__init__(name="own")
        self.conv = layers.Conv2D(2, 3)
        self.head = layers.Dense(3, activation="softmax")

    def call(self, inputs: Any) -> Any:
        return self.head(keras.ops.max(self.conv(inputs / 255), axis=(1, 2)))


def test_a_model_that_rescales_in_code_of_its_own_is_followed_to_its_kernel() -> None:
    made = report(Own())
    assert "because the model rescales its input" in note(made)
    assert value_range(made) == (0, 255)
