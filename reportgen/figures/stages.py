"""The calls of a model -> its stages: what works at one size of map, from the input to the prediction.

The graph is cut at the nodes that everything passes through. What lies between two cuts, or repeats, is a block; every
other conv, pooling or dense layer is a unit by itself, and what has no weights and no window belongs to the unit before
it. Neighbouring units with maps of one size make a stage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from reportgen.figures.graph_folding import Part, Signatures, parts
from reportgen.figures.graph_nodes import Node, inputs_of, nodes_of, reading_of
from reportgen.records.model import LayerRecord, ModelRecord

MOST_STAGES = 6
"""Most stages of a drawing; more are put together, those first whose maps differ least."""
_FEW_UNITS = 8
_COUNTED = {"conv", "pool", "dense"}
_ALONE = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """A block, or a layer with what belongs to it.

    Attributes:
        calls: Its calls, in order of computation.
        last: The call whose output is its own.
        run: Number of the kind of block, from 1; 0 for a block of no other's kind and for a layer.
        number: Place among the blocks, from 1; 0 for a layer.
    """

    calls: tuple[LayerRecord, ...]
    last: LayerRecord
    run: int = 0
    number: int = 0

    @property
    def main(self) -> LayerRecord:
        """The call that a layer is named after: the first one with a window or weights."""
        return next((call for call in self.calls if _role(call) in _COUNTED or call.parameters), self.calls[0])

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """Sizes of its maps along the spatial axes; () where it has none."""
        return map_sizes(self.last)

    @property
    def channels(self) -> int:
        """Channels that come out; of what has no map, how many values."""
        return self.last.output_shape[self.last.channel_axis] or 0 if self.last.output_shape else 0

    @property
    def parameters(self) -> int:
        """Its weights, those of a shared layer at its first call only."""
        return sum(call.parameters for call in self.calls if call.shared_with is None)

    @property
    def macs(self) -> int:
        """Its multiply-adds for one sample, as far as they are known."""
        return sum(call.macs or 0 for call in self.calls)


@dataclass(frozen=True, slots=True)
class Stage:
    """Units in a row whose maps are of one size, or nearly so.

    Attributes:
        units: The units.
        is_flat: Whether what comes out is no map any more but a list of numbers.
    """

    units: tuple[Unit, ...]
    is_flat: bool = False

    @property
    def last(self) -> LayerRecord:
        """The call whose output is its own."""
        return self.units[-1].last

    @property
    def last_sizes(self) -> tuple[int | None, ...]:
        """The sizes of its last map."""
        return self.units[-1].sizes

    @property
    def sizes(self) -> tuple[tuple[int | None, ...], ...]:
        """The sizes of its maps, each once, in order."""
        return tuple(dict.fromkeys(unit.sizes for unit in self.units if unit.sizes))

    @property
    def channels(self) -> tuple[int, ...]:
        """The numbers of channels of its units, each once where it follows itself."""
        return tuple(number for number, _ in groupby(unit.channels for unit in self.units))

    @property
    def parameters(self) -> int:
        """Its weights, each counted once."""
        return sum(unit.parameters for unit in self.units)

    @property
    def macs(self) -> int:
        """Its multiply-adds for one sample."""
        return sum(unit.macs for unit in self.units)


@dataclass(frozen=True, slots=True)
class Stages:
    """A model in stages.

    Attributes:
        stages: The stages of what its main input goes through, in order of computation.
        beside: The calls that the main input does not go through.
    """

    stages: tuple[Stage, ...]
    beside: tuple[LayerRecord, ...] = ()

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units in order."""
        return tuple(unit for stage in self.stages for unit in stage.units)

    @property
    def with_maps(self) -> tuple[Stage, ...]:
        """The stages that have maps."""
        return tuple(stage for stage in self.stages if not stage.is_flat)


def stages_of(model: ModelRecord) -> Stages:
    """Return the stages of a model, at most `MOST_STAGES`."""
    several = len(model.inputs) > 1
    main = tuple(call for call in model.layers if not several or model.sees_main_input(call))
    own = {call.path for call in main}
    units = _units(_nodes(model, main))
    found = [
        Stage(tuple(unit for _, _, unit in group), is_flat)
        for (is_flat, _), group in groupby(_marked(units), key=lambda marked: marked[:2])
    ]
    return Stages(tuple(_merged(found)), tuple(call for call in model.layers if call.path not in own))


