"""A file that sorts classes into kinds (CSV or TOML), and class names -> the kind of each class."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from reportgen.errors import DataError
from reportgen.language.toml import toml
from reportgen.sources.dataset import counted
from reportgen.sources.files import shown

_LONGEST = 1 << 24
_EXPECTED = 'Expected lines such as robin,birds, or in TOML birds = ["robin", "jay"].'


def read(path: Path) -> dict[str, str]:
    """Read which class is of which kind.

    Args:
        path: CSV with a class and its kind in each line, below a first line `class,kind` or without it; or TOML with
            a list of classes for each kind, or a kind for each class.

    Returns:
        The kind by the class.

    Raises:
        DataError: The file is missing, holds something else, or puts one class into two kinds.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError("it is too long for a list of classes")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(
            f"There is no file {str(path)!r}. Expected a file with the kinds of classes. Check --groups."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{shown(path)!r} cannot be read as kinds of classes: {error}. {_EXPECTED} Fix it.") from error
    pairs = _of_toml(text, shown(path))
    if pairs is None:
        pairs = _of_csv(text, shown(path))
    found: dict[str, str] = {}
    for name, kind in pairs:
        if found.setdefault(name, kind) != kind:
            raise DataError(
                f"{shown(path)!r} says of the class {name!r} that it is of the kind {found[name]!r} and of the kind"
                f" {kind!r}. Expected one kind for each class. Leave one of them out."
            )
    if not found:
        raise DataError(f"{shown(path)!r} holds no class. {_EXPECTED} Fill it in, or leave --groups out.")
    return found


def kinds(names: Sequence[str], known: Mapping[str, str], num_classes: int = 0) -> tuple[str, ...]:
    """Return the kind of each class, by its index.

    Args:
        names: Names of the classes; () where they have none and are called by their numbers.
        known: The kind by the class.
        num_classes: How many classes there are, where they have no names.

    Returns:
        A kind for each class; "" for a class that the file does not name.

    Raises:
        DataError: The file names a class that is not there.
    """
    called = tuple(names) or tuple(map(str, range(num_classes)))
    strange = [name for name in known if name not in called]
    if strange:
        near = get_close_matches(strange[0], called, 1, 0.7)
        others = f", and {counted(len(strange) - 1, 'other')}" if len(strange) > 1 else ""
        raise DataError(
            f"The file of --groups names {strange[0]!r}{others}, which is no class here."
            f"{f' Did you mean {near[0]!r}?' if near else ''} Expected classes such as {called[0]!r}. Fix the file."
            if called
            else f"The file of --groups names {strange[0]!r}, but no classes are known here. Leave --groups out."
        )
    return tuple(known.get(name, "") for name in called)


def _of_toml(text: str, called: str) -> list[tuple[str, str]] | None:
    """Return classes with their kinds; None where the text is no TOML."""
    values = toml(text)
    if values is None:
        return None
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, str) and value.strip():
            found.append((key, value.strip()))
        elif isinstance(value, list) and all(isinstance(each, str | int) for each in value):
            found += [(str(each), key) for each in value]
        else:
            raise DataError(
                f"{called!r} holds {key!r} with {str(value)[:60]!r}, which is neither a kind nor a list of classes."
                f" {_EXPECTED} Fix it."
            )
    return found


def _of_csv(text: str, called: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    try:
        rows = list(enumerate(csv.reader(text.splitlines(), strict=True), 1))
    except csv.Error as error:
        raise DataError(f"{called!r} cannot be read as kinds of classes: {error}. {_EXPECTED} Fix it.") from error
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or (not found and [cell.lower() for cell in cells] == ["class", "kind"]):
            continue
        if len(cells) != 2 or not all(cells):
            raise DataError(
                f"{called!r}, line {line}: {','.join(row)[:60]!r} is no class with its kind. {_EXPECTED} Fix the line."
            )
        found.append((cells[0], cells[1]))
    return found
