"""How often answers are right: every number against a loop that counts one image at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen import explain
from reportgen.evidence.performance import NUM_MISTAKES, HeadScores, PerformanceResult, wilson
from reportgen.language.ties import Tie
from reportgen.options import make
from reportgen.probes import performance, predictions, samples
from reportgen.probes.performance import NUM_BINS
from tests.answers_made import sure
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
NAN = float("nan")


def ending(activation: str, size: int = 3) -> Any:
    """A model that hands its input through an activation."""
    return keras.Sequential([keras.Input((size,)), keras.layers.Activation(activation, name="end")])


def scores(model: Any, *args: Any, **others: Any) -> PerformanceResult | None:
    asked, options = subject(model, data(*args, **others)), make({})
    found = predictions.run(asked, options)
    assert found is not None
    asked = replace(asked, earlier={"predictions": found})
    return performance.run(samples.leave(asked, samples.run(asked, options)), options)


def one(model: Any, *args: Any, **others: Any) -> HeadScores:
    found = scores(model, *args, **others)
    assert found is not None
    (head,) = found.heads
    return head


def random_answers(classes: int, size: int) -> tuple[list[list[float]], list[int]]:
    """Logits that are often, not always, highest at the label; the last class is no image's."""
    drawn = np.random.default_rng(3)
    labels = drawn.integers(0, classes - 1, size)
    logits = drawn.normal(size=(size, classes)) + 1.5 * np.eye(classes)[labels]
    return logits.astype(np.float32).tolist(), labels.tolist()


def softmax(row: list[float]) -> list[float]:
    powers = [float(np.exp(value)) for value in row]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("activation", ["softmax", "linear"])
@pytest.mark.parametrize(("classes", "size"), [(2, 40), (4, 200), (40, 300), (3, 1)])
def test_every_number_is_that_of_a_loop_over_all_images(activation: str, classes: int, size: int) -> None:
    rows, labels = random_answers(classes, size)
    head = one(ending(activation, classes), rows, labels)
    shares = [softmax(row) for row in rows]
    given = [max(range(classes), key=row.__getitem__) for row in shares]
    highest = [max(row) for row in shares]
    counts: dict[tuple[int, int], int] = {}
    for label, answer in zip(labels, given, strict=True):
        counts[label, answer] = counts.get((label, answer), 0) + 1
    assert {(cell.label, cell.answered): cell.number for cell in head.confusions} == counts
    assert [each.index for each in head.classes] == sorted({*labels, *given})
    for each in head.classes:
        both = sum(label == answer == each.index for label, answer in zip(labels, given, strict=True))
        recall, precision = each.recall, each.precision
        assert (recall is None) == (each.index not in labels)
        assert (precision is None) == (each.index not in given)
        assert recall is None or (recall.part, recall.whole) == (both, labels.count(each.index))
        assert precision is None or (precision.part, precision.whole) == (both, given.count(each.index))
        assert recall is None or recall.interval == wilson(recall.part, recall.whole)
    right = sum(label == answer for label, answer in zip(labels, given, strict=True))
    assert (head.right.part, head.right.whole, head.num_mistakes) == (right, size, size - right)
    assert head.commonest is not None
    assert head.commonest.share.part == max(labels.count(label) for label in labels)
    error, calibration = 0.0, head.calibration
    assert calibration is not None
    for place, each_bin in enumerate(calibration.bins):
        low, high = place / NUM_BINS, (place + 1) / NUM_BINS
        inside = [index for index in range(size) if low < highest[index] <= high]
        hits = sum(given[index] == labels[index] for index in inside)
        assert (each_bin.right.whole if each_bin.right else 0) == len(inside)
        if each_bin.right:
            assert each_bin.right.part == hits
            assert each_bin.confidence == pytest.approx(sum(highest[index] for index in inside) / len(inside), abs=1e-6)
        error += abs(hits - sum(highest[index] for index in inside)) / size
    assert calibration.error == pytest.approx(error, abs=1e-6)
    assert calibration.confidence == pytest.approx(sum(highest) / size, abs=1e-6)
    wrong = [index for index in range(size) if given[index] != labels[index]]
    wrong.sort(key=lambda index: -highest[index])
    assert [mistake.index for mistake in head.mistakes] == wrong[:NUM_MISTAKES]
    np.testing.assert_allclose(head.confidences, [highest[index] for index in wrong[:NUM_MISTAKES]], rtol=1e-5)


def test_expected_calibration_error_of_answers_worked_by_hand() -> None:
    # Two answers of 0.9, one of them right; two of 0.6, both right: (2 · |0.5 − 0.9| + 2 · |1 − 0.6|) / 4 = 0.4.
    found = performance.calibration(sure([0.9, 0.9, 0.6, 0.6], [True, False, True, True]), 0)
    assert found is not None
    assert found.error == pytest.approx(0.4)
    assert found.confidence == pytest.approx(0.75)
    assert found.right.value == 0.75


