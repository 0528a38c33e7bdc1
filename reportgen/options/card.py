"""A TOML file -> a card: what only the owner of a model can say. What is wrong with it is said with file, line and key.

Nothing in it is guessed: a key that is not known is refused, because a sentence that nobody prints was never said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from reportgen.errors import DataError, OptionsError
from reportgen.language.toml import Lines, one_of, toml_or_refused
from reportgen.options import readme_head
from reportgen.records.card import FIELDS, TABLES, Card, Field, Form, Statement

MOST_BYTES = 1 << 18
"""Most that a card may take: a hundred pages of text."""
_README = "readme"
_LICENSE, _TAGS = "model.license", "model.tags"
_EXPECTED: dict[Form, str] = {
    "text": "Expected a text in quotes.",
    "list": 'Expected a list of texts, such as ["…", "…"].',
    "yes or no": "Expected true or false.",
    "day": "Expected a day without quotes, such as 2026-11-27.",
}


def read(path: Path) -> Card:
    """Read a card, and the head of the README.md that it names.

    Args:
        path: A TOML file.

    Raises:
        DataError: One of them cannot be read, or holds what is not known.
    """
    data = readme_head.bytes_of(path, MOST_BYTES, "The card", "Check --card.")
    lines, values = _parsed(data, path.name)
    stated = dict(_statements(values, lines))
    readme = _readme(values, lines)
    if readme:
        stated |= _from_readme(path.parent / readme, stated)
    return _card(path.name, stated)


def parse(data: bytes, name: str) -> Card:
    """Read a card from its bytes, without the README.md that it may name.

    Args:
        data: The bytes of a TOML file.
        name: What it is called in messages.

    Raises:
        DataError: It is no TOML, or holds what is not known.
    """
    lines, values = _parsed(data, name)
    stated = dict(_statements(values, lines))
    _readme(values, lines)
    return _card(name, stated)


def readme_of(path: Path) -> Path | None:
    """Return the README.md that a card names, or None; the card is one that `read` takes."""
    lines, values = _parsed(readme_head.bytes_of(path, MOST_BYTES, "The card", "Check --card."), path.name)
    readme = _readme(values, lines)
    return path.parent / readme if readme else None


def _card(name: str, stated: Mapping[str, Statement]) -> Card:
    return Card(name, tuple(stated.get(field.key, Statement(field.key, field.label, ())) for field in FIELDS))


def _parsed(data: bytes, name: str) -> tuple[Lines, dict[str, Any]]:
    try:
        text, values = toml_or_refused(data, name, 'intended-purpose = "Reads single digits on forms."')
    except OptionsError as error:
        raise DataError(str(error)) from error
    lines = Lines(text, name, DataError)
    known = ("version", *dict.fromkeys(table.partition(".")[0] for table in TABLES))
    unknown = next((key for key in values if key not in known), None)
    if unknown is not None:
        lines.refuse(unknown, f"there is no key {unknown!r}", one_of(unknown, known))
    # True is equal to 1.
    if values.get("version") != 1 or isinstance(values["version"], bool):
        lines.refuse("version", f"the version is {values.get('version')!r}", "Expected version = 1. Write it first.")
    return lines, values


def _statements(values: Mapping[str, Any], lines: Lines) -> Iterator[tuple[str, Statement]]:
    for table in TABLES:
        parts = table.split(".")
        within: Any = values
        for depth, part in enumerate(parts):
            head = ".".join(parts[: depth + 1])
            within = within.get(part, {})
            if not isinstance(within, dict):
                lines.refuse(
                    part, f"{head} is {within!r}", f"Expected a table: a line [{head}] with its keys below.",
                    "\0".join(parts[:depth]),
                )  # fmt: skip
            _check_keys(head, within, lines)
        for field in (each for each in FIELDS if each.table == table and each.name in within):
            yield field.key, _statement(field, within[field.name], lines)


def _check_keys(head: str, within: Mapping[str, Any], lines: Lines) -> None:
    tables = [table.removeprefix(f"{head}.") for table in TABLES if table.startswith(f"{head}.")]
    known = (*(field.name for field in FIELDS if field.table == head), *tables, *([_README] * (head == "model")))
    unknown = next((key for key in within if key not in known), None)
    if unknown is not None:
        table = head.replace(".", "\0")
        lines.refuse(unknown, f"[{head}] has no key {unknown!r}", one_of(unknown, known), table)


def _statement(field: Field, value: object, lines: Lines) -> Statement:
    stated = _values(field.form, value)
    if stated is None:
        table = field.table.replace(".", "\0")
        lines.refuse(field.name, f"{field.name} is {_shown(value)}", _EXPECTED[field.form], table)
    return Statement(field.key, field.label, stated)


def _values(form: Form, value: object) -> tuple[str, ...] | None:
    """What is stated, an empty text being nothing; None where it is of another form."""
    if form == "yes or no":
        return ("yes" if value else "no",) if isinstance(value, bool) else None
    if form == "day":
        # A moment is a day, too, for Python.
        return (value.isoformat(),) if isinstance(value, date) and not isinstance(value, datetime) else None
    items = value if form == "list" else [value]
    if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
        return None
    return tuple(stripped for each in items if (stripped := each.strip()))


def _shown(value: object) -> str:
    written = value.isoformat() if isinstance(value, date) else repr(value)
    return written if len(written) <= 60 else f"{written[:60]}…"


def _readme(values: Mapping[str, Any], lines: Lines) -> str:
    """The name of the README.md, which lies beside the card or below its folder; "" for none."""
    name = values.get("model", {}).get(_README, "")
    if isinstance(name, str) and not name:
        return ""
    place = PurePosixPath(name) if isinstance(name, str) else None
    if place is None or place.is_absolute() or ".." in place.parts or "\\" in name or "\0" in name:
        lines.refuse(
            _README, f"{_README} is {_shown(name)}", 'Expected a file in the folder of the card, such as "README.md".',
            "model",
        )  # fmt: skip
    return str(place)


def _from_readme(path: Path, stated: Mapping[str, Statement]) -> dict[str, Statement]:
    """License and tags from the head of a README.md, where the card itself says none."""
    found = readme_head.read(path)
    own = stated[_LICENSE].values if _LICENSE in stated else ()
    if own and found.license and own[0].casefold() != found.license.casefold():
        raise DataError(
            f"The card says the license {own[0]!r}, and {path.name!r} says {found.license!r}. Expected one. Fix one of"
            " them."
        )
    taken = {_LICENSE: (found.license,) if found.license else (), _TAGS: found.tags}
    return {
        field.key: Statement(field.key, field.label, taken[field.key], path.name)
        for field in FIELDS
        if taken.get(field.key) and not (field.key in stated and stated[field.key].values)
    }
