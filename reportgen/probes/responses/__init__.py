"""A model and all images of the data -> what every channel of every conv call does over them, and what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence import channels
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.edges import EdgesResult
from reportgen.evidence.responses import (
    MOST_CLASS_MEANS,
    CallResponses,
    ChannelResponses,
    Patch,
    ResponsesResult,
    Thresholds,
)
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import Words, words
from reportgen.layers.reach import Reach
from reportgen.models.kinds import cuts_off
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.responses import patches, tallies
from reportgen.probes.responses.collecting import Collector, Pass
from reportgen.probes.responses.copies import copies
from reportgen.probes.responses.kernels import pictures
from reportgen.probes.responses.labelled import Classes
from reportgen.probes.responses.selective import LEAST_IMAGES, chances, num_permutations, relative, selectivity
from reportgen.probes.responses.watching import Watching
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("edges", "ablation")
QUANTILE_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_NO_NUMBER = "no number"
_SEED_OF_PERMUTATIONS = 3


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of a pass over the images, and of a look at every number that comes out of the conv layers."""
    del plan
    images = min(dataset.size, options.limit or dataset.size)
    numbers = sum(prod(size or 1 for size in call.output_shape) for call in record.layers if call.role == "conv")
    return Work("every channel on all images", macs=images * max(record.macs, 1), encoded_bytes=images * numbers)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ResponsesResult | None:
    """Watch every conv call on all images, or on as many as the options allow.

    The channels that are shown are chosen by what `subject.earlier` has of "ablation" and "edges", too.

    Returns:
        What every channel did; None without data or conv calls.

    Raises:
        ModelError: The model cannot be run on the images.
    """
    if subject.dataset is None or not any(call.role == "conv" for call in subject.record.layers):
        return None
    passing = Pass(subject, options)
    collectors, groups = passing.collect(progress), passing.groups
    tested, found = _tested(collectors, groups, options, words(subject.record)), []
    with progress("Measuring every channel", total=len(collectors)) as advance:
        for collector in collectors:
            chance = tested.chances[collector.judged.record.path]
            found.append(_Judgement(collector, groups, tested.classes, chance, options).result(passing.watching))
            advance()
    result = ResponsesResult(
        num_images=len(passing.images),
        num_available=subject.dataset.size,
        seed=options.seed,
        classes=groups.names,
        class_counts=groups.counts,
        unlabelled=groups.unlabelled,
        untestable=tested.why_not,
        num_permutations=num_permutations(options.class_level) if tested.num_images else 0,
        num_permuted=tested.num_images,
        num_tested_classes=len(tested.classes) if tested.num_images else 0,
        thresholds=_thresholds(options),
        calls=tuple(found),
    )
    return replace(result, calls=_with_patches(subject, _with_shown(subject, result), collectors, groups))


def _thresholds(options: Options) -> Thresholds:
    return Thresholds(
        nearly_dead=options.nearly_dead,
        copy=options.copy_correlation,
        level=options.class_level,
        selectivity=options.class_selectivity,
    )


