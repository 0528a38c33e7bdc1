"""The README.md of a model on the Hugging Face Hub -> the license and the tags that its head states.

The head is YAML. Of it these two keys are read, in the forms in which people write them; what is written in another is
refused, not guessed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from reportgen.errors import DataError

MOST_BYTES = 1 << 20
"""Most of a README.md that is looked at: its head stands first."""
_FENCE = re.compile(r"---[ \t]*")
_KEY = re.compile(r"(license|tags)[ \t]*:(?:[ \t]+(.*))?$")
_ITEM = re.compile(r"[ \t]*-(?:[ \t]+(.*))?$")
_SCALAR = r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s"\'\[\]{}>|*&!%@`,#](?:[^\s,\[\]{}]|\s(?!#))*'
_NOTHING = ("", "~", "null")
_LONGEST_ROW = 4_000


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a README.md states.

    Attributes:
        license: The license as the Hub writes it, such as "apache-2.0"; "" for none.
        tags: The tags.
    """

    license: str
    tags: tuple[str, ...]


def bytes_of(path: Path, most: int, what: str, advice: str) -> bytes:
    """Return the bytes of a small file.

    Args:
        path: The file.
        most: Most bytes that it may take.
        what: What it is, at the beginning of a message.
        advice: What to do, a whole sentence.

    Raises:
        DataError: It cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{what} {str(path)!r} cannot be read: {why}. Expected a file. {advice}") from error
    if len(data) > most:
        raise DataError(f"{what} {path.name!r} takes more than {most:,} bytes. Expected no more. {advice}")
    return data


def read(path: Path) -> Head:
    """Read the head of a README.md.

    Raises:
        DataError: It cannot be read, has no head, or says license or tags in a form that is not known.
    """
    data = bytes_of(path, MOST_BYTES, "The README", "Check readme in the card.")
    try:
        rows = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name!r} is no text in UTF-8. Expected a README.md. Save it as UTF-8.") from error
    end = next((place for place, row in enumerate(rows) if place and _FENCE.fullmatch(row)), None)
    if not rows or not _FENCE.fullmatch(rows[0]) or end is None:
        raise DataError(
            f"{path.name!r} has no head. Expected one between two lines of three hyphens, as on the Hugging Face Hub."
            " Add it, or take readme out of the card."
        )
    return _head(rows[1:end], path.name)


def _head(rows: list[str], name: str) -> Head:
    stated: dict[str, tuple[str, ...]] = {}
    for place, row in enumerate(rows):
        found = _KEY.fullmatch(row)
        if not found:
            continue
        key, value = found[1], (found[2] or "").strip()
        if key in stated or len(row) > _LONGEST_ROW:
            _refuse(name, place, row)
        stated[key] = _values(key, _bare(value), rows[place + 1 :], name, place, row)
    licenses = stated.get("license", ())
    return Head(licenses[0] if licenses else "", stated.get("tags", ()))


def _values(key: str, value: str, following: list[str], name: str, place: int, row: str) -> tuple[str, ...]:
    if key == "tags" and not value:
        return tuple(_scalar(each, name, place + 1 + below) for below, each in enumerate(_items(following)))
    if key == "tags" and value.startswith("["):
        return _flow(value, name, place, row)
    if value in _NOTHING:
        return ()
    return (_scalar(value, name, place),)


def _items(following: list[str]) -> list[str]:
    """The items of a list below its key, one a line."""
    found = []
    for row in following:
        item = _ITEM.fullmatch(row)
        if not item:
            break
        found.append((item[1] or "").strip())
    return found


def _flow(value: str, name: str, place: int, row: str) -> tuple[str, ...]:
    if not value.endswith("]"):
        _refuse(name, place, row)
    inside = value[1:-1].strip().removesuffix(",")
    if inside and not re.fullmatch(rf"\s*(?:{_SCALAR})\s*(?:,\s*(?:{_SCALAR})\s*)*", inside):
        _refuse(name, place, row)
    return tuple(_scalar(each.strip(), name, place) for each in re.findall(_SCALAR, inside))


def _scalar(value: str, name: str, place: int) -> str:
    value = _bare(value)
    if not re.fullmatch(_SCALAR, value):
        _refuse(name, place, value)
    if value.startswith("'"):
        return value[1:-1].replace("''", "'")
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        _refuse(name, place, value)


def _bare(value: str) -> str:
    """A value without the comment behind it."""
    quoted = re.match(rf"({_SCALAR}|\[.*\])\s+#.*$", value)
    return quoted[1].strip() if quoted else value


def _refuse(name: str, place: int, row: str) -> NoReturn:
    raise DataError(
        f"{name!r}, line {place + 2}: {row.strip()[:60]!r} cannot be read. Expected lines such as: license: mit, and"
        " tags: [digits, grey]. Write it so, or take readme out of the card."
    )
