"""Models with several inputs and outputs, and models in channels_first order -> whole reports."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from reportgen import explain
from reportgen.commands.outcome import outcome
from reportgen.document.report import Report
from reportgen.errors import DataError
from reportgen.evidence.performance import wilson
from reportgen.renderers import html
from reportgen.renderers import json as json_renderer
from tests.models import toys

layers = keras.layers
pytestmark = pytest.mark.keras
COUNT = 12
RANDOM = np.random.default_rng(4)
PICTURES: NDArray[np.uint8] = RANDOM.integers(0, 256, (COUNT, 8, 8, 1), dtype=np.uint8)
TABLE = RANDOM.normal(size=(COUNT, 3)).astype(np.float32)
LABELS = np.arange(COUNT) % 3


def mixed(structure: str = "list") -> Any:
    """A picture and a table in; a class, a number and scores out."""
    picture, table = keras.Input((8, 8, 1), name="picture"), keras.Input((3,), name="table")
    seen = layers.GlobalMaxPooling2D(name="pool")(layers.Conv2D(2, 3, name="conv")(picture))
    both = layers.Concatenate(name="both")([seen, layers.Dense(2, name="told")(table)])
    kind = layers.Activation("softmax", name="kind")(layers.Dense(3, name="scores")(both))
    outputs = {"age": layers.Dense(1, name="age")(both), "kind": kind, "raw": layers.Dense(4, name="raw")(both)}
    toys.counting(keras.Model([picture, table], list(outputs.values())))
    if structure == "list":
        return keras.Model([picture, table], list(outputs.values()), name="mixed")
    return keras.Model({"picture": picture, "table": table}, outputs, name="mixed")


def contents(report: Report) -> Any:
    return json.loads(json_renderer.render(report))


def chapter(report: Report, name: str) -> Any:
    return contents(report)["sections"][name]["content"]


@pytest.mark.parametrize("structure", ["list", "dictionary"])
def test_every_output_is_shown_under_its_name_and_every_further_input_with_its_values(structure: str) -> None:
    model = mixed(structure)
    report = explain(model, {"picture": PICTURES, "table": TABLE}, LABELS, pick=["index:5"], **toys.SHORT)
    found = chapter(report, "samples")
    assert (found["head"], found["output"]) == ("kind", "probabilities")
    assert [(other["name"], other["output"]) for other in found["others"]] == [("age", "values"), ("raw", "logits")]
    (sample,) = found["samples"]
    assert [head["name"] for head in sample["heads"]] == ["age", "kind", "raw"]
    (given,) = sample["inputs"]
    assert (given["name"], given["num_values"], given["figure"]) == ("table", 3, None)
    np.testing.assert_allclose(given["values"], TABLE[5], rtol=1e-6)
    answers = model(
        [PICTURES[[5]] / 255, TABLE[[5]]]
        if structure == "list"
        else {"picture": PICTURES[[5]] / 255, "table": TABLE[[5]]}
    )
    age, kind, raw = (np.asarray(answer)[0] for answer in keras.tree.flatten(answers))
    assert sample["heads"][0]["answers"][0]["value"] == pytest.approx(float(age[0]), rel=1e-4)
    assert sample["heads"][1]["answers"][0]["class_index"] == int(np.argmax(kind))
    assert sample["heads"][2]["answers"][0]["value"] == pytest.approx(float(raw.max()), rel=1e-4)
    page = html.render(report).decode()
    for words in ("further input of 3", "<b>raw</b>", "<b>age</b>", "values, not classes"):
        assert words in page
    assert not report.failed


def test_right_answers_are_counted_for_every_output_with_labels() -> None:
    model = mixed("dictionary")
    kind, raw = LABELS, (LABELS + 1) % 4
    given: Any = {"picture": PICTURES, "table": TABLE}
    report = explain(model, given, {"kind": kind, "raw": raw}, section=["summary", "samples", "performance"])
    found = chapter(report, "samples")
    answers = model({"picture": PICTURES / 255, "table": TABLE})
    right = {
        name: int((np.asarray(answers[name]).argmax(axis=1) == true).sum())
        for name, true in (("kind", kind), ("raw", raw))
    }
    assert found["right"] == right["kind"]
    assert {other["name"]: other["right"] for other in found["others"]} == {"age": None, "raw": right["raw"]}
    assert {score.output: (score.right, score.num_images) for score in report.scores} == {
        name: (number, COUNT) for name, number in right.items()
    }
    assert [score.interval for score in report.scores] == [wilson(number, COUNT) for number in right.values()]


def test_scores_are_known_without_a_chapter_that_tells_them() -> None:
    model = mixed("dictionary")
    given: Any = {"picture": PICTURES, "table": TABLE}
    ages = np.linspace(0.5, 6, COUNT)
    report = explain(model, given, {"kind": LABELS, "age": ages}, section="summary")
    answers = model({"picture": PICTURES / 255, "table": TABLE})
    right = int((np.asarray(answers["kind"]).argmax(axis=1) == LABELS).sum())
    kind, age = report.scores
    assert (kind.output, kind.kind, kind.right, kind.mean_error) == ("kind", "probabilities", right, None)
    assert (age.output, age.kind, age.right, age.interval) == ("age", "values", None, None)
    assert age.mean_error == pytest.approx(float(np.abs(np.asarray(answers["age"])[:, 0] - ages).mean()), rel=1e-4)
    assert [line.split(":")[0] for line in outcome(report)[:2]] == [
        "Accuracy at output kind", "Mean absolute error at output age",
    ]  # fmt: skip


@pytest.mark.parametrize("images", [True, False], ids=["no-labels", "no-images"])
def test_without_labels_no_score_is_known(images: bool) -> None:
    report = explain(mixed(), (PICTURES, TABLE) if images else None, section="summary")
    assert report.scores == ()


def test_receptive_fields_follow_the_pictures_only() -> None:
    report = explain(mixed(), (PICTURES, TABLE), LABELS, section="architecture")
    calls = {call.path: call for call in report.model.layers}
    assert (calls["conv"].receptive_field, calls["conv"].inputs) == ((3, 3), ("",))
    assert (calls["told"].receptive_field, calls["told"].whole_image, calls["told"].inputs) == (
        None,
        False,
        ("/table",),
    )
    assert calls["pool"].whole_image
    assert calls["both"].whole_image


def test_shared_backbone_has_a_row_and_a_grid_for_each_picture_and_both_pictures_are_shown() -> None:
    twins = toys.twins()
    left, right = toys.image(4, 4, 1), toys.image(4, 4, 1)[:, ::-1]
    report = explain(twins, {"left": left, "right": right}, **toys.SHORT)
    assert [call.path for call in report.model.layers][:2] == ["backbone/c", "backbone#2/c"]
    (sample,) = chapter(report, "maps")["samples"]
    numbers = {layer["path"]: layer["channels"][0]["maximum"] for layer in sample["layers"]}
    for path, image in (("backbone/c", left), ("backbone#2/c", right)):
        expected = np.asarray(twins.get_layer("backbone")(image))[0, ..., 0].max()
        assert numbers[path] == pytest.approx(float(expected))
    (given,) = chapter(report, "samples")["samples"][0]["inputs"]
    assert (given["name"], given["figure"]["width_px"]) == ("right", 4)


class Own(keras.Model):  # type: ignore[misc, unused-ignore]
    """A subclassed model that takes a dictionary and answers with one."""

    def __init__(self) -> None:
        super().__init__(name="own")
        self.conv = layers.Conv2D(2, 3, name="conv")
        self.pool = layers.GlobalMaxPooling2D(name="pool")
        self.table = layers.Dense(2, name="table")

    def call(self, inputs: Any) -> Any:
        return {"seen": self.pool(self.conv(inputs["picture"])), "told": self.table(inputs["table"])}


def test_subclassed_model_with_a_dictionary_needs_not_be_built_before() -> None:
    report = explain(Own(), {"picture": PICTURES, "table": TABLE}, {"seen": LABELS % 2}, **toys.SHORT)
    assert [call.path for call in report.model.layers] == ["conv", "pool", "table"]
    assert [output.name for output in report.model.outputs] == ["seen", "told"]
    assert chapter(report, "samples")["head"] == "seen"


def test_single_logit_stands_for_two_classes_where_the_labels_do() -> None:
    model = toys.counting(keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 8), layers.Flatten()]))
    model.weights[0].assign(np.where(np.arange(64) % 2, 1.0, -1.0).reshape(8, 8, 1, 1))
    model.weights[1].assign([0.0])
    truth = (np.asarray(model(PICTURES / 255.0))[:, 0] > 0).astype(int)
    assert set(truth) == {0, 1}
    found = chapter(explain(model, PICTURES, truth, class_names=["no", "yes"], section="samples"), "samples")
    assert (found["output"], found["right"]) == ("logits", COUNT)
    first = found["samples"][0]["answers"]
    assert [answer["value"] for answer in first] == [-answer["value"] for answer in reversed(first)]
    assert chapter(explain(model, PICTURES, section="samples"), "samples")["output"] == "values"


def test_array_answers_show_their_shape_and_range() -> None:
    report = explain(toys.functional(), toys.image(4, 4, 1), section="samples")
    (head,) = chapter(report, "samples")["samples"][0]["heads"]
    expected = np.asarray(toys.functional()(toys.image(4, 4, 1)))
    assert (head["shape"], head["answers"]) == ([4, 4, 2], [])
    assert head["value_range"] == pytest.approx([float(expected.min()), float(expected.max())])
    assert "predicted 4\u202f×\u202f4\u202f×\u202f2 values" in html.render(report).decode()


def channels_first(data_format: str) -> Any:
    shape = (8, 8, 3) if data_format == "channels_last" else (3, 8, 8)
    return toys.counting(
        keras.Sequential(
            [
                keras.Input(shape, name="image"),
                layers.Conv2D(4, 3, activation="relu", data_format=data_format, name="conv"),
                layers.MaxPooling2D(data_format=data_format, name="pool"),
                layers.GlobalAveragePooling2D(data_format=data_format, name="mean"),
            ],
            name="ordered",
        )
    )


def not_runnable(layer: Any, values: Any) -> bool:
    """Whether TensorFlow has no kernel for a layer on this machine: with oneDNN it has more."""
    try:
        layer(values)
    except tf.errors.OpError:
        return True
    return False


@pytest.mark.numbers
def test_channels_first_model_is_reported_like_its_twin_with_the_channels_last() -> None:
    images = RANDOM.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    last = explain(channels_first("channels_last"), images, section="maps")
    first = explain(channels_first("channels_first"), np.moveaxis(images, -1, 1), **toys.SHORT)
    for mine, theirs in zip(first.model.layers, last.model.layers, strict=True):
        for name in ("path", "parameters", "macs", "receptive_field", "jump", "whole_image"):
            assert getattr(mine, name) == getattr(theirs, name)
    for mine, theirs in zip(chapter(first, "maps")["samples"], chapter(last, "maps")["samples"], strict=True):
        for a, b in zip(mine["layers"], theirs["layers"], strict=True):
            assert a["shape"] == b["shape"]
            for name in ("minimum", "maximum", "mean", "active_share"):
                found, expected = ([channel[name] for channel in layer["channels"]] for layer in (a, b))
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert [sample["figure"]["width_px"] for sample in chapter(first, "samples")["samples"]] == [8, 8, 8]
    assert not first.failed
    compiled = [str(fact.value).split(":")[0] for fact in first.run.model if fact.name == "layers compiled to run"]
    layer = channels_first("channels_first").get_layer("conv")
    assert ("conv" in ", ".join(compiled).split(", ")) is not_runnable(layer, np.zeros((1, 3, 8, 8), np.float32))
    assert not any(fact.name == "layers compiled to run" for fact in last.run.model)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (PICTURES, "One array was given, but the model takes picture, table"),
        ((PICTURES,), "Received 1 array for 2 inputs, picture, table"),
        ({"picture": PICTURES}, "no array for the input 'table'"),
    ],
    ids=["one array", "too few", "a name is missing"],
)
def test_missing_arrays_are_refused(images: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        explain(mixed(), images)


def test_labels_for_an_output_that_is_not_there_are_refused() -> None:
    with pytest.raises(DataError, match="output 'other', but the outputs are age, kind, raw"):
        explain(mixed(), (PICTURES, TABLE), {"other": LABELS})


def regression() -> Any:
    return toys.counting(
        keras.Sequential(
            [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D(), layers.Dense(2, name="place")]
        )
    )


def test_values_are_compared_with_true_values() -> None:
    model = regression()
    answers = np.asarray(model(PICTURES / 255.0), dtype=np.float64)
    truth = answers + np.array([0.25, -0.75])
    report = explain(model, PICTURES, truth, pick=["index:3"], skip_section=["channels", "why"])
    found = chapter(report, "samples")
    assert found["output"] == "values"
    assert found["mean_error"] == pytest.approx(0.5, rel=1e-5)
    (head,) = found["samples"][0]["heads"]
    assert head["targets"] == pytest.approx(truth[3].tolist())
    assert " is 0.5; half of the errors are 0.5 or less" in report.sections[0].answer
    assert "mean absolute error" in html.render(report).decode()
    assert not report.failed


def test_true_values_belong_to_the_output_of_their_name() -> None:
    age = np.linspace(0.5, 3.5, COUNT)
    report = explain(mixed(), (PICTURES, TABLE), {"kind": LABELS, "age": age}, section="samples")
    found = chapter(report, "samples")
    inputs = [PICTURES / np.float32(255), TABLE]
    answered = np.asarray(mixed()(inputs)[0], dtype=np.float64)[:, 0]
    assert found["head"] == "kind"
    errors = {other["name"]: other["mean_error"] for other in found["others"]}
    assert errors == {"age": pytest.approx(np.abs(answered - age).mean(), rel=1e-4), "raw": None}


@pytest.mark.parametrize(
    ("build", "shape"),
    [(regression, (COUNT, 3)), (toys.sequential, (COUNT, 3)), (toys.sequential, (COUNT,))],
    ids=["too many", "of a softmax", "one of a softmax"],
)
def test_fractions_that_belong_to_no_output_are_refused(build: Any, shape: tuple[int, ...]) -> None:
    model = build()
    images = np.zeros((COUNT, *model.input_shape[1:]), np.float32)
    with pytest.raises(DataError, match="hold values that are not class indices"):
        explain(model, images, np.full(shape, 0.3))


def test_whole_numbers_are_the_true_values_of_one_linear_number() -> None:
    model = toys.counting(keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 8), layers.Flatten()]))
    ages = np.arange(COUNT) + 20
    found = chapter(explain(model, PICTURES, ages, section="samples"), "samples")
    expected = np.abs(np.asarray(model(PICTURES / np.float32(255)), dtype=np.float64)[:, 0] - ages).mean()
    assert found["output"] == "values"
    assert found["mean_error"] == pytest.approx(expected, rel=1e-4)
    assert found["samples"][0]["heads"][0]["targets"] == [20.0]
    assert "answered" not in found["samples"][0]["figure"]["alt"]


@pytest.mark.parametrize("turn", [1, -1])
def test_edges_and_poolings_are_those_of_the_main_input(turn: int) -> None:
    small, large = keras.Input((12, 12, 1), name="small"), keras.Input((24, 24, 1), name="large")
    of_small = layers.MaxPooling2D(name="small_pool")(layers.Conv2D(2, 3, name="small_conv")(small))
    of_large = layers.MaxPooling2D(name="large_pool")(layers.Conv2D(2, 5, name="large_conv")(large))
    ends = [layers.GlobalMaxPooling2D()(maps) for maps in (of_small, of_large)]
    model = keras.Model([small, large], layers.Concatenate()(ends[::turn]))
    images = {"small": RANDOM.random((3, 12, 12, 1)), "large": RANDOM.random((3, 24, 24, 1))}
    report = explain(model, images, section=["edges", "pooling"])
    assert report.model.layers[0].path == ("small_conv" if turn == -1 else "large_conv")
    assert (chapter(report, "edges")["path"], chapter(report, "pooling")["path"]) == ("large_conv", "large_conv")
