"""Findings about the report itself: characters without a glyph, templates of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.cleaning import codepoint
from reportgen.language.numerals import number, plural

_MOST_CHARACTERS = 20

NO_GLYPH = Rule(
    code="RG701",
    name="no-glyph",
    severity="warning",
    since="0.1.0",
    title="A character has no glyph in the report's fonts",
    means="A name, such as that of a class or a file, has a character that no font of the report can draw.",
    why=(
        "The PDF and the charts show the character's number instead, so the name is hard to read. On the web page it "
        "depends on the reader's computer."
    ),
    measured=(
        "All texts of the report are compared with the bundled fonts and those of `--font-dir`, before anything is "
        "drawn."
    ),
    cannot_tell="It knows whether a glyph exists, not whether a script is set correctly.",
    mend="Give a font that has the character with `--font-dir`, such as a Noto font for its script.",
)
TEMPLATES_CHANGED = Rule(
    code="RG702",
    name="templates-changed",
    severity="note",
    since="0.1.0",
    title="The report uses your own templates",
    means="With `--templates`, files of your own took the place of reportgen's.",
    why=(
        "A template can leave things out or word them differently. Whoever gets the report should know that it is not "
        "the usual one."
    ),
    measured="Every template in the folder of `--templates` counts. The chapter on provenance gives their hashes.",
    cannot_tell="It does not say what the templates changed. `report.json` is untouched by them.",
    mend="There is nothing to mend. Leave out `--templates` to get the usual report.",
)
RULES = (NO_GLYPH, TEMPLATES_CHANGED)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the report itself."""
    yield from _without_glyph(evidence.without_glyph)
    yield from _changed(tuple(file.name for file in evidence.templates))


def _without_glyph(characters: tuple[str, ...]) -> Iterator[Finding]:
    if characters:
        shown = ", ".join(f"{each} ({codepoint(each)})" for each in characters[:_MOST_CHARACTERS])
        rest = len(characters) - _MOST_CHARACTERS
        yield NO_GLYPH.finding(
            f"The report's fonts have no glyph for {plural(len(characters), 'character')}.",
            f"{shown}{f' and {number(rest)} more' if rest > 0 else ''}: the PDF and the charts show such a character by"
            f" its number, as [{codepoint(characters[0])}]; the web page leaves it to the reader's computer. Give a"
            " font that has it with --font-dir.",
            "provenance",
            facts={"num_characters": len(characters)},
        )


def _changed(templates: tuple[str, ...]) -> Iterator[Finding]:
    if templates:
        yield TEMPLATES_CHANGED.finding(
            "The report uses your own templates.",
            f"Changed: {', '.join(templates)}. The numbers in report.json are not affected. What a changed template"
            " shows or leaves out is up to its author.",
            "provenance",
            facts={"num_templates": len(templates)},
        )
