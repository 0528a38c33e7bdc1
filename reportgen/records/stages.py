"""The record of a model -> the few places at which one image is shown on its way through it, one for a resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod

from reportgen.records.judged import ACTIVATIONS
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.records.places import judged_at

MOST_STAGES = 6
"""So many stages stand beside each other; of more resolutions the first, the last and some between are shown."""
LEAST_STAGES = 3
"""A model of fewer resolutions is shown at so many places, where it has as many conv and pooling calls."""
_WITHOUT_RESULT = ("Flatten", "Reshape", "Dropout", "Softmax", *ACTIVATIONS)


@dataclass(frozen=True, slots=True)
class Stage:
    """One place at which an image is shown.

    Attributes:
        call: The conv or pooling call whose maps are shown.
        drawn: The call whose output they are: itself or an activation.
        sizes: Positions along each axis of a map.
        layers: All that is computed from the stage before up to the end of this one.
    """

    call: LayerRecord
    drawn: LayerRecord
    sizes: tuple[int, ...]
    layers: tuple[LayerRecord, ...]

    @property
    def num_channels(self) -> int:
        """How many maps there are."""
        return self.drawn.output_shape[self.drawn.channel_axis] or 0


@dataclass(frozen=True, slots=True)
class Way:
    """The way of an image through a model.

    Attributes:
        stages: The places with maps, in order.
        numbers: The call whose output is one row of numbers, before the last layer that computes: a global pooling or a
            dense layer; None where there is none.
        joining: What is computed behind the last stage, up to these numbers.
        ending: What is computed behind them, up to the answer.
    """

    stages: tuple[Stage, ...]
    numbers: LayerRecord | None
    joining: tuple[LayerRecord, ...]
    ending: tuple[LayerRecord, ...]


def way(model: ModelRecord) -> Way:
    """Return where an image is shown on its way.

    The conv and pooling calls that the main input lies behind are taken in order, in groups of one resolution; each
    group is shown where its last conv call is judged, behind an activation if it has any such.
    """
    calls = [call for call in model.seen_calls if prod(_sizes(call)) > 1 and model.sees_main_input(call)]
    groups = [list(group) for _, group in groupby(calls, key=_sizes)]
    while len(groups) < LEAST_STAGES and any(len(group) > 1 for group in groups):
        largest = max(groups, key=len)
        place, half = groups.index(largest), -(-len(largest) // 2)
        groups[place : place + 1] = [largest[:half], largest[half:]]
    ends = [_end(model, group, groups[place + 1 : place + 2]) for place, group in enumerate(groups)]
    shown = _spread(len(groups))
    stages, start = [], 0
    for place in shown:
        inside = tuple(layer for layer in model.layers if start < layer.index <= ends[place])
        call = _chosen(model, groups[place])
        drawn = judged_at(model, call) if call.role == "conv" else call
        stages.append(Stage(call, drawn, _sizes(drawn), inside))
        start = ends[place]
    return _ended(model, tuple(stages), start)


def _ended(model: ModelRecord, stages: tuple[Stage, ...], start: int) -> Way:
    after = [layer for layer in model.layers if layer.index > start]
    computing = [layer for layer in after if layer.kind not in _WITHOUT_RESULT and _is_row(layer)]
    computing = [layer for layer in computing if layer.role in {"conv", "pool"} or "Dense" in layer.kind]
    if len(computing) < 2 or not stages:
        return Way(stages, None, (), tuple(after))
    numbers = computing[-2]
    joining = tuple(layer for layer in after if layer.index < computing[-1].index)
    return Way(stages, numbers, joining, tuple(layer for layer in after if layer.index >= computing[-1].index))


def _is_row(call: LayerRecord) -> bool:
    """Whether what comes out is one row of several numbers, without places."""
    sizes = call.output_shape
    return sum(size != 1 for size in sizes) == 1 and None not in sizes


def _chosen(model: ModelRecord, group: Sequence[LayerRecord]) -> LayerRecord:
    convs = [call for call in group if call.role == "conv"]
    active = [call for call in convs if _is_activated(model, call)]
    return (active or convs or group)[-1]


def _is_activated(model: ModelRecord, call: LayerRecord) -> bool:
    own = {setting.value for setting in call.settings if setting.name == "activation"}
    return bool(own - {"linear"}) or judged_at(model, call).path != call.path


def _end(model: ModelRecord, group: Sequence[LayerRecord], following: Sequence[Sequence[LayerRecord]]) -> int:
    """Index of the last layer that belongs to a group: of its resolution, before the next group begins."""
    limit = following[0][0].index if following else len(model.layers) + 1
    own = _sizes(group[0])
    return max(layer.index for layer in model.layers if layer.index < limit and _sizes(layer) == own)


def _spread(number: int) -> list[int]:
    if number <= MOST_STAGES:
        return list(range(number))
    return sorted({round(place * (number - 1) / (MOST_STAGES - 1)) for place in range(MOST_STAGES)})


def _sizes(call: LayerRecord) -> tuple[int, ...]:
    """Positions along each axis of one map; () for what has none, and where one is not known."""
    sizes = [size for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return tuple(size for size in sizes if size is not None) if None not in sizes else ()
