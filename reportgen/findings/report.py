"""Findings about the report itself: characters without a glyph, templates of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.language.cleaning import codepoint
from reportgen.language.numerals import number, plural

_MOST_CHARACTERS = 20


def _without_glyph(characters: tuple[str, ...]) -> Iterator[Finding]:
    if characters:
        shown = ", ".join(f"{each} ({codepoint(each)})" for each in characters[:_MOST_CHARACTERS])
        rest = len(characters) - _MOST_CHARACTERS
        yield Finding(
            "warning",
            f"{plural(len(characters), 'character')} of names {'has' if len(characters) == 1 else 'have'} no glyph in"
            " the report's fonts.",
            f"{shown}{f' and {number(rest)} more' if rest > 0 else ''}: the PDF and the charts show such a character by"
            f" its number, as [{codepoint(characters[0])}], and the web page as the reader's machine can. Give a"
            " font that has it with --font-dir.",
            "provenance",
        )


def _changed(templates: tuple[str, ...]) -> Iterator[Finding]:
    if templates:
        yield Finding(
            "note",
            "The report is set with changed templates.",
            f"Not as reportgen comes: {', '.join(templates)}. The numbers in report.json are untouched by that; what a"
            " changed template shows or leaves out is its author's choice.",
            "provenance",
        )
