"""`report.json` -> the report that it was written from, without TensorFlow. What `reportgen.read` is."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

from reportgen import registry
from reportgen.document import report
from reportgen.pipeline.result import Report
from reportgen.renderers import finished, parsing

MOST_BYTES = 1 << 29
"""Most that a file may take: some hundred times that of a report on a large network."""


def read(path: str | os.PathLike[str]) -> Report:
    """Read a report back from its JSON file.

    All facts of the report are there, as `explain` returned them, but not what the JSON leaves out: pictures are
    described and have no bytes (`Figure.left_out` has their size and hash), NaN and infinity are NaN, or None where a
    number may be missing, and `fonts`, `templates` and `scores` are empty. So the report can be looked through,
    compared, and written as JSON again, byte for byte; a page or a PDF cannot be made from it.

    Args:
        path: The file: `report.json` in the folder that the report was written to.

    Returns:
        The report.

    Raises:
        RenderError: The file cannot be read, is no report, or was written in another version of the format.
    """
    found = parsing.parse(finished.bytes_of(Path(path), "a report.json"), contents(), repr(str(path)))
    return Report(**{field.name: getattr(found, field.name) for field in fields(report.Report)})


def contents() -> dict[str, type]:
    """Return the dataclass of each chapter's content, by its name."""
    return {name: registry.load("sections", name).Content for name in registry.names("sections")}
