"""`reportgen plan`, `collect` and `merge`: a report whose passes over the data are dealt among processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from reportgen.commands.choices import (
    of_keeping,
    of_the_answers,
    of_the_channels,
    of_the_data,
    of_the_files,
    of_the_maps,
    of_the_model,
    of_the_report,
    of_the_run,
    of_the_sampling,
    verbosity,
)
from reportgen.commands.chosen import chosen
from reportgen.commands.endings import Step
from reportgen.errors import OptionsError
from reportgen.language.numerals import plural

if TYPE_CHECKING:
    from reportgen.cluster.addressing import Scheduler
    from reportgen.commands.terminal import Terminal

_PATH = click.Path(path_type=Path)
_TLS = {"tls_ca": "ca", "tls_cert": "certificate", "tls_key": "key"}


def _example(line: str) -> str:
    return "\n".join(("\b", "Example:", f"  {line}"))


def of_the_cluster(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say whose workers pass over the data."""
    for option in (
        click.option("--tls-key", metavar="FILE", type=_PATH, help="... and the file of its key."),
        click.option("--tls-cert", metavar="FILE", type=_PATH, help="... this machine's own certificate, PEM ..."),
        click.option("--tls-ca", metavar="FILE", type=_PATH, help="TLS: the authority that signed, PEM ..."),
        click.option(
            "--workers",
            metavar="N",
            type=click.IntRange(1, 64),
            help="Processes of --scheduler local.  [default: 2]",
        ),
        click.option(
            "--scheduler",
            metavar="local|tcp://…",
            help=(
                "Pass over the data in workers of a Dask cluster, tcp:// or tls://, or in processes of this machine;"
                " the report is the same.  [default: in this process]"
            ),
        ),
    ):
        command = option(command)
    return command


def scheduler_of(given: dict[str, Any], model: Path | None) -> Scheduler | None:
    """Take the options of a cluster out of what was typed.

    Raises:
        OptionsError: They do not go together, or the library is not installed.
    """
    address, workers = given.pop("scheduler"), given.pop("workers")
    files = {name: given.pop(option) for option, name in _TLS.items()}
    if address is None:
        if workers is not None or any(files.values()):
            raise OptionsError(
                "Workers or files of TLS were given without a cluster. Expected them with --scheduler. Give it, too."
            )
        return None
    if model is None:
        raise OptionsError(
            "--scheduler was given without a model. Expected a file that the workers can load. Name it, or leave"
            " --scheduler out."
        )
    from reportgen.cluster.addressing import Scheduler, check

    found = Scheduler(address, workers or 2, **files)
    check(found)
    return found


@click.command("plan", cls=Step, epilog=_example("reportgen plan my_model.keras --data 'train-*.tar' -o plan.json"))
@click.argument("model", type=_PATH)
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File for the plan, .json."
)
@of_the_data
@of_the_model
@of_keeping
@of_the_report
@of_the_maps
@of_the_answers
@of_the_sampling
@of_the_channels
@of_the_run
@verbosity
@click.pass_context
def plan(
    context: click.Context,
    /,
    model: Path,
    output: Path,
    config: Path | None,
    keep_answers: bool,
    quiet: bool,
    verbose: int,
    **given: object,
) -> None:
    """Write down what is to be done for a report on MODEL.

    Any number of processes go through the plan with reportgen collect, and reportgen merge makes the report of what
    they found: the same, byte for byte, that reportgen build makes.
    """
    from reportgen.commands.before import check
    from reportgen.commands.building import ANSWERS
    from reportgen.writing.files import replace_file
    from reportgen.writing.folders import check_folder

    options = chosen(context, config, given)
    if keep_answers:
        options = options.model_copy(update={"format": (*options.format, ANSWERS)})
    check(model, options)
    check_folder(output.absolute().parent)
    terminal = _terminal(quiet, verbose)
    with terminal.hushed():
        planning, origins = _cluster("plan", terminal), import_module("reportgen.pipeline.origins")
        origin = origins.load(model, options, terminal.progress)
        made, _ = planning.make_plan(origin, model, options, terminal.progress)
        replace_file(output, planning.encoded(made))
    for probe in made.passes:
        terminal.say(f"{probe}: {made.passes[probe]['images']:,} images in {plural(made.num_blocks(probe), 'block')}")
    click.echo(str(output))


