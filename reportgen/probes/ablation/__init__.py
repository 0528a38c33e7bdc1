"""A model and images -> what it loses where single channels are switched off.

A channel is switched off by putting its mean over the images in the place of its answers, where they are judged: at the
output of the conv call, or of the activation that this goes through. What lies behind that place is computed again, and
nothing before it. Morcos et al. 2018 ("On the importance of single directions for generalization") clamp channels to a
fixed value likewise; the mean, unlike zero, is what the layers behind are used to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter as _clock

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.ablation import AblationResult, ChannelAblation
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words
from reportgen.models import freeing
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.ablation import measuring
from reportgen.probes.ablation.measuring import Measure, Tally, tally
from reportgen.probes.ablation.switching import Channel, Moments, Switch
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions",)
USUAL_MACS = 4 * 10**11
"""Multiply-adds that may be spent where no budget is given: some ten to twenty seconds on two cores."""
LEAST_IMAGES = 16
"""A budget that is too small for all channels on so many images pays for fewer channels."""
# What takes no multiply-adds takes some time all the same.
_LEAST_COST = 1 / 200
# Passes for the means, and for the answers that the others are compared with.
_NUM_PREPARING = 2
# Of a budget in seconds.
_SHARE_OF_MEANS = 1 / 3
_WHOLE = (
    "The model cannot be traced into a graph and cut: it was computed as a whole for every channel, which pays for"
    " fewer of them."
)


@dataclass(frozen=True, slots=True)
class _Site:
    """A conv call.

    Attributes:
        call: The conv call.
        place: The call whose output is judged: itself or an activation.
        cost: What switching off one channel costs, as a share of a forward pass.
    """

    call: LayerRecord
    place: LayerRecord
    cost: float


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of the budget, or of switching off all channels on all images where that is less."""
    del plan
    step = "switching channels off"
    if options.ablation_budget.endswith("s"):
        return Work(step, seconds=float(options.ablation_budget[:-1]))
    macs = USUAL_MACS
    if options.ablation_budget != "auto":
        macs = int(options.ablation_budget) * record.macs
    all_of_them = sum(
        (call.output_shape[call.channel_axis] or 1) * sum(each.macs or 0 for each in record.layers[place + 1 :])
        for place, call in enumerate(record.layers)
        if call.role == "conv"
    )
    return Work(step, macs=min(macs, dataset.size * all_of_them))


def run(subject: Subject, options: Options, progress: Progress = silent) -> AblationResult | None:
    """Switch channels off, one after the other, as many as the budget allows.

    Returns:
        What each of them costs; None without data. Where nothing can be measured, the result says why.
    """
    dataset = subject.dataset
    if dataset is None:
        return None
    sites = _sites(subject)
    total = sum(places.num_channels(site.call) for site in sites)
    measure = measuring.measure(subject, options)
    try:
        if not sites:
            raise ModelError("The model has no conv layer whose channels could be switched off.")
        if measure is None:
            raise ModelError(
                "The model predicts values and not one class for each sample, so there is no accuracy to lose."
            )
        result = _measured(subject, sites, measure, _Budget(options), progress)
    except ModelError as error:
        result = AblationResult(0, dataset.size, None, 0.0, (), "", total, (), str(error))
    freeing.give_back()  # that of the graphs: of ResNet-50, 400 MB
    return result


def _sites(subject: Subject) -> tuple[_Site, ...]:
    layers = subject.record.layers
    total = max(sum(call.macs or 0 for call in layers), 1)
    found = []
    for call in places.conv_calls(subject.record):
        place = places.judged_at(subject.record, call)
        # Calls stand in the order in which they happen: what follows from this one comes later.
        later = sum(each.macs or 0 for each in layers if each.index > place.index)
        found.append(_Site(call, place, max(later / total, _LEAST_COST)))
    return tuple(found)


