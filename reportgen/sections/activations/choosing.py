"""Evidence -> which calls have a spread of their own, and which channels stand in its matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from reportgen.budget.constants import MOST_LAYERS, MOST_TILES
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.figures.map_sheets import single
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord, ModelRecord

MOST_STAGES = 6


@dataclass(frozen=True, slots=True)
class Chosen:
    """The channels of a matrix.

    Attributes:
        channels: Their numbers, the first ones first.
        needed: Those that the network measurably needs, of all channels of the call.
        said: How they were chosen, in a whole sentence.
    """

    channels: tuple[int, ...]
    needed: tuple[int, ...]
    said: str


def calls(evidence: Evidence) -> tuple[int, ...]:
    """Return the places, among the calls with maps, of those that have a spread.

    A pooling whose conv call has a spread has none: its maps are the same, only smaller.
    """
    result = evidence.activations
    every = result.samples[0].calls if result and result.samples else ()
    wide = [place for place, call in enumerate(every) if not single(call)] or list(range(len(every)))
    convs = {call.path for call in every}
    alone = [place for place in wide if (pooled(evidence.model, every[place].path) or "") not in convs]
    if len(alone) <= MOST_LAYERS:
        return tuple(alone)
    last: dict[tuple[int, ...], int] = {}
    for place in alone:
        last.pop(every[place].sizes, None)
        last[every[place].sizes] = place
    stages = list(last.values())
    if len(stages) <= MOST_STAGES:
        return tuple(stages)
    steps = [round(step * (len(stages) - 1) / (MOST_STAGES - 1)) for step in range(MOST_STAGES)]
    return tuple(stages[step] for step in steps)


def pooled(model: ModelRecord, path: str) -> str | None:
    """Return the conv call whose channels a pooling passes on, each by itself; None for any other call."""
    known = {call.path: call for call in model.layers}
    call = known.get(path)
    if call is None or call.role != "pool":
        return None
    while call.role != "conv":
        behind = known.get(call.inputs[0]) if len(call.inputs) == 1 else None
        if behind is None or _num_channels(behind) != _num_channels(call):
            return None
        call = behind
    return call.path


def _num_channels(call: LayerRecord) -> int | None:
    return call.output_shape[call.channel_axis] if call.output_shape else None


def channels(evidence: Evidence, maps: Sequence[CallMaps]) -> Chosen:
    """Return the channels of a matrix: those that the network needs most, else those that follow or respond most.

    Args:
        evidence: Everything.
        maps: The maps of one call, for each sample.
    """
    path = pooled(evidence.model, maps[0].path) or maps[0].path
    shown = set.intersection(*(set(call.shown) for call in maps))
    dull = {
        place
        for place in range(len(maps[0].channels))
        if any(call.channels[place].num_nonfinite for call in maps)
        or all(call.channels[place].constant or call.channels[place].maximum <= 0 for call in maps)
    }
    open_ = [place for place in maps[0].shown if place in shown - dull] or sorted(shown)
    falls = _falls(evidence, path)
    measured = sorted((place for place in open_ if falls.get(place, 0.0) > 0), key=lambda each: -falls[each])
    estimates = dict(evidence.ablation.estimates).get(path, ()) if evidence.ablation else ()
    order, said = measured, _measured_words(evidence)
    if len(measured) < min(MOST_TILES, len(open_)) and len(estimates) == len(maps[0].channels):
        rest = sorted((place for place in open_ if place not in measured), key=lambda each: -estimates[each])
        order = measured + rest
        by_slope = "those that move the answer most by its gradient"
        said = f"{said[:-1]}, then {by_slope}." if measured else f"Chosen: {by_slope}."
    elif not measured:
        followers = [call.follower for call in maps if call.follower is not None]
        active = sorted(open_, key=lambda each: -_activity(maps, each))
        order = [*(place for place in followers if place in open_), *active]
        said = "Chosen: those that respond most" + (", the one that follows the object first." if followers else ".")
    needed = tuple(
        each.channel for each in (evidence.ablation.channels if evidence.ablation else ()) if each.path == path
        and each.needed
    )  # fmt: skip
    return Chosen(tuple(dict.fromkeys(order))[:MOST_TILES], needed, said)


def _falls(evidence: Evidence, path: str) -> dict[int, float]:
    """By how much the log-probability of the truth falls without each channel that was switched off."""
    measured = evidence.ablation.channels if evidence.ablation else ()
    return {each.channel: -each.log_probability_change for each in measured if each.path == path}


def falls(evidence: Evidence, path: str) -> dict[int, float]:
    """Return by how much the log-probability of the truth falls without each channel of a call that was switched off.

    Args:
        evidence: Everything.
        path: A conv call, or a pooling that passes its channels on.
    """
    return _falls(evidence, pooled(evidence.model, path) or path)


def known(evidence: Evidence) -> str:
    """Name the class whose probability was watched as channels were switched off."""
    result = evidence.ablation
    return "the predicted class" if result is not None and result.accuracy is None else "the true class"


def _measured_words(evidence: Evidence) -> str:
    result = evidence.ablation
    sample = words(evidence.model).sample
    over = plural(result.num_screening, sample) if result else f"{sample}s"
    costs = f"costs {known(evidence)} most probability"
    return f"Chosen: those whose switching off {costs}, in the mean over at least {over}."


def _activity(maps: Sequence[CallMaps], place: int) -> float:
    return sum(hypot(call.channels[place].mean, call.channels[place].deviation) for call in maps)


def stage_words(evidence: Evidence, places: Sequence[int]) -> str:
    """Say which calls are shown; "" where every conv call is."""
    every = evidence.activations.samples[0].calls if evidence.activations and evidence.activations.samples else ()
    convs = [call for call in every if pooled(evidence.model, call.path) is None]
    if len(places) >= len(convs):
        return ""
    return f"Shown is the last layer at each resolution: {number(len(places))} of {number(len(every))} layers."
