"""Answers on all images: what they are, and how many are right."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError
from reportgen.evidence.confidences import Kept
from reportgen.evidence.performance import wilson
from reportgen.evidence.predictions import PredictionsResult
from reportgen.models.blocks import cut, passed
from reportgen.models.subject import BATCH_SIZE
from reportgen.options import make
from reportgen.probes.predictions import class_name, output_kind, passes, probabilities, run
from reportgen.probes.predictions.used import Used
from reportgen.records.model import TensorRecord
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
NAN, INF = float("nan"), float("inf")


def ending(activation: str, size: int = 3) -> Any:
    """A model that hands its input through an activation."""
    return keras.Sequential([keras.Input((size,)), keras.layers.Activation(activation, name="end")])


def result(model: Any, *args: Any, **others: Any) -> PredictionsResult:
    found = run(subject(model, data(*args, **others)), make({}))
    assert found is not None
    return found


def kept(found: PredictionsResult) -> Kept:
    """The answers one by one: of so few images all are looked at for their place."""
    assert found.kept is not None
    assert found.kept.indices is not None
    assert found.kept.indices.tolist() == list(range(found.num_images))
    return found.kept


def hits(found: PredictionsResult) -> list[bool]:
    known = kept(found).hits
    assert known is not None
    return [bool(each) for each in known]


def record(activation: str | None, values: list[Any]) -> TensorRecord:
    return TensorRecord("end", np.array(values).shape[1:], "float32", activation)


@pytest.mark.parametrize(
    ("activation", "values", "kind"),
    [
        ("softmax", [[0.2, 0.8]], "probabilities"),
        ("sigmoid", [[0.7]], "probabilities"),
        ("sigmoid", [[0.7, 0.7]], "probabilities"),
        ("linear", [[0.25, 0.75], [1.0, 0.0]], "probabilities"),
        (None, [[0.5, 0.5]], "probabilities"),
        ("linear", [[0.2, 0.7]], "logits"),
        ("linear", [[-1.0, 2.0]], "logits"),
        ("linear", [[3.0]], "values"),
        ("linear", [[1.0]], "values"),
        ("softmax", [[[0.2, 0.8]]], "values"),
        ("linear", [[NAN, 1.0]], "logits"),
    ],
)
def test_kind_of_answer_is_told_by_the_last_activation_or_the_sums(
    activation: str | None, values: list[Any], kind: str
) -> None:
    assert output_kind(record(activation, values), np.array(values)) == kind


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([[0.2, 0.8]], "probabilities", [[0.2, 0.8]]),
        ([[0.25]], "probabilities", [[0.75, 0.25]]),
        ([[0.0, np.log(3.0)]], "logits", [[0.25, 0.75]]),
        ([[1000.0, 1000.0]], "logits", [[0.5, 0.5]]),
        ([[3.0]], "values", None),
    ],
    ids=["as they are", "one sigmoid is two classes", "logits through a softmax", "large logits", "no classes"],
)
def test_each_class_gets_one_probability(values: list[Any], kind: str, expected: list[Any] | None) -> None:
    shares = probabilities(np.array(values), kind)
    assert (shares is None) == (expected is None)
    if shares is not None:
        np.testing.assert_allclose(shares, expected or [])


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion": the limits solve
    # (share − p)² = z² p (1 − p) / n. For 0 of n the upper one is z² / (n + z²); 5 of 10 lies about one half.
    [(0, 10, 0.0, 3.8414588 / 13.8414588), (10, 10, 10 / 13.8414588, 1.0), (5, 10, 0.2365931, 0.7634069)],
)
def test_interval_is_wilsons(right: int, total: int, low: float, high: float) -> None:
    assert list(wilson(right, total)) == pytest.approx([low, high], abs=1e-6)


def test_right_answers_are_counted() -> None:
    images = [[9, 0, 0], [0, 9, 0], [0, 0, 9], [0, 9, 0]]
    found = result(ending("softmax"), images, [0, 1, 1, 1], ("cat", "dog", "emu"))
    assert (found.num_images, found.right, found.output, found.num_nonfinite) == (4, 3, "probabilities", 0)
    assert found.interval == wilson(3, 4)
    assert hits(found) == [True, True, False, True]
    assert kept(found).answered.tolist() == [0, 1, 2, 1]
    assert found.confusions is not None
    assert found.confusions.tolist() == [[0, 0, 1], [1, 1, 2], [1, 2, 1]]


def test_one_sigmoid_unit_decides_between_two_classes() -> None:
    found = result(ending("sigmoid", 1), [[4.0], [-4.0]], [1, 1], ("no", "yes"))
    assert found.right == 1
    assert kept(found).answered.tolist() == [1, 0]
    np.testing.assert_allclose(kept(found).confidence, [1 / (1 + np.exp(-4))] * 2, rtol=1e-6)


def test_confidence_of_logits_is_a_probability() -> None:
    found = result(ending("linear", 2), [[0.0, np.log(3.0)]], [1])
    assert found.output == "logits"
    assert kept(found).confidence.tolist() == [pytest.approx(0.75)]


def test_values_have_no_right_answers() -> None:
    found = result(ending("linear", 1), [[3.0], [4.0]], [0, 0])
    assert (found.output, found.right, found.interval, found.sure, found.kept) == ("values", None, None, None, None)


@pytest.mark.parametrize(("labels", "wrong"), [([0, 3], 3), ([-1, 0], -1)])
def test_labels_that_the_model_cannot_answer_are_refused(labels: list[int], wrong: int) -> None:
    with pytest.raises(DataError, match=f"hold {wrong}, but the model predicts 3 classes"):
        result(ending("softmax"), [[1, 0, 0], [0, 1, 0]], labels)


def test_without_labels_nothing_is_counted() -> None:
    found = result(ending("softmax"), [[1, 0, 0], [0, 1, 0]], None)
    assert (found.right, found.interval, found.confusions, kept(found).hits) == (None, None, None, None)
    assert found.sure is not None
    assert (found.sure.all().right, found.sure.all().wrong) == (0, 2)


@pytest.mark.parametrize(("activation", "broken"), [("softmax", [NAN, 0, 0]), ("linear", [INF, 0, 5])])
def test_answers_that_are_no_numbers_are_counted_and_never_right(activation: str, broken: list[float]) -> None:
    found = result(ending(activation), [broken, [0, 9, 0]], [0, 1])
    assert (found.num_nonfinite, found.right) == (1, 1)
    assert hits(found) == [False, True]
    assert kept(found).confidence[0] == 0
    assert found.sure is not None
    assert found.sure.all().total == 1


def test_every_image_is_asked_about_once_in_order() -> None:
    size = BATCH_SIZE + 3
    labels = np.arange(size) % 3
    found = result(ending("softmax"), np.eye(3)[labels], list(labels))
    assert (found.num_images, found.right) == (size, size)


def test_no_data_gives_no_result() -> None:
    assert run(subject(ending("softmax")), make({})) is None


@pytest.mark.parametrize(("index", "expected"), [(0, "cat"), (1, "dog"), (2, "2"), (-1, "-1")])
def test_class_without_a_name_is_called_by_its_number(index: int, expected: str) -> None:
    assert class_name(("cat", "dog"), index) == expected


def test_hash_covers_the_images_as_the_model_got_them_and_the_labels() -> None:
    images = np.arange(24, dtype=np.float32).reshape(6, 4)
    labels = [0, 1, 0, 1, 0, 1]

    def hashed(images: npt.NDArray[np.float32], labels: list[int] | None) -> str:
        return result(ending("softmax", 4), images, labels).sha256

    rows = [
        hashlib.sha256(place.to_bytes(8, "little") + image.tobytes()).digest() for place, image in enumerate(images)
    ]
    stretched = [struct.unpack("<1024H", hashlib.shake_128(row).digest(2048)) for row in rows]
    total = struct.pack("<1024H", *(sum(column) % 65536 for column in zip(*stretched, strict=True)))
    of_images = hashlib.sha256(hashlib.sha256(total).digest())
    assert hashed(images, None) == of_images.hexdigest()
    of_images.update(np.array(labels, np.int64).tobytes())
    assert hashed(images, labels) == of_images.hexdigest()
    assert hashed(images, labels[::-1]) != of_images.hexdigest()
    assert hashed(images[::-1].copy(), None) != hashed(images, None)


@pytest.mark.parametrize(("rows", "most"), [(1, 64), (2, 3), (4, 1)])
def test_hash_and_counts_do_not_depend_on_how_the_data_are_cut(rows: int, most: int) -> None:
    images = np.random.default_rng(0).normal(size=(9, 4)).astype("float32")
    given = subject(ending("softmax", 4), data(images, list(range(4)) * 2 + [0]))
    passing = passes(given, make({}))
    assert passing is not None
    passing.batch_size, passing.blocks = rows, cut(9, rows, most)
    passed(passing, None)
    whole = run(given, make({}))
    assert whole is not None
    found = passing.result()
    assert (found.sha256, found.right) == (whole.sha256, whole.right)


def test_hash_of_images_is_that_of_their_parts_in_any_order() -> None:
    images = np.random.default_rng(0).normal(size=(9, 4, 4)).astype("float32")
    further = np.arange(9.0)
    whole, one, other = Used(), Used(), Used()
    whole.take(range(9), [images, further])
    one.take(range(5, 9), [images[5:], further[5:]])
    other.take(range(5), [images[:5], further[:5]])
    one.add(other.sums)
    assert one.digest() == whole.digest() != other.digest()
