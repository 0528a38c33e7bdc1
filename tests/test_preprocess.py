"""A model in memory with its preprocessing: what is decided, what is asked for, and what the report says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen.document.report import Fact, Report
from reportgen.errors import OptionsError, UnknownNameError
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
