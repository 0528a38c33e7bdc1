"""Cells of text, one for each image -> what is known of the images. Every different cell is kept once."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, Dataset, counted
from reportgen.sources.files import writable
from reportgen.sources.labels import UNKNOWN, Truth, read_labels
from reportgen.sources.naming import ClassNames

INDEX = re.compile(r"[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class Column:
    """The cells of a column: every different one once, and for each line which of them it holds; "" is number 0."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells = {"": 0}
        self._numbers = array("i")

    def take(self, line: int, cell: str) -> None:
        """Take the cell of a line; lines before it that gave none are empty here."""
        self.end(line)
        self._numbers.append(self.cells.setdefault(cell, len(self.cells)))

    def end(self, num_lines: int) -> None:
        """Take the lines that are left, of so many in all, as empty."""
        self._numbers.frombytes(bytes((num_lines - len(self._numbers)) * self._numbers.itemsize))

    def holds_only(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether all cells that are not empty match a pattern."""
        return all(pattern.fullmatch(cell) for cell in self.cells if cell)

    @property
    def lines(self) -> npt.NDArray[np.int32]:
        """Number of the cell in each line, (lines)."""
        return np.frombuffer(self._numbers, np.dtype(self._numbers.typecode))


def classes(column: Column) -> Truth:
    """Return the class of each line, its words numbered in sorted order, and the words as names of the classes."""
    names = sorted(cell for cell in column.cells if cell)
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers.get(cell, 0) for cell in column.cells], np.int64)[column.lines]
    return Truth(labels, class_names=tuple(map(writable, names)), by_word=True)


def table(columns: Sequence[Column]) -> Array:
    """Return columns of numbers as whole numbers, or as numbers with fractions where not all are whole."""
    longest = max(len(cell) for column in columns for cell in column.cells)
    is_whole = longest < len(str(2**63)) and all(column.holds_only(INDEX) for column in columns)
    kind, dtype = (int, np.int64) if is_whole else (float, np.float64)
    found = np.empty((len(columns[0].lines), len(columns)), dtype)
    for place, column in enumerate(columns):
        found[:, place] = np.array([kind(cell or 0) for cell in column.cells], dtype)[column.lines]
    return found if len(columns) > 1 else found[:, 0]


def known_where_given(columns: Sequence[Column], what: str) -> Truth:
    """Return what columns say of the lines that fill all of them: classes or true values.

    Args:
        columns: All of the same number of lines.
        what: What they are called in an error, in the plural.

    Returns:
        Class −1, or true values NaN, for the other lines; nothing where no line fills all.

    Raises:
        DataError: A number is no class index.
    """
    if not columns:
        return UNKNOWN
    is_given = np.logical_and.reduce([column.lines != 0 for column in columns])
    if not is_given.any():
        return UNKNOWN
    if not all(column.holds_only(NUMBER) for column in columns):
        found = classes(columns[0])
        assert found.indices is not None, "words are classes"
        return replace(found, indices=np.where(is_given, found.indices, -1))
    return scattered(table(columns)[is_given], is_given, what)


def scattered(labels: Array, is_given: npt.NDArray[np.bool_], what: str) -> Truth:
    """Return what the labels of some images say, as those of all: class −1, or true values NaN, for the others.

    Args:
        labels: Numbers or words of those that have one, batch axis first.
        is_given: Which images have one, (size,).
        what: What the labels are called in an error, in the plural.

    Raises:
        DataError: They are no labels; as `labels.read_labels`.
    """
    found = read_labels(labels, ClassNames(()), what)
    if found.values is not None:
        rows = np.full((len(is_given), *found.values.shape[1:]), np.nan)
        rows[is_given] = found.values
        return replace(found, values=rows)
    assert found.indices is not None, "labels are classes or true values"
    indices = np.full(len(is_given), -1, np.int64)
    indices[is_given] = found.indices
    return replace(found, indices=indices)


def check_all_given(dataset: Dataset, advice: str) -> None:
    """Refuse data of which only some images have a label, those that cannot be read left aside.

    Args:
        dataset: Class −1, or true values NaN, stand for an image without one.
        advice: What to do about it, a whole sentence.

    Raises:
        DataError: Some have one and others not.
    """
    given: list[Array] = [] if dataset.labels is None else [np.asarray(dataset.labels >= 0)]
    given += [np.asarray(~np.isnan(rows.reshape(len(rows), -1)).any(axis=1)) for _, rows in dataset.targets]
    if given and not given[0].all():
        raise DataError(
            f"{dataset.source!r} gives a label for {int(given[0].sum())} of {counted(dataset.size, 'image')}. Expected"
            f" one for each, or none. {advice}"
        )
