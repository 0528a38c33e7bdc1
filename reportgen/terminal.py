"""Progress and messages -> the user's terminal. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from rich import box
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from reportgen.errors import UnknownNameError
from reportgen.numerals import megabytes, memory, number, shape, working
from reportgen.progress import asked_to_end
from reportgen.records import Broken, ModelRecord
from reportgen.templating import clean, shortened
from reportgen.vocabulary import words

if TYPE_CHECKING:
    from reportgen.forecast import Forecast

# A step that is over sooner is not worth a line.
NOTICEABLE_SECONDS = 1.0
_LONGEST_NAME = 240
# Terminal cells between two columns of a table, and the fewest that names are folded to.
_GAP = 2
_NARROWEST_NAME = 16
_NARROWEST_KIND = 10
# A mail grows by a third when files are put into it; 20 MB in all is what the stricter ones of the large servers take.
MOST_MAILED_BYTES = 15_000_000


class Terminal:
    """Where a command talks to its user.

    Attributes:
        verbosity: −1 quiet, 0 usual, 1 also quick steps, 2 also what libraries say.
    """

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        _open_missing_streams()
        _let_any_name_through()
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
            with os.fdopen(os.dup(own), "w", encoding=before.encoding, errors="backslashreplace") as stream:
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
        inputs = ", ".join(f"{_name(tensor.name)} {shape(tensor.shape)}" for tensor in model.inputs)
        printer = _printer()
        printer.print(Text(f"{_name(model.name)} ({model.kind}), input {inputs}"))
        table, left_out = _layer_table(model, printer.width)
        printer.print(table)
        if left_out:
            printer.print(
                Text(f"Left out, because the terminal is narrow: {', '.join(left_out)}. Widen it, or see --json.")
            )
        printer.print(
            Text(
                f"{number(model.trainable_parameters)} parameters are trainable. Shapes and multiply-adds are for one "
                "sample, biases not counted."
            )
        )

    def show_forecast(self, forecast: Forecast) -> None:
        """Print on standard output what a report would be."""
        printer, plan = _printer(), forecast.plan
        printer.print(
            Text(f"A dry run on {_name(forecast.model.name)}: nothing is written, and no sample is looked at.")
        )
        seconds = [(f"seconds, {name}", f"about {number(value, 2)}") for name, value in forecast.seconds]
        total = sum(value for _, value in forecast.seconds)
        rows = [
            ("images that the model answers", number(forecast.images)),
            ("samples, at most", number(plan.num_samples)),
            ("layers with activation maps", number(len({grid.path for grid in plan.grids}))),
            ("maps computed", number(plan.maps)),
            ("maps in the web page", number(plan.shown * plan.has_chapter)),
            ("maps in the PDF", number(plan.on_paper * plan.has_chapter)),
            *((f"bytes of {name}, at most", megabytes(size)) for name, size in forecast.files),
            *seconds,
            ("seconds in all, after the start", f"about {number(total, 2)}"),
        ]
        printer.print(_two_columns("what", "planned", rows))
        printer.print(
            Text("Sizes are upper bounds. Seconds are an estimate, from a short measurement on this machine.")
        )
        if not plan.cuts:
            printer.print(Text(f"Nothing is cut: the page stays within {megabytes(plan.max_size_bytes)}."))
            return
        printer.print(
            Text(
                f"To stay within {megabytes(plan.max_size_bytes)}, the page shows {number(plan.shown)} of"
                f" {number(plan.maps)} maps, the most active of each layer:"
            )
        )
        cut: dict[str, list[str]] = {}
        for grid in plan.grids:
            cut.setdefault(f"{_name(grid.path)}, of {number(grid.channels)}", []).append(number(grid.shown))
        shown = {f"{_name(grid.path)}, of {number(grid.channels)}" for grid in plan.cuts}
        listed = [(name, " ".join(counts)) for name, counts in cut.items() if name in shown]
        printer.print(_two_columns("layer", "maps shown of each sample", listed))
        if not plan.fits:
            printer.print(Text("By estimate even this is too large: expect the build to refuse. Raise --max-size."))

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
            printer.print(Text(f"{_name(call.path)} ({clean(call.kind)}): {inputs} → {shape(call.output_shape)}"))
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
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        if total is None:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())  # type: ignore[assignment]
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


@dataclass
class _Column:
    """One column of the layer table: its head on one or two lines, its cells, and what stands below them."""

    head: str
    cells: list[str]
    foot: str = ""

    @property
    def width(self) -> int:
        """Terminal cells that the longest line takes."""
        return max(cell_len(line) for cell in (self.head, *self.cells, self.foot) for line in cell.split("\n"))


def _name(name: str) -> str:
    """A name without what commands a terminal, and without the middle where it would fill screens."""
    return shortened(clean(name), _LONGEST_NAME)


def _layer_table(model: ModelRecord, width: int) -> tuple[Table, tuple[str, ...]]:
    """The table in at most a width, terminal cells, and the columns that it has no room for."""
    whole = f"whole {words(model).sample}"
    rows = model.layers
    names = [_name(call.path) + ("" if all(check.agrees for check in call.checks) else " ✕") for call in rows]
    layer, kind = _Column("layer", names, "total"), _Column("kind", [clean(call.kind) for call in rows])
    columns = [
        _Column("output", [shape(call.output_shape) for call in rows]),
        _Column("parameters", [number(call.parameters) for call in rows], number(model.parameters)),
        _Column("multiply-\nadds", [number(call.macs) for call in rows], number(model.macs)),
        _Column(
            "receptive\nfield",
            [
                whole if call.whole_image else shape(call.receptive_field) if call.receptive_field else "–"
                for call in rows
            ],
        ),
        _Column("jump", [" × ".join(map(number, call.jump)) if call.jump else "–" for call in rows]),
        _Column("memory", [memory(call.activation_bytes) for call in rows]),
    ]
    left_out: list[str] = []

    def room() -> int:
        return width - sum(column.width + _GAP for column in columns) - 2 * _GAP

    while columns and room() < min(layer.width, _NARROWEST_NAME) + min(kind.width, _NARROWEST_KIND):
        left_out.append(columns.pop().head.replace("-\n", "-").replace("\n", " "))
    kind_width = min(kind.width, max(_NARROWEST_KIND, room() - layer.width, room() * 2 // 5))
    layer_width = max(1, min(layer.width, room() - kind_width))
    layer.cells = [_folded(name, layer_width) for name in layer.cells]
    kind.cells = [_folded(name, kind_width) for name in kind.cells]
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_footer=True,
        header_style="" if os.environ.get("NO_COLOR") else "bold",
        footer_style="" if os.environ.get("NO_COLOR") else "bold",
    )
    for column in (layer, kind, *columns):
        justify: Literal["left", "right"] = "left" if column in (layer, kind) else "right"
        table.add_column(column.head, justify=justify, footer=column.foot, min_width=column.width, no_wrap=True)
    # One row that is as high as the table: a row of its own costs Rich more than twice as much as a line.
    heights = [max(cell.count("\n") for cell in cells) for cells in zip(layer.cells, kind.cells, strict=True)]
    tall = [
        "\n".join(cell + "\n" * (height - cell.count("\n")) for cell, height in zip(column.cells, heights, strict=True))
        for column in (layer, kind, *columns)
    ]
    table.add_row(*map(Text, tall))
    return table, tuple(reversed(left_out))


def _two_columns(left: str, right: str, rows: Sequence[tuple[str, str]]) -> Table:
    style = "" if os.environ.get("NO_COLOR") else "bold"
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style=style)
    table.add_column(left, overflow="fold")
    table.add_column(right, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _folded(name: str, width: int) -> str:
    """A name on as many lines as it takes, broken after "/" and "_" and before a capital where that is possible."""
    lines = [""]
    for piece in re.split(r"(?<=[/_])(?=.)|(?<=[a-z])(?=[A-Z])", name):
        if cell_len(lines[-1] + piece) > width and lines[-1]:
            lines.append("")
        first, *others = chop_cells(lines.pop() + piece, width) or [""]
        lines += [first, *others]
    return "\n".join(lines)


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


def _let_any_name_through() -> None:
    """Print names of files byte for byte, and what the terminal's alphabet lacks as an escape, instead of failing."""
    if isinstance(sys.stdout, TextIOWrapper):
        utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")


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
