"""A budget in multiply-adds -> how many channels of each stage are switched off."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence.journey import MAIN_MAPS
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.records.stages import Stage, Way

USUAL_MACS = 10**11
"""Multiply-adds that switching off in one image may take: a few seconds on two cores."""
GRADIENT = 3
"""What a pass with a gradient costs, as a multiple of one without."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What is spent on one stage.

    Attributes:
        channels: How many channels are switched off; 0 where not even as many as are shown could be.
        macs: Multiply-adds that it takes, with a gradient where not all channels are tried.
    """

    channels: int
    macs: int


def afford(record: ModelRecord, passing: Way, budget: int = USUAL_MACS) -> tuple[Cost, ...]:
    """Return what is spent on each stage: the cheapest stages first, each its part of what is left.

    Args:
        record: The model.
        passing: The stages.
        budget: Multiply-adds that may be spent on all of them.
    """
    behind = {stage.drawn.path: _behind(record, stage.drawn) for stage in passing.stages}
    found: dict[str, Cost] = {}
    waiting = sorted(
        passing.stages, key=lambda stage: (behind[stage.drawn.path] * stage.num_channels, stage.call.index)
    )
    for place, stage in enumerate(waiting):
        part = (budget - sum(cost.macs for cost in found.values())) // (len(waiting) - place)
        found[stage.call.path] = _cost(stage, behind[stage.drawn.path], part)
    return tuple(found[stage.call.path] for stage in passing.stages)


def _cost(stage: Stage, behind: int, part: int) -> Cost:
    if stage.call.role != "conv":
        return Cost(0, 0)
    every = stage.num_channels
    if every * behind <= part:
        return Cost(every, every * behind)
    tried = max(part // behind - GRADIENT, 0)
    tried = tried if tried >= min(MAIN_MAPS, every) else 0
    return Cost(tried, (tried + GRADIENT) * behind)


def _behind(record: ModelRecord, call: LayerRecord) -> int:
    """Multiply-adds of all that follows a call; at least one, as what takes none takes some time."""
    return max(sum(layer.macs or 0 for layer in record.layers if layer.index > call.index), 1)
