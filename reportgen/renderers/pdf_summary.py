"""Report -> its page one as a PDF of exactly one page, to be put into a mail or on a wall.

What is on page one is up to the report: many findings, long names, a tall picture. Versions of the page are tried from
the fullest to the barest, and what a version leaves out it counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reportgen.document.report import Finding, Report
from reportgen.errors import RenderError
from reportgen.language.numerals import plural
from reportgen.renderers import html
from reportgen.renderers.html import templates as templates
from reportgen.renderers.pdf import warm
from reportgen.renderers.tools import Tools
from reportgen.sections import PAGE_ONE

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = "-summary.pdf"
# Number of findings, height of the picture in millimetres, and length of a text, from the fullest page to the barest.
_VERSIONS = (
    (24, 105, 400), (24, 70, 400), (16, 60, 300), (12, 60, 240), (9, 55, 240), (7, 55, 200), (5, 50, 160),
    (3, 45, 160), (2, 40, 130), (1, 25, 110),
)  # fmt: skip
_LONGEST_TITLE = 120
_LONGEST_KEY = 80
_BYTES = 150_000


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, from above: page one is much the same for every report."""
    del plan
    return _BYTES


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return page one as a tagged PDF of one page.

    Args:
        report: The report.
        tools: With a process that was started earlier with `warm`; without one, one is started now.

    Raises:
        RenderError: The report has no page one; else as for `pdf.render`.
    """
    check(tuple(section.name for section in report.sections))
    with (tools or Tools()).typesetter or warm(report.fonts) as process:
        return process.typeset(*_documents(report))


def check(chapters: tuple[str, ...]) -> None:
    """Find out whether a report of these chapters has a page one.

    Raises:
        RenderError: It has none.
    """
    if PAGE_ONE not in chapters:
        raise RenderError(
            f"Page one was asked for alone, but the chapter {PAGE_ONE!r} is left out of this report. Expected it among "
            "the chapters. Choose it with --section, or do without --format pdf-summary."
        )


def _documents(report: Report) -> Iterator[str]:
    """The page in fewer and fewer words; a version that would be that before it is left out."""
    made = None
    for num_findings, height, length in _VERSIONS:
        page = _page(report, num_findings, length)
        rules = f"\n#summary .sheet svg {{ max-height: {height}mm }}"
        if (page, rules) != made:
            yield html.document(page, "print", rules)
        made = page, rules


def _page(report: Report, num_findings: int, length: int) -> Report:
    chapter = next(section for section in report.sections if section.name == PAGE_ONE)
    content: Any = chapter.content
    content = dataclasses.replace(content, key_numbers=_cut(content.key_numbers, min(_LONGEST_KEY, length)))
    left_out = len(report.findings) - num_findings
    findings: tuple[Finding, ...] = _cut(report.findings[:num_findings], length)
    if left_out > 0:
        # No rule stands behind this line, so it has no code.
        findings += (Finding("", "note", f"And {plural(left_out, 'more finding')} in the report.", ""),)
    return dataclasses.replace(
        report,
        title=_cut(report.title, _LONGEST_TITLE),
        findings=findings,
        sections=(dataclasses.replace(_cut(chapter, length), content=_cut(content, length)),),
    )


def _cut(value: Any, length: int) -> Any:
    """A record with every text in it cut to a length; what was cut ends in "…"."""
    if isinstance(value, str):
        return value if len(value) <= length else f"{value[: length - 1].rstrip()}…"
    if isinstance(value, tuple):
        return tuple(_cut(each, length) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        cut = {field.name: _cut(getattr(value, field.name), length) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **cut)
    return value
