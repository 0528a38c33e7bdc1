"""A model and all images of the data -> what every channel of every conv call does over them, in one pass."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.responses import (
    MOST_PATCHES,
    NUM_BINS,
    CallResponses,
    ChannelResponses,
    ResponsesResult,
    Thresholds,
)
from reportgen.evidence.watching import Strongest, WatchingResult
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import Words, words
from reportgen.models.blocks import Pass, passed
from reportgen.models.kinds import cap, cuts_off
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Operation
from reportgen.options import Options
from reportgen.probes.predictions import Answers
from reportgen.probes.watching import tallies
from reportgen.probes.watching.bounding import intervals
from reportgen.probes.watching.collecting import Collector, Watched
from reportgen.probes.watching.copies import copies, line
from reportgen.probes.watching.kernels import pictures
from reportgen.probes.watching.labelled import Classes
from reportgen.probes.watching.origins import SILENT, with_origins
from reportgen.probes.watching.placed import places as places
from reportgen.probes.watching.placed import responses as responses
from reportgen.probes.watching.selective import LEAST_IMAGES, chances, num_permutations, relative, selectivity
from reportgen.probes.watching.together import Together
from reportgen.probes.watching.watching import Watching
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS: tuple[str, ...] = ()
QUANTILE_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_OWN, _ANSWERING = "watching", "predictions"
_NO_NUMBER = "no number"
_SEED_OF_PERMUTATIONS = 3


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of a look at every number that comes out of the conv layers, while the images are answered."""
    del plan
    images = min(dataset.size, options.limit or dataset.size)
    numbers = sum(prod(size or 1 for size in call.output_shape) for call in record.layers if call.role == "conv")
    return Work("every channel on all images", encoded_bytes=images * numbers)


def run(subject: Subject, options: Options, progress: Progress = silent) -> WatchingResult | None:
    """Watch every conv call on all images, or on as many as the options allow.

    Returns:
        What every channel did, and where it responded most; no channel is chosen to be shown yet. None without data or
        conv calls.

    Raises:
        ModelError: The model cannot be run on the images.
    """
    passing = subject.passes.get(_OWN) or passes(subject, options)
    if not isinstance(passing, Watched) or subject.dataset is None:
        return None
    if _OWN not in subject.passes:
        passed(passing, subject.collected.get(_OWN), progress)
    if not passing.watching.operations:
        passing.watching.know()
    collectors, groups = passing.collectors, passing.groups
    tested, found = _tested(collectors, groups, options, words(subject.record)), []
    with progress("Measuring every channel", total=len(collectors)) as advance:
        for collector in collectors:
            chance = tested.chances[collector.judged.record.path]
            found.append(_Judgement(collector, groups, tested.classes, chance, options).result(passing.watching))
            advance()
    found = _proven(found, subject, passing.watching.operations)
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
        calls=with_origins(found, subject.record.layers),
        num_peaks=len(collectors[0].peaks),
    )
    strongest = tuple(_strongest(call, collector, groups) for call, collector in zip(found, collectors, strict=True))
    return WatchingResult(result, passing.images, strongest)


def passes(subject: Subject, options: Options) -> Watched | None:
    """Prepare the pass over the data; None without data or conv calls."""
    if subject.dataset is None or not any(call.role == "conv" for call in subject.record.layers):
        return None
    return Watched(subject, options)


def together(passes: Mapping[str, Pass]) -> dict[str, Pass]:
    """Return the passes to make for those of some probes: what is answered is watched in one."""
    answers, watched = passes.get(_ANSWERING), passes.get(_OWN)
    if not isinstance(answers, Answers) or not isinstance(watched, Watched):
        return dict(passes)
    found = {name: each for name, each in passes.items() if name != _ANSWERING}
    return found | {_OWN: Together(answers, watched)}


def _proven(
    calls: Sequence[CallResponses], subject: Subject, operations: Mapping[str, Operation]
) -> list[CallResponses]:
    """Tell which channels that were seen with one value alone have it on every image."""
    scaling = subject.dataset.scaling if subject.dataset is not None else None
    known = intervals(subject.record.layers, operations, scaling.bounds if scaling else None)
    found = []
    for call in calls:
        points = np.broadcast_to(known[call.judged_at].is_point, len(call.channels))
        channels = (
            replace(each, proven=bool(point) and each.state in SILENT)
            for each, point in zip(call.channels, points, strict=True)
        )
        found.append(replace(call, channels=tuple(channels)))
    return found


def _strongest(call: CallResponses, collector: Collector, groups: Classes) -> Strongest:
    tally = collector.tally
    copied = {each.channel: each.copy_of for each in call.channels if each.copy_of is not None}
    peaks, ends = _histograms(collector.peaks)
    return Strongest(
        values=tally.top_values,
        images=tally.top_images,
        positions=tally.top_positions,
        lowest=tally.minimum,
        sizes=collector.sizes,
        class_means=collector.class_means() if groups.names else None,
        peaks=peaks,
        range=ends,
        lines={copy: line(collector.sampled[:, origin], collector.sampled[:, copy]) for copy, origin in copied.items()},
    )


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
            capped=self._collector.is_capped,
            receptive_field=record.receptive_field or (),
            quantile_shares=QUANTILE_SHARES,
            quantile_places=num_places,
            # Massart 1990, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Ann. Probab. 18.
            quantile_error=0.0 if self._collector.all_places else math.sqrt(math.log(2 / 0.05) / (2 * num_places)),
            kernels=kernels,
            kernel_inputs=inputs,
            channels=self._channels(rectified),
            shown=(),
            cap=cap(watching.operations[self._collector.judged.path]) if self._collector.is_capped else None,
        )

    def _channels(self, rectified: bool) -> tuple[ChannelResponses, ...]:
        seen, tally, thresholds = self._collector, self._collector.tally, _thresholds(self._options)
        states = _states(tally, rectified, thresholds)
        broken = tally.num_nan + tally.num_infinite > 0
        varying = (tally.minimum < tally.maximum) & ~broken
        first = slice(MOST_PATCHES)
        tops = (
            np.where(tally.top_values > tally.minimum, tally.top_images, -1)[first],
            tally.top_positions[first],
        )
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
                    proven=False,
                    origin="",
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


def _histograms(peaks: Array) -> tuple[Array, Array]:
    """Count, for every channel, its highest responses in equal steps of their range.

    Args:
        peaks: Highest responses, (images, channels); infinite where an image has none.

    Returns:
        int64 (NUM_BINS, channels), and the ends of the ranges, float64 (2, channels).
    """
    finite = np.isfinite(peaks)
    low = np.where(finite, peaks, np.inf).min(axis=0).astype(np.float64)
    high = np.where(finite, peaks, -np.inf).max(axis=0).astype(np.float64)
    known = low < high
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    images, channels = np.nonzero(finite & known)
    shares = (peaks[images, channels] - low[channels]) / (high - low)[channels]
    steps = np.minimum((shares * NUM_BINS).astype(np.int64), NUM_BINS - 1)
    counts = np.bincount(steps * peaks.shape[1] + channels, minlength=NUM_BINS * peaks.shape[1])
    return counts.reshape(NUM_BINS, -1).astype(np.int64), np.stack([low, high])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
