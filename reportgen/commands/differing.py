"""`reportgen diff`: two finished reports are compared, without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reportgen.commands.endings import Step
from reportgen.errors import OptionsError

if TYPE_CHECKING:
    from reportgen.document.difference import Difference

FORMATS = ("text", "html", "pdf", "json")
_MOST_ROWS = 10
_EXAMPLE = "\n".join(
    ("\b", "Example:", "  reportgen diff released/report.json report/report.json --format text --format html=diff.html")
)


@click.command("diff", cls=Step, epilog=_EXAMPLE)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="What to print, or to write to FILE: text, html, pdf, json; repeatable.  [default: text]",
)
def diff(old: Path, new: Path, formats: tuple[str, ...]) -> None:
    """Say what changed from report OLD to report NEW, each a report.json.

    Where both were built with --keep-answers on the same data, the answers are compared image by image.
    """
    from reportgen.policy import differing
    from reportgen.writing.files import replace_file

    wanted = [_wanted(text) for text in formats or ("text",)]
    if sum(file is None for _, file in wanted) > 1:
        raise OptionsError(
            "Several formats would be printed one after the other. Expected at most one without a file. Write for"
            " example --format text --format html=diff.html."
        )
    found = differing.differ(differing.read(old), differing.read(new))
    told = sentences(found)
    for name, file in wanted:
        data = _made(name, found, told)
        if file is None:
            click.echo(data.decode("utf-8"), nl=False)
        else:
            replace_file(file, data)


def sentences(found: Difference) -> dict[str, Any]:
    """Return what is said of a difference, by its place on the page."""
    from reportgen.policy import telling

    answers = found.answers
    classes = answers.classes if answers else ()
    return {
        "headline": telling.headline(found),
        "answers": list(telling.about_answers(answers)) if answers else [],
        "layers": telling.about_layers(found),
        "channels": telling.about_channels(found),
        "classes": telling.about_classes(answers) if answers else "",
        "points": [telling.points(each.shift) for each in classes],
        "costs": {each.name: telling.cost(each) for each in found.costs},
        "signs": {"added": "+", "removed": "−", "changed": "~", "renamed": "~"},
    }


def _wanted(text: str) -> tuple[str, Path | None]:
    name, sign, file = text.partition("=")
    if name not in FORMATS or (sign and not file) or (name == "pdf" and not file):
        raise OptionsError(
            f"A difference cannot be given as {text!r}. Expected FORMAT or FORMAT=FILE, with a format among"
            f" {', '.join(FORMATS)}; a PDF needs a file. Write for example html=diff.html."
        )
    return name, Path(file) if file else None


def _made(name: str, found: Difference, told: dict[str, Any]) -> bytes:
    from reportgen.language.cleaning import clean, with_plain_spaces
    from reportgen.renderers import difference

    if name == "text":
        lines = (clean(" ".join(each.splitlines())) for each in _lines(found, told))
        return with_plain_spaces("\n".join(lines) + "\n").encode("utf-8")
    return {"html": difference.page, "pdf": difference.paper, "json": difference.facts}[name](found, told)


def _lines(found: Difference, told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['headline']}."
    yield from found.apart or told["answers"]
    yield from _classes(found, told)
    yield told["layers"]
    yield from _first([f"  {told['signs'][each.change]} {each.path}: {'; '.join(each.what)}" for each in found.layers])
    for each in found.costs:
        if each.old != each.new:
            yield f"{each.name.capitalize()}: {each.old} became {each.new} ({told['costs'][each.name]})."
    yield told["channels"]
    shown = [each for each in found.channels if "dead" in (each.old, each.new)]
    yield from _first([f"  {each.path} {each.channel}: {each.old} became {each.new}" for each in shown])
    for change in ("new", "gone", "as before"):
        mine = [each for each in found.findings if each.change == change]
        if mine:
            yield f"Findings, {change}:"
            yield from _first(
                [
                    f"  {each.code} {each.severity}: {each.title}{f' [{each.where}]' if each.where else ''}"
                    for each in mine
                ]
            )
    for fact in found.facts:
        yield f"  {fact.name}: {fact.old} became {fact.new}"


def _classes(found: Difference, told: dict[str, Any]) -> Iterator[str]:
    if found.answers is None:
        return
    changed = [
        (each, said)
        for each, said in zip(found.answers.classes, told["points"], strict=True)
        if each.shift.old.part != each.shift.new.part
    ]
    if changed:
        yield told["classes"]
    yield from _first(
        [
            f"  {each.name}: {each.shift.old.part} became {each.shift.new.part} of {each.shift.new.whole}, {said}"
            for each, said in changed
        ]
    )


def _first(rows: list[str]) -> list[str]:
    more = len(rows) - _MOST_ROWS
    return [*rows[:_MOST_ROWS], f"  and {more} more: see --format html"] if more > 1 else rows
