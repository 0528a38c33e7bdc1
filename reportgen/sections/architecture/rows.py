"""The units of a model -> the rows of the table of layers on paper, where what repeats is one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportgen.figures.stages import Stages, Unit
from reportgen.language.numerals import number, percent, shape
from reportgen.records.model import LayerRecord, Shape
from reportgen.sections.architecture.columns import in_words
from reportgen.sections.architecture.slabs import grouped

MOST_SINGLE = 24
"""Up to so many layers, each has a row; of more, each block has one, and several blocks of a kind."""
MOST_ROWS = 40
"""With more rows than that, neighbouring layers share one, too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a layer, a layer with those that belong to it, a block, or several blocks that are alike.

    Attributes:
        name: What it is called: the path of a layer, or "block 1", "blocks 7 to 11".
        is_layer: Whether that is a path.
        more: What it holds besides, or the layers of a block; else "".
        kind: What it is.
        output: Shape of what comes out.
        parameters: Its weights.
        macs: Its multiply-adds for one sample; None where no formula is known.
        sees: How many pixels one place of it sees: "19", "19 × 7", "all", or "–".
        paths: The calls that it stands for.
        note: What they compute in and how many of their weights are zero, where layers differ in that; else "".
    """

    name: str
    is_layer: bool
    more: str
    kind: str
    output: Shape
    parameters: int
    macs: int | None
    sees: str
    paths: tuple[str, ...]
    note: str = ""


def rows(layers: Sequence[LayerRecord], found: Stages, *, precision: bool, zeros: bool) -> tuple[Row, ...]:
    """Return the rows.

    Args:
        layers: All calls, in order of computation.
        found: The model in stages.
        precision: Whether number formats are told.
        zeros: Whether shares of weights that are zero are told.
    """
    if len(layers) <= MOST_SINGLE:
        made = [_single(call) for call in layers]
    else:
        most = len(found.units) > MOST_ROWS
        made = [_row(group) for stage in found.stages for group in _groups(stage.units, all_together=most)]
        made += [_single(call) for call in found.beside]
    calls = {call.path: call for call in layers}
    return tuple(replace(row, note=_note([calls[path] for path in row.paths], precision, zeros)) for row in made)


def _note(calls: Sequence[LayerRecord], precision: bool, zeros: bool) -> str:
    told: list[str] = []
    if precision:
        told += dict.fromkeys(call.precision.in_short for call in calls if call.parameters or len(calls) == 1)
    zero, total = sum(call.zero_weights or 0 for call in calls), sum(call.kernel_weights for call in calls)
    if zeros and zero:
        told.append(f"{percent(zero / total)} zero")
    return "; ".join(told)


def _groups(units: Sequence[Unit], *, all_together: bool) -> Iterator[tuple[Unit, ...]]:
    """Blocks of one kind together; layers each by itself, but where there are very many."""
    for group in grouped(units):
        if all_together or (group[0].run and len({unit.run for unit in group}) == 1):
            yield group
        else:
            yield from ((unit,) for unit in group)


def _single(call: LayerRecord) -> Row:
    again = "again, with the same weights" if call.shared_with else ""
    return Row(
        call.path,
        True,
        again,
        kind_of(call),
        call.output_shape,
        call.parameters,
        call.macs,
        sees(call),
        (call.path,),
    )


def _row(group: Sequence[Unit]) -> Row:
    calls = [call for unit in group for call in unit.calls]
    first, last = group[0], group[-1]
    macs = None if any(call.macs is None for call in calls) else sum(unit.macs for unit in group)
    paths = tuple(call.path for call in calls)
    parameters = sum(unit.parameters for unit in group)
    outputs, seen = last.last.output_shape, sees(last.last)
    if not first.number and len(group) == 1:
        others = [call.kind for call in first.calls if call is not first.main]
        more = f"with {', '.join(dict.fromkeys(others))}" if others else ""
        return Row(first.main.path, True, more, kind_of(first.main), outputs, parameters, macs, seen, paths)
    kinds = [kind_of(call) for unit in group for call in unit.calls if call.role == "conv" or call.kernel_weights]
    kind = ", ".join(dict.fromkeys(kinds)) or ", ".join(dict.fromkeys(call.kind for call in calls))
    more = f"{calls[0].path} to {last.last.path}"
    if not first.number:
        return Row(f"{in_words(len(group))} layers", False, more, kind, outputs, parameters, macs, seen, paths)
    name = f"block {number(first.number)}"
    if len(group) > 1:
        name = f"blocks {number(first.number)} to {number(last.number)}"
    kind = f"each {kind}" if len(group) > 1 else kind
    return Row(name, False, more, kind, outputs, parameters, macs, seen, paths)


def kind_of(call: LayerRecord) -> str:
    """Return the kind of a call and its window."""
    told = {setting.name: setting.value for setting in call.settings}
    window = told.get("kernel") or told.get("window")
    return f"{call.kind}\u00a0{shape(window)}" if isinstance(window, tuple) else call.kind


def sees(call: LayerRecord) -> str:
    """Return how much of the input one place of a call's output depends on, in a word."""
    if call.whole_image:
        return "all"
    field = call.receptive_field
    if not field:
        return "–"
    return number(field[0]) if len(set(field)) == 1 else shape(field)
