"""`reportgen diff`: two finished reports are compared, without TensorFlow; or two models, on the same images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reportgen.commands.choices import of_two_models, verbosity
from reportgen.commands.chosen import chosen
from reportgen.commands.endings import Step
from reportgen.errors import OptionsError

if TYPE_CHECKING:
    from reportgen.document.difference import Difference
    from reportgen.options import Options

FORMATS = ("text", "html", "pdf", "json")
_MOST_ROWS = 10
_EXAMPLE = "\n".join(
    (
        "\b",
        "Example:",
        "  reportgen diff released/report.json report/report.json --format text --format html=diff.html",
        "  reportgen diff released.keras candidate.keras --data my_images.npz --format html=diff.html",
    )
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
@click.option(
    "--yardstick",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Another training of the model OLD, which says how far two trainings differ by themselves.",
)
@of_two_models
@verbosity
@click.pass_context
def diff(
    context: click.Context,
    /,
    old: Path,
    new: Path,
    formats: tuple[str, ...],
    yardstick: Path | None,
    quiet: bool,
    verbose: int,
    **given: object,
) -> None:
    """Say what changed from OLD to NEW: two reports, each a report.json, or two models.

    Of two reports that were built with --keep-answers on the same data, the answers are compared image by image. Two
    models are both run on the images of --data, and need no reports; this takes TensorFlow and about as long as two
    reports.
    """
    from reportgen.policy import differing
    from reportgen.writing.files import replace_file

    wanted = [_wanted(text) for text in formats or ("text",)]
    if sum(file is None for _, file in wanted) > 1:
        raise OptionsError(
            "Several formats would be printed one after the other. Expected at most one without a file. Write for"
            " example --format text --format html=diff.html."
        )
    if _are_reports(old, new):
        _refuse_of_models(context)
        found = differing.differ(differing.read(old), differing.read(new))
    else:
        options = chosen(context, None, given)
        paths = [old, new] if yardstick is None else [old, new, yardstick]
        found = _of_models(paths, options, -1 if quiet else verbose)
    told = sentences(found)
    for name, file in wanted:
        data = _made(name, found, told)
        if file is None:
            click.echo(data.decode("utf-8"), nl=False)
        else:
            replace_file(file, data)


def _are_reports(old: Path, new: Path) -> bool:
    """Whether two files are reports, and not models.

    Raises:
        OptionsError: One is a report, and the other is not.
    """
    from reportgen.renderers.finished import is_json

    first, second = is_json(old), is_json(new)
    if first != second and new.exists() and old.exists():
        report, other = (old, new) if first else (new, old)
        raise OptionsError(
            f"{report.name!r} is a report, and {other.name!r} is none. Expected two reports or two models. Build a"
            f" report of {other.name!r} on the same data with --keep-answers, or give both models and --data."
        )
    return first or second


def _refuse_of_models(context: click.Context) -> None:
    """Refuse options that mean something for two models only."""
    own = {"old", "new", "formats", "quiet", "verbose"}
    for each in context.command.params:
        typed = each.name and context.get_parameter_source(each.name) is ParameterSource.COMMANDLINE
        if typed and each.name not in own:
            raise OptionsError(
                f"{each.opts[0]} says how two models are run, but OLD and NEW are reports, which hold what was seen."
                f" Expected two models. Give the models, or leave {each.opts[0]} out."
            )


def _of_models(paths: list[Path], options: Options, verbosity_: int) -> Difference:
    from reportgen.commands.terminal import Terminal
    from reportgen.models.formats import identify
    from reportgen.models.freeing import imported

    terminal = Terminal(verbosity_)
    for path in paths:
        identify(path)
    with terminal.hushed():
        with terminal.progress("Starting TensorFlow"):
            differing = imported("reportgen.pipeline.differing")
        found: Difference = differing.differ(*paths[:2], options, terminal.progress, *paths[2:])
    return found


def sentences(found: Difference) -> dict[str, Any]:
    """Return what is said of a difference, by its place on the page."""
    from reportgen.policy import telling

    answers = found.answers
    classes = answers.classes if answers else ()
    return {
        "headline": telling.headline(found),
        "answers": [
            *(telling.about_answers(answers) if answers else ()),
            *([telling.about_yardstick(found.yardstick)] if found.yardstick else ()),
        ],
        "layers": telling.about_layers(found),
        "channels": telling.about_channels(found),
        "lost": telling.about_lost(answers) if answers else "",
        "overlap": list(telling.about_overlap(found.overlap)) if found.overlap else [],
        "matching": list(telling.about_matching(found.matching)) if found.matching else [],
        "classes": telling.about_classes(answers) if answers else "",
        "points": [telling.points(each.shift) for each in classes],
        "shifts": [telling.brief(each.shift) for each in classes],
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
    from reportgen.language.numerals import number

    yield f"{told['headline']}."
    yield from found.apart or told["answers"]
    yield from _classes(found, told)
    yield from told["overlap"]
    yield told["layers"]
    yield from _first([f"  {told['signs'][each.change]} {each.path}: {'; '.join(each.what)}" for each in found.layers])
    for each in found.costs:
        if each.old != each.new:
            became = f"{number(each.old)} became {number(each.new)}"
            yield f"{each.name.capitalize()}: {became} ({told['costs'][each.name]})."
    yield told["channels"]
    shown = [each for each in found.channels if "dead" in (each.old, each.new)]
    yield from _first([f"  {each.path} {each.channel}: {each.old} became {each.new}" for each in shown])
    yield from _matched(found, told)
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


def _matched(found: Difference, told: dict[str, Any]) -> Iterator[str]:
    from reportgen.language.numerals import decimal

    yield from told["matching"]
    rows = []
    for each in found.matching.layers if found.matching else ():
        kept = "" if each.at_their_number is None else f", {each.at_their_number} at their number"
        alike, bare = decimal(each.correlation), decimal(each.correlation_untrained)
        cka, cka_bare = decimal(each.similarity), decimal(each.similarity_untrained)
        rows.append(
            f"  {each.path}: {each.matched} of {each.old_channels} matched{kept}; correlation {alike} (untrained"
            f" {bare}), CKA {cka} (untrained {cka_bare})"
        )
    yield from _first(rows)


def _first(rows: list[str]) -> list[str]:
    more = len(rows) - _MOST_ROWS
    return [*rows[:_MOST_ROWS], f"  and {more} more: see --format html"] if more > 1 else rows
