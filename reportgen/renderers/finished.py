"""A finished report's file -> its bytes, and what its `report.json` holds. Reads no more than a report can be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from reportgen.document.report import FORMAT
from reportgen.errors import RenderError
from reportgen.language.cleaning import shortened
from reportgen.language.numerals import memory

MOST_BYTES = 1 << 29
"""Most that a report may take: some hundred times that of one on a large network."""

_LONGEST = 80
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def is_json(path: Path) -> bool:
    """Whether a file begins as `report.json` does; no file of a model does. Of what cannot be read it is False."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


def bytes_of(path: Path, expected: str = "a report as reportgen wrote it") -> bytes:
    """Return the bytes of a file.

    Args:
        path: The file.
        expected: What it should be, in messages.

    Raises:
        RenderError: It is a folder, cannot be read, or is larger than any report.
    """
    if path.is_dir():
        raise RenderError(f"{str(path)!r} is a folder. Expected a file. Give the report.json in it.")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RenderError(
            f"{str(path)!r} cannot be read: {error.strerror or error}. Expected {expected}. Check its name and who may"
            " read it."
        ) from error
    if len(data) > MOST_BYTES:
        raise RenderError(
            f"{str(path)!r} takes more than {memory(MOST_BYTES)}. Expected {expected}, which takes some megabytes. Give"
            " the file of a report."
        )
    return data


def plain(data: bytes, name: str) -> dict[str, Any]:
    """Return what the bytes of a `report.json` hold.

    Args:
        data: The bytes.
        name: What the file is called in messages.

    Raises:
        RenderError: They are no report of this version of the format.
    """
    try:
        found = json.loads(data)
        if _HALF.search(data):
            json.dumps(found, ensure_ascii=False).encode("utf-8")  # Half of a character can be written nowhere.
    except (ValueError, RecursionError) as error:
        raise RenderError(
            f"{name!r} cannot be read as JSON ({error}). Expected a report.json. Give the whole file."
        ) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != FORMAT:
        raise RenderError(
            f"{name!r} does not have the format {FORMAT!r}, but {shortened(repr(schema), _LONGEST)}. Expected a"
            " report.json as this version of reportgen wrote it. Make the report again."
        )
    return dict(found)
