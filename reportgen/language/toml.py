"""A text in TOML -> what it holds, or a sentence that says where it is none."""

from __future__ import annotations

import re
import sys
from typing import Any

from reportgen.errors import OptionsError

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