def _measured(
    subject: Subject, sites: Sequence[_Site], measure: Measure, budget: _Budget, progress: Progress
) -> AblationResult:
    assert subject.dataset is not None, "channels are switched off with data only"
    size = subject.dataset.size
    switch = Switch(subject, [site.place for site in sites], measure.place)
    # A model that cannot be cut is computed whole for every channel.
    sites = sites if switch.traced else [replace(site, cost=1.0) for site in sites]
    reached = [site for site in sites if site.place.path in switch.reached]
    passes = budget.passes(switch, subject)
    images = budget.order(_images(reached, passes, size))
    num_wanted = len(images)
    moments: dict[str, Moments] = {}
    with progress("Measuring the mean of every channel", total=switch.num_batches(images)) as advance:
        for place, moments in enumerate(switch.moments(images)):  # noqa: B007
            advance()
            if budget.is_over(_SHARE_OF_MEANS):
                images = images[: (place + 1) * switch.rows]
                break
    channels = _chosen(reached, moments, passes / len(images) - _NUM_PREPARING)
    if not channels:
        raise ModelError(_too_small(budget, len(images), subject))
    num_chosen = len(channels)
    usual, without, images = _switched(switch, subject, measure, budget, (images, channels), moments, progress)
    channels = [channel for channel in channels if channel in without]
    if not channels:
        raise ModelError(_too_small(budget, len(images), subject))
    sizes = measure.class_sizes(images)
    notes = [*_notes_on(sites, reached, moments, channels), *([] if switch.traced else [_WHOLE])]
    if len(images) < num_wanted or len(channels) < num_chosen:
        notes.append(
            f"The budget ({budget.words}) ran out after {number(len(images))} of {number(num_wanted)}"
            f" {_samples(subject)} and {number(len(channels))} of {number(num_chosen)} channels."
        )
    return AblationResult(
        num_images=len(images),
        num_available=size,
        accuracy=None if measure.labels is None else usual.right / len(images),
        probability=usual.truth / len(images),
        classes=measure.names,
        budget=budget.words,
        num_channels=sum(places.num_channels(site.call) for site in sites),
        channels=tuple(
            _change(site.call.path, channel, without[site.place.path, channel], usual, sizes, len(images))
            for site in reached
            for channel in sorted(channel for path, channel in channels if path == site.place.path)
        ),
        notes=tuple(notes),
    )


def _switched(
    switch: Switch,
    subject: Subject,
    measure: Measure,
    budget: _Budget,
    wanted: tuple[Array, Sequence[Channel]],
    moments: dict[str, Moments],
    progress: Progress,
) -> tuple[_Sums, dict[Channel, _Sums], Array]:
    """Switch channels off on some images until the budget is over.

    A batch in which not every channel had its turn does not count, unless it is the first.

    Returns:
        Sums with all channels, without each of those that had their turn, and the images that these are over.
    """
    images, channels = wanted
    usual, sums = _Sums(measure), {channel: _Sums(measure) for channel in channels}
    counted: list[Array] = []
    with progress("Switching channels off", total=switch.num_batches(images) * len(channels)) as advance:
        for batch in switch.run(images, channels, moments):
            whole = tally(measure, subject, batch.usual, batch.images)
            found: dict[Channel, Tally] = {}
            for channel, values in batch.without:
                found[channel] = tally(measure, subject, values, batch.images, whole)
                advance()
                if budget.is_over():
                    break
            if len(found) < len(sums) and counted:
                break
            sums = {channel: sums[channel] for channel in found}
            counted.append(batch.images)
            usual.add(whole, whole)
            for channel, one in found.items():
                sums[channel].add(one, whole)
            if budget.is_over():
                break
    return usual, sums, np.concatenate(counted)


class _Budget:
    """What switching off may cost.

    Attributes:
        words: The budget in words.
    """

    def __init__(self, options: Options) -> None:
        given = options.ablation_budget
        self._given, self._seed, self._start = given, options.seed, _clock()
        self._seconds = float(given[:-1]) if given.endswith("s") else None
        self.words = "" if self._seconds is None else f"{given[:-1]} s"

    def passes(self, switch: Switch, subject: Subject) -> float:
        """Return how many passes of one image through the network may be spent; of seconds, by one that is timed."""
        if self._seconds is None:
            passes = subject.affordable(USUAL_MACS) if self._given == "auto" else int(self._given)
            self.words = f"{number(passes)} forward passes"
            return float(passes)
        whole = switch.whole()
        whole()  # the first pass prepares the others
        start = _clock()
        whole()
        end = _clock()
        return max(self._seconds - (end - self._start), 0) * switch.rows / max(end - start, 1e-9)

    def order(self, images: Array) -> Array:
        """Return images in the order in which they are looked at: shuffled, where time may end before they do."""
        return images if self._seconds is None else np.random.default_rng(self._seed).permutation(images)

    def is_over(self, share: float = 1) -> bool:
        """Say whether a share of the seconds is spent."""
        return self._seconds is not None and _clock() - self._start >= self._seconds * share