@click.command("collect", cls=Step, epilog=_example("reportgen collect plan.json --shard 2/7 -o part-2.npz"))
@click.argument("plan", type=_PATH)
@click.option("--shard", required=True, metavar="I/N", help="Which of how many: 1/7 … 7/7.")
@click.option(
    "--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File for the part, .npz."
)
@click.option("--model", type=_PATH, help="Where the model is.  [default: where the plan found it]")
@click.option("--data", metavar="SPEC", help="Where the data are.  [default: where the plan found them]")
@verbosity
def collect(
    plan: Path, shard: str, output: Path, model: Path | None, data: str | None, quiet: bool, verbose: int
) -> None:
    """Pass over the blocks of one shard of PLAN.

    Blocks are kept as soon as they are finished: after an interruption the same command goes on from there.
    """
    terminal = _terminal(quiet, verbose)
    with terminal.hushed():
        planning = _cluster("plan", terminal)
        given, numbers = planning.read(plan), planning.shard_of(shard)
        collecting = import_module("reportgen.cluster.collecting")
        kept = collecting.collect(given, numbers, output, model, data, terminal.progress)
    if kept:
        terminal.say(f"{plural(kept, 'block')} had been finished before.")
    click.echo(str(output))


@click.command("merge", cls=Step, epilog=_example("reportgen merge plan.json part-*.npz --output my-report"))
@click.argument("plan", type=_PATH)
@click.argument("parts", type=_PATH, nargs=-1, required=True)
@of_the_files
@click.option("--model", type=_PATH, help="Where the model is.  [default: where the plan found it]")
@click.option("--data", metavar="SPEC", help="Where the data are.  [default: where the plan found them]")
@verbosity
@click.pass_context
def merge(
    context: click.Context,
    /,
    plan: Path,
    parts: tuple[Path, ...],
    model: Path | None,
    data: str | None,
    quiet: bool,
    verbose: int,
    **given: object,
) -> None:
    """Make the report of PLAN from its PARTS, in any order.

    Answers to single images are written too where the plan was made with --keep-answers.
    The exit codes are those of reportgen build.
    """
    from reportgen.commands.building import build
    from reportgen.options import foreseen
    from reportgen.writing import check
    from reportgen.writing.summary import check_summary

    own = chosen(context, None, given)
    terminal = _terminal(quiet, verbose)
    with terminal.hushed():
        planning = _cluster("plan", terminal)
        found = planning.read(plan)
        files = {name: getattr(own, name) for name in ("output", "assets_dir", "summary")}
        planned = planning.options_of(found)
        options = planned.model_copy(update={**files, "format": planning.formats_of(planned, own.format)})
        check(options.output, options.format, options.assets_dir, foreseen(options))
        if options.summary is not None:
            check_summary(options.summary, options.output)
        merging = import_module("reportgen.cluster.merging")
        code, paths = build(
            lambda: merging.merge(found, parts, options.format, model, data, terminal.progress), options, terminal
        )
    click.echo(" ".join(str(path) for path in paths))
    if code:
        sys.exit(code)


def _terminal(quiet: bool, verbose: int) -> Terminal:
    from reportgen.commands.terminal import Terminal

    return Terminal(-1 if quiet else verbose)


def _cluster(name: str, terminal: Terminal) -> ModuleType:
    """Import a part of the work on clusters, TensorFlow with it."""
    from reportgen.models.freeing import imported

    with terminal.progress("Starting TensorFlow"):
        return imported(f"reportgen.cluster.{name}")