def test_right_confidence_shows_an_error_by_chance_and_no_more() -> None:
    # The default network's bins, of a network whose confidence is right: field study, 0.93 % on 1,000 predictions.
    draw, off = np.random.default_rng(1), 0
    for _ in range(40):
        confidence = draw.beta(12, 0.5, 1000) * 0.9 + 0.1
        found = performance.calibration(sure(confidence, draw.uniform(size=1000) < confidence), 0)
        assert found is not None
        low, high = found.error_interval
        assert low <= found.error <= high
        off += found.is_off
        assert 0.004 < found.error_by_chance[0] < found.error_by_chance[1] < 0.03
    assert off <= 4


def test_wrong_confidence_shows_more_than_chance_and_its_interval_holds_the_truth() -> None:
    draw, held = np.random.default_rng(2), 0
    for _ in range(40):
        confidence = draw.uniform(0.8, 0.999, 1000)
        found = performance.calibration(sure(confidence, draw.uniform(size=1000) < confidence - 0.06), 0)
        assert found is not None
        assert found.is_off
        held += found.error_interval[0] <= 0.06 <= found.error_interval[1]
    assert held >= 36


def test_the_same_seed_draws_the_same() -> None:
    confidence, hits = np.linspace(0.2, 1, 50), np.arange(50) % 3 > 0
    first, again, other = (performance.calibration(sure(confidence, hits), seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_how_often_it_is_right_where_it_is_sure() -> None:
    head = one(ending("softmax", 2), [[9.0, 0.0], [9.0, 0.0], [0.5, 0.0], [0.0, 0.5]], [0, 1, 0, 1])
    assert head.sureness is not None
    assert head.sureness.sure is not None
    assert head.sureness.unsure is not None
    assert (head.sureness.sure.part, head.sureness.sure.whole) == (1, 2)
    assert (head.sureness.unsure.part, head.sureness.unsure.whole) == (2, 2)


@pytest.mark.parametrize(("classes", "expected"), [(20, 3), (19, None)])
def test_of_many_classes_it_is_counted_how_often_the_true_one_is_among_five(classes: int, expected: int | None) -> None:
    rows = np.tile(np.arange(classes, dtype=np.float64), (6, 1))
    rows[4] = 0  # all alike: the true one cannot be said to be among five
    rows[5, 0] = NAN
    last = classes - 1
    head = one(ending("linear", classes), rows, [last, last - 1, last - 4, last - 5, 0, 0])
    assert (head.among_five.part if head.among_five else None) == expected
    assert head.among_five is None or head.among_five.whole == 6


def test_confidence_at_an_edge_belongs_to_the_bin_below() -> None:
    found = performance.calibration(sure([0.0, 0.5, 1.0], [False, True, True]), 0)
    assert found is not None
    assert [place for place, each in enumerate(found.bins) if each.right] == [0, 4, 9]


def test_one_sigmoid_unit_is_two_classes() -> None:
    head = one(ending("sigmoid", 1), [[4.0], [-4.0], [2.0], [-1.0]], [1, 1, 0, 0], ("no", "yes"))
    assert (head.num_classes, [each.name for each in head.classes]) == (2, ["no", "yes"])
    assert [(cell.label, cell.answered, cell.number) for cell in head.confusions] == [
        (0, 0, 1),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 1),
    ]
    assert [(mistake.index, mistake.label, mistake.answered) for mistake in head.mistakes] == [
        (1, "yes", "no"),
        (2, "no", "yes"),
    ]


def test_mistake_shows_the_image_that_was_put_to_the_model() -> None:
    network = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="conv"),
            keras.layers.Flatten(),
            keras.layers.Activation("softmax"),
        ]
    )
    images = np.zeros((3, 2, 2, 1))
    images[0, 0, 0], images[1, 0, 1], images[2, 1, 1] = 1, 5, 3
    head = one(network, images, [0, 0, 0], image_names=("a.png", "b.png", "c.png"))
    assert [(mistake.index, mistake.name) for mistake in head.mistakes] == [(1, "b.png"), (2, "c.png")]
    assert head.mistakes[0].image.tolist() == [[0, 5], [0, 0]]


def test_all_right_leaves_no_mistake() -> None:
    head = one(ending("softmax"), np.eye(3) * 9, [0, 1, 2])
    assert (head.right.value, head.num_mistakes, head.mistakes, head.right.interval[1]) == (1.0, 0, (), 1.0)


def test_answer_that_is_no_number_is_wrong_but_no_confident_mistake() -> None:
    head = one(ending("softmax"), [[NAN, 0, 0], [0, 9, 0], [9, 0, 0]], [0, 1, 1])
    assert (head.right.part, head.num_nonfinite, head.num_mistakes) == (1, 1, 1)
    assert [(cell.label, cell.answered) for cell in head.confusions] == [(0, None), (1, 0), (1, 1)]
    assert [mistake.index for mistake in head.mistakes] == [2]
    assert head.calibration is not None
    assert head.calibration.right.whole == 2