class _Sums:
    """Tallies of batches, added up."""

    def __init__(self, measure: Measure) -> None:
        self.right, self.truth, self.changed = 0, 0.0, 0
        self.class_right = np.zeros(len(measure.classes), np.int64)

    def add(self, found: Tally, usual: Tally) -> None:
        self.right += found.right
        self.truth += found.truth
        self.class_right += found.class_right
        differs = found.answered != usual.answered
        self.changed += int(differs.reshape(len(differs), -1).any(axis=1).sum())


def _images(sites: Sequence[_Site], passes: float, size: int) -> Array:
    """Choose all images where the budget allows all channels; else fewer, evenly spaced, of 16 and more at least 16."""
    need = _NUM_PREPARING + sum(site.cost * places.num_channels(site.call) for site in sites)
    chosen = max(min(int(passes / need), size), min(LEAST_IMAGES, size))
    return np.arange(chosen) * size // chosen


def _chosen(sites: Sequence[_Site], moments: dict[str, Moments], passes: float) -> list[Channel]:
    """Choose channels: of every call the one that varies most, then the second, the cheapest first, as passes allow.

    Returns:
        Paths of the calls where they are judged, and their numbers, in that order.
    """
    turns = []
    for site in sites:
        deviations = moments[site.place.path].deviation
        order = np.argsort(-np.nan_to_num(deviations, nan=-1.0), kind="stable")
        turns += [(rank, site.cost, site, int(channel)) for rank, channel in enumerate(order)]
    found = []
    for _, cost, site, channel in sorted(turns, key=lambda turn: turn[:2]):
        if cost <= passes and np.isfinite(moments[site.place.path].mean[channel]):
            passes -= cost
            found.append((site.place.path, channel))
    return found


def _change(path: str, channel: int, found: _Sums, usual: _Sums, sizes: Array, num_images: int) -> ChannelAblation:
    labelled = bool(len(sizes))
    per_class = (found.class_right - usual.class_right) / np.maximum(sizes, 1)
    return ChannelAblation(
        path=path,
        channel=channel,
        accuracy_change=(found.right - usual.right) / num_images if labelled else None,
        probability_change=(found.truth - usual.truth) / num_images,
        class_changes=tuple(per_class.tolist()),
        num_changed=found.changed,
    )


def _too_small(budget: _Budget, num_images: int, subject: Subject) -> str:
    return (
        f"A budget of {budget.words} is too small for a single channel on {num_images} {_samples(subject)}."
        " Expected more. Raise --ablation-budget."
    )


def _samples(subject: Subject) -> str:
    return words(subject.record).samples


def _notes_on(
    sites: Sequence[_Site], reached: Sequence[_Site], moments: dict[str, Moments], channels: Sequence[Channel]
) -> tuple[str, ...]:
    """Say which channels were left out, and why."""
    notes = []
    lost = [site.call.path for site in sites if site not in reached]
    if lost:
        notes.append(f"Channels inside a loop cannot be switched off: {', '.join(lost)}.")
    broken = sum(int((~np.isfinite(moments[site.place.path].mean)).sum()) for site in reached)
    if broken:
        hold = plural(broken, "channel holds", "channels hold")
        notes.append(f"{hold} NaN or infinity, so there is no mean to set {'it' if broken == 1 else 'them'} to.")
    left = sum(places.num_channels(site.call) for site in reached) - len(channels) - broken
    if left:
        notes.append(
            f"{plural(left, 'channel is', 'channels are')} beyond the budget: in each layer, those whose responses vary"
            " most were measured first."
        )
    return tuple(notes)