def map_sizes(call: LayerRecord) -> tuple[int | None, ...]:
    """Return the sizes of a call's map along its spatial axes, time steps left out; () where it has no map."""
    if len(call.output_shape) < _ALONE:
        return ()
    names = call.map_axes
    sizes = [size for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return tuple(size for name, size in zip(names, sizes, strict=False) if name != "time")


def _nodes(model: ModelRecord, calls: Sequence[LayerRecord]) -> list[Node]:
    """The nodes of some calls; what they read from others is left out."""
    nodes = nodes_of(calls, reading_of(model), flat=True)
    known = {node.key for node in nodes} | {inputs_of(model)[0].key}
    for node in nodes:
        node.inputs = [key for key in node.inputs if key in known]
    return nodes


def _units(nodes: Sequence[Node]) -> list[Unit]:
    num_counted = sum(_counts(node) for node in nodes)
    found: list[Unit] = []
    waiting: list[LayerRecord] = []
    blocks = 0
    for part in parts(nodes, (), Signatures(padding=False)):
        is_block = num_counted > _FEW_UNITS and _is_block(part)
        for calls, counts in _pieces(part, whole=is_block):
            if not counts and found:
                found[-1] = replace(found[-1], calls=(*found[-1].calls, *calls))
            elif not counts:
                waiting += calls
            else:
                blocks += is_block
                run, number = (part.run, blocks) if is_block else (0, 0)
                found.append(Unit((*waiting, *calls), calls[-1], run, number))
                waiting = []
    if waiting:
        found.append(Unit(tuple(waiting), waiting[-1]))
    return found


def _pieces(part: Part, *, whole: bool) -> Iterator[tuple[tuple[LayerRecord, ...], bool]]:
    """The calls of each unit of a part, and whether it is one by itself."""
    if whole:
        calls = sorted((call for node in part.nodes for call in node.calls), key=lambda call: call.index)
        last = part.nodes[-1].calls[-1]
        yield (*(call for call in calls if call is not last), last), True
        return
    for node in part.nodes:
        yield tuple(node.calls), _counts(node)


def _is_block(part: Part) -> bool:
    """Whether a part is what people call a block: of several layers that count, and its map as small as any inside.

    A pooling in a chain begins what comes after it rather than ending a block.
    """
    roles = {node.role for node in part.nodes}
    if sum(_counts(node) for node in part.nodes) < _ALONE or (roles & {"pool"} and not roles & {"merge"}):
        return False
    end = _area(part.nodes[-1].calls[-1])
    inside = [_area(call) for node in part.nodes for call in node.calls]
    return end > 0 and not any(1 < area < end for area in inside)


def _area(call: LayerRecord) -> int:
    """How many places a map has; 0 without a map, or where that is not known."""
    sizes = map_sizes(call)
    return math.prod(size or 0 for size in sizes) if sizes else 0


def _counts(node: Node) -> bool:
    if node.role in _COUNTED:
        return True
    return any(call.parameters and "Normalization" not in call.kind for call in node.calls)


def _role(call: LayerRecord) -> str:
    return "dense" if call.kind in {"Dense", "EinsumDense"} else call.role


def _marked(units: Sequence[Unit]) -> Iterator[tuple[bool, tuple[int | None, ...], Unit]]:
    """Each unit, whether it has no map, and the sizes of its map; of what is one place only after larger maps, none."""
    largest = max((_area(unit.last) for unit in units), default=0)
    for unit in units:
        flat = not unit.sizes or (largest > 1 and _area(unit.last) == 1)
        yield flat, () if flat else unit.sizes, unit


def _merged(stages: list[Stage]) -> list[Stage]:
    """Put neighbours together until there are few enough: those first whose maps differ least."""
    found = list(stages)
    while len(found) > MOST_STAGES:
        steps = [(_distance(before, after), place) for place, (before, after) in enumerate(pairwise(found))]
        _, place = min(steps)
        joined = Stage(
            (*found[place].units, *found[place + 1].units), found[place].is_flat and found[place + 1].is_flat
        )
        found[place : place + 2] = [joined]
    return found


def _distance(before: Stage, after: Stage) -> float:
    """How much the maps of two neighbours differ in size, a logarithm; what has no map is far from what has one."""
    if before.is_flat != after.is_flat:
        return math.inf
    areas = [max(_area(stage.last), 1) for stage in (before, after)]
    return abs(math.log(areas[0] / areas[1]))
