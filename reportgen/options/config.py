"""A TOML file -> values of options. What is wrong with it is told with the file, the line and the key."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reportgen.errors import OptionsError
from reportgen.options import Options, field_of, make, meant

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_config(path: Path, elsewhere: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read options from a TOML file.

    Args:
        path: The file.
        elsewhere: For options that no file can hold, by name: the sentence that says where they belong.

    Raises:
        OptionsError: The file is missing, is no TOML, or holds an unknown key or a value that is not allowed.
    """
    text = _read(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionsError(_syntax(path, str(error), text)) from error
    for key, value in values.items():
        try:
            if field_of(key) not in Options.model_fields:
                _refuse_elsewhere(key, value, elsewhere or {})
            make({key: value})
        except OptionsError as error:
            raise OptionsError(f"{_place(path, text, key)}: {error}") from error
    try:
        make(values)
    except OptionsError as error:
        raise OptionsError(f"{path.name!r}: {error}") from error
    return {field_of(key): value for key, value in values.items()}


def toml(text: str) -> dict[str, Any] | None:
    """Return what a text in TOML holds; None where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _read(path: Path) -> str:
    try:
        # Editors of Windows begin a file with a byte order mark.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise OptionsError(
            f"There is no file {str(path)!r}. Expected a TOML file with options. Check --config."
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise OptionsError(
            f"{path.name!r}, line {line}: this is no text in UTF-8. Expected a TOML file with options. Save it as"
            " UTF-8."
        ) from error
    except OSError as error:
        raise OptionsError(
            f"{path.name!r} cannot be read: {error.strerror or error}. Expected a TOML file with options. Check"
            " --config."
        ) from error


def _syntax(path: Path, message: str, text: str) -> str:
    """The sentence for what is no TOML: where it is, and what stands there."""
    found = _PLACE.search(message)
    lines = text.splitlines()
    number = int(found[1]) if found and found[1] else len(lines)
    written = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    what = _PLACE.sub("", message)
    shown = f" in {written[:80]!r}" if written else ""
    return (
        f"{path.name!r}, line {number}, cannot be read as TOML: {what[:1].lower()}{what[1:]}{shown}. Expected lines"
        ' such as: colormap = "viridis". Fix the file.'
    )


def _refuse_elsewhere(key: str, value: object, elsewhere: Mapping[str, str]) -> None:
    """Say of what is no option of a report what it is, where that is known."""
    if isinstance(value, dict):
        raise OptionsError(
            f"{key!r} is a table. Expected options without tables, one a line, such as: colormap ="
            ' "viridis". Write them at the top of the file.'
        )
    sentence = elsewhere.get(key.replace("_", "-"))
    if sentence:
        raise OptionsError(f"{sentence}{meant(key, [name.replace('_', '-') for name in Options.model_fields])}")


def _place(path: Path, text: str, key: str) -> str:
    """The file, the line where it can be known, and the key."""
    start = re.compile(rf"\s*(?:\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if start.match(line)]
    line = f", line {lines[0]}" if len(lines) == 1 else ""
    return f"{path.name!r}{line}, {key!r}"
