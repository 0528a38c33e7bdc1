from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError
from reportgen.sources.labels import Gathered, read_labels, true_values, words
from reportgen.sources.naming import ClassNames

NO_NAMES = ClassNames(())


@pytest.mark.parametrize(
    "labels",
    [
        np.array([2, 0, 1], dtype=np.uint8),
        np.array([[2], [0], [1]]),
        np.array([2.0, 0.0, 1.0]),
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=np.float32),
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=bool),
    ],
    ids=["indices", "column", "floats", "one-hot", "one-hot-bool"],
)
def test_every_form_of_numbers_becomes_class_indices(labels: npt.NDArray[Any]) -> None:
    truth = read_labels(labels, NO_NAMES, "They")
    assert truth.indices is not None
    assert truth.indices.dtype == np.int64
    assert truth.indices.tolist() == [2, 0, 1]
    assert (truth.values, truth.class_names, truth.by_word) == (None, (), False)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["dog", "cat", "dog", "élan"]),
        np.array([b"dog", b"cat", b"dog", "élan".encode()]),
        np.array([["dog"], ["cat"], ["dog"], ["élan"]]),
    ],
    ids=["text", "bytes", "column"],
)
def test_words_without_class_names_are_numbered_in_sorted_order_and_marked(labels: npt.NDArray[Any]) -> None:
    truth = read_labels(labels, NO_NAMES, "They")
    assert truth.indices is not None
    assert truth.indices.tolist() == [1, 0, 1, 2]
    assert (truth.class_names, truth.by_word) == (("cat", "dog", "élan"), True)


def test_words_follow_given_class_names() -> None:
    truth = read_labels(np.array(["dog", "Cat", "dog"]), ClassNames(("dog", "bird", "cat")), "They")
    assert truth.indices is not None
    assert truth.indices.tolist() == [0, 2, 0]
    assert (truth.class_names, truth.by_word) == (("dog", "bird", "cat"), False)
    assert "2 of 3 classes occur, 1 written exactly so and 1 after ignoring case" in truth.notes[0]
    assert "(Cat is cat)" in truth.notes[0]


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (np.array([np.nan, 1.0]), "not class indices"),
        (np.array([np.inf, 1.0]), "not class indices"),
        (np.array([-1, 1]), "not class indices"),
        (np.array([2**63], dtype=np.uint64), "not class indices"),
        (np.zeros((2, 0)), "rows of 0 with a single 1"),
        (np.zeros((2, 2, 2, 2, 2, 2)), "one class index per image"),
        (np.array(3), "one class index per image"),
        (np.array([1j]), "one class index per image"),
    ],
)
def test_what_names_no_class_is_refused(labels: npt.NDArray[Any], why: str) -> None:
    with pytest.raises(DataError, match=why):
        read_labels(labels, NO_NAMES, "They")


def test_a_class_without_a_name_is_refused() -> None:
    with pytest.raises(DataError, match="go up to 2 but there are 2 class names"):
        read_labels(np.array([0, 2]), ClassNames(("a", "b")), "They")
    with pytest.raises(
        DataError, match=r"a word that is not a class name: 'c'. Expected words among the 2 class names"
    ):
        read_labels(np.array(["a", "c"]), ClassNames(("a", "b")), "They")


def test_characters_that_do_not_exist_are_refused() -> None:
    with pytest.raises(DataError, match="do not exist in Unicode"):
        words(np.frombuffer(np.uint32(0x7FFFFFFF).tobytes(), dtype="<U1"), "They")


def test_half_characters_are_escaped() -> None:
    assert words(np.array(["\ud800"]), "They") == ("\\ud800",)


def test_numbers_are_no_class_names() -> None:
    with pytest.raises(DataError, match="Expected words"):
        words(np.array([1, 2]), "They")


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (np.array([0.5, 1.0]), [0.5, 1.0]),
        (np.array([-3, 2]), [-3, 2]),
        (np.array([[0.5], [1.0]]), [[0.5], [1.0]]),
        (np.array([[10, 20], [30, 40]]), [[10, 20], [30, 40]]),
        (np.array([[True, True], [False, True]]), [[1, 1], [0, 1]]),
        (np.array([[0, 0], [0, 1]]), [[0, 0], [0, 1]]),
        (np.array([2, 0]), None),
        (np.array([[2], [0]]), None),
        (np.array([[0, 1], [1, 0]]), None),
        (np.array([0.5, np.nan]), None),
        (np.array(["0.5", "1"]), None),
        (np.array(0.5), None),
        (np.zeros((2, 3, 3), np.int64), None),
    ],
)
def test_true_values_are_told_from_classes(labels: npt.NDArray[Any], values: list[Any] | None) -> None:
    found = true_values(labels)
    assert (None if found is None else found.tolist()) == values


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 1, 0], [1, 0, 0]], [1, 0]),
        ([[0, 1, 1], [1, 0, 0], [0, 0, 0]], [[0, 1, 1], [1, 0, 0], [0, 0, 0]]),
        ([[0, 1], [1, 1], [0.5, 7]], [[0, 1], [1, 1], [0.5, 7]]),
        ([[0.5, 7], [0, 1]], [[0.5, 7], [0, 1]]),
        ([[1], [1]], [[1], [1]]),
        ([3, 4], [3, 4]),
        ([b"cat", b"dog"], [b"cat", b"dog"]),
    ],
    ids=["one-hot", "several ones", "values later", "values first", "columns", "numbers", "words"],
)
def test_gathered_labels_are_what_was_taken(rows: list[Any], expected: list[Any]) -> None:
    gathered = Gathered("They")
    for row in rows:
        gathered.take(np.array(row))
    assert gathered.array().tolist() == expected


def test_gathered_labels_of_two_shapes_are_refused() -> None:
    gathered = Gathered("They")
    gathered.take(np.array([1, 2]))
    with pytest.raises(DataError, match="They are 2 for one image and a single number for another"):
        gathered.take(np.array(3))
