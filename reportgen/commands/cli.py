"""The command line. The only place that prints, exits, and turns an error into one line.

Exit codes: 0 done; 1 it could not be done, one line on standard error says why; 2 wrong usage; 3 the report was
written, but a check inside it failed; 4 a policy is not met; 5 the data cannot decide it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPIPE
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from reportgen import __version__
from reportgen.commands.before import check
from reportgen.commands.building import ANSWERS
from reportgen.commands.building import build as build_files
from reportgen.commands.checking import check as check_report
from reportgen.commands.checking import policy
from reportgen.commands.choices import (
    of_a_trial,
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
from reportgen.commands.cluster import collect, merge, of_the_cluster, plan, scheduler_of
from reportgen.commands.differing import diff
from reportgen.commands.endings import Group
from reportgen.commands.verifying import verify
from reportgen.errors import OptionsError, RenderError
from reportgen.models.formats import identify

if TYPE_CHECKING:
    from reportgen.cluster.addressing import Scheduler
    from reportgen.commands.terminal import Terminal
    from reportgen.document.report import Report
    from reportgen.options import Options
    from reportgen.pipeline.forecast import Forecast
    from reportgen.pipeline.origins import Origin
    from reportgen.sources.dataset import Dataset


def _example(*lines: str) -> str:
    """Lines of an example for the end of a help page, where Click leaves them as they are."""
    return "\n".join(["\b", "Example:", *(f"  {line}" for line in lines)])


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_example(
        "reportgen build                                      train a small network, report on it",
        "reportgen build my_model.keras --data my_images.npz  report on your own",
    ),
)
@click.version_option(__version__, prog_name="reportgen")
def main() -> None:
    """Explainability reports for convolutional networks.

    Exit codes: 0 done; 1 it could not be done (one line says why); 2 wrong usage; 3 the report was written, but a check
    inside it failed; 4 a policy is not met; 5 these data cannot decide it.
    """


main.add_command(check_report)
main.add_command(policy)
main.add_command(diff)
main.add_command(verify)
main.add_command(plan)
main.add_command(collect)
main.add_command(merge)


@main.command(epilog=_example("reportgen build my_model.keras --data my_images.npz --pick wrong:4 --output my-report"))
@click.argument("model", required=False, type=click.Path(path_type=Path))
@of_the_data
@of_the_model
@of_the_files
@of_keeping
@of_the_report
@of_the_maps
@of_the_answers
@of_the_sampling
@of_the_channels
@of_a_trial
@of_the_run
@of_the_cluster
@verbosity
@click.pass_context
def build(
    context: click.Context,
    /,
    model: Path | None,
    config: Path | None,
    keep_answers: bool,
    dry_run: bool,
    quiet: bool,
    verbose: int,
    **given: object,
) -> None:
    """Look inside MODEL and write the report.

    Without MODEL, the default network is trained on the bundled digits first.
    """
    cluster = scheduler_of(given, model)
    options = chosen(context, config, given)
    if keep_answers:
        options = options.model_copy(update={"format": (*options.format, ANSWERS)})
    terminal = _terminal(quiet, verbose)
    if dry_run:
        check(model, options)
        with terminal.hushed():
            found = _foretold(model, options, terminal)
        with _standard_output():
            terminal.show_forecast(found)
        return
    check(model, options)
    with terminal.hushed():
        code, paths = build_files(lambda: _report(model, options, terminal, cluster), options, terminal)
    with _standard_output():
        click.echo(" ".join(str(path) for path in paths))
    if code:
        sys.exit(code)


@main.command(epilog=_example("reportgen train -o mnist.keras"))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to save the model in, .keras.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of the training.")
@verbosity
def train(output: Path, seed: int, quiet: bool, verbose: int) -> None:
    """Train the default network on the bundled digits and save it."""
    from reportgen.options import make

    _check_model_target(output)
    terminal = _terminal(quiet, verbose)
    with terminal.hushed():
        origins = _pipeline("origins", terminal)
        origin = origins.train(make({"seed": seed}), terminal.progress)
        origins.save(origin, output)
        right, total, split = _pipeline("parts", terminal).score_held_out(origin, terminal.progress)
    with _standard_output():
        click.echo(f"Accuracy: {right / total:.1%} ({right} of {total} digits, {split})")
        click.echo(str(output))


@main.command(epilog=_example("reportgen summary my_model.keras --layer conv_1"))
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--layer", metavar="NAME", help="Work this layer's sums step by step.")
@click.option("--json", "as_json", is_flag=True, help="Print the model record as JSON, and nothing else.")
@of_the_model
@verbosity
@click.pass_context
def summary(
    context: click.Context, /, model: Path, layer: str | None, as_json: bool, quiet: bool, verbose: int, **given: object
) -> None:
    """Print the layer table of MODEL."""
    from reportgen.models.freeing import uncollected

    options = chosen(context, None, given)
    terminal = _terminal(quiet, verbose)
    identify(model)
    with uncollected():
        with terminal.hushed():
            record = _pipeline("parts", terminal).inspect_file(model, options, terminal.progress)
        with _standard_output():
            if as_json:
                from reportgen.renderers.encoding import encoded

                click.echo(encoded(record, "model"), nl=False)
            elif layer:
                terminal.show_sums(record, layer)
            else:
                terminal.show_table(record)


@main.command(epilog=_example("reportgen extract my_model.keras conv_1 -o sub.keras"))
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("layer")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to save the new model in, .keras.",
)
@of_the_model
@verbosity
@click.pass_context
def extract(
    context: click.Context, /, model: Path, layer: str, output: Path, quiet: bool, verbose: int, **given: object
) -> None:
    """Save a new model with the input of MODEL and the output of LAYER."""
    options = chosen(context, None, given)
    _check_model_target(output, model)
    identify(model)
    terminal = _terminal(quiet, verbose)
    with terminal.hushed():
        _pipeline("parts", terminal).extract_layer(model, layer, output, options, terminal.progress)
    with _standard_output():
        click.echo(str(output))


@main.command(epilog=_example("reportgen schema > report.schema.json"))
def schema() -> None:
    """Print the JSON Schema of report.json."""
    from reportgen.renderers.published import published_schema

    with _standard_output():
        click.echo(published_schema(), nl=False)


@main.command(epilog=_example("reportgen guide inputs"))
@click.argument("topic", required=False)
def guide(topic: str | None) -> None:
    """Print a page of the guide.

    Without TOPIC, the topics are listed.
    """
    from reportgen.commands.guide import list_of_topics, page

    text = list_of_topics() if topic is None else page(topic)
    with _standard_output():
        if topic is not None and sys.stdout is not None and sys.stdout.isatty():
            _terminal(quiet=False, verbose=0).show_page(text)
        else:
            click.echo(text.encode(), nl=False)


@main.command(epilog=_example("reportgen rule dead-channels"))
@click.argument("rule", required=False, metavar="[CODE|NAME]")
def rule(rule: str | None) -> None:
    """Print what a finding means and how to fix it.

    CODE or NAME is that of its rule, such as RG401 or dead-channels. Without it, all rules are listed. In a terminal
    the page is laid out for reading; in a pipe or a file it is plain Markdown.
    """
    from rich.console import Console

    from reportgen.commands.rule import show

    _terminal(quiet=False, verbose=0)
    with _standard_output():
        show(rule, Console(highlight=False))


@main.command(epilog=_example("reportgen doctor"))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON, and nothing else.")
def doctor(as_json: bool) -> None:
    """Check that a report can be made here, and print the command that installs what is missing.

    The exit code is 0 if a whole report can be made, else 1.
    """
    from dataclasses import asdict
    from json import dumps

    from reportgen.commands.doctor import examine, sound

    items = examine()
    whole = sound(items)
    with _standard_output():
        if as_json:
            click.echo(dumps({"sound": whole, "items": [asdict(item) for item in items]}, indent=1))
        else:
            width = max(len(item.name) for item in items)
            for item in items:
                mend = f"\n{'':11}{'':{width}}  to fix it: {item.remedy}" if item.remedy else ""
                click.echo(f"{item.state:11}{item.name:{width}}  {item.detail}{mend}")
            click.echo("A whole report can be made." if whole else "A whole report cannot be made.")
    if not whole:
        sys.exit(1)


@contextmanager
def _standard_output() -> Iterator[None]:
    """Say in a sentence when what is printed inside cannot be taken; whoever stops reading early is told nothing."""
    try:
        yield
    except OSError as error:
        if error.errno == EPIPE:
            raise
        raise RenderError(
            f"Standard output cannot be written to: {error.strerror}. Expected a terminal, a pipe or a file with room. "
            "Send it elsewhere."
        ) from error


def _check_model_target(output: Path, source: Path | None = None) -> None:
    """Refuse a file that no model can be saved in, before any work is done for it."""
    from reportgen.writing.folders import check_folder

    if output.suffix != ".keras":
        raise OptionsError(
            f"The model cannot be saved as {output.name!r}. Expected a file name that ends in '.keras'. Use for "
            f"example '{output.stem}.keras'."
        )
    if source is not None and output.resolve() == source.resolve():
        raise OptionsError(
            f"{output.name!r} is the model that is read. Expected another file for the new one. Choose it with -o."
        )
    check_folder(output.parent)


def _report(model: Path | None, options: Options, terminal: Terminal, cluster: Scheduler | None) -> Report:
    """Make the report; the model and the data are let go with the end of this function."""
    reporting, progress = _pipeline("reporting", terminal), terminal.progress
    origins = import_module("reportgen.pipeline.origins")
    reporting.check(options)
    if cluster is not None and model is not None:
        made: Report = import_module("reportgen.cluster.scheduling").build(model, options, cluster, progress)
        return made
    origin = origins.load(model, options, progress) if model else origins.train(options, progress)
    report: Report = reporting.make_report(origin, _dataset(origin, options, terminal), options, progress)
    return report


def _foretold(model: Path | None, options: Options, terminal: Terminal) -> Forecast:
    """Plan the report; the default network is not trained for it."""
    reporting, progress = _pipeline("reporting", terminal), terminal.progress
    origins, forecast = (import_module(f"reportgen.pipeline.{name}") for name in ("origins", "forecast"))
    reporting.check(options)
    origin = origins.load(model, options, progress) if model else origins.untrained()
    found: Forecast = forecast.foretell(origin, _dataset(origin, options, terminal), options, progress)
    return found


def _dataset(origin: Origin, options: Options, terminal: Terminal) -> Dataset | None:
    """Open the data, or None without any, and tell what cannot be read."""
    spec = options.data or origin.data
    if not spec:
        return None
    opened = import_module("reportgen.pipeline.feeding").opened
    dataset: Dataset = opened(origin.model, spec, options, terminal.progress)
    if dataset.broken:
        left_out = sum(reason.number for reason in dataset.broken_reasons)
        terminal.say_what_is_left_out(dataset.broken[0], left_out, left_out + dataset.size)
    return dataset


def _terminal(quiet: bool, verbose: int) -> Terminal:
    from reportgen.commands.terminal import Terminal

    return Terminal(-1 if quiet else verbose)


def _pipeline(name: str, terminal: Terminal) -> ModuleType:
    """Import a part of the pipeline, TensorFlow with it."""
    from reportgen.models.freeing import imported

    with terminal.progress("Starting TensorFlow"):
        return imported(f"reportgen.pipeline.{name}")
