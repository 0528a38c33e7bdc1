"""Progress and messages -> the user's terminal. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from reportgen.commands.alphabet import HANDLER, fit_streams
from reportgen.commands.tables import file_name, layer_table, two_columns
from reportgen.errors import UnknownNameError
from reportgen.language.cleaning import clean
from reportgen.language.numerals import megabytes, number, shape, working
from reportgen.progress import asked_to_end
from reportgen.records.data import Broken
from reportgen.records.model import ModelRecord

if TYPE_CHECKING:
    from reportgen.pipeline.forecast import Forecast


# A step that is over sooner is not worth a line.
NOTICEABLE_SECONDS = 1.0
# A mail grows by a third when files are put into it; 20 MB in all is what the stricter ones of the large servers take.
MOST_MAILED_BYTES = 15_000_000
# A page of text is hard to read when its lines are longer.
WIDEST_PAGE = 100


class Terminal:
    """Where a command talks to its user.

    Attributes:
        verbosity: −1 quiet, 0 usual, 1 also quick steps, 2 also what libraries say.
    """

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        _open_missing_streams()
        fit_streams()
        self._stream: TextIO = sys.stderr
        self._console = Console(file=self._stream, stderr=True, highlight=False)

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Keep what libraries warn of and write to standard error from the user, unless very verbose.

        Everything that reportgen itself says still arrives. What the user's own code prints on standard output goes to
        standard error: standard output is for results.
        """
        if self.verbosity >= 2:
            with _results_apart(2, sys.stderr):
                yield
            return
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
        sys.stderr.flush()
        own, before, silenced = os.dup(2), sys.stderr, logging.root.manager.disable
        logging.disable(logging.ERROR)
        try:
            with os.fdopen(os.dup(own), "w", encoding=before.encoding, errors=HANDLER) as stream:
                sys.stderr = self._stream = stream
                self._console = Console(file=stream, highlight=False)
                with open(os.devnull, "wb") as nowhere:
                    os.dup2(nowhere.fileno(), 2)
                with warnings.catch_warnings(), _results_apart(own, stream):
                    warnings.simplefilter("ignore")
                    yield
        finally:
            logging.disable(silenced)
            os.dup2(own, 2)
            os.close(own)
            sys.stderr = self._stream = before
            self._console = Console(file=before, highlight=False)

    @contextmanager
    def progress(self, step: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        """Show that a step goes on: a bar on a terminal, a plain line elsewhere; as `reportgen.progress.Progress`.

        Raises:
            KeyboardInterrupt: A signal asked the program to end.
        """
        if asked_to_end.is_set():
            raise KeyboardInterrupt
        if self.verbosity < 0:
            yield lambda: None
        elif self._console.is_terminal:
            yield from self._bar(step, total)
        else:
            yield from self._line(step)

    def say(self, text: str) -> None:
        """Tell the user something, unless quiet."""
        if self.verbosity >= 0:
            self._console.print(Text(clean(text)), soft_wrap=True)

    def say_what_is_left_out(self, first: Broken, number: int, total: int) -> None:
        """Count the images that cannot be read, and name the first; the report names more of them."""
        if number == 1:
            self.say(f"1 of {total} images cannot be read and is left out: {first.name!r} {first.reason}.")
        else:
            which = f"the first, {first.name!r}, {first.reason}"
            self.say(f"{number} of {total} images cannot be read and are left out: {which}.")

    def say_sizes(self, sizes: Mapping[Path, int]) -> None:
        """Tell how large the files of a report are, bytes, and which is too large for a mail."""
        self.say(f"Sizes: {', '.join(f'{path.name} {megabytes(size)}' for path, size in sizes.items())}.")
        large = [path.name for path, size in sizes.items() if size > MOST_MAILED_BYTES]
        if large:
            self.say(
                f"Larger than {megabytes(MOST_MAILED_BYTES)}, which many mail servers refuse: {', '.join(large)}. Fewer"
                " samples (--pick) or layers (--layers) make it smaller; --format pdf-summary is one page."
            )

    def show_table(self, model: ModelRecord) -> None:
        """Print the layer table of a model on standard output, as wide as the terminal is.

        Long names are folded. Numbers are not: on a narrow terminal columns are left out from the right, and named.
        """
        inputs = ", ".join(f"{file_name(tensor.name)} {shape(tensor.shape)}" for tensor in model.inputs)
        printer = _printer()
        printer.print(Text(f"{file_name(model.name)} ({model.kind}), input {inputs}"))
        table, left_out = layer_table(model, printer.width)
        printer.print(table)
        if left_out:
            printer.print(
                Text(f"Left out because the terminal is narrow: {', '.join(left_out)}. Widen it, or see --json.")
            )
        printer.print(
            Text(
                f"{number(model.trainable_parameters)} parameters are trainable. Shapes and multiply-adds are for one "
                "sample, biases not counted."
            )
        )

    def show_page(self, text: str) -> None:
        """Print a page of Markdown on standard output, set for a terminal and no wider than reads well."""
        printer = Console(highlight=False)
        printer.print(Markdown(text, hyperlinks=False), width=min(printer.width, WIDEST_PAGE))

    def show_forecast(self, forecast: Forecast) -> None:
        """Print on standard output what a report would be."""
        printer, plan = _printer(), forecast.plan
        printer.print(
            Text(
                f"A dry run on {file_name(forecast.model.name)}: nothing is written, and no image is read by the model."
            )
        )
        seconds = [(f"seconds, {name}", f"about {number(value, 2)}") for name, value in forecast.seconds]
        total = sum(value for _, value in forecast.seconds)
        rows = [
            ("images that go through the model", number(forecast.images)),
            ("samples, at most", number(plan.num_samples)),
            ("layers with activation maps", number(len({grid.path for grid in plan.grids}))),
            ("maps computed", number(plan.maps)),
            ("maps in the web page", number(plan.shown * plan.has_chapter)),
            ("maps in the PDF", number(plan.on_paper * plan.has_chapter)),
            *((f"bytes of {name}, at most", megabytes(size)) for name, size in forecast.files),
            *seconds,
            ("seconds in all, after the start", f"about {number(total, 2)}"),
        ]
        if forecast.passing is not None:
            hours = number(forecast.passing.core_seconds / 3600, 2)
            rows += [
                ("core-hours of passing over all images", f"about {hours}"),
                ("memory of each process that does", f"about {megabytes(forecast.passing.memory_bytes)}"),
            ]
        printer.print(two_columns("what", "planned", rows))
        printer.print(
            Text("Sizes are upper bounds. Seconds are an estimate, from a short measurement on this machine.")
        )
        for note in forecast.notes:
            printer.print(Text(note))
        if not plan.cuts:
            printer.print(Text(f"Nothing is left out: the page stays within {megabytes(plan.max_size_bytes)}."))
            return
        printer.print(
            Text(
                f"To stay within {megabytes(plan.max_size_bytes)}, the page shows {number(plan.shown)} of"
                f" {number(plan.maps)} maps, the most active of each layer:"
            )
        )
        cut: dict[str, list[str]] = {}
        for grid in plan.grids:
            cut.setdefault(f"{file_name(grid.path)}, of {number(grid.channels)}", []).append(number(grid.shown))
        shown = {f"{file_name(grid.path)}, of {number(grid.channels)}" for grid in plan.cuts}
        listed = [(name, " ".join(counts)) for name, counts in cut.items() if name in shown]
        printer.print(two_columns("layer", "maps shown of each sample", listed))
        if not plan.fits:
            printer.print(Text("Even this is probably too large, and the build will refuse. Raise --max-size."))

    def show_sums(self, model: ModelRecord, name: str) -> None:
        """Print the calculation of the calls of one layer on standard output.

        Args:
            model: The model.
            name: Path of a call, or the last part of it.

        Raises:
            UnknownNameError: No call has that name.
        """
        calls = [call for call in model.layers if name in {call.path, call.path.rsplit("/", 1)[-1]}]
        if not calls:
            raise UnknownNameError("layer", name, [call.path for call in model.layers])
        printer = _printer()
        for call in calls:
            inputs = " and ".join(shape(axes) for axes in call.input_shapes)
            printer.print(Text(f"{file_name(call.path)} ({clean(call.kind)}): {inputs} → {shape(call.output_shape)}"))
            for step in call.steps:
                printer.print(Text(f"  {step.quantity}"))
                printer.print(Text(f"    {step.rule}"))
                sum_ = "" if step.working == str(step.value) else f"= {working(step.working)} "
                printer.print(Text(f"    {sum_}= {number(step.value)} {step.unit}"))
            for check in call.checks:
                sign, verdict = ("✓", "agrees") if check.agrees else ("✕", "DOES NOT AGREE")
                seen = f"{shape(check.expected)} against {check.against}: {shape(check.observed)}"
                printer.print(Text(f"  {sign} {check.quantity} {seen}, {verdict}"))
            for note in call.notes:
                printer.print(Text(f"  {clean(note)}"))

    def _bar(self, step: str, total: int | None) -> Iterator[Callable[[], None]]:
        spinner = SpinnerColumn("line" if self._console.options.ascii_only else "dots")
        columns = (
            spinner,
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        if total is None:
            columns = (spinner, TextColumn("{task.description}"), TimeElapsedColumn())  # type: ignore[assignment]
        with Progress(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task(step, total=total)
            yield lambda: bars.advance(task)

    def _line(self, step: str) -> Iterator[Callable[[], None]]:
        start = time.monotonic()
        said = self.verbosity >= 1
        if said:
            self.say(f"{step} …")

        def advance() -> None:
            nonlocal said
            if not said and time.monotonic() - start > NOTICEABLE_SECONDS:
                self.say(f"{step} …")
                said = True

        yield advance
        seconds = time.monotonic() - start
        if seconds > NOTICEABLE_SECONDS:
            self.say(f"{step}: {seconds:.0f} s")


def _open_missing_streams() -> None:
    """Open what the caller closed of standard input, output and error.

    Otherwise a file of ours would get such a number, and a library in C would write its chatter into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)  # type: ignore[unreachable, unused-ignore]


def _printer() -> Console:
    """A console on standard output, wide enough for a table where that is a file or a pipe."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


@contextmanager
def _results_apart(descriptor: int, stream: TextIO) -> Iterator[None]:
    """Send what is printed on standard output elsewhere, by Python or past it."""
    before = sys.stdout
    if before is None:  # it was closed
        yield
        return
    before.flush()
    own = os.dup(1)
    try:
        os.dup2(descriptor, 1)
        sys.stdout = stream
        yield
    finally:
        sys.stdout = before
        stream.flush()
        os.dup2(own, 1)
        os.close(own)
