"""A CSV file that lists pictures -> a dataset. One picture a line: its path, and its label or true values.

The first line may name the columns: "path" (or "file", "filename", "image") and "label" (or "class", "target",
"value"); without names the first column is the path. Paths are relative to the file's folder. What stands behind the
path is read as in other data: words and whole numbers are classes, fractions are true values; so are the numbers of
several columns (the corners of a box), unless they are 0 and 1, which say of each class whether the picture belongs to
it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.records import Shape
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading
from reportgen.sources.files import shown, writable
from reportgen.sources.folder import of_files
from reportgen.sources.labels import told_apart

_PATHS = ("path", "file", "filename", "image")
_LABELS = ("label", "class", "target", "value")
_LONGEST = 1 << 26
_INDEX = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_Column = tuple[str, list[str]]


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
    pictures, columns = _columns(path)
    labels, targets, class_names, notes = _known(columns, shown(path))
    return of_files(
        path.parent,
        pictures,
        shape,
        reading,
        source=shown(path),
        labels=labels,
        class_names=class_names,
        targets=targets,
        notes=notes,
    )


def _columns(path: Path) -> tuple[list[str], list[_Column]]:
    """Return the paths, and the other columns with their names; ones that are empty throughout are left out."""
    try:
        if path.stat().st_size > _LONGEST:
            raise DataError(
                f"{shown(path)!r} is {path.stat().st_size} bytes long. Expected a list of pictures. Shorten it."
            )
        text = path.read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(text.splitlines(), strict=True) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{shown(path)!r} cannot be read as CSV: {error}. Expected lines such as: cat/1.png,cat. Write it again."
        ) from error
    names = [cell.strip().lower() for cell in rows[0]] if rows else []
    place = next((names.index(name) for name in _PATHS if name in names), None)
    if place is None:
        place, names = 0, []
    else:
        names = [cell.strip() for cell in rows.pop(0)]
    if not rows:
        raise DataError(f"{shown(path)!r} lists no pictures. Expected lines such as: cat/1.png,cat. Add some.")
    longest = max(map(len, rows))
    if longest * len(rows) > _LONGEST:
        raise DataError(
            f"{shown(path)!r} has {len(rows)} lines, of which one has {longest} columns. Expected as many columns in "
            "each. Write it again."
        )
    columns = []
    for column in range(longest):
        cells = [row[column].strip() if column < len(row) else "" for row in rows]
        if column == place:
            pictures = cells
        elif any(cells):
            columns.append((names[column] if column < len(names) else "", cells))
    return pictures, columns


def _known(
    columns: Sequence[_Column], source: str
) -> tuple[npt.NDArray[np.int64] | None, Array | None, tuple[str, ...], tuple[str, ...]]:
    """Return the classes or the true values, names of the classes, and what is to be said of columns not read."""
    named = [column for column in columns if column[0].lower() in _LABELS]
    numbers = [column for column in columns if all(_NUMBER.fullmatch(cell) for cell in column[1] if cell)]
    # Without names, a word behind the path is the label; a row of numbers is one where all columns hold numbers.
    first_is_label = not any(name for name, _ in columns) and len(numbers) < len(columns)
    read = named[:1] or (columns[:1] if first_is_label or len(columns) == 1 else numbers)
    others = [name or "without a name" for name, cells in columns if not any(cells is each for _, each in read)]
    notes = (f"Columns of {source} that were not read: {writable(', '.join(others))}.",) if others else ()
    if not read:
        return None, None, (), notes
    lines = list(zip(*(cells for _, cells in read), strict=True))
    given = sum(all(line) for line in lines)
    if given != len(lines):
        raise DataError(
            f"{source!r} gives a label for {given} of {len(lines)} pictures. Expected one for each, or none. Add the "
            "missing ones."
        )
    labels, targets, class_names = told_apart(_as_array(lines), (), f"The labels in {source!r}")
    heads = tuple(writable(name) for name, _ in read)
    if len(read) > 1 and all(heads) and (targets is None or np.isin(targets, (0, 1)).all()):
        class_names = heads
    return labels, targets, class_names, notes


def _as_array(lines: Sequence[tuple[str, ...]]) -> Array:
    """Return rows of text as whole numbers, as numbers, or as words, whichever all of them are."""
    cells = [cell for line in lines for cell in line]
    if all(_INDEX.fullmatch(cell) for cell in cells) and max(map(len, cells)) < len(str(2**63)):
        found: Array = np.array(lines, np.int64)
    elif all(_NUMBER.fullmatch(cell) for cell in cells):
        found = np.array(lines, np.float64)
    else:
        found = np.array(lines)
    return found if len(lines[0]) > 1 else found[:, 0]
