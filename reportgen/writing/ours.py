"""A file that is in the way -> whether reportgen wrote it."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from reportgen.errors import RenderError

# What stands in each of our files, and no others: HTML, JSON, PDF, answers, model card, bill of materials, statement.
_MARKS = (
    b'<meta name="generator" content="reportgen">',
    b'"schema": "reportgen/',
    b"/Creator (reportgen)",
    b"reportgen-answers.npy",
    b"<!-- Written by reportgen. -->",
    b'"name": "reportgen:report:sha256"',
    b'"evaluator": "reportgen"',
)
_MOST_INFLATED_BYTES = 64 << 20


def check_ours(target: Path) -> None:
    """Refuse to write over a file that no report was."""
    if not target.exists():
        return
    try:
        ours = _names_us(target.read_bytes())
    except OSError:
        ours = False
    if not ours:
        raise RenderError(
            f"{target.name} is in the way: it was not written by reportgen. Expected a folder without it. Move it, or "
            "choose another folder with --output."
        )


def _names_us(data: bytes) -> bool:
    """Whether a file says that reportgen made it; a PDF says so in a compressed stream of small objects."""
    if _marked(data):
        return True
    for found in re.finditer(rb"/ObjStm.{0,200}?stream\r?\n", data, re.DOTALL):
        try:
            inflated = zlib.decompressobj().decompress(data[found.end() :], _MOST_INFLATED_BYTES)
        except zlib.error:
            continue
        if _marked(inflated):
            return True
    return False


def _marked(data: bytes) -> bool:
    return any(mark in data for mark in _MARKS)