class _Judgement:
    """What the channels of one call are."""

    def __init__(self, collector: Collector, groups: Classes, compared: Array, chance: Array, options: Options) -> None:
        """Take what is known.

        Args:
            collector: What was seen of the call.
            groups: The classes of the images.
            compared: Places of the classes that selectivity is about.
            chance: How likely chance makes a channel as selective, (channels,), NaN where that is not known.
            options: Thresholds.
        """
        self._collector, self._groups, self._options = collector, groups, options
        self._compared, self._chance = compared, chance

    def result(self, watching: Watching) -> CallResponses:
        """Put all together, without patches."""
        record = self._collector.judged.record
        rectified = cuts_off(watching.operations[self._collector.judged.path])
        kernels, inputs = pictures(watching.operations[record.path])
        num_places = len(self._collector.sampled)
        return CallResponses(
            path=record.path,
            judged_at=self._collector.judged.path,
            through=self._collector.judged.through,
            rectified=rectified,
            receptive_field=record.receptive_field or (),
            quantile_shares=QUANTILE_SHARES,
            quantile_places=num_places,
            # Massart 1990, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Ann. Probab. 18.
            quantile_error=0.0 if self._collector.all_places else math.sqrt(math.log(2 / 0.05) / (2 * num_places)),
            kernels=kernels,
            kernel_inputs=inputs,
            channels=self._channels(rectified),
            shown=(),
        )

    def _channels(self, rectified: bool) -> tuple[ChannelResponses, ...]:
        seen, tally, thresholds = self._collector, self._collector.tally, _thresholds(self._options)
        states = _states(tally, rectified, thresholds)
        broken = tally.num_nan + tally.num_infinite > 0
        varying = (tally.minimum < tally.maximum) & ~broken
        tops = (np.where(tally.top_values > tally.minimum, tally.top_images, -1), tally.top_positions)
        copied = copies(seen.sampled, seen.levels, tops, varying, thresholds.copy)
        index, favourite = self._selectivities()
        chance = np.where(np.isfinite(index), self._chance, np.nan)
        speaks = (chance <= thresholds.level) & (index >= thresholds.selectivity) & ~broken
        count = np.maximum(tally.count, 1)
        columns = {
            "count": tally.count,
            "mean": tally.mean,
            "deviation": np.sqrt(tally.squares / count),
            "minimum": np.where(tally.count, tally.minimum, 0.0),
            "maximum": np.where(tally.count, tally.maximum, 0.0),
            "positive_share": tally.positive / count,
            "firing_share": tally.firing / tally.num_images,
            "num_nan": tally.num_nan,
            "num_infinite": tally.num_infinite,
            "num_at_maximum": tally.num_at_maximum,
        }
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        quantiles = _quantiles(seen.sampled).T.tolist()
        found = []
        for channel, row in enumerate(rows):
            copy_of, correlation = copied.get(channel, (None, None))
            found.append(
                ChannelResponses(
                    channel=channel,
                    **dict(zip(columns, row, strict=True)),
                    quantiles=tuple(quantiles[channel]),
                    class_means=(),
                    selectivity=_finite(index[channel]),
                    favourite=int(favourite[channel]) if np.isfinite(index[channel]) else None,
                    chance=_finite(chance[channel]),
                    speaks=bool(speaks[channel]),
                    state=states[channel],
                    copy_of=copy_of,
                    copy_correlation=correlation,
                    patches=(),
                )
            )
        return tuple(found)

    def _selectivities(self) -> tuple[Array, Array]:
        """Return index and favourite class of every channel, NaN where there is none."""
        if not self._groups.can_speak:
            unknown = np.full(len(self._chance), np.nan)
            return unknown, unknown
        index, favourite = selectivity(self._collector.class_means()[self._compared])
        return index, self._compared[favourite]


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    """How often chance alone makes channels as selective.

    Attributes:
        classes: Places of the classes that are compared: those with enough images, or all where none is tested.
        num_images: How many images of these the test was made on; 0 where there was none.
        chances: By path of the conv call, float64 (channels,), NaN where it is not known.
        why_not: Why there was no test though there are classes, in a whole sentence, or "".
    """

    classes: Array
    num_images: int
    chances: Mapping[str, Array]
    why_not: str = ""


def _tested(collectors: Sequence[Collector], groups: Classes, options: Options, known: Words) -> _Tested:
    """Test the channels of all calls at once, on the images whose responses are kept."""
    unknown = {each.judged.record.path: np.full(len(each.tally.count), np.nan) for each in collectors}
    everyone = np.arange(len(groups.names))
    if groups.of_images is None or not groups.can_speak:
        return _Tested(everyone, 0, unknown)
    labels = groups.of_images[collectors[0].kept_slots]
    compared = np.flatnonzero(np.bincount(labels, minlength=len(everyone)) >= LEAST_IMAGES)
    if len(compared) < 2:
        return _Tested(everyone, 0, unknown, _too_few(groups, len(labels), known))
    chosen = np.isin(labels, compared)
    classes = np.searchsorted(compared, labels[chosen])
    responses = np.concatenate([relative(each.levels)[chosen] for each in collectors], axis=1)
    generator = np.random.default_rng([options.seed, _SEED_OF_PERMUTATIONS])
    chance = chances(responses, classes, num_permutations(options.class_level), generator)
    ends = np.cumsum([each.levels.shape[1] for each in collectors])[:-1]
    return _Tested(compared, int(chosen.sum()), dict(zip(unknown, np.split(chance, ends), strict=True)))


