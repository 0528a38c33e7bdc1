"""`reportgen verify`: is a file whole, are model and data those named, and does it come out again?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reportgen.commands.endings import Step

_EXAMPLE = "\n".join(("\b", "Example:", "  reportgen verify report/report.pdf my_model.keras --data my_images.npz"))
_SHOWN = "  {}: {} in the report, {} now"


@click.command("verify", cls=Step, epilog=_EXAMPLE)
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", metavar="SPEC", help="The images that the report was made on, as for `build`.")
@click.option("--classes", type=click.Path(), help="The class names that it was made with, if it was.")
@click.option("--groups", type=click.Path(), help="The kinds of classes that it was made with, if it was.")
@click.option("--card", type=click.Path(), help="The card that it was made with, if it was.")
@click.option("--policy", type=click.Path(), help="The policy that it was made with, if it was.")
@click.option("--config", type=click.Path(), help="The config file that it was made with, if it was.")
@click.option("--import", "imports", multiple=True, metavar="FILE", help="The code that it was made with; repeatable.")
@click.option("--font-dir", multiple=True, type=click.Path(), help="The fonts that it was made with; repeatable.")
@click.option("--templates", type=click.Path(), help="The templates that it was made with, if it was.")
def verify(report: Path, model: Path, imports: tuple[str, ...], **given: object) -> None:
    """Find out whether REPORT, a .json, .html or .pdf, is what MODEL gives.

    It is made again with the options that it names, and compared fact by fact: bit by bit on the same machine with the
    same versions, within rounding elsewhere. Exit codes: 0 it is the same; 4 it is different; 1 it cannot be made here.
    """
    from reportgen.commands.terminal import Terminal
    from reportgen.language.cleaning import clean
    from reportgen.models.freeing import imported

    terminal = Terminal(0)
    with terminal.hushed():
        with terminal.progress("Starting TensorFlow"):
            verifying = imported("reportgen.pipeline.verifying")
        claim = verifying.read(report)
        options = verifying.again(claim, {**_named(given), "import": imports})
        found = verifying.verify(claim, model, options, terminal.progress)
    lines = [f"{report.name}: {found.word}.", *found.said]
    lines += [_SHOWN.format(each.path, each.claimed[:80], each.found[:80]) for each in found.different]
    for line in lines:
        click.echo(clean(line.replace("\n", " ")))
    if found.num_different > len(found.different) > 0:
        click.echo(f"  and {found.num_different - len(found.different)} more")
    sys.exit(found.exit_code)


def _named(given: dict[str, object]) -> dict[str, object]:
    return {name.replace("_", "-"): value for name, value in given.items()}
