"""A model and chosen samples -> every activation map of every chosen call, as 8-bit pictures and numbers per channel.

One forward pass per sample; each call's output is reduced as soon as it comes out, and let go.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import keras
import numpy as np

from reportgen import plan
from reportgen.evidence import ActivationsResult, CallMaps, ChannelNumbers, Foreground, Levels, SampleMaps
from reportgen.grid import Grid
from reportgen.models import running
from reportgen.models.hooks import Call, watch
from reportgen.most_active import limited
from reportgen.options import Options
from reportgen.probes import foreground
from reportgen.probes.drawing import block_max, drawn_blocks
from reportgen.probes.subject import Array, Subject
from reportgen.progress import Progress, silent
from reportgen.records import Check, LayerRecord

# From this correlation on a channel is said to follow the object.
FOLLOWS = 0.3
_MID_GREY = 128


def run(subject: Subject, options: Options, progress: Progress = silent) -> ActivationsResult | None:
    """Watch the model on each sample.

    Returns:
        Maps and numbers per sample and chosen call, and for every call of the model the output shape by formula against
        the tensor that came out; None without samples.
    """
    if not subject.samples:
        return None
    calls = subject.chosen_calls(options.layers)
    chosen = {call.path for call in calls}
    room = plan.make(calls, len(subject.samples), options, len(subject.record.layers)).room()
    checks: dict[str, Check] = {}
    samples = []
    with progress("Looking at every layer", total=len(subject.samples)) as advance:
        for place, sample in enumerate(subject.samples):
            found = foreground.find(subject.pictures([sample.index])[0])
            reducer = _Reducer(subject, chosen, found, options.scale_maps, checks)
            reducer.room = {path: number for (one, path), number in room.items() if one == place}
            with watch(subject.model, reducer.note):
                running.call(subject.model, subject.inputs([sample.index]))
            samples.append(SampleMaps(sample.index, found, tuple(reducer.maps)))
            advance()
    return ActivationsResult(
        tuple(samples), options.scale_maps, tuple(checks.items()), options.max_size, options.pdf_channels
    )


def reduce_maps(volume: Array, scale: str = "own") -> tuple[Levels, tuple[ChannelNumbers, ...]]:
    """Turn an activation volume into 8-bit maps and numbers.

    Args:
        volume: float (…, channels), any number of axes before the channels.
        scale: "own": each map from its minimum (0) to its maximum (255); "common": all from the volume's minimum to its
            maximum. A map that is constant is 128 everywhere on its own scale, and so is on any scale one that holds
            NaN or infinity. Maps of one position, which have no scale of their own, always have a common one.

    Returns:
        uint8 (channels, …), and a record per channel without `follows`; means and deviations are summed in float64.
    """
    axes = tuple(range(volume.ndim - 1))
    finite = np.isfinite(volume)
    broken = (~finite).sum(axis=axes)
    values = volume if not broken.any() else np.where(finite, volume, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a map without a finite value has no minimum
        low, high = np.nanmin(values, axis=axes), np.nanmax(values, axis=axes)
        mean: Array = np.asarray(np.nanmean(values, axis=axes, dtype=np.float64))
        deviation: Array = np.asarray(np.nanstd(values, axis=axes, dtype=np.float64))
    active = (values > 0).sum(axis=axes) / max(values[..., 0].size, 1)
    # One number by itself is no constant map.
    single = values[..., 0].size == 1
    constant = (low == high) & (broken == 0) & (not single)
    drawable = ~constant & (broken == 0)
    bottom, top = low, high
    if scale == "common" or single:
        bottom, top = np.full_like(low, np.nanmin(low)), np.full_like(high, np.nanmax(high))
    if single:
        # Channels that all have one number have nothing to tell apart.
        drawable &= top > bottom
    span = np.where(drawable & (top > bottom), top - bottom, 1).astype(np.float64)
    scaled = np.rint((np.nan_to_num(values) - np.nan_to_num(bottom)) * (255.0 / span))
    levels = np.where(drawable, np.clip(scaled, 0, 255), _MID_GREY).astype(np.uint8)
    if scale == "common":
        level = np.rint(
            np.clip((np.nan_to_num(low) - bottom) * (255.0 / np.where(top > bottom, top - bottom, 1)), 0, 255)
        )
        levels = np.where(constant & (top > bottom), level.astype(np.uint8), levels)
    numbers = tuple(
        ChannelNumbers(
            channel=channel,
            minimum=_finite(low[channel]),
            maximum=_finite(high[channel]),
            mean=_finite(mean[channel]),
            deviation=_finite(deviation[channel]),
            active_share=float(active[channel]),
            follows=None,
            constant=bool(constant[channel]),
            num_nonfinite=int(broken[channel]),
        )
        for channel in range(volume.shape[-1])
    )
    return np.ascontiguousarray(np.moveaxis(levels, -1, 0)), numbers


class _Reducer:
    """What is noted during one sample's forward pass."""

    def __init__(
        self, subject: Subject, chosen: set[str], found: Foreground, scale: str, checks: dict[str, Check]
    ) -> None:
        self.maps: list[CallMaps] = []
        self.room: dict[str, int] = {}
        self._model = subject.record
        self._records = {call.path: call for call in subject.record.layers}
        self._chosen = chosen
        self._found = found
        self._scale = scale
        self._checks = checks

    def note(self, call: Call) -> None:
        record = self._records.get(call.path)
        if record is None:
            return
        output = keras.tree.flatten(call.output)[0]
        if call.path not in self._checks:
            shape = tuple(int(size) for size in output.shape[1:])
            expected = next((c.expected for c in record.checks if c.quantity == "output shape"), record.output_shape)
            against = "the tensor that came out for the sample"
            self._checks[call.path] = Check("output shape", expected, shape, against, expected == shape)
        if call.path in self._chosen:
            # What the report has no room for is let go here, so that memory does not grow with it.
            maps = self._reduce(record, np.asarray(output[0]))
            self.maps.append(limited(maps, self.room.get(call.path, len(maps.channels))))

    def _reduce(self, record: LayerRecord, volume: Array) -> CallMaps:
        volume = np.moveaxis(volume, min(record.channel_axis, volume.ndim - 1), -1)
        # Sums of half precision numbers would run over.
        volume = np.asarray(volume, dtype=np.float32) if volume.dtype.itemsize < 4 else volume
        if volume.ndim == 1:
            volume = volume.reshape(1, 1, -1)
        levels, numbers = reduce_maps(volume, self._scale)
        if record.map_axes == ("height", "width") and self._found.found and self._model.sees_main_input(record):
            scores = foreground.follow(np.nan_to_num(volume).astype(np.float64), self._found.mask, record)
            numbers = tuple(
                replace(number, follows=None if np.isnan(score) or not _is_signal(number) else float(score))
                for number, score in zip(numbers, scores, strict=True)
            )
        grid = None
        if len(record.map_axes) == volume.ndim - 1 and record.map_axes != ("height", "width"):
            grid = Grid(record.map_axes, volume.shape[:-1], drawn_blocks(volume.shape[:-1]))
            levels = np.moveaxis(block_max(np.moveaxis(levels, 0, -1), grid.blocks), -1, 0)
        return CallMaps(record.path, np.ascontiguousarray(levels), numbers, _follower(numbers), grid)


def _follower(numbers: tuple[ChannelNumbers, ...]) -> int | None:
    scored = [(number.follows, -channel) for channel, number in enumerate(numbers) if number.follows is not None]
    if not scored or max(scored)[0] < FOLLOWS:
        return None
    return -max(scored)[1]


def _is_signal(numbers: ChannelNumbers) -> bool:
    return not numbers.constant and not numbers.num_nonfinite


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
