"""What yields images batch by batch or one by one -> arrays in a temporary file, one item at a time in memory.

`tf.data.Dataset`, Keras's `PyDataset`, PyTorch's `DataLoader` and any other iterable of arrays, of pairs of arrays and
labels, or of triples with weights, which are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources.arrays import IMAGE_KINDS, agrees
from reportgen.sources.dataset import Array, in_words
from reportgen.sources.labels import Gathered
from reportgen.sources.spooling import Spool, room

_MAP_AXES = 2
_ENDLESS = -1  # tf.data.INFINITE_CARDINALITY
Arrays = Array | dict[str, Array]
"""One array, or one for each input or output by its name."""


def is_stream(given: object) -> bool:
    """Tell whether something yields its images and is no array, list or mapping of them.

    >>> is_stream(iter([])), is_stream(np.zeros(3)), is_stream([np.zeros(3)]), is_stream("digits")
    (True, False, False, False)
    """
    if isinstance(given, np.ndarray | list | tuple | Mapping | str | bytes) or hasattr(given, "__array__"):
        return False
    # Data frames and series of other libraries turn themselves into arrays; what has a shape is an array of some kind.
    return not hasattr(given, "shape") and (hasattr(given, "__iter__") or _is_indexed(given))


def read(given: Any, shape: Shape | None, what: str = "") -> tuple[Arrays, Arrays | None]:
    """Put images into temporary files as they come.

    Args:
        given: What `is_stream` is true of.
        shape: Shape of one sample of the model's input, which tells a batch without labels from one image; None where
            it is not known.
        what: What it is called in an error: "The tf.data.Dataset"; "" for its kind.

    Returns:
        The images with their batch axis, by name where each item is a mapping; and the labels in the same way, None
        where there are none.

    Raises:
        DataError: It never ends, is empty, or its items do not go together.
    """
    what = what or f"The {_kind(given)}"
    columns: dict[str, _Images] = {}
    labels: dict[str, Gathered | _Images] = {}
    for item in _items(given, what):
        image, label = _parts(item)
        images, truths = _named(image), _named(label)
        if not columns:
            columns = {name: _Images(f"{what}{f', input {name}' * bool(name)}") for name in images}
            is_batch = _is_batch(images, truths, shape)
            labels = {name: _labels(rows[0] if is_batch else rows, what) for name, rows in truths.items()}
        if list(images) != list(columns) or list(truths) != list(labels):
            raise DataError(
                f"{what} yields items of different structures: {_shown(columns)} with labels {_shown(labels)}, and"
                f" {_shown(images)} with {_shown(truths)}. Expected the same in every item. Make them alike."
            )
        for name, rows in images.items():
            columns[name].take(rows if is_batch else rows[None])
        for name, rows in truths.items():
            gathered, whole = labels[name], rows if is_batch else rows[None]
            if isinstance(gathered, _Images):
                gathered.take(whole)
                continue
            for row in whole:
                gathered.take(np.asarray(row))
    if not columns:
        raise DataError(f"{what} is empty. Expected at least one image. Check its source.")
    arrays = {name: column.array() for name, column in columns.items()}
    known = {name: gathered.array() for name, gathered in labels.items()}
    return _unnamed(arrays), _unnamed(known) if known else None


class _Images:
    """Images of one input, or masks that belong to them, as they come, in a temporary file."""

    def __init__(self, what: str, each: str = "image") -> None:
        self._what, self._each, self._spool, self._size = what, each, Spool(), 0
        self._all = f"The images of {_lower(what)}" if each == "image" else what
        self._one: Array | None = None

    def take(self, rows: Array) -> None:
        if self._one is None:
            self._one = np.empty(rows.shape[1:], rows.dtype)
            if rows.dtype.kind not in IMAGE_KINDS:
                raise DataError(f"{self._what} holds {rows.dtype}. Expected images: numbers. Convert them.")
        one = self._one
        if (rows.shape[1:], rows.dtype) != (one.shape, one.dtype):
            raise DataError(
                f"{self._each.capitalize()} {self._size} of {_lower(self._what)} is {in_words(rows.shape[1:])} of"
                f" {rows.dtype}, and the first is {in_words(one.shape)} of {one.dtype}. Expected one size and type."
                " Resize or cast them in the dataset."
            )
        with room(self._all):
            self._spool.file.write(np.ascontiguousarray(rows).tobytes())
        self._size += len(rows)

    def array(self) -> Array:
        """Return all of them; the mapping keeps the file alive, also without the spool and without a name."""
        if self._one is None or not self._size * self._one.size:
            raise DataError(f"{self._what} is empty. Expected at least one image. Check its source.")
        with room(self._all):
            self._spool.file.flush()
        images: Array = np.memmap(self._spool.file, self._one.dtype, "r", 0, (self._size, *self._one.shape))
        return images


def _labels(label: Array, what: str) -> Gathered | _Images:
    """What takes labels as they come: masks as large as images go where these go."""
    called = f"The labels of {_lower(what)}"
    is_map = np.ndim(label) >= _MAP_AXES and np.asarray(label).dtype.kind in IMAGE_KINDS
    return _Images(called, "label") if is_map else Gathered(called)


def _items(given: Any, what: str) -> Iterator[Any]:
    if hasattr(given, "as_numpy_iterator"):
        if int(given.cardinality()) == _ENDLESS:
            raise DataError(f"{what} repeats for ever. Expected one that ends. Take repeat() out, or add take(1000).")
        yield from given.as_numpy_iterator()
    elif _is_indexed(given):
        number = given.num_batches if hasattr(given, "num_batches") else len(given)
        if number is None:
            raise DataError(f"{what} has no end. Expected one that says how many batches it has. Give it a length.")
        for place in range(number):
            yield given[place]
    else:
        yield from given


def _is_indexed(given: object) -> bool:
    """Tell a `PyDataset`, whose own iteration never ends, from what is iterated."""
    return hasattr(given, "__getitem__") and hasattr(given, "__len__")


def _parts(item: Any) -> tuple[Any, Any]:
    """Take images and labels out of an item; a third part are weights of the samples."""
    if isinstance(item, tuple | list) and 2 <= len(item) <= 3:
        return item[0], item[1]
    if isinstance(item, tuple | list) and len(item) == 1:
        return item[0], None
    return item, None


def _named(part: Any) -> dict[str, Array]:
    if part is None:
        return {}
    if isinstance(part, Mapping):
        return {str(name): np.asarray(value) for name, value in part.items()}
    return {"": np.asarray(part)}


def _unnamed(arrays: dict[str, Array]) -> Arrays:
    return arrays[""] if list(arrays) == [""] else arrays


def _is_batch(images: dict[str, Array], labels: dict[str, Array], shape: Shape | None) -> bool:
    image = next(iter(images.values()))
    if labels:
        # A row of 0 with a single 1 may by chance be as long as an image is high.
        label = next(iter(labels.values()))
        if label.ndim >= _MAP_AXES and label.shape[:2] == image.shape[:2]:
            # A mask for one image is as high as the image, as a batch of masks is as long as a batch of images.
            return image.ndim > len(shape or (0,) * 3) or (shape is not None and not agrees(image.shape, shape))
        return label.ndim > 0 and image.ndim >= len(shape or ()) and image.shape[:1] == label.shape[:1]
    return image.ndim > (3 if shape is None else len(shape))


def _kind(given: object) -> str:
    if hasattr(given, "as_numpy_iterator"):
        return "tf.data.Dataset"
    return type(given).__name__


def _lower(what: str) -> str:
    return what[:1].lower() + what[1:]


def _shown(names: Mapping[str, object]) -> str:
    return ", ".join(name or "one array" for name in names) or "none"
