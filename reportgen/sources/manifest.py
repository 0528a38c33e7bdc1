"""A CSV file that lists pictures -> a dataset. One picture a line: its path, and its label or true values.

The first line may name the columns: "path" (or "file", "filename", "image") and "label" (or "class", "target",
"value"); without names the first column is the path. Paths are relative to the file's folder. What stands behind the
path is read as in other data: words and whole numbers are classes, fractions are true values; so are the numbers of
several columns (the corners of a box), unless they are 0 and 1, which say of each class whether the picture belongs to
it. A column called "mask" has the path of a second picture, with a class number for each pixel.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import hashing
from reportgen.sources.columns import NUMBER, Column, classes, table
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.files import shown, writable
from reportgen.sources.folder import in_folder
from reportgen.sources.labels import UNKNOWN, Truth, read_labels
from reportgen.sources.naming import ClassNames
from reportgen.sources.pictures import of_pictures

ACCEPTED = "a .csv file that lists pictures (path,label)"
IN_SHORT = "a .csv list"
_PATHS = ("path", "file", "filename", "image")
_LABELS = ("label", "class", "target", "value")
_MASKS = ("mask", "masks")
_LONGEST = 1 << 26
_MOST_COLUMNS = 50_000
_MOST_CELLS = 1 << 26


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a file that is called .csv and holds text: CSV has no first bytes of its own."""
    path = Path(spec)
    return path.suffix.lower() == ".csv" and path.is_file()


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open the pictures that a CSV file lists.

    Args:
        spec: Path of the file.
        shape: Shape of one sample of the model's input; pictures are brought to it as those of a folder are.
        reading: How pictures are resized.

    Returns:
        The pictures in the order of the lines, uint8, with labels or true values where the file gives them. Lines that
        name no picture that can be read are listed and left out.

    Raises:
        DataError: The file is no CSV, lists no picture that can be read, or only some lines have a label.
    """
    path = Path(spec)
    pictures, columns, where = _columns(path)
    masks, columns = _masks(columns, shown(path))
    truth, notes = _truth_of_columns(columns, shown(path))
    listed = in_folder(path.parent, pictures, shown(path), truth, notes, masks)

    def hashed() -> hashing.Hashed:
        found = hashing.of_files(path.parent, (path.name, *pictures, *masks))
        return hashing.Hashed(found, hashing.in_list(path, where.places, is_named=where.is_named))

    return of_pictures(replace(listed, hashed=hashed), shape, reading)


def _masks(columns: list[Column], source: str) -> tuple[list[str], list[Column]]:
    """Return the paths of masks, and the columns that are left.

    Raises:
        DataError: Only some pictures have one.
    """
    found = next((column for column in columns if column.name.lower() in _MASKS), None)
    if found is None:
        return [], columns
    cells = list(found.cells)
    paths = [cells[number] for number in found.lines]
    if not all(paths):
        given = sum(map(bool, paths))
        raise DataError(
            f"{source!r} gives a mask for {given} of {len(paths)} pictures. Expected one for each, or none. Add the"
            " missing ones."
        )
    return paths, [column for column in columns if column is not found]


@dataclass(frozen=True, slots=True)
class _Where:
    """Where paths stand: in which columns, from 0, that of masks last, and whether the first line names the columns."""

    places: tuple[int, ...]
    is_named: bool


def _columns(path: Path) -> tuple[list[str], list[Column], _Where]:
    """Return the paths, the other columns with their names without ones that are empty, and where the paths stand."""
    pictures: list[str] = []
    columns: list[Column] = []
    names: list[str] | None = None
    place, is_named = 0, False
    masks: tuple[int, ...] = ()
    for cells in _lines(path):
        if names is None:
            small = [cell.lower() for cell in cells]
            found = next((small.index(name) for name in _PATHS if name in small), None)
            names, place = ([], 0) if found is None else (cells, found)
            is_named = found is not None
            if is_named:
                masks = tuple(at for at, name in enumerate(small) if name in _MASKS)[:1]
                del names[place]
                continue
        picture = cells.pop(place) if place < len(cells) else ""
        width = max(len(columns), len(cells))
        if width > _MOST_COLUMNS or width * len(pictures) > _MOST_CELLS:
            raise DataError(
                f"{shown(path)!r} has {width + 1} columns and {len(pictures) + 1} lines or more. Expected at most "
                f"{_MOST_COLUMNS} columns after the path, and {_MOST_CELLS} cells together. Keep the columns that say "
                "something of the pictures."
            )
        for index in range(len(columns), width):
            columns.append(Column(names[index] if index < len(names) else ""))
        for index, cell in enumerate(cells):
            columns[index].take(len(pictures), cell)
        pictures.append(picture)
    if not pictures:
        raise DataError(f"{shown(path)!r} lists no pictures. Expected lines such as: cat/1.png,cat. Add some.")
    columns = [column for column in columns if len(column.cells) > 1]
    for column in columns:
        column.end(len(pictures))
    return pictures, columns, _Where((place, *masks), is_named)


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the cells of each line, without blanks around them; lines without any, and empty cells at the end, not."""
    try:
        if path.stat().st_size > _LONGEST:
            raise DataError(
                f"{shown(path)!r} is {path.stat().st_size} bytes long. Expected a list of pictures. Shorten it."
            )
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream, strict=True):
                cells = [cell.strip() for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    yield cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{shown(path)!r} cannot be read as CSV: {error}. Expected lines such as: cat/1.png,cat. Write it again."
        ) from error


def _truth_of_columns(columns: Sequence[Column], source: str) -> tuple[Truth, tuple[str, ...]]:
    """Return the classes or the true values, and what is to be said of columns not read."""
    named = [column for column in columns if column.name.lower() in _LABELS]
    numbers = [column for column in columns if column.holds_only(NUMBER)]
    # Without names, a word behind the path is the label; a row of numbers is one where all columns hold numbers.
    first_is_label = not any(column.name for column in columns) and len(numbers) < len(columns)
    read = named[:1] or (list(columns[:1]) if first_is_label or len(columns) == 1 else numbers)
    others = [column.name or "without a name" for column in columns if column not in read]
    notes = (f"Columns of {source} that were not read: {writable(', '.join(others))}.",) if others else ()
    if not read:
        return UNKNOWN, notes
    is_given = np.ones(len(read[0].lines), np.bool_)
    for column in read:
        is_given &= column.lines != 0
    if not is_given.all():
        raise DataError(
            f"{source!r} gives a label for {int(is_given.sum())} of {len(is_given)} pictures. Expected one for each, or"
            " none. Add the missing ones."
        )
    if not all(column.holds_only(NUMBER) for column in read):
        return classes(read[0]), notes
    truth = read_labels(table(read), ClassNames(()), f"The labels in {source!r}")
    heads = tuple(writable(column.name) for column in read)
    if len(read) > 1 and all(heads) and (truth.values is None or np.isin(truth.values, (0, 1)).all()):
        truth = replace(truth, class_names=heads, by_word=True)
    return truth, notes
