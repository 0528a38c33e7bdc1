"""A model and all images of the data -> what every channel of every conv call does over them.

One pass over the data. Of each image a few numbers per channel stay (`reducing`), which are put together at once
(`tallies`); of some images, and of some places, the responses themselves are kept, as many as a fixed memory holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from reportgen.layers.reach import Reach
from reportgen.options import Options
from reportgen.probes import patches, tallies
from reportgen.probes.copies import Comparison, alike, chosen_images
from reportgen.probes.judged import Judged, cuts_off, judged
from reportgen.probes.kernels import pictures
from reportgen.probes.labelled import Classes, classes
from reportgen.probes.reducing import per_image
from reportgen.probes.selective import chances, num_permutations, selectivity
from reportgen.probes.subject import Array, Subject
from reportgen.probes.watching import Watching
from reportgen.progress import Progress, silent
from reportgen.responses import (
    MOST_CLASS_MEANS,
    CallResponses,
    ChannelResponses,
    Patch,
    ResponsesResult,
    Thresholds,
    telling,
)

QUANTILE_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_PLACES = 4096
"""Most places at which responses are kept, for quantiles and for a first look at copies."""
_KEPT_BYTES = 64 << 20
_THREADS = 2
_NO_NUMBER = "no number"
_SEED_OF_IMAGES, _SEED_OF_PLACES, _SEED_OF_PERMUTATIONS = 1, 2, 3


def run(subject: Subject, options: Options, progress: Progress = silent) -> ResponsesResult | None:
    """Watch every conv call on all images, or on as many as the options allow.

    Returns:
        What every channel did; None without data or conv calls.

    Raises:
        ModelError: The model cannot be run on the images.
    """
    dataset, calls = subject.dataset, judged(subject.record.layers)
    if dataset is None or not dataset.size or not calls:
        return None
    images = chosen(dataset.size, options)
    widths = [call.record.output_shape[call.record.channel_axis] or 0 for call in calls]
    groups = classes(dataset, images, sum(widths))
    watching = Watching(subject, [call.path for call in calls], [call.record.path for call in calls])
    collectors = _collectors(calls, widths, images, groups, options)
    starts = range(0, len(images), watching.batch_size)
    with progress("Watching every channel", total=len(starts)) as advance, ThreadPoolExecutor(_THREADS) as pool:
        for start in starts:
            outputs = watching.outputs(images[start : start + watching.batch_size].tolist())
            list(pool.map(lambda each, now=outputs, at=start: each.add(now[each.judged.path], at), collectors))
            advance()
    copies = _copies(watching, collectors, options)
    found = []
    with progress("Judging every channel", total=len(collectors)) as advance:
        for collector, copied in zip(collectors, copies, strict=True):
            found.append(collector.result(watching, copied, options))
            advance()
    number = max((len(collector.kept_slots) for collector in collectors), default=0)
    return ResponsesResult(
        num_images=len(images),
        num_available=dataset.size,
        classes=groups.names,
        class_counts=groups.counts,
        unlabelled=groups.unlabelled,
        num_permutations=num_permutations(options.class_level) if groups.can_speak else 0,
        num_permuted=number if groups.can_speak else 0,
        thresholds=_thresholds(options),
        calls=_with_patches(subject, tuple(found), collectors, groups),
    )


def chosen(size: int, options: Options) -> Array:
    """Return which images channels are watched on, in their order: all, or a sample without replacement."""
    if options.limit is None or options.limit >= size:
        return np.arange(size)
    generator = np.random.default_rng([options.seed, _SEED_OF_IMAGES])
    return np.sort(generator.choice(size, options.limit, replace=False))


def _thresholds(options: Options) -> Thresholds:
    return Thresholds(
        nearly_dead=options.nearly_dead,
        copy=options.copy_correlation,
        level=options.class_level,
        selectivity=options.class_selectivity,
    )


def _collectors(
    calls: Sequence[Judged], widths: Sequence[int], images: Array, groups: Classes, options: Options
) -> list[_Collector]:
    """Return one collector per call; all keep the same images."""
    room = max(1, _KEPT_BYTES // (4 * sum(widths)))
    generator = np.random.default_rng([options.seed, _SEED_OF_PLACES])
    kept = np.sort(generator.choice(len(images), min(len(images), room), replace=False))
    found = []
    for number, call in enumerate(calls):
        seed = [options.seed, _SEED_OF_PLACES, number]
        found.append(_Collector(call, images, groups, kept, min(room, MOST_PLACES), np.random.default_rng(seed)))
    return found


class _Collector:
    """What is known of the channels of one call, batch after batch."""

    def __init__(
        self,
        call: Judged,
        images: Array,
        groups: Classes,
        kept_slots: Array,
        most_places: int,
        generator: np.random.Generator,
    ) -> None:
        record = call.record
        axis = record.channel_axis
        self.judged = call
        self.sizes = tuple(size or 1 for place, size in enumerate(record.output_shape) if place != axis)
        self.kept_slots = kept_slots
        self.images = images
        self._axis, self._groups = axis, groups
        channels = record.output_shape[axis] or 0
        self.tally = tallies.nothing(channels, len(groups.names))
        self.levels = np.zeros((len(kept_slots), channels), np.float32)
        self._positions = math.prod(self.sizes)
        total = len(images) * self._positions
        self.all_places = total <= most_places
        # Places are numbered image by image, position by position.
        self._places = np.arange(total) if self.all_places else np.sort(generator.choice(total, most_places, False))
        self.sampled = np.zeros((len(self._places), channels), np.float32)

    def maps(self, outputs: Array) -> Array:
        """Lay outputs out as (images, positions, channels)."""
        moved = np.moveaxis(outputs, self._axis + 1, -1)
        return np.reshape(np.ascontiguousarray(moved), (len(outputs), self._positions, -1))

    def add(self, outputs: Array, start: int) -> None:
        """Note what came out for the images from the place `start` on."""
        values = self.maps(outputs)
        images = self.images[start : start + len(values)]
        labels = None if self._groups.of_images is None else self._groups.of_images[start : start + len(values)]
        found = per_image(values, self.tally.top_values[-1])
        here = tallies.of_images(found, images.tolist(), labels, len(self._groups.names))
        self.tally = tallies.merge(self.tally, here)
        first, end = np.searchsorted(self.kept_slots, [start, start + len(values)])
        self.levels[first:end] = found.level[self.kept_slots[first:end] - start]
        first, end = np.searchsorted(self._places, [start * self._positions, (start + len(values)) * self._positions])
        slots, positions = np.divmod(self._places[first:end], self._positions)
        self.sampled[first:end] = values[slots - start, positions]

    def varying(self) -> Array:
        """Return which channels have several values, all of them finite."""
        tally = self.tally
        return (tally.minimum < tally.maximum) & (tally.num_nan + tally.num_infinite == 0)

    def result(self, watching: Watching, copies: dict[int, tuple[int, float]], options: Options) -> CallResponses:
        """Put all together, without patches."""
        record = self.judged.record
        rectified = cuts_off(watching.operations[self.judged.path])
        kernels, inputs = pictures(watching.operations[record.path])
        number = len(self._places)
        return CallResponses(
            path=record.path,
            judged_at=self.judged.path,
            through=self.judged.through,
            rectified=rectified,
            receptive_field=record.receptive_field or (),
            quantile_shares=QUANTILE_SHARES,
            quantile_places=number,
            # Massart 1990, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Ann. Probab. 18.
            quantile_error=0.0 if self.all_places else math.sqrt(math.log(2 / 0.05) / (2 * number)),
            kernels=kernels,
            kernel_inputs=inputs,
            channels=self._channels(rectified, copies, options),
        )

    def _channels(
        self, rectified: bool, copies: dict[int, tuple[int, float]], options: Options
    ) -> tuple[ChannelResponses, ...]:
        tally, thresholds = self.tally, _thresholds(options)
        states = _states(tally, rectified, thresholds)
        quantiles = _quantiles(self.sampled)
        index, favourite, chance = self._selectivities(options)
        return tuple(
            ChannelResponses(
                channel=channel,
                count=int(tally.count[channel]),
                mean=float(tally.mean[channel]),
                deviation=float(np.sqrt(tally.squares[channel] / max(tally.count[channel], 1))),
                minimum=_finite(tally.minimum[channel]),
                maximum=_finite(tally.maximum[channel]),
                positive_share=float(tally.positive[channel] / max(tally.count[channel], 1)),
                firing_share=float(tally.firing[channel] / tally.num_images),
                quantiles=tuple(map(float, quantiles[:, channel])),
                num_nan=int(tally.num_nan[channel]),
                num_infinite=int(tally.num_infinite[channel]),
                class_means=(),
                selectivity=_known(index[channel]),
                favourite=int(favourite[channel]) if np.isfinite(index[channel]) else None,
                chance=_known(chance[channel]),
                speaks=bool(chance[channel] <= thresholds.level and index[channel] >= thresholds.selectivity)
                and states[channel] != _NO_NUMBER,
                state=states[channel],
                copy_of=copies[channel][0] if channel in copies else None,
                copy_correlation=copies[channel][1] if channel in copies else None,
                patches=(),
            )
            for channel in range(len(states))
        )

    def _selectivities(self, options: Options) -> tuple[Array, Array, Array]:
        """Return index, favourite class and chance of every channel, NaN where there is none."""
        groups, unknown = self._groups, np.full(len(self.tally.count), np.nan)
        if groups.of_images is None or not groups.can_speak:
            return unknown, unknown, unknown
        index, favourite = selectivity(self.class_means())
        seen = np.unique(groups.of_images[self.kept_slots], return_inverse=True)[1]
        if seen.max() < 1:
            return index, favourite, unknown
        generator = np.random.default_rng([options.seed, _SEED_OF_PERMUTATIONS])
        chance = chances(self.levels, seen, num_permutations(options.class_level), generator)
        return index, favourite, np.where(np.isfinite(index), chance, np.nan)

    def class_means(self) -> Array:
        """Return the mean response above zero to the images of each class, (classes, channels)."""
        return np.asarray(self.tally.class_levels / self.tally.class_counts[:, None])

    def patches(self, channel: int, own: Reach, size: tuple[int, int] | None) -> tuple[Patch, ...]:
        """Return where a channel responded most, without pictures; nothing for one that has one value everywhere.

        Args:
            channel: Its number.
            own: Which pixels the call sees.
            size: Height and width of an image; None where the call reads no picture.
        """
        tally, found = self.tally, []
        for value, image, place in zip(
            tally.top_values[:, channel], tally.top_images[:, channel], tally.top_positions[:, channel], strict=True
        ):
            if np.isfinite(value) and value > tally.minimum[channel]:
                position = tuple(map(int, np.unravel_index(place, self.sizes)))
                box = patches.box(own, position, size) if size else ()
                found.append(Patch(int(image), self._groups.label(int(image)), float(value), position, box))
        return tuple(found)


def _copies(
    watching: Watching, collectors: Sequence[_Collector], options: Options
) -> list[dict[int, tuple[int, float]]]:
    """Return the copies among the channels of each call, by number of the copy."""
    comparisons: dict[int, Comparison] = {}
    ranked: list[tuple[int, list[int]]] = []
    for number, each in enumerate(collectors):
        varying = np.flatnonzero(each.varying())
        pairs = alike(each.sampled[:, varying], each.levels[:, varying], options.copy_correlation)
        if pairs:
            named = {(int(varying[a]), int(varying[b])): value for (a, b), value in pairs.items()}
            comparisons[number] = Comparison(named, each.tally.mean)
            ranked += [
                (int(each.tally.firing[c]), each.tally.top_images[:, c].tolist()) for c in comparisons[number].channels
            ]
    if comparisons:
        known = set(collectors[0].images.tolist())
        images = chosen_images([images for _, images in sorted(ranked)], known)
        for start in range(0, len(images), watching.batch_size):
            outputs = watching.outputs(images[start : start + watching.batch_size])
            for number, comparison in comparisons.items():
                each = collectors[number]
                values = each.maps(outputs[each.judged.path])
                comparison.add(values.reshape(-1, values.shape[-1]))
    return [
        comparisons[number].found(options.copy_correlation) if number in comparisons else {}
        for number in range(len(collectors))
    ]


def _with_patches(
    subject: Subject, calls: tuple[CallResponses, ...], collectors: Sequence[_Collector], groups: Classes
) -> tuple[CallResponses, ...]:
    """Add patches and class means to the channels that are to have them."""
    shape = subject.record.inputs[subject.record.main_input].shape
    picture = subject.pictures([int(collectors[0].images[0])])[0].shape if len(shape) == 3 else ()
    size = (picture[0], picture[1]) if picture else None
    seen = patches.reaches(subject.record)
    shown = [set(telling(call.channels, len(calls))) for call in calls]
    num_channels = sum(len(call.channels) for call in calls)
    everywhere = num_channels * len(groups.names) <= MOST_CLASS_MEANS
    means_shown = everywhere or sum(map(len, shown)) * len(groups.names) <= MOST_CLASS_MEANS
    rows: list[list[ChannelResponses]] = []
    for call, collector, chosen_channels in zip(calls, collectors, shown, strict=True):
        own_size = size if subject.record.sees_main_input(collector.judged.record) else None
        means = collector.class_means() if groups.names and means_shown else None
        rows.append(
            [
                replace(
                    each,
                    class_means=tuple(map(float, means[:, each.channel]))
                    if means is not None and (everywhere or each.channel in chosen_channels)
                    else (),
                    patches=collector.patches(each.channel, seen[call.path], own_size)
                    if each.channel in chosen_channels
                    else (),
                )
                for each in call.channels
            ]
        )
    drawn = patches.filled((patch for row in rows for each in row for patch in each.patches if patch.box), subject)
    return tuple(
        replace(
            call,
            channels=tuple(
                replace(each, patches=tuple(drawn.get(patch, patch) for patch in each.patches)) for each in row
            ),
        )
        for call, row in zip(calls, rows, strict=True)
    )


def _states(tally: tallies.Tally, rectified: bool, thresholds: Thresholds) -> list[str]:
    """Return the health of every channel. One that was seen at a single place may well have one value."""
    broken = (tally.num_nan + tally.num_infinite) > 0
    stuck = (tally.minimum == tally.maximum) & (tally.count > 1)
    firing = tally.firing / max(tally.num_images, 1)
    dead = rectified & (tally.positive == 0)
    nearly = rectified & (firing < thresholds.nearly_dead)
    kinds = [(broken, _NO_NUMBER), (dead, "dead"), (stuck, "stuck"), (nearly, "nearly dead")]
    return [next((name for mask, name in kinds if mask[channel]), "") for channel in range(len(broken))]


def _quantiles(sampled: Array) -> Array:
    """Return the quantiles of every channel, (shares, channels), of its finite values; 0 where there are none."""
    if np.isfinite(sampled).all():
        return np.asarray(np.quantile(sampled, QUANTILE_SHARES, axis=0, method="inverted_cdf"))
    columns = [column[np.isfinite(column)] for column in sampled.T]
    return np.stack(
        [
            np.quantile(column, QUANTILE_SHARES, method="inverted_cdf")
            if len(column)
            else np.zeros(len(QUANTILE_SHARES))
            for column in columns
        ],
        axis=1,
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
