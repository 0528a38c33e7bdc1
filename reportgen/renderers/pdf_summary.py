"""Report -> its page one as a PDF of exactly one page, to be put into a mail or on a wall.

What is on page one is up to the report: many findings, long names, a tall picture. Versions of the page are tried from
the fullest to the barest. A finding, and a sentence on what the report can say and cannot, is whole or is left out and
counted. Names elsewhere on the page are shortened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from reportgen.document.report import Finding, Report
from reportgen.errors import RenderError
from reportgen.language.cleaning import shortened
from reportgen.language.numerals import plural
from reportgen.renderers import html
from reportgen.renderers.html import templates as templates
from reportgen.renderers.pdf import warm
from reportgen.renderers.tools import Tools
from reportgen.sections import PAGE_ONE

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = "-summary.pdf"
# From the fullest page to the barest: how wide the findings may be together, in letters; how many single images and
# how many rows of where it goes wrong there are; and how many millimetres the pictures of the flow may be high.
_VERSIONS = (
    (6000, 8, 15, 34), (3000, 8, 15, 30), (1500, 8, 15, 26), (700, 8, 10, 22), (400, 4, 6, 18), (350, 4, 5, 0),
    (300, 0, 5, 0), (0, 0, 0, 0),
)  # fmt: skip
# What the space around a finding takes of that.
_AROUND = 60
_LONGEST_TITLE = 120
_LONGEST_TEXT = 900
# In a cell of a table, or below a small picture.
_LONGEST_CELL = 110
_LONGEST_SENTENCE = 240
_LONGEST_WORD = 60
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
    """The page with fewer and fewer things on it; a version that would be that before it is left out."""
    made = None
    for room, images, rows, height in _VERSIONS:
        page = _page(report, room, (images, rows, height > 0))
        rules = f"\n#summary .flow-table img {{ max-height: {height}mm }}" if height else ""
        if (page, rules) != made:
            yield html.document(page, "print", rules)
        made = page, rules


def _page(report: Report, room: int, most: tuple[int, int, bool]) -> Report:
    chapter = next(section for section in report.sections if section.name == PAGE_ONE)
    content = _less(_shortened(chapter.content), *most)
    return dataclasses.replace(
        report,
        title=_within(report.title, _LONGEST_TITLE),
        findings=_with_room(report.findings, room),
        sections=(dataclasses.replace(_shortened(chapter), content=content),),
    )


def _less(content: Any, images: int, rows: int, with_flow: bool) -> Any:
    """Page one with at most so many single images and rows, and with the flow or without it."""
    kept: dict[str, Any] = {"boxes": tuple(map(_with_sentences, content.boxes))}
    for name, part, most in (("pictures", "items", images), ("wrong", "rows", rows)):
        whole = getattr(content, name)
        if whole is not None:
            fewer = _shortened(getattr(whole, part)[:most], _LONGEST_CELL)
            kept[name] = dataclasses.replace(whole, **{part: fewer}) if fewer else None
    if content.flow is not None:
        columns = _shortened(content.flow.columns, _LONGEST_CELL)
        kept["flow"] = dataclasses.replace(content.flow, columns=columns) if with_flow else None
    return dataclasses.replace(content, **kept)


def _with_sentences(box: Any) -> Any:
    """A box with the sentences that have room, each whole, and one that counts the others."""
    shown = tuple(filter(_fits, box.sentences))
    said = {name: _within(getattr(box, name), _LONGEST_SENTENCE) for name in ("strong", "answer")}
    left_out = len(box.sentences) - len(shown)
    if left_out:
        shown += (f"{plural(left_out, 'sentence')} for which there is no room here.",)
    return dataclasses.replace(box, sentences=shown, **said)


def _with_room(findings: tuple[Finding, ...], room: int) -> tuple[Finding, ...]:
    """The findings that have room, each whole, and a line that counts the others."""
    shown, left_out = [], []
    for finding in findings:
        wide = _AROUND + _width(finding.title) + _width(finding.detail)
        if wide <= room:
            room -= wide
            shown.append(finding)
        else:
            left_out.append(finding)
    if left_out:
        # No rule stands behind this line, so it has no code.
        shown.append(Finding("", "note", f"{_counted(left_out, after=bool(shown))}.", ""))
    return tuple(shown)


def _counted(findings: Sequence[Finding], *, after: bool) -> str:
    """How many findings there are in the report besides, and how heavy they are."""
    numbers = {
        noun: number
        for severity, noun in (("failed", "failed check"), ("warning", "warning"))
        if (number := sum(finding.severity == severity for finding in findings))
    }
    noun = next((noun for noun, number in numbers.items() if number == len(findings)), "finding")
    counted = f"And {plural(len(findings), f'more {noun}')}" if after else plural(len(findings), noun)
    heavy = " and ".join(plural(number, noun) for noun, number in numbers.items())
    return f"{counted} in the report{f', among them {heavy}' if heavy and noun == 'finding' else ''}"


def _fits(sentence: str) -> bool:
    return _width(sentence) <= _LONGEST_SENTENCE


def _width(text: str) -> int:
    """How many letters of the Latin alphabet are about as wide as a text."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _within(text: str, most: int) -> str:
    """A text without its middle where it is wider than so many letters."""
    return text if _width(text) <= most else shortened(text, most * len(text) // _width(text))


def _shortened(value: Any, most: int = _LONGEST_TEXT) -> Any:
    """A record with the middle of long words left out in every text in it, and of the text where it is still long."""
    if isinstance(value, str):
        return _within(" ".join(_within(word, _LONGEST_WORD) for word in value.split(" ")), most)
    if isinstance(value, tuple):
        return tuple(_shortened(each, most) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = {field.name: _shortened(getattr(value, field.name), most) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **kept)
    return value
