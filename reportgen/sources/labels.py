"""An array of labels in one of its usual forms -> class indices and class names."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, in_words
from reportgen.sources.files import writable

LABEL_KINDS = "buifUS"
_WORD_KINDS = "US"
_ROWS = 2
_LAST_CODE_POINT = 0x10FFFF
_Indices = npt.NDArray[np.int64]


def class_indices(labels: Array, class_names: tuple[str, ...], what: str) -> tuple[_Indices, tuple[str, ...]]:
    """Turn labels into class indices.

    Args:
        labels: Whole numbers (size,) or (size, 1); one-hot rows (size, classes); or words (size,) or (size, 1).
        class_names: Names of the classes by index; () where none were given. Words are then numbered in sorted order.
        what: What the labels are called in an error.

    Returns:
        Class index of every image, and the class names.

    Raises:
        DataError: The labels have none of these forms, or one of them has no class name.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind in _WORD_KINDS and labels.ndim == 1:
        return _of_words(labels, class_names, what)
    if labels.ndim == 1 and labels.dtype.kind in LABEL_KINDS:
        indices = _of_numbers(labels, what)
    elif labels.ndim == 2 and labels.dtype.kind in LABEL_KINDS and _is_one_hot(labels):
        indices = labels.argmax(axis=1).astype(np.int64)
    else:
        raise DataError(
            f"{what} have the shape {in_words(labels.shape)} and the type {labels.dtype}. Expected one class index per "
            "image, one word per image, or rows of 0 with a single 1. Give one class per image."
        )
    if class_names and indices.size and int(indices.max()) >= len(class_names):
        raise DataError(f"{what} go up to {int(indices.max())} but there are {len(class_names)} class names.")
    return indices, class_names


def told_apart(
    labels: Array, class_names: tuple[str, ...], what: str
) -> tuple[_Indices | None, Array | None, tuple[str, ...]]:
    """Turn labels into class indices or into true values, whichever they are.

    Args:
        labels: As for `class_indices`, or numbers (size, …) that are true values, as `true_values` tells.
        class_names: As for `class_indices`.
        what: What the labels are called in an error.

    Returns:
        Class index of every image or None; its true values or None; and the class names.

    Raises:
        DataError: The labels are neither.
    """
    targets = true_values(labels)
    if targets is not None:
        return None, targets, class_names
    indices, class_names = class_indices(labels, class_names, what)
    return indices, None, class_names


def true_values(labels: Array) -> Array | None:
    """Return numbers that are no classes: the true values of a model that answers with values, or of several classes.

    Returns:
        float64 (size, …) of numbers with fractions or below −1, which often stands for "not labelled", and of rows of
        several numbers that are not 0 with a single 1: the corners of a box, or a 1 for each class that an image
        belongs to. None for anything else.
    """
    if not labels.ndim or labels.dtype.kind not in "buif" or not np.isfinite(labels).all():
        return None
    are_whole = labels.dtype.kind != "f" or np.array_equal(labels, np.floor(labels))
    if (
        not are_whole
        or (labels.size and labels.min() < -1)
        or (labels.ndim == _ROWS and labels.shape[1] > 1 and not _is_one_hot(labels))
    ):
        return labels.astype(np.float64)
    return None


class Gathered:
    """Labels of images that come one after the other. Of rows of 0 and 1 only the places of the ones are kept."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shape: tuple[int, ...] | None = None
        self._ones: list[list[int]] | None = []
        self._found: list[Any] = []

    def take(self, label: Array) -> None:
        """Take the label of the next image: a number, a word, or numbers of one shape for all images.

        Raises:
            DataError: It has another shape than those before.
        """
        if self._shape is None:
            self._shape = label.shape
        if label.shape != self._shape:
            raise DataError(
                f"{self._what} are {in_words(self._shape)} for one image and {in_words(label.shape)} for another. "
                "Expected as many numbers for each. Write them anew."
            )
        if self._ones is not None and label.ndim == 1 and label.size > 1 and np.isin(label, (0, 1)).all():
            self._ones.append(np.flatnonzero(label).tolist())
            return
        if self._ones is not None:  # the first that is no row of 0 and 1
            self._found, self._ones = list(self._dense(self._ones)), None
        self._found.append(label.item() if label.ndim == 0 else label)

    def array(self) -> Array:
        """Return all labels in a form that `told_apart` takes."""
        if self._ones is None:
            return np.array(self._found)
        if all(len(ones) == 1 for ones in self._ones):
            return np.array([ones[0] for ones in self._ones], np.int64)
        return self._dense(self._ones)

    def _dense(self, rows: list[list[int]]) -> Array:
        dense: Array = np.zeros((len(rows), *(self._shape or ())), np.uint8)
        for place, ones in enumerate(rows):
            dense[place, ones] = 1
        return dense


def words(array: Array, what: str) -> tuple[str, ...]:
    """Return an array of words as text.

    Args:
        array: Words, (number,); bytes are read as UTF-8.
        what: What they are called in an error.

    Raises:
        DataError: They are no words, or hold characters that do not exist.
    """
    if array.ndim != 1 or array.dtype.kind not in _WORD_KINDS:
        raise DataError(f"{what} have the shape {in_words(array.shape)} and the type {array.dtype}. Expected words.")
    if array.dtype.kind == "U" and not _are_characters(array):
        raise DataError(f"{what} hold characters that do not exist in Unicode. Write the file again.")
    return tuple(
        word.decode("utf-8", "backslashreplace") if isinstance(word, bytes) else writable(word)
        for word in array.tolist()
    )


def _are_characters(array: Array) -> bool:
    # Python would answer with a SystemError, or crash, when numpy hands it a code point that cannot be.
    codes = np.frombuffer(array.tobytes(), np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    return not np.any(codes > _LAST_CODE_POINT)


def _of_numbers(labels: Array, what: str) -> _Indices:
    whole = np.isfinite(labels) & (labels == np.floor(labels)) if labels.dtype.kind == "f" else np.True_
    # Above 2 to the 31 nothing is a class, and a cast to int64 could wrap round.
    if not np.all(whole) or (labels.size and not (labels.min() >= 0 and labels.max() < 2**31)):
        raise DataError(
            f"{what} hold values that are no class index. Expected whole numbers from 0. Number the classes."
        )
    return labels.astype(np.int64)


def _is_one_hot(labels: Array) -> bool:
    return labels.shape[1] > 0 and bool(
        np.all((labels == 0) | (labels == 1)) and np.all((labels == 1).sum(axis=1) == 1)
    )


def _of_words(labels: Array, class_names: tuple[str, ...], what: str) -> tuple[_Indices, tuple[str, ...]]:
    found, places = np.unique(labels, return_inverse=True)
    names = words(found, what)
    if not class_names:
        return places.astype(np.int64), names
    missing = [name for name in names if name not in class_names]
    if missing:
        raise DataError(
            f"{what} hold {missing[0]!r}, which is no class name. Expected one of: {', '.join(class_names)}."
        )
    return np.array([class_names.index(name) for name in names], dtype=np.int64)[places], class_names
