"""A report written by hand whose page one holds as much as is asked for."""

from __future__ import annotations

import dataclasses
import io

from PIL import Image

from reportgen.document.report import Figure, Finding, Report, Section
from reportgen.document.sheets import ContactSheet
from reportgen.sections.summary import Content, KeyNumber
from tests.renderers import reports


def sheet(columns: int, rows: int, caption: str) -> ContactSheet:
    """Grey tiles of 8 × 8 pixels."""
    width, height = columns * 9 - 1, rows * 9 - 1
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, "PNG")
    figure = Figure("picture", "image/png", file.getvalue(), width, height, alt="Maps.", caption=caption)
    return ContactSheet(figure, columns, rows, 8, 8, 1, tuple(range(columns * rows)), columns * rows)


def report(
    *, name: str = "toy", findings: int = 3, detail: str = "It is so.", tiles: tuple[int, int] | None = (8, 2)
) -> Report:
    """A report with a page one and another chapter.

    Args:
        name: What everything in it is called.
        findings: How many there are.
        detail: What stands behind each.
        tiles: Columns and rows of the picture.
    """
    keys = tuple(KeyNumber(f"key {place}", 1234567, "number", f"of {name}") for place in range(6))
    picture = sheet(*tiles, caption=f"Maps of {name}.") if tiles else None
    sentences = tuple(f"Sentence {place} on {name}." for place in range(3))
    summary = Section("summary", "At a glance", f"{name} reads images.", Content(keys, picture, sentences, sentences))
    whole = reports.report(title=f"What {name} sees", name=name)
    found = tuple(
        Finding("RG000", "warning", f"Finding {place} of {name}.", detail, "summary") for place in range(findings)
    )
    return dataclasses.replace(whole, findings=found, sections=(summary, *whole.sections))
