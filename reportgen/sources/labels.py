"""An array of labels in one of its usual forms -> class indices and class names, true values, or masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, in_words
from reportgen.sources.files import writable
from reportgen.sources.naming import ClassNames, match

LABEL_KINDS = "buifUS"
_WORD_KINDS = "US"
_ROWS = 2
_MAPS = (3, 4, 5)
_LAST_CODE_POINT = 0x10FFFF
_Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What labels say of images.

    Attributes:
        indices: Class index of every image, int64 (size,); None for true values.
        values: True values of every image, float64 (size, …); None for classes.
        maps: What is true at each place of every image, (size, rows, columns) or (size, rows, columns, channels), as it
            came; None for classes and values of whole images.
        class_names: Names of the classes by index, or ().
        by_word: Whether the class names are words of the data's own, and nothing says which class of the model each is.
        notes: How words were matched to class names, in whole sentences.
    """

    indices: _Indices | None
    values: Array | None = None
    maps: Array | None = None
    class_names: tuple[str, ...] = ()
    by_word: bool = False
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> Array | None:
        """What is known, whatever it is, batch axis first; None where nothing is."""
        return next((each for each in (self.indices, self.values, self.maps) if each is not None), None)


UNKNOWN = Truth(None)
"""Nothing is known of the images."""


def read_labels(labels: Array, known: ClassNames, what: str) -> Truth:
    """Turn labels into class indices, true values, or maps of either, whichever they are.

    Args:
        labels: Whole numbers (size,) or (size, 1); one-hot rows (size, classes); words (size,) or (size, 1); or numbers
            (size, …) that are true values, as `true_values` tells; or numbers (size, rows, columns, …), which stay as
            they are until the outputs of the model are known.
        known: Names of the classes by index; without any, words are numbered in sorted order.
        what: What the labels are called in an error, in the plural.

    Raises:
        DataError: The labels have none of these forms, or one of them has no class name.
    """
    if labels.ndim in _MAPS and labels.dtype.kind in "buif":
        return Truth(None, maps=labels, class_names=known.names)
    values = true_values(labels)
    if values is not None:
        return Truth(None, values, class_names=known.names)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind in _WORD_KINDS and labels.ndim == 1:
        return _of_words(labels, known, what)
    if labels.ndim == 1 and labels.dtype.kind in LABEL_KINDS:
        indices = _of_numbers(labels, what)
    elif labels.ndim == 2 and labels.dtype.kind in LABEL_KINDS and _is_one_hot(labels):
        indices = labels.argmax(axis=1).astype(np.int64)
    else:
        raise DataError(
            f"{what} have the shape {in_words(labels.shape)} and the type {labels.dtype}. Expected one class index per "
            "image, one word per image, or rows of 0 with a single 1. Give one class per image."
        )
    if known.names and indices.size and int(indices.max()) >= len(known.names):
        raise DataError(
            f"{what} go up to {int(indices.max())} but there are {len(known.names)} class names. Expected a name for "
            "each class, from 0 on. Add the missing names."
        )
    return Truth(indices, class_names=known.names)


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
        self._found: list[object] = []

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
                "Expected as many numbers for each. Write them again."
            )
        if self._ones is not None and label.ndim == 1 and label.size > 1 and np.isin(label, (0, 1)).all():
            self._ones.append(np.flatnonzero(label).tolist())
            return
        if self._ones is not None:  # the first that is no row of 0 and 1
            self._found, self._ones = list(self._dense(self._ones)), None
        self._found.append(label.item() if label.ndim == 0 else label)

    def array(self) -> Array:
        """Return all labels in a form that `read_labels` takes."""
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
            f"{what} hold values that are not class indices. Expected whole numbers from 0. Number the classes."
        )
    return labels.astype(np.int64)


def _is_one_hot(labels: Array) -> bool:
    return labels.shape[1] > 0 and bool(
        np.all((labels == 0) | (labels == 1)) and np.all((labels == 1).sum(axis=1) == 1)
    )


def _of_words(labels: Array, known: ClassNames, what: str) -> Truth:
    found, places = np.unique(labels, return_inverse=True)
    names = words(found, what)
    if not known.names:
        return Truth(places.astype(np.int64), class_names=names, by_word=True)
    matching = match(names, known, what)
    return Truth(np.array(matching.numbers, np.int64)[places], class_names=known.names, notes=(matching.note,))
