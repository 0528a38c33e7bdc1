"""A TOML file -> values of options. What is wrong with it is told with the file, the line and the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reportgen.errors import OptionsError
from reportgen.language.toml import toml_or_refused
from reportgen.options import Options, field_of, make, meant


def read_config(path: Path, elsewhere: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read options from a TOML file.

    Args:
        path: The file.
        elsewhere: For options that no file can hold, by name: the sentence that says where they belong.

    Raises:
        OptionsError: The file is missing, is no TOML, or holds an unknown key or a value that is not allowed.
    """
    text, values = toml_or_refused(_read(path), path.name, 'colormap = "viridis"')
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise OptionsError(
            f"There is no file {str(path)!r}. Expected a TOML file with options. Check --config."
        ) from error
    except OSError as error:
        raise OptionsError(
            f"{path.name!r} cannot be read: {error.strerror or error}. Expected a TOML file with options. Check"
            " --config."
        ) from error


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
