"""Plain data -> JSON: UTF-8, an entry a line, the same bytes for the same data. No format: what `json` writes with."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from reportgen.document.report import Figure, field_names

# Controls above ASCII's first (JSON escapes those itself), and those of the direction of writing.
_COMMANDS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# So many pieces are put together at once: to write each by itself takes longer than to make it.
_PIECES = 4096


def encoded(value: object, place: str) -> bytes:
    """Return plain data as JSON.

    Pictures are described, with the hash of their bytes, not included. A number that is no number is null.

    Args:
        value: A dataclass, a sequence, a mapping, text, a number, a truth value or None.
        place: What it is called in a message: "report".

    Raises:
        TypeError: Something in it is none of these.
    """
    file = io.BytesIO()
    # Piece by piece: as Python's own records, a report of many samples would take several times the room of its text.
    pieces: list[str] = []

    def write(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == _PIECES:
            file.write("".join(pieces).encode())
            pieces.clear()

    _put(value, place, "\n", write)
    file.write("".join([*pieces, "\n"]).encode())
    return file.getvalue()


def _put(value: object, place: str, line: str, write: Callable[[str], object]) -> None:
    """Write a value as JSON, a line for each entry, as `json.dumps` with an indent of one does.

    Args:
        value: A dataclass, a sequence, a mapping, text, a number, a truth value or None.
        place: Where it was found, for the message.
        line: A line's end and the indent of the line that the value stands on.
        write: What takes the text.

    Raises:
        TypeError: It is something else; a section put into its content what is no plain data.
    """
    if isinstance(value, str):
        write(_quoted(value))
    elif value is None or isinstance(value, (int, float)):
        write(_literal(value))
    elif isinstance(value, (tuple, list)):
        before, inner = "[", f"{line} "
        for index, each in enumerate(value):
            write(f"{before}{inner}")
            _put(each, f"{place}[{index}]", inner, write)
            before = ","
        write(f"{line}]" if value else "[]")
    else:
        entries = _entries(value, place)
        before, inner = "{", f"{line} "
        for name, each in entries.items():
            write(f"{before}{inner}{_quoted(name)}: ")
            _put(each, f"{place}.{name}", inner, write)
            before = ","
        write(f"{line}}}" if entries else "{}")


def _literal(value: float | None) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    # Numbers of numpy say their type, too, when they are asked themselves.
    return float.__repr__(value) if isinstance(value, float) else int.__repr__(value)


def _entries(value: object, place: str) -> dict[str, object]:
    if isinstance(value, Figure):
        return _figure(value)
    names = field_names(type(value))
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    raise TypeError(f"{place} is a {type(value).__name__}. A report holds plain data only. Convert it in the section.")


@lru_cache(1024)
def _quoted(text: str) -> str:
    # A name may hold half a character, which UTF-8 cannot write, and what commands a terminal or turns its lines round.
    text = re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(text, ensure_ascii=False))
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "media_type": figure.media_type,
        "width_px": figure.width_px,
        "height_px": figure.height_px,
        "caption": figure.caption,
        "alt": figure.alt,
        "size_bytes": figure.size_bytes,
        "sha256": figure.sha256,
    }
