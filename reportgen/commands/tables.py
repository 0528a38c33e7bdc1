"""The layers of a model, and what a report would be -> tables for a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.cells import cell_len, chop_cells
from rich.table import Table
from rich.text import Text

from reportgen.language.cleaning import clean, shortened
from reportgen.language.numerals import memory, number, shape
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord, ModelRecord

if TYPE_CHECKING:
    pass


_LONGEST_NAME = 240
# Terminal cells between two columns of a table, and the fewest that names are folded to.
_GAP = 2
_NARROWEST_NAME = 16
_NARROWEST_KIND = 10


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


def file_name(name: str) -> str:
    """A name without what commands a terminal, and without the middle where it would fill screens."""
    return shortened(clean(name), _LONGEST_NAME)


def layer_table(model: ModelRecord, width: int) -> tuple[Table, tuple[str, ...]]:
    """The table in at most a width, terminal cells, and the columns that it has no room for."""
    whole = f"whole {words(model).sample}"
    rows = model.layers
    names = [file_name(call.path) + ("" if all(check.agrees for check in call.checks) else " ✕") for call in rows]
    layer, kind = _Column("layer", names, "total"), _Column("kind", [clean(call.kind) for call in rows])
    columns = [
        _Column("output", [shape(call.output_shape) for call in rows]),
        _Column("parameters", [number(call.parameters) for call in rows], number(model.parameters)),
        _Column("multiply-\nadds", [number(call.macs) for call in rows], number(model.macs)),
        _Column(
            "receptive\nfield",
            [whole if call.whole_image else _size(call.receptive_field) for call in rows],
        ),
        *_precision(rows),
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
    layer.cells = [_broken_into_lines(name, layer_width) for name in layer.cells]
    kind.cells = [_broken_into_lines(name, kind_width) for name in kind.cells]
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


def _precision(calls: Sequence[LayerRecord]) -> tuple[_Column, ...]:
    """What each layer computes in and keeps its weights in, unless that is float32 throughout."""
    if all(call.precision.is_usual for call in calls):
        return ()
    return (_Column("precision", [call.precision.in_short for call in calls]),)


def two_columns(left: str, right: str, rows: Sequence[tuple[str, str]]) -> Table:
    """Return a table of names and what belongs to each."""
    style = "" if os.environ.get("NO_COLOR") else "bold"
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style=style)
    table.add_column(left, overflow="fold")
    table.add_column(right, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _broken_into_lines(name: str, width: int) -> str:
    """A name on as many lines as it takes, broken after "/" and "_" and before a capital where that is possible."""
    lines = [""]
    for piece in re.split(r"(?<=[/_])(?=.)|(?<=[a-z])(?=[A-Z])", name):
        if cell_len(lines[-1] + piece) > width and lines[-1]:
            lines.append("")
        first, *others = chop_cells(lines.pop() + piece, width) or [""]
        lines += [first, *others]
    return "\n".join(lines)


def _size(field: tuple[int, ...] | None) -> str:
    return shape(field) if field else "–"
