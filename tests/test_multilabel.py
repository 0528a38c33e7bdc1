"""Outputs that answer yes or no for each of several classes -> whole reports, and their counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen import explain
from reportgen.commands.outcome import outcome
from reportgen.document.report import Report
from reportgen.errors import DataError
from reportgen.evidence.performance import wilson
from reportgen.evidence.predictions import ClassCounts
from reportgen.options import make
from reportgen.probes.predictions import run
from reportgen.renderers import html
from reportgen.renderers import json as json_renderer
from tests.probes.subjects import data, subject

pytestmark = pytest.mark.keras
layers = keras.layers
NAMES = ("cat", "dog", "emu")
# A value above 0 is a yes: the sigmoid of 0 is one half.
ANSWERS = [[2.0, -1.0, 0.5], [-3.0, -1.0, -0.1], [1.0, 4.0, 0.0], [5.0, -5.0, 1.0]]
TRUTH = [[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 0, 1]]
COUNTS = (ClassCounts("cat", 2, 2, 1), ClassCounts("dog", 1, 1, 0), ClassCounts("emu", 3, 2, 0))


def ending(activation: str) -> Any:
    """A model that hands three values through an activation."""
    return keras.Sequential([keras.Input((3,)), layers.Activation(activation, name="end")])


def result(activation: str, values: list[Any], truth: Any) -> Any:
    model = ending(activation)
    given = replace(data(values, None, NAMES), targets=(("", np.array(truth, np.float64)),))
    found = run(subject(model, given), make({}))
    assert found is not None
    return found


@pytest.mark.parametrize("activation", ["sigmoid", "linear"])
def test_exact_answers_and_answers_by_class_are_counted(activation: str) -> None:
    found = result(activation, ANSWERS, TRUTH)
    assert (found.output, found.right, found.interval) == ("multi-label", 2, wilson(2, 4))
    assert found.counts == COUNTS
    assert found.kept.hits.tolist() == [True, True, False, False]
    assert found.mean_error is None
    sure = [np.mean([max(p, 1 - p) for p in 1 / (1 + np.exp(-np.array(row)))]) for row in ANSWERS]
    np.testing.assert_allclose(found.kept.confidence, sure, rtol=1e-6)


def test_answer_that_is_no_number_is_never_right() -> None:
    found = result("linear", [[np.nan, -1.0, -1.0], [-1.0, -1.0, -1.0]], [[0, 0, 0], [1, 1, 0]])
    assert (found.num_nonfinite, found.right, found.kept.confidence[0]) == (1, 0, 0)
    assert found.counts[0] == ClassCounts("cat", 1, 0, 0)


def test_values_beside_zero_and_one_are_values() -> None:
    found = result("linear", ANSWERS, [[0.5, 0, 1], *TRUTH[1:]])
    assert (found.output, found.counts) == ("values", ())


def test_softmax_names_one_class_only() -> None:
    with pytest.raises(DataError, match="3 for each image, and no output without a softmax answers with so many"):
        result("softmax", ANSWERS, TRUTH)


def network(activation: str | None = "sigmoid") -> Any:
    """Answers with the mean of each channel of an image, less one half, times 20."""
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3), name="image"),
            layers.Conv2D(3, 1, name="conv"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Activation(activation, name="tags"),
        ],
        name="tagger",
    )
    model.get_layer("conv").set_weights([20 * np.eye(3).reshape(1, 1, 3, 3), np.full(3, -10.0)])
    return model


BRIGHT = np.array([[250, 10, 200], [10, 10, 10], [250, 250, 100], [250, 10, 10], [10, 240, 240]], np.uint8)
IMAGES = np.broadcast_to(BRIGHT[:, None, None], (5, 4, 4, 3)).copy()
# What the network answers, but for the fourth image, which is labelled with a dog too.
TAGS = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 1]])


def content(report: Report, name: str) -> Any:
    return json.loads(json_renderer.render(report))["sections"][name]["content"]


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        (np.int64, ()),
        (np.float32, ("summary", "performance", "samples")),
        (bool, ("summary", "performance", "samples")),
    ],
)
def test_report_shows_each_class_with_what_is_true(kind: Any, section: tuple[str, ...]) -> None:
    report = explain(network(), IMAGES, TAGS.astype(kind), class_names=NAMES, pick=["index:0,1,3"], section=section)
    found = content(report, "samples")
    assert (found["output"], found["right"], found["num_images"]) == ("multi-label", 4, 5)
    (head,) = content(report, "performance")["heads"]
    counted = [(each["name"], each["recall"], each["precision"]) for each in head["classes"]]
    assert [(name, recall["whole"], recall["part"], precision["whole"]) for name, recall, precision in counted] == [
        ("cat", 3, 3, 3),
        ("dog", 3, 2, 2),
        ("emu", 2, 2, 2),
    ]
    assert [(mistake["index"], mistake["label"], mistake["answered"]) for mistake in head["mistakes"]] == [
        (3, "cat, dog", "cat")
    ]
    two, none, missed = found["samples"]
    assert (two["label"], two["answered"], two["correct"]) == ("cat, emu", "cat, emu", True)
    assert (none["label"], none["answered"], none["correct"]) == ("no class", "no class", True)
    assert (missed["label"], missed["answered"], missed["correct"]) == ("cat, dog", "cat", False)
    assert [answer["name"] for answer in missed["answers"]] == ["cat", "dog", "emu"]
    assert missed["heads"][0]["targets"] == [1.0, 1.0, 0.0]
    share = 1 / (1 + np.exp(-(20 * 10 / 255 - 10)))
    assert missed["answers"][2]["value"] == pytest.approx(share, rel=1e-3)
    page = html.render(report).decode().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "decides yes or no for each class," in page
    assert "any number of 3 classes" in page
    assert "It predicts exactly the true classes for 4 of 5 images" in report.sections[0].answer
    assert outcome(report)[0].startswith("All classes right: 80.0\u202f% (")
    assert not report.failed


@pytest.mark.parametrize(("activation", "is_said"), [("sigmoid", True), ("softmax", False)])
def test_labels_of_one_class_each_are_said_to_be_read_as_plain_classes(activation: str, is_said: bool) -> None:
    one_each = np.eye(3, dtype=int)[[0, 1, 1, 0, 2]]
    chapters = ["samples", "performance"]
    report = explain(network(activation), IMAGES, one_each, class_names=NAMES, section=chapters)
    found = content(report, "samples")
    assert (found["output"], len(content(report, "performance")["heads"][0]["confusions"]) > 0) == (
        "probabilities",
        True,
    )
    # The brightest channel is the answer: 0, 0 (all alike), 0 (as bright as 1), 0 and 1 (as bright as 2).
    assert found["right"] == 2
    sentence = "The output output_0 decides yes or no for each of 3 classes, but the labels name exactly one"
    assert any(note.startswith(sentence) for note in found["notes"]) == is_said


def test_samples_are_picked_by_exact_answers() -> None:
    report = explain(network(), IMAGES, TAGS, pick=["wrong:2", "confident:1"], section="samples")
    samples = content(report, "samples")["samples"]
    assert (samples[0]["index"], samples[0]["reason"].split(",")[0]) == (3, "wrong")
    assert len(samples) == 2
    with pytest.raises(DataError, match="picked by per-class:1: it needs labels of one class"):
        explain(network(), IMAGES, TAGS, pick=["per-class:1"])


def test_wrong_scaling_is_doubted() -> None:
    images = np.concatenate([IMAGES] * 8)
    tags = (images[:, 0, 0] > 127).astype(int)
    report = explain(network(), images, tags, preprocess="none", section=["summary", "samples"])
    scaling = content(report, "samples")["scaling"]
    assert scaling["num_classes"] == 2
    ways = {way["way"]: way["right"] for way in scaling["ways"]}
    # Undivided, all values lie above one half, so that each class is answered, which is true of no image.
    assert (ways["none"], ways["1/255"]) == (0, 40)
    assert "RG201" in {finding.code for finding in report.findings}


def test_tags_belong_to_the_output_of_their_name() -> None:
    start = keras.Input((4, 4, 3), name="image")
    maps = layers.Conv2D(3, 1, name="conv")(start)
    seen = layers.GlobalAveragePooling2D(name="pool")(maps)
    model = keras.Model(
        start, [layers.Activation("sigmoid", name="tags")(seen), layers.Activation("softmax", name="kind")(seen)]
    )
    model.get_layer("conv").set_weights([20 * np.eye(3).reshape(1, 1, 3, 3), np.full(3, -10.0)])
    kinds = [0, 0, 0, 0, 1]
    found = content(explain(model, IMAGES, {"tags": TAGS, "kind": kinds}, section="samples"), "samples")
    outputs = {each["name"]: each for each in found["others"]} | {found["head"]: found | {"name": found["head"]}}
    assert outputs["tags"]["output"] == "multi-label"
    assert outputs["tags"]["right"] == 4
    assert outputs["kind"]["output"] == "probabilities"
