"""A CSV file that lists pictures -> a dataset. One picture a line: its path, and its label where it has one.

The first line may name the columns: "path" (or "file", "filename", "image") and "label" (or "class"); without names the
first column is the path and the second, where there is one, the label. Paths are relative to the file's folder.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from reportgen.errors import DataError
from reportgen.records import Shape
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.files import shown
from reportgen.sources.folder import of_files
from reportgen.sources.labels import class_indices

_PATHS = ("path", "file", "filename", "image")
_LABELS = ("label", "class")
_LONGEST = 1 << 26


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
        The pictures in the order of the lines, uint8, with labels where the file gives them. Lines that name no picture
        that can be read are listed and left out.

    Raises:
        DataError: The file is no CSV, lists no picture that can be read, or only some lines have a label.
    """
    path = Path(spec)
    rows = _rows(path)
    pictures = [row[0] for row in rows]
    given = [row[1] for row in rows if len(row) > 1 and row[1]]
    if given and len(given) != len(rows):
        raise DataError(
            f"{shown(path)!r} gives a label for {len(given)} of {len(rows)} pictures. Expected one for each, or none. "
            "Add the missing ones."
        )
    labels = None
    class_names: tuple[str, ...] = ()
    if given:
        numbers = all(text.isascii() and text.isdigit() for text in given)
        values = np.array([int(text) for text in given]) if numbers else np.array(given)
        labels, class_names = class_indices(values, (), f"The labels in {shown(path)!r}")
    return of_files(path.parent, pictures, shape, reading, source=shown(path), labels=labels, class_names=class_names)


def _rows(path: Path) -> list[list[str]]:
    """Return path and label of every line, the names of the columns taken off."""
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
    rows = [[cell.strip() for cell in row] for row in rows]
    names = [cell.lower() for cell in rows[0]] if rows else []
    place = next((names.index(name) for name in _PATHS if name in names), None)
    if place is not None:
        label = next((names.index(name) for name in _LABELS if name in names), None)
        wanted = [place] if label is None else [place, label]
        rows = [[row[column] if column < len(row) else "" for column in wanted] for row in rows[1:]]
    if not rows:
        raise DataError(f"{shown(path)!r} lists no pictures. Expected lines such as: cat/1.png,cat. Add some.")
    return rows
