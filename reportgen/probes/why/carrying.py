"""An image -> what the channels of a call add to its answer, and the class-activation map of a call.

Shares are integrated gradients in the space of the call's output, from the mean of each channel over the data: the same
place and values at which channels are switched off. They add up to the whole change. One channel alone is the number of
the ablation chapter; those do not add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from reportgen.evidence.samples import Levels
from reportgen.evidence.watching import WatchingResult
from reportgen.evidence.why import MAIN_CHANNELS, MOST_CELLS, Carried, ChannelShare, Explanation, WorkedSum
from reportgen.models.explaining import Goal, Tail
from reportgen.models.subject import Array, Subject
from reportgen.probes.responses import patches
from reportgen.probes.why import mapping
from reportgen.probes.why.ground import Ground
from reportgen.records import places
from reportgen.records.model import LayerRecord, ModelRecord

_STEPS, _MOST_STEPS = 16, 64
_EXACT = 1e-4
_Part = TypeVar("_Part", Carried, WorkedSum)


@dataclass(frozen=True, slots=True)
class Place:
    """A conv call whose channels may have carried an answer.

    Attributes:
        call: The call.
        judged: The call whose output counts as its answer.
        means: The mean of each channel over the data, float64 (channels,).
    """

    call: LayerRecord
    judged: LayerRecord
    means: Array


def chosen_calls(record: ModelRecord) -> tuple[LayerRecord, ...]:
    """Return the last conv call that has places, and an earlier one: the last one of at least four times as many.

    Where there is no such, it is the one in the middle of those before.
    """
    convs = [call for call in places.conv_calls(record) if _positions(call) > 1 and record.sees_main_input(call)]
    if not convs:
        return ()
    last, before = convs[-1], convs[:-1]
    large = [call for call in before if _positions(call) >= 4 * _positions(last)]
    earlier = large[-1:] or before[len(before) // 2 :][:1]
    return (last, *earlier)


def cam_call(record: ModelRecord, axes: int) -> LayerRecord | None:
    """Return the last call whose maps lie on the image: of a conv call where it is judged, or of a pooling.

    Args:
        record: The model.
        axes: How many axes of places the image has.
    """
    for call in reversed(record.layers):
        if call.role in {"conv", "pool"} and _positions(call) > 1 and record.sees_main_input(call):
            place = places.judged_at(record, call) if call.role == "conv" else call
            return place if len(place.output_shape) - 1 == axes else None
    return None


def _positions(call: LayerRecord) -> int:
    sizes = [size or 0 for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return int(np.prod(sizes)) if sizes else 1


def found_places(record: ModelRecord, watched: WatchingResult | None) -> tuple[Place, ...]:
    """Return the chosen calls whose channels have finite means over the data."""
    if watched is None:
        return ()
    known = {call.path: call for call in watched.responses.calls}
    found = []
    for call in chosen_calls(record):
        if call.path in known:
            means = np.array([channel.mean for channel in known[call.path].channels])
            if np.isfinite(means).all():
                found.append(Place(call, places.judged_at(record, call), means))
    return tuple(found)


def carried(ground: Ground, tail: Tail, place: Place, index: int, goal: Goal) -> Carried | None:
    """Return what the channels of a call add to an answer; None where nothing follows from them."""
    values, around = tail.values(ground.inputs(index))
    axis = places.channel_axis(place.judged)
    value, usual = values[0].astype(np.float64), _like(place.means, values, axis)[0].astype(np.float64)
    steps = _STEPS
    while True:
        odds, mean_slope = _along(tail, value, usual, (steps, values.dtype), around, goal)
        change = float(odds[0] - odds[1])
        if not np.isfinite(change) or change == 0:
            return None
        parts = (value - usual) * mean_slope
        shares = parts.sum(axis=_all_but(axis, parts.ndim))
        complete = float(shares.sum() / change)
        if abs(1 - complete) <= mapping.COMPLETE or steps >= _MOST_STEPS:
            break
        steps *= 2
    main, rest, number = _main(shares, values[0], axis, len(ground.sizes))
    return Carried(
        path=place.call.path,
        judged_at=place.judged.path,
        change=change,
        channels=main,
        others=rest,
        num_others=number,
        for_it=float(shares[shares > 0].sum()),
        against_it=float(shares[shares < 0].sum()),
        complete=complete,
        steps=steps,
    )


def _along(
    tail: Tail, value: Array, usual: Array, how: tuple[int, np.dtype[Any]], around: Sequence[Array], goal: Goal
) -> tuple[Array, Array]:
    """Return what is explained at both ends of the line from the usual output to this one, and its mean slope there."""
    steps, dtype = how
    at, weights = mapping.gauss(steps)
    # The ends of the line are rows of the first batch, with no weight.
    at, weights = np.array([1.0, 0.0, *at]), np.array([0.0, 0.0, *weights])
    found, total = [], np.zeros(value.shape)
    for part in mapping.parts(len(at), value.size):
        line = usual + at[part].reshape(-1, *(1 for _ in value.shape)) * (value - usual)
        others = [np.repeat(each, len(line), axis=0) for each in around]
        odds, slopes = tail.slopes(line.astype(dtype), others, goal)
        found.append(odds)
        total += np.tensordot(weights[part], slopes.astype(np.float64), 1)
    return np.concatenate(found)[:2], total


def worked_sum(ground: Ground, tail: Tail, place: Place, index: int, goal: Goal) -> WorkedSum | None:
    """Return a score as an exact sum over channels, where all that follows a call is linear and alike at every place.

    It is found out by looking: the gradient is the same at the call's output, at zero and everywhere in between, and
    the same at every place of a channel; then the sum is compared with what the model gave.

    Args:
        ground: The model.
        tail: The part behind the call.
        place: The call.
        index: The image.
        goal: A sum of scores.
    """
    values, around = tail.values(ground.inputs(index))
    if around:
        return None
    axis = places.channel_axis(place.judged)
    probes = np.concatenate([values, 0 * values, values / 2, _like(place.means, values, axis)])
    odds, slopes = tail.slopes(probes, [], goal)
    per_place = np.moveaxis(slopes, axis, -1).reshape(-1, slopes.shape[axis])
    size = float(np.abs(per_place).max())
    if not np.isfinite(odds).all() or size == 0 or np.abs(per_place - per_place[0]).max() > _EXACT * size:
        return None
    parts = np.moveaxis(values[0].astype(np.float64) * slopes[0], axis, -1)
    shares = parts.reshape(-1, parts.shape[-1]).sum(axis=0)
    rest = float(odds[0] - odds[1] - shares.sum())
    if abs(rest) > _EXACT * max(1.0, float(np.abs(shares).sum())):
        return None
    main, others, number = _main(shares, values[0], axis, len(ground.sizes))
    paths, begins, score = (place.call.path, place.judged.path), float(odds[1]), float(odds[0])
    added = parts.sum(axis=-1)
    cells = _cells(added) if added.ndim == len(ground.sizes) else ()
    return WorkedSum(*paths, begins, main, others, number, score, rest, cells)


def _cells(added: Array) -> tuple[tuple[float, ...], ...]:
    """What each place adds, where the places are few enough for numbers and make a picture."""
    if added.ndim != 2 or added.size > MOST_CELLS:
        return ()
    return tuple(tuple(map(float, row)) for row in added)


def activation_maps(
    ground: Ground, tail: Tail, call: LayerRecord, goals: Sequence[tuple[int, Goal]]
) -> tuple[str, Array, Array]:
    """Return the class-activation maps of a call: their method, the maps as they are, and enlarged to the image.

    HiResCAM (Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM"): gradient times output, place by place, summed
    over channels. Where the gradient is the same at every place, behind a global average pooling, it is Grad-CAM
    (Selvaraju et al. 2017), and called so.

    Args:
        ground: The model.
        tail: The part behind the call.
        call: The call.
        goals: Images, and what is explained of each.
    """
    rows = [ground.inputs(index) for index, _ in goals]
    values, around = tail.values([np.concatenate(parts) for parts in zip(*rows, strict=True)])
    _, slopes = tail.slopes(values, around, [goal for _, goal in goals])
    axis = places.channel_axis(call)
    parts = np.moveaxis(values.astype(np.float64) * slopes, axis, -1).sum(axis=-1)
    per_place = np.moveaxis(slopes, axis, -1).reshape(len(slopes), -1, slopes.shape[axis])
    apart = np.abs(per_place - per_place[:, :1]).max()
    is_even = apart <= _EXACT * max(float(np.abs(per_place).max()), 1e-30)
    return "grad-cam" if is_even else "hires-cam", parts, mapping.enlarged(parts, ground.sizes)


def _like(means: Array, values: Array, axis: int) -> Array:
    shape = [1] * values.ndim
    shape[axis] = -1
    return np.broadcast_to(np.reshape(means, shape), values.shape).astype(values.dtype)


def _all_but(axis: int, rank: int) -> tuple[int, ...]:
    return tuple(each for each in range(rank) if each != axis % rank)


def _main(shares: Array, values: Array, axis: int, axes: int) -> tuple[tuple[ChannelShare, ...], float, int]:
    order = np.argsort(-np.abs(shares), kind="stable")[:MAIN_CHANNELS]
    volume = np.moveaxis(values, axis, -1)
    maps = [_levels(volume[..., each]) if volume.ndim == axes + 1 else None for each in order]
    main = tuple(ChannelShare(int(each), float(shares[each]), of) for each, of in zip(order, maps, strict=True))
    return main, float(shares.sum() - shares[order].sum()), len(shares) - len(order)


def _levels(response: Array) -> Levels | None:
    if response.ndim == 0:
        return None
    low, high = float(response.min()), float(response.max())
    scaled = (response - low) * (255 / (high - low)) if high > low else np.full(response.shape, 128.0)
    return np.rint(scaled).astype(np.uint8)


def with_patches(subject: Subject, watched: WatchingResult, explanations: Sequence[Explanation]) -> list[Explanation]:
    """Return explanations with what the channels that carried each answer respond to most over the data."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for one in explanations:
        for part in _parts(one):
            wanted[part.path].update(channel.channel for channel in part.channels)
    found = patches.of_channels(subject, watched, {path: sorted(numbers) for path, numbers in wanted.items()})

    def given(part: _Part) -> _Part:
        channels = (replace(each, patches=found.get((part.path, each.channel), ())) for each in part.channels)
        return replace(part, channels=tuple(channels))

    return [
        replace(
            one,
            carried=tuple(given(part) for part in one.carried),
            worked_sum=None if one.worked_sum is None else given(one.worked_sum),
        )
        for one in explanations
    ]


def _parts(one: Explanation) -> Iterator[Carried | WorkedSum]:
    yield from one.carried
    if one.worked_sum is not None:
        yield one.worked_sum