def test_answers_of_which_none_is_a_number_have_no_calibration() -> None:
    head = one(ending("softmax"), [[NAN, 0, 0]], [0])
    assert (head.calibration, head.mistakes, head.classes[0].precision) == (None, (), None)


@pytest.mark.parametrize(("activation", "labels"), [("softmax", None), ("tanh", [0, 1])], ids=["no labels", "values"])
def test_without_true_classes_there_is_nothing_to_score(activation: str, labels: list[int] | None) -> None:
    assert scores(ending(activation), [[0.2, 0, 0], [0, 0.9, 0]], labels) is None


def test_equally_confident_mistakes_are_drawn_for_and_counted() -> None:
    # A softmax of such logits is exactly 1 in float32: 20 of the 23 mistakes are as confident as can be.
    rows = [[0.0, 200.0, 0.0]] * 20 + [[0.0, 1.0, 0.0]] * 3 + [[9.0, 0.0, 0.0]]
    head = one(ending("softmax"), rows, [0] * 24)
    assert (head.num_mistakes, head.mistakes_tie) == (23, Tie(NUM_MISTAKES, 20))
    chosen = [mistake.index for mistake in head.mistakes]
    assert chosen == sorted(chosen)
    assert chosen != list(range(NUM_MISTAKES))
    assert max(chosen) < 20
    fewer = one(ending("softmax"), rows[17:], [0] * 7)
    assert (len(fewer.mistakes), fewer.mistakes_tie) == (6, None)


def test_classes_of_as_many_images_are_all_the_commonest() -> None:
    head = one(ending("softmax"), np.eye(3)[[0, 1, 2, 1, 2]] * 9, [0, 1, 2, 1, 2], ("cat", "dog", "emu"))
    assert head.commonest is not None
    assert (head.commonest.names, head.commonest.share.part, head.commonest.share.whole) == (("dog", "emu"), 2, 5)


def test_multilabel_output_is_scored_class_by_class() -> None:
    inputs = keras.Input((4, 4, 1))
    flat = keras.layers.Flatten()(keras.layers.Conv2D(1, 2, strides=2, kernel_initializer="ones")(inputs))
    model = keras.Model(inputs, keras.layers.Activation("sigmoid", name="tags")(flat))
    drawn = np.random.default_rng(0)
    images, labels = drawn.normal(size=(20, 4, 4, 1)), drawn.integers(0, 2, (20, 4))
    chapter = next(
        each for each in explain(model, images, labels, section="performance").sections if each.name == "performance"
    )
    content: Any = chapter.content
    (head,) = content.heads
    sums = images.reshape(20, 2, 2, 2, 2).sum(axis=(2, 4)).reshape(20, 4)
    for place, each in enumerate(head.classes):
        both = sum(bool(sums[image, place] > 0 and labels[image, place]) for image in range(20))
        assert (each.recall.part, each.recall.whole) == (both, labels[:, place].sum())
        assert (each.precision.part, each.precision.whole) == (both, (sums[:, place] > 0).sum())
    wrong = {image for image in range(20) if ((sums[image] > 0) != labels[image]).any()}
    assert head.num_mistakes == len(wrong)
    assert {mistake.index for mistake in head.mistakes} <= wrong
    assert (head.matrix, head.calibration, head.confusions) == (None, None, ())


def test_each_output_with_labels_is_scored_under_its_name() -> None:
    inputs = keras.Input((4, 4, 1))
    flat = keras.layers.Flatten()(keras.layers.Conv2D(1, 2, strides=2, kernel_initializer="ones")(inputs))
    animal = keras.layers.Activation("softmax", name="animal")(flat)
    plant = keras.layers.Softmax(name="plant")(keras.layers.Rescaling(-1.0)(flat))
    model = keras.Model(inputs, {"animal": animal, "plant": plant})
    images = np.random.default_rng(0).normal(size=(12, 4, 4, 1))
    sums = images.reshape(12, 2, 2, 2, 2).sum(axis=(2, 4)).reshape(12, 4)
    labels = {"animal": sums.argmax(axis=1), "plant": sums.argmax(axis=1)}
    report = explain(model, images, labels, section="performance")
    content: Any = next(each for each in report.sections if each.name == "performance").content
    assert {head.name: head.right.part for head in content.heads} == {"animal": 12, "plant": 0}
    plants = next(head for head in content.heads if head.name == "plant")
    assert [mistake.label for mistake in plants.mistakes] == [
        str(labels["plant"][mistake.index]) for mistake in plants.mistakes
    ]
    assert all(mistake.answered == str(sums[mistake.index].argmin()) for mistake in plants.mistakes)
