"""What comes out at a stage, and what its channels do to an answer -> the few maps that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.evidence.journey import HALVED, MAIN_MAPS, StageMap, StageMaps
from reportgen.evidence.samples import Levels
from reportgen.figures.overlays import sized
from reportgen.models.subject import Array
from reportgen.probes.journey.switching import Falls
from reportgen.records.stages import Stage

MOST_PLACES = 128
"""A map of more places along a side is reduced: it is drawn no larger."""


def maps(stage: Stage, volume: Array, falls: Falls | None, before: Sequence[StageMaps]) -> StageMaps:
    """Choose the maps of a stage, and frame those that carry the answer.

    Args:
        stage: The stage.
        volume: float64 (*places, channels): what comes out.
        falls: What the channels do to the answer; None where that is not known.
        before: The stage before, if there is one.
    """
    volume = np.nan_to_num(volume, nan=0.0, posinf=0.0, neginf=0.0)
    pooled = next((each for each in before if _is_pooled(stage, each, volume)), None)
    if pooled is not None:
        chosen = [each.channel for each in pooled.maps]
        known = {each.channel: each for each in pooled.maps}
        return _drawn(
            stage,
            volume,
            chosen,
            {each: (None, known[each].carries) for each in chosen},
            ("followed", 0, pooled.framed),
        )
    if falls is None:
        strength = volume.reshape(-1, volume.shape[-1]).mean(axis=0)
        chosen = [int(each) for each in np.argsort(-strength, kind="stable")[:MAIN_MAPS]]
        return _drawn(stage, volume, chosen, dict.fromkeys(chosen, (None, False)), ("strongest", 0, ""))
    order = np.argsort(-np.nan_to_num(falls.values, nan=-np.inf), kind="stable")[:MAIN_MAPS]
    chosen = [int(each) for each in order if np.isfinite(falls.values[each])]
    framed, how = _framed([float(falls.values[each]) for each in chosen], falls)
    tried = int(np.isfinite(falls.values).sum()) if falls.is_switched else 0
    known_falls = {each: (float(falls.values[each]), place in framed) for place, each in enumerate(chosen)}
    return _drawn(stage, volume, chosen, known_falls, ("switched" if falls.is_switched else "estimated", tried, how))


def lit(values: Array) -> tuple[Levels, float]:
    """Bring responses to 8 bits, 0 for nothing or less and 255 for the highest, which is returned too.

    NaN and infinity are no responses: they are drawn as nothing, and another chapter names them.
    """
    values = np.where(np.isfinite(values), values, 0)
    top = max(float(values.max(initial=0.0)), 0.0)
    return np.rint(np.clip(values / top if top > 0 else 0 * values, 0, 1) * 255).astype(np.uint8), top


def _framed(falls: Sequence[float], known: Falls) -> tuple[set[int], str]:
    """Return the places of what is framed, and by which rule.

    Args:
        falls: What the shown channels do, the largest first.
        known: What these are.
    """
    positive = [max(fall, 0.0) for fall in falls]
    halving = {place for place, fall in enumerate(falls) if known.are_odds and fall >= HALVED}
    if known.is_switched and (not halving or len(halving) < len(falls)):
        return (halving, "halved") if halving else (set(), "")
    if not known.are_odds or len(falls) < 2 or sum(positive) <= 0:
        return set(), ""
    fewest = next(place + 1 for place in range(len(falls)) if sum(positive[: place + 1]) >= sum(positive) / 2)
    return (set(range(fewest)), "share") if fewest < len(falls) else (set(), "")


def _is_pooled(stage: Stage, before: StageMaps, volume: Array) -> bool:
    """Whether a pooling reads what the stage before shows."""
    reads = stage.call.inputs[:1] in {(before.drawn_at,), (before.path,)}
    return stage.call.role == "pool" and reads and all(each.channel < volume.shape[-1] for each in before.maps)


def _drawn(
    stage: Stage,
    volume: Array,
    chosen: Sequence[int],
    known: Mapping[int, tuple[float | None, bool]],
    how: tuple[str, int, str],
) -> StageMaps:
    slices = [_flat(volume[..., each]) for each in chosen]
    top = max((float(each.max(initial=0.0)) for each in slices), default=0.0)
    scale = 255 / top if top > 0 else 0.0
    found = []
    for channel, values in zip(chosen, slices, strict=True):
        levels = np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8)
        if max(levels.shape) > MOST_PLACES and min(levels.shape) > 1:
            levels = sized(levels, MOST_PLACES)
        fall, carries = known[channel]
        found.append(StageMap(channel, fall, carries, float(volume[..., channel].max(initial=0.0)), levels))
    return StageMaps(stage.call.path, stage.drawn.path, *how, top, tuple(found))


def _flat(values: Array) -> Array:
    """Return (rows, columns) of one map: the middle slice of more axes, a row of one."""
    while values.ndim > 2:
        values = values[values.shape[0] // 2]
    return values[None] if values.ndim == 1 else values
