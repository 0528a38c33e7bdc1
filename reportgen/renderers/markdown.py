"""Report -> Markdown for the summary page of a CI run: key numbers, findings, layers, and where the files are.

Names are hostile here, too: in Markdown a name can be a link, a picture or HTML. Every character that could mean
something is escaped (CommonMark 0.31, section 2.4), and line feeds are spaces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reportgen.document.report import Finding, Report
from reportgen.errors import RenderError
from reportgen.language.cleaning import clean, shortened
from reportgen.language.numerals import megabytes, number, percent, plural, shape, short
from reportgen.records.model import LayerRecord
from reportgen.sections import PAGE_ONE

MOST_BYTES = 900 << 10
"""GitHub takes 1024 KiB for one step, and nothing of what is longer."""
_SIGNS = {"failed": "❌ **failed:**", "warning": "⚠️ **warning:**", "note": "ℹ️ note:", "passed": "✅ passed:"}
_LONGEST_TEXT = 2000
# For what is there however much is left out: the counts of that, and what closes the table.
_RESERVE = 500


def render(report: Report, files: Mapping[str, int], most_bytes: int = MOST_BYTES) -> bytes:
    """Return a summary of a report.

    Args:
        report: The report.
        files: Size of each file that was written, bytes, by its path.
        most_bytes: How much it may be; findings and layers that have no room are counted.

    Raises:
        RenderError: Not even the key numbers have room.
    """
    head = _title_and_answer(report) + _files(files)
    room = most_bytes - _RESERVE - _size(head)
    if room < 0:
        raise RenderError(
            f"The summary of the report has no room: {plural(max(most_bytes, 0), 'byte')} are left of the "
            f"{megabytes(MOST_BYTES)} that GitHub takes safely. Expected a new file or one with room. Choose another "
            "with --summary."
        )
    findings = _fitting(list(map(_finding, report.findings)), room)
    shown = "".join(findings) + _more(len(report.findings) - len(findings), "finding")
    layers = report.model.layers
    rows = _fitting(list(map(_layer, layers)), room - _size(shown))
    return (
        f"{head}\n### What to know\n\n{shown}\n<details><summary>{plural(len(layers), 'layer')}</summary>\n\n"
        "| layer | kind | output | parameters | multiply-adds |\n| --- | --- | ---: | ---: | ---: |\n"
        f"{''.join(rows)}{_more(len(layers) - len(rows), 'layer')}\n</details>\n"
    ).encode()


def text(value: str, longest: int = _LONGEST_TEXT) -> str:
    r"""Write any text so that Markdown shows it as it is, on one line.

    >>> text("a|b <img> [c](d) _e_\n# f")
    'a\\|b \\<img\\> \\[c\\]\\(d\\) \\_e\\_ \\# f'
    """
    line = re.sub("[\\t\\n ]+", " ", clean(shortened(value, longest))).strip(" ")
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line)


def _size(written: str) -> int:
    return len(written.encode())


def _fitting(lines: Sequence[str], room: int) -> Sequence[str]:
    """As many of the first lines as have room, bytes."""
    for place, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            return lines[:place]
    return lines


def _more(left_out: int, noun: str) -> str:
    return f"\nAnd {plural(left_out, f'more {noun}')} in the report.\n" if left_out else ""


def _title_and_answer(report: Report) -> str:
    title = f"## {text(report.title, 200)}\n\n"
    summary = next((section for section in report.sections if section.name == PAGE_ONE), None)
    if summary is None:
        return title
    content: Any = summary.content
    keys = [f"| {text(key.name)} | **{_key(key)}** | {text(key.detail)} |\n" for key in content.key_numbers]
    return f"{title}{text(summary.answer)}\n\n| key number | | |\n| --- | ---: | --- |\n{''.join(keys)}\n"


def _key(key: Any) -> str:
    if key.value is None:
        return "–"
    write: Any = {"short": short, "percent": percent, "size": shape}.get(key.style, number)
    return text(write(key.value))


def _finding(finding: Finding) -> str:
    return f"- {_SIGNS[finding.severity]} **{text(finding.title)}** {text(finding.detail)}\n"


def _layer(layer: LayerRecord) -> str:
    agrees = "" if all(check.agrees for check in layer.checks) else " ✕"
    return (
        f"| {text(layer.path, 200)}{agrees} | {text(layer.kind, 100)} | {text(shape(layer.output_shape))} | "
        f"{number(layer.parameters)} | {number(layer.macs)} |\n"
    )


def _files(files: Mapping[str, int]) -> str:
    listed = ", ".join(f"{text(path)} ({megabytes(size)})" for path, size in files.items())
    return f"Files: {listed}\n"
