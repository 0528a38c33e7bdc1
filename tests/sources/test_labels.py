from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError
from reportgen.sources.labels import Gathered, class_indices, true_values, words


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
    indices, names = class_indices(labels, (), "They")
    assert indices.dtype == np.int64
    assert indices.tolist() == [2, 0, 1]
    assert names == ()


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["dog", "cat", "dog", "élan"]),
        np.array([b"dog", b"cat", b"dog", "élan".encode()]),
        np.array([["dog"], ["cat"], ["dog"], ["élan"]]),
    ],
    ids=["text", "bytes", "column"],
)
def test_words_are_numbered_in_sorted_order(labels: npt.NDArray[Any]) -> None:
    indices, names = class_indices(labels, (), "They")
    assert indices.tolist() == [1, 0, 1, 2]
    assert names == ("cat", "dog", "élan")


def test_words_follow_given_class_names() -> None:
    indices, names = class_indices(np.array(["dog", "cat"]), ("dog", "bird", "cat"), "They")
    assert indices.tolist() == [0, 2]
    assert names == ("dog", "bird", "cat")


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (np.array([0.5, 1.0]), "no class index"),
        (np.array([np.nan, 1.0]), "no class index"),
        (np.array([np.inf, 1.0]), "no class index"),
        (np.array([-1, 1]), "no class index"),
        (np.array([2**63], dtype=np.uint64), "no class index"),
        (np.array([[0.9, 0.1], [0.2, 0.8]]), "rows of 0 with a single 1"),
        (np.array([[1, 1], [0, 1]]), "rows of 0 with a single 1"),
        (np.zeros((2, 0)), "rows of 0 with a single 1"),
        (np.zeros((2, 2, 2)), "one class index per image"),
        (np.array(3), "one class index per image"),
        (np.array([1j]), "one class index per image"),
    ],
)
def test_what_names_no_class_is_refused(labels: npt.NDArray[Any], why: str) -> None:
    with pytest.raises(DataError, match=why):
        class_indices(labels, (), "They")


def test_a_class_without_a_name_is_refused() -> None:
    with pytest.raises(DataError, match="go up to 2 but there are 2 class names"):
        class_indices(np.array([0, 2]), ("a", "b"), "They")
    with pytest.raises(DataError, match=r"'c', which is no class name. Expected one of: a, b"):
        class_indices(np.array(["a", "c"]), ("a", "b"), "They")


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