def _too_few(groups: Classes, num_kept: int, known: Words) -> str:
    most = max(groups.counts)
    has = f"no class has more than {number(most)}"
    if most >= LEAST_IMAGES:
        has = f"{number(num_kept)} could be kept of {plural(len(groups.names), 'class', 'classes')}"
        if num_kept == sum(groups.counts):
            has = "only one class has so many"
    return (
        f"Whether a channel speaks for one class cannot be tested: that takes {LEAST_IMAGES} {known.samples} of each of"
        f" two classes or more, and {has}."
    )


def _with_shown(subject: Subject, result: ResponsesResult) -> tuple[CallResponses, ...]:
    """Choose the channels of every call that are shown, by everything that is known of them."""
    lost, tuned = subject.earlier.get("ablation"), subject.earlier.get("edges")
    ablation = lost if isinstance(lost, AblationResult) else None
    edges = tuned if isinstance(tuned, EdgesResult) else None
    return tuple(replace(call, shown=channels.shown(call, result, ablation, edges)) for call in result.calls)


def _with_patches(
    subject: Subject, calls: tuple[CallResponses, ...], collectors: Sequence[Collector], groups: Classes
) -> tuple[CallResponses, ...]:
    """Add patches and class means to the channels that are to have them."""
    picture = subject.pictures([int(collectors[0].images[0])])[0].shape if words(subject.record).is_picture else ()
    size = (picture[0], picture[1]) if picture else None
    seen = patches.reaches(subject.record)
    shown = [set(call.shown) for call in calls]
    num_channels = sum(len(call.channels) for call in calls)
    everywhere = num_channels * len(groups.names) <= MOST_CLASS_MEANS
    means_shown = everywhere or sum(map(len, shown)) * len(groups.names) <= MOST_CLASS_MEANS
    rows: list[dict[int, ChannelResponses]] = []
    for call, collector, chosen_channels in zip(calls, collectors, shown, strict=True):
        own_size = size if subject.record.sees_main_input(collector.judged.record) else None
        means = collector.class_means() if groups.names and means_shown else None
        given = range(len(call.channels)) if means is not None and everywhere else sorted(chosen_channels)
        rows.append(
            {
                channel: replace(
                    call.channels[channel],
                    class_means=() if means is None else tuple(means[:, channel].tolist()),
                    patches=_patches(collector, channel, seen[call.path], own_size, groups)
                    if channel in chosen_channels
                    else (),
                )
                for channel in given
            }
        )
    asked = (patch for row in rows for each in row.values() for patch in each.patches if patch.box)
    drawn = patches.filled(asked, subject)
    for row in rows:
        for channel, each in row.items():
            row[channel] = replace(each, patches=tuple(drawn.get(patch, patch) for patch in each.patches))
    return tuple(
        replace(call, channels=tuple(row.get(each.channel, each) for each in call.channels))
        for call, row in zip(calls, rows, strict=True)
    )


def _patches(
    collector: Collector, channel: int, own: Reach, size: tuple[int, int] | None, groups: Classes
) -> tuple[Patch, ...]:
    """Return where a channel responded most, without pictures; nothing for one that has one value everywhere.

    Args:
        collector: What was seen of the call.
        channel: The channel's number.
        own: Which pixels the call sees.
        size: Height and width of an image; None where the call reads no picture.
        groups: The classes of the images.
    """
    tally, found = collector.tally, []
    for value, image, place in zip(
        tally.top_values[:, channel], tally.top_images[:, channel], tally.top_positions[:, channel], strict=True
    ):
        if np.isfinite(value) and value > tally.minimum[channel]:
            position = tuple(map(int, np.unravel_index(place, collector.sizes)))
            box = patches.box(own, position, size) if size else ()
            found.append(Patch(int(image), groups.label(int(image)), float(value), position, box))
    return tuple(found)


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


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
