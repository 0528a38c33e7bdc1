"""Report -> JSON: the same facts as on the page, for programs. `schema.json` in the package describes it."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping

from reportgen.document import Figure, Report
from reportgen.records import ModelRecord

SUFFIX = ".json"
# Changes with every change that can break a reader of the file.
SCHEMA_NAME = "reportgen/1"


# Controls above ASCII's first (JSON escapes those itself), and those of the direction of writing.
_COMMANDS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def render(report: Report) -> bytes:
    """Return the report as JSON: UTF-8, the same bytes for the same report.

    Pictures are described, with the hash of their bytes, not included. A number that is no number is null.
    """
    plain = {
        "schema": SCHEMA_NAME,
        "title": report.title,
        "subject": report.subject,
        "model": _plain(report.model),
        "run": _plain(report.run),
        "findings": _plain(report.findings),
        "sections": {
            section.name: {
                "title": section.title,
                "answer": section.answer,
                "content": _plain(section.content, section.name),
            }
            for section in report.sections
        },
    }
    return _bytes(plain)


def model_json(model: ModelRecord) -> bytes:
    """Return the facts of a model as JSON, as they stand under "model" in a report."""
    return _bytes(_plain(model))


def _bytes(plain: object) -> bytes:
    text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    # A name may hold half a character, which UTF-8 cannot write, and what commands a terminal or turns its lines round.
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8")


def _plain(value: object, place: str = "") -> object:
    """A record as what JSON knows.

    Args:
        value: A dataclass, a sequence, a mapping, text, a number, a truth value or None.
        place: Where it was found, for the message.

    Raises:
        TypeError: It is something else; a section put into its content what is no plain data.
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Figure):
        return _figure(value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name), f"{place}.{name}") for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(each, f"{place}.{key}") for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each, f"{place}[{index}]") for index, each in enumerate(value)]
    raise TypeError(f"{place} is a {type(value).__name__}. A report holds plain data only. Convert it in the section.")


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "media_type": figure.media_type,
        "width_px": figure.width_px,
        "height_px": figure.height_px,
        "caption": figure.caption,
        "alt": figure.alt,
        "size_bytes": len(figure.data),
        "sha256": figure.sha256,
    }
