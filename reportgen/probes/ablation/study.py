"""All channels -> the few that are said to be needed, step by step, within a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reportgen.errors import ModelError
from reportgen.evidence.ablation import AblationResult, CopyAblation
from reportgen.evidence.inference import LEVEL
from reportgen.evidence.watching import WatchingResult
from reportgen.language.numerals import plural
from reportgen.language.vocabulary import words
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.ablation import concluding
from reportgen.probes.ablation.costs import Budget, Candidate, Site
from reportgen.probes.ablation.measuring import Answers, Measure, joined, read
from reportgen.probes.ablation.ordering import sizes, targets
from reportgen.probes.ablation.switching import Change, Switch
from reportgen.progress import Progress
from reportgen.records import places

LEAST_SCREENING = 64
"""A budget that is too small for all channels on so many images pays for fewer channels."""
LEAST_IMAGES = 16
"""One that is too small for a single channel on so many images is too small."""
MOST_CONFIRMED = 20
"""Most channels that are measured again: the more there are, the harder each is to tell from chance."""
MOST_COPIES = 16
_SEED_OF_IMAGES = 5
# A gradient takes the forward pass and about twice as much again.
_COST_OF_GRADIENT = 3
# Shares of the budget up to whose end each step may run, in the order of the steps; the rest is for the last.
_ENDS = {"ordering": 0.15, "screening": 0.55, "copies": 0.65, "confirming": 1.0}
_WHOLE = (
    "The model cannot be traced into a graph and cut: it was computed as a whole for every channel, which pays for"
    " fewer of them."
)


def stratified(labels: Array | None, size: int, generator: np.random.Generator) -> Array:
    """Return all images in an order in which every stretch holds the classes by about their shares.

    Args:
        labels: Class of each image, int64 (size,); None, or rows for several labels, for an order at random.
        size: How many images there are.
        generator: Where the order comes from.
    """
    order = np.asarray(generator.permutation(size))
    if labels is None or labels.ndim > 1:
        return order
    within = np.empty(size)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        within[members] = (np.arange(len(members)) + generator.uniform()) / len(members)
    return np.asarray(order[np.argsort(within[order], kind="stable")])


class Study:
    """The steps from all channels to the few that are said to be needed."""

    def __init__(
        self,
        subject: Subject,
        sites: Sequence[Site],
        measure: Measure,
        watched: WatchingResult,
        options: Options,
        progress: Progress,
    ) -> None:
        """Prepare the model, the images and the channels.

        Args:
            subject: The model and its data.
            sites: Its conv calls.
            measure: What is measured.
            watched: What the channels do over the data.
            options: Seed and budget.
            progress: What is told of each step.
        """
        assert subject.dataset is not None, "channels are switched off with data only"
        self._subject, self._measure, self._watched = subject, measure, watched
        self._seed, self._progress = options.seed, progress
        self._budget = Budget(options)
        self._switch = Switch(subject, [site.place for site in sites], measure.place)
        # A model that cannot be cut is computed whole for every channel.
        self._sites = sites if self._switch.traced else [replace(site, cost=1.0) for site in sites]
        self._reached = [site for site in self._sites if site.place.path in self._switch.reached]
        self._passes = self._total = self._budget.passes(self._switch, subject)
        generator = np.random.default_rng([options.seed, _SEED_OF_IMAGES])
        order = stratified(measure.labels, subject.dataset.size, generator)
        half = -(-len(order) // 2)
        self._first, self._second = order[:half], order[half:]
        self._known = {call.path: call for call in watched.responses.calls}
        self._means = {site.place.path: self._means_of(site) for site in self._reached}
        self._candidates = [
            Candidate(site, channel.channel)
            for site in self._reached
            for channel in self._known[site.call.path].channels
            if channel.state not in {"dead", "stuck"} and np.isfinite(self._means[site.place.path][channel.channel])
        ]

    def _room(self, step: str) -> float:
        """How many passes a step may take before its share of the budget is spent."""
        return max(self._total * _ENDS[step] - (self._total - self._passes), 0.0)

    def _means_of(self, site: Site) -> Array:
        channels = self._known[site.call.path].channels
        return np.array([np.nan if each.num_nan or each.num_infinite else each.mean for each in channels])

    def result(self) -> AblationResult:
        """Take all steps."""
        if not self._candidates:
            raise ModelError("No channel responds to anything, so none can be switched off.")
        assert self._subject.dataset is not None, "channels are switched off with data only"
        estimates, num_ordering = self._ordered()
        screened, usual = self._screened(estimates)
        if not screened:
            raise ModelError(
                f"A budget of {self._budget.words} is too small for a single channel on {len(usual.images)}"
                f" {words(self._subject.record).samples}. Expected more. Raise --ablation-budget."
            )
        copies = self._copies(usual.images)
        confirmed, again = self._confirmed(screened, usual)
        seen = joined([usual, again]) if again else usual
        found = {(each.path, each.channel): each for each in concluding.screened(self._measure, screened, usual)}
        if again is not None:
            found |= {
                (each.path, each.channel): each
                for each in concluding.confirmed(self._measure, confirmed, again, self._seed)
            }
        return AblationResult(
            num_available=self._subject.dataset.size,
            num_ordering=num_ordering,
            screening=usual.images,
            confirming=again.images if again else usual.images[:0],
            accuracy=None if self._measure.labels is None else float(seen.hits.mean()),
            probability=float(seen.truth.mean()),
            budget=self._budget.words,
            num_channels=sum(places.num_channels(site.call) for site in self._sites),
            level=LEVEL,
            channels=tuple(
                found[site.call.path, channel]
                for site in self._reached
                for channel in range(places.num_channels(site.call))
                if (site.call.path, channel) in found
            ),
            estimates=tuple(
                (site.call.path, tuple(estimates[site.place.path].tolist())) for site in self._reached if estimates
            ),
            copies=copies,
            notes=self._notes(screened),
        )

    def _ordered(self) -> tuple[dict[str, Array], int]:
        """Return how far each channel moves the answers, by path, and over how many images; {} without a gradient."""
        slopes = self._switch.slopes(self._measure)
        images = self._first[: int(self._room("ordering") / (1 + _COST_OF_GRADIENT))]
        if slopes is None or len(images) < min(LEAST_IMAGES, len(self._first)):
            return {}, 0
        true = self._true(images)
        self._passes -= len(images)
        num_units = self._subject.record.outputs[self._measure.place].shape[0] or 1
        found: dict[str, list[Array]] = {site.place.path: [] for site in self._reached}
        done = 0
        with self._progress("Putting the channels in order", total=self._switch.num_batches(images)) as advance:
            for indices, inputs in self._switch.batches(images):
                wanted = true[done : done + len(indices)]
                missing = [(0, self._switch.rows - len(wanted)), *[(0, 0)] * (wanted.ndim - 1)]
                filled = np.pad(wanted, missing, mode="edge")
                losses = slopes.losses(inputs, targets(self._measure, filled, num_units), self._means)
                for path, each in losses.items():
                    found[path].append(each[: len(indices)])
                done += len(indices)
                advance()
                if self._budget.is_over(_ENDS["ordering"]):
                    break
        self._passes -= _COST_OF_GRADIENT * done
        return {path: sizes(losses) for path, losses in found.items()}, done

    def _true(self, images: Array) -> Array:
        """What is true of some images, or was answered to them, which takes a pass; a budget counts it in any case."""
        if self._measure.labels is not None:
            return np.asarray(self._measure.labels[images])
        runs = self._switch.run(images, [], {})
        usual = joined([read(self._measure, self._subject, batch.usual, batch.images) for batch in runs])
        return np.maximum(usual.answered, 0)

    def _screened(self, estimates: Mapping[str, Array]) -> tuple[dict[Candidate, Answers], Answers]:
        """Switch off as many channels as the budget allows, those first that move the answers most."""
        room = self._room("screening")
        images = self._first[: self._num_screening(room)]
        left, chosen = room / len(images) - 1, []
        for candidate in self._in_order(estimates):
            if candidate.site.cost <= left:
                left -= candidate.site.cost
                chosen.append(candidate)
        return self._off(chosen, images, "Switching channels off", _ENDS["screening"])

    def _num_screening(self, room: float) -> int:
        """How many images channels are switched off on: as many as pay for all channels, or a few for some of them."""
        most, cheapest = len(self._first), min((each.site.cost for each in self._candidates), default=0.0)
        everyone = int(room / (1 + sum(each.site.cost for each in self._candidates)))
        if everyone >= min(LEAST_SCREENING, most):
            return min(everyone, most)
        usual = min(LEAST_SCREENING, most)
        return usual if room / max(usual, 1) - 1 >= cheapest else min(LEAST_IMAGES, most)

    def _in_order(self, estimates: Mapping[str, Array]) -> list[Candidate]:
        """The channels that move the answers most first; without a gradient, the most varied of each layer."""
        if estimates:
            losses = [float(estimates[each.site.place.path][each.channel]) for each in self._candidates]
            order = np.argsort(-np.nan_to_num(np.array(losses), nan=-np.inf), kind="stable")
            return [self._candidates[place] for place in order]
        turns = []
        for site in self._reached:
            own = [each for each in self._candidates if each.site is site]
            own.sort(key=lambda each: -self._known[each.site.call.path].channels[each.channel].deviation)
            turns += [(rank, site.cost, each) for rank, each in enumerate(own)]
        return [each for *_, each in sorted(turns, key=lambda turn: turn[:2])]

    def _off(
        self, candidates: Sequence[Candidate], images: Array, step: str, share: float
    ) -> tuple[dict[Candidate, Answers], Answers]:
        """Switch channels off on some images, until a share of the budget's time is over.

        A batch in which not every channel had its turn does not count, unless it is the first.

        Returns:
            The answers without each of those that had their turn, and those of the untouched model.
        """
        by_change = {candidate.change: candidate for candidate in candidates}
        usual: list[Answers] = []
        found: dict[Candidate, list[Answers]] = {candidate: [] for candidate in candidates}
        total = self._switch.num_batches(images) * len(candidates)
        with self._progress(step, total=total) as advance:
            for batch in self._switch.run(images, list(by_change), self._means):
                whole = read(self._measure, self._subject, batch.usual, batch.images)
                here: dict[Candidate, Answers] = {}
                for change, values in batch.changed:
                    here[by_change[change]] = read(self._measure, self._subject, values, batch.images, whole)
                    advance()
                    if self._budget.is_over(share):
                        break
                if len(here) < len(found) and usual:
                    break
                usual.append(whole)
                found = {candidate: [*found[candidate], answers] for candidate, answers in here.items()}
                if self._budget.is_over(share):
                    break
        whole = joined(usual)
        self._passes -= len(whole.images) * (1 + sum(each.site.cost for each in found))
        return {candidate: joined(parts) for candidate, parts in found.items()}, whole

    def _confirmed(
        self, screened: Mapping[Candidate, Answers], usual: Answers
    ) -> tuple[dict[Candidate, Answers], Answers | None]:
        """Switch those that cost most off again, on other images."""
        costs = {each: float((answers.log_truth - usual.log_truth).mean()) for each, answers in screened.items()}
        picked = sorted((each for each in costs if costs[each] < 0), key=costs.__getitem__)[:MOST_CONFIRMED]
        images = self._second
        # At least as many images as were screened, and of the channels as many as can then be paid.
        if picked and len(images):
            dearest = 1 + sum(each.site.cost for each in picked[:4])
            images = images[: max(min(len(images), len(usual.images)), int(self._room("confirming") / dearest))]
        left, chosen = self._room("confirming") / max(len(images), 1) - 1, []
        for candidate in picked:
            if candidate.site.cost <= left:
                left -= candidate.site.cost
                chosen.append(candidate)
        if not chosen or not len(images) or self._budget.is_over():
            return {}, None
        return self._off(chosen, images, "Switching the few off again, on other images", _ENDS["confirming"])

    def _copies(self, images: Array) -> tuple[CopyAblation, ...]:
        """Replace copies by the channels that they are copies of, and switch both off."""
        pairs: list[tuple[Site, int, int]] = []
        changes: list[Change] = []
        left = self._room("copies") / max(len(images), 1) - 1
        for site, strongest in self._strongest():
            for channel in self._known[site.call.path].channels:
                origin = channel.copy_of
                if origin is None or channel.state or 2 * site.cost > left or len(pairs) == MOST_COPIES:
                    continue
                left -= 2 * site.cost
                pairs.append((site, channel.channel, origin))
                line = strongest[channel.channel]
                changes.append(Change(site.place.path, (channel.channel,), origin, line))
                changes.append(Change(site.place.path, (channel.channel, origin)))
        if not pairs:
            return ()
        usual: list[Answers] = []
        found: dict[Change, list[Answers]] = {change: [] for change in changes}
        with self._progress("Replacing copies", total=self._switch.num_batches(images)) as advance:
            for batch in self._switch.run(images, changes, self._means):
                whole = read(self._measure, self._subject, batch.usual, batch.images)
                usual.append(whole)
                for change, values in batch.changed:
                    found[change].append(read(self._measure, self._subject, values, batch.images, whole))
                advance()
        whole = joined(usual)
        self._passes -= len(images) * (1 + sum(2 * site.cost for site, *_ in pairs))
        return tuple(
            concluding.copied(
                self._measure, pair, whole, joined(found[changes[2 * place]]), joined(found[changes[2 * place + 1]])
            )
            for place, pair in enumerate(pairs)
        )

    def _strongest(self) -> list[tuple[Site, Mapping[int, tuple[float, float]]]]:
        lines = {
            call.path: strongest.lines
            for call, strongest in zip(self._watched.responses.calls, self._watched.strongest, strict=True)
        }
        return [(site, lines[site.call.path]) for site in self._reached]

    def _notes(self, screened: Mapping[Candidate, Answers]) -> tuple[str, ...]:
        """Say which channels were left out, and why."""
        notes = []
        lost = [site.call.path for site in self._sites if site not in self._reached]
        if lost:
            notes.append(f"Channels inside a loop cannot be switched off: {', '.join(lost)}.")
        broken = sum(int((~np.isfinite(self._means[site.place.path])).sum()) for site in self._reached)
        if broken:
            hold = plural(broken, "channel holds", "channels hold")
            notes.append(f"{hold} NaN or infinity, so there is no mean to set {'it' if broken == 1 else 'them'} to.")
        left = len(self._candidates) - len(screened)
        if left:
            notes.append(f"{plural(left, 'channel is', 'channels are')} beyond the budget and not switched off.")
        if not self._switch.traced:
            notes.append(_WHOLE)
        return tuple(notes)
