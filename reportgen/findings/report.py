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
REPORT_ALTERED = Rule(
    code="RG711",
    name="report-altered",
    severity="failed",
    since="0.2.0",
    found_by="verify",
    title="A page or a PDF is not the one that its report gives",
    means="The facts agree, but the bytes of the file differ from those that the same report gives on this machine.",
    why="Somebody or something changed the file after it was written.",
    measured=(
        "The report is made again and drawn again, and the files are compared byte by byte. Where they differ, the "
        "words of each chapter or page are compared, then pictures, links and drawings, and for a PDF also fonts and "
        "all other objects; the first eight places are named. Bytes appended to a PDF, as signing does, are let "
        "through where they show nothing. On another machine, a page is held against what its own `report.json` gives."
    ),
    cannot_tell=(
        "On another machine pictures are not compared, and with other versions of reportgen, Jinja or WeasyPrint pages "
        "are not compared at all. Whether a signature is valid is not looked at."
    ),
    mend="Take the file from where it was written, or make the report again.",
)
MODEL_DIFFERS = Rule(
    code="RG712",
    name="model-differs",
    severity="failed",
    since="0.2.0",
    found_by="verify",
    title="The model is not the one that the report is about",
    means="The SHA-256 of the model's file is another than in the report.",
    why="What the report says was measured on other weights.",
    measured="The hash of the file that is given against the one in the chapter on provenance.",
    cannot_tell="A file that was saved again differs, though its weights may be the same.",
    mend="Give the file that the report was made of.",
)
DATA_DIFFER = Rule(
    code="RG713",
    name="data-differ",
    severity="failed",
    since="0.2.0",
    found_by="verify",
    title="The data are not those that the report was made on",
    means="The SHA-256 of the data is another than in the report.",
    why="Accuracy, channels and explanations were measured on other images.",
    measured="The hash of the data that are given against the one in the chapter on provenance.",
    cannot_tell="It does not say which images differ.",
    mend="Give the data that the report was made on.",
)
NUMBERS_DIFFER = Rule(
    code="RG714",
    name="numbers-differ",
    severity="failed",
    since="0.2.0",
    found_by="verify",
    title="The report does not come out again",
    means="Model and data are those that the report names, but facts in it differ from what comes out now.",
    why="A number was changed, or the report cannot be repeated.",
    measured=(
        "Every fact of `report.json`. With the same versions and machine each must be equal; elsewhere floats may "
        "differ by a thousandth of themselves and a millionth of the largest of their column."
    ),
    cannot_tell="A channel that lies at a threshold may fall on its other side elsewhere.",
    mend="Look at the facts that are named. Make the report again where it was made first.",
)
RULES = (NO_GLYPH, TEMPLATES_CHANGED, REPORT_ALTERED, MODEL_DIFFERS, DATA_DIFFER, NUMBERS_DIFFER)


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
