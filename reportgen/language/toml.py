"""A text in TOML -> what it holds and where, or a sentence that says where it is none."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from reportgen.errors import OptionsError, ReportgenError
from reportgen.language.listing import listed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def toml(text: str) -> dict[str, Any] | None:
    """Return what a text in TOML holds; None where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def toml_or_refused(data: bytes, name: str, example: str) -> tuple[str, dict[str, Any]]:
    """Return the text of a file in TOML, and what it holds.

    Args:
        data: Its bytes.
        name: What the file is called.
        example: A line that such a file may hold.

    Raises:
        OptionsError: It is no UTF-8 or no TOML; the message says where.
    """
    try:
        # Editors of Windows begin a file with a byte order mark.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise OptionsError(
            f"{name!r}, line {line}: this is no text in UTF-8. Expected a TOML file. Save it as UTF-8."
        ) from error
    text = text.replace("\r\n", "\n")
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionsError(_syntax(name, str(error), text, example)) from error


class Lines:
    """Where what stands in a file, for messages and for programs that point at a line.

    Attributes:
        name: What the file is called.
    """

    def __init__(self, text: str, name: str, error: type[ReportgenError] = OptionsError) -> None:
        """Look at a text.

        Args:
            text: The whole file.
            name: What it is called.
            error: What `refuse` raises.
        """
        self.name = name
        self._rows = text.splitlines()
        self._error = error

    def of(self, key: str, table: str = "") -> int:
        """Return the first line, from 1, that begins with a key below the head of its table.

        Args:
            key: The key.
            table: The names that lead to it, with NUL between them; "" for the top of the file.

        Returns:
            The line; where the key is not found that of the table's head, or 1.
        """
        start = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        first = self._head(table) if table else 0
        found = (place for place in range(first, len(self._rows)) if start.match(self._rows[place]))
        return next(found, first - 1 if table and first else 0) + 1

    def of_item(self, table: str, place: int) -> int:
        """Return the line of the head of a table in a list of tables; `place` is its place in the list, from 0."""
        head = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
        heads = [line for line, row in enumerate(self._rows, 1) if head.match(row)]
        return heads[place] if place < len(heads) else 1

    def _head(self, table: str) -> int:
        written = r"\s*\.\s*".join(rf"[\"']?{re.escape(part)}[\"']?" for part in table.split("\0"))
        head = re.compile(rf"\s*\[\s*{written}\s*\]")
        return next((place + 1 for place, row in enumerate(self._rows) if head.match(row)), 0)

    def refuse(self, key: str, came: str, expected: str, table: str = "", line: int = 0) -> NoReturn:
        """Raise the error of this file, with the line of a key.

        Args:
            key: The key.
            came: What stands there, without a full stop.
            expected: What was expected and what to do, in whole sentences.
            table: As for `of`.
            line: The line, where it is known.
        """
        raise self._error(f"{self.name!r}, line {line or self.of(key, table)}: {came}. {expected}")


def one_of(name: str, known: Sequence[str]) -> str:
    """Return what to do about a key that is not known: the nearest one, and all.

    >>> one_of("acuracy", ["accuracy", "class-recall"])
    "Did you mean 'accuracy'? Expected accuracy or class-recall. Fix or remove it."
    """
    near = get_close_matches(str(name).lower(), known, 1)
    question = f"Did you mean {near[0]!r}? " if near else ""
    return f"{question}Expected {listed(known, 'or')}. Fix or remove it."


def _syntax(name: str, message: str, text: str, example: str) -> str:
    """The sentence for what is no TOML: where it is, and what stands there."""
    found = _PLACE.search(message)
    lines = text.splitlines()
    number = int(found[1]) if found and found[1] else len(lines)
    written = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    what = _PLACE.sub("", message)
    shown = f" in {written[:80]!r}" if written else ""
    return (
        f"{name!r}, line {number}, cannot be read as TOML: {what[:1].lower()}{what[1:]}{shown}. Expected lines such as:"
        f" {example}. Fix the file."
    )
