"""`reportgen check`: a finished report is held against a policy, without TensorFlow."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reportgen import registry
from reportgen.commands.endings import Step
from reportgen.errors import OptionsError
from reportgen.verdicts import DEFAULT

if TYPE_CHECKING:
    from reportgen.document.verdict import Verdict

POLICY = "reportgen-policy.toml"
_EXAMPLE = "\n".join(
    (
        "\b",
        "Example:",
        "  reportgen check report/report.json --format text --format junit=junit.xml",
    )
)


@click.command("check", cls=Step, epilog=_EXAMPLE)
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    default=Path(POLICY),
    show_default=True,
    help="What the report must show, in TOML. `reportgen guide ci` explains it.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=(
        f"What to print, or to write to FILE: {', '.join(registry.names('verdicts'))}; repeatable. "
        f" [default: {DEFAULT}]"
    ),
)
@click.option(
    "--today",
    metavar="DAY",
    help="The day on which waivers must be in force, such as 2027-03-31.  [default: SOURCE_DATE_EPOCH's, else today]",
)
@click.option("--exit-zero", is_flag=True, help="End with exit code 0 whatever the verdict is.")
def check(report: Path, policy: Path, formats: tuple[str, ...], today: str | None, exit_zero: bool) -> None:
    """Hold a finished REPORT, a report.json, against a policy.

    Exit codes: 0 the policy is met; 4 it is not; 5 these data cannot decide it.
    """
    from reportgen.policy.checking import check as checked

    wanted = [_wanted(text) for text in formats or (DEFAULT,)]
    if sum(file is None for _, file in wanted) > 1:
        raise OptionsError(
            "Several formats would be printed one after the other. Expected at most one without a file. Write for"
            " example --format text --format junit=junit.xml."
        )
    verdict = checked(report, policy, _day(today))
    for name, file in wanted:
        _put(name, file, verdict)
    if not exit_zero:
        sys.exit(verdict.exit_code)


@click.command(
    "policy",
    cls=Step,
    epilog="\n".join(("\b", "Example:", "  reportgen policy init report/report.json -o reportgen-policy.toml")),
)
@click.argument("action", type=click.Choice(["init"]), metavar="init")
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; none that is there is replaced.")
def policy(action: str, report: Path, output: Path | None) -> None:
    """Print a policy that REPORT, a report.json, meets, with its numbers in comments.

    It is a start for `reportgen check`: raise the bounds that matter, and take out those that do not.
    """
    from reportgen.policy.checking import started
    from reportgen.writing.files import replace_file

    del action  # There is one.
    if output is not None and output.exists():
        raise OptionsError(
            f"{output.name!r} is there already. Expected a new file, so that no policy is lost. Choose another name"
            " with -o, or remove it."
        )
    text = started(report)
    if output is None:
        click.echo(text, nl=False)
    else:
        replace_file(output, text.encode("utf-8"))


def _wanted(text: str) -> tuple[str, Path | None]:
    """A format, and the file that it is written to."""
    name, sign, file = text.partition("=")
    known = registry.names("verdicts")
    if name not in known or (sign and not file):
        raise OptionsError(
            f"A verdict cannot be given as {text!r}. Expected FORMAT or FORMAT=FILE, with a format among"
            f" {', '.join(known)}. Write for example junit=junit.xml."
        )
    return name, Path(file) if file else None


def _day(text: str | None) -> date:
    from reportgen.policy.checking import today

    if text is None:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise OptionsError(f"The day is {text!r}. Expected a day such as 2027-03-31. Fix --today.") from error


def _put(name: str, file: Path | None, verdict: Verdict) -> None:
    from reportgen.writing.files import replace_file

    text: str = registry.load("verdicts", name).render(verdict)
    if file is None:
        click.echo(text, nl=False)
    else:
        replace_file(file, text.encode("utf-8"))
