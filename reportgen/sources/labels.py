"""An array of labels in one of its usual forms -> class indices and class names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, in_words
from reportgen.sources.files import writable

LABEL_KINDS = "buifUS"
_WORD_KINDS = "US"
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


def true_values(values: Array) -> Array | None:
    """Return fractions, the true values of a model that answers with values, as float64 (size, …); else None."""
    if values.dtype.kind != "f" or not np.isfinite(values).all() or np.array_equal(values, np.floor(values)):
        return None
    return values.astype(np.float64)


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
