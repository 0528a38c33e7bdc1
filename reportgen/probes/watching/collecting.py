"""A model and all images of the data -> what is needed of every channel to judge it, in one pass.

Of each image a few numbers per channel stay (`reducing`), which are put together at once (`tallies`); of some images,
and at some places, the responses themselves are kept, as many as a fixed memory holds.
"""

from __future__ import annotations

import math

import numpy as np

from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.watching import tallies, ties
from reportgen.probes.watching.labelled import Classes, classes
from reportgen.probes.watching.reducing import highest, per_image
from reportgen.probes.watching.watching import Watching
from reportgen.progress import Progress, silent
from reportgen.records.judged import Judged, judged

MOST_PLACES = 4096
"""Most places at which responses are kept, for quantiles and to tell copies apart."""
MOST_PEAKS = 4096
"""Most images whose highest responses are kept, for histograms."""
_KEPT_BYTES = 64 << 20
_SEED_OF_IMAGES, _SEED_OF_PLACES = 1, 2


class Pass:
    """A model that is ready to be watched at its conv calls, over all images or as many as the options allow."""

    def __init__(self, subject: Subject, options: Options) -> None:
        """Prepare the pass.

        Args:
            subject: A model with data.
            options: How many images, and which.
        """
        dataset = subject.dataset
        assert dataset is not None, "channels are watched over data"
        self.calls = judged(subject.record.layers)
        self.images = chosen(dataset.size, options)
        self._widths = [call.record.output_shape[call.record.channel_axis] or 0 for call in self.calls]
        self.groups = classes(subject.record, dataset, self.images, sum(self._widths))
        self.watching = Watching(
            subject, self._take, [call.path for call in self.calls], [layer.path for layer in subject.record.layers]
        )
        self._seed = options.seed
        self._keys = ties.of_images(options.seed, self.images)
        self._taking: dict[str, list[Collector]] = {}
        self._start = 0

    def collect(self, progress: Progress = silent) -> tuple[Collector, ...]:
        """Put every image to the model once.

        Returns:
            What was seen of each conv call, in their order.

        Raises:
            ModelError: The model cannot be run on the images.
        """
        collectors, size = self._collectors(), self.watching.batch_size
        self._taking = {
            call.path: [each for each in collectors if each.judged.path == call.path] for call in self.calls
        }
        starts = range(0, len(self.images), size)
        with progress("Watching every channel", total=len(starts)) as advance:
            for start in starts:
                self._start = start
                self.watching.watch(self.images[start : start + size].tolist())
                advance()
        return collectors

    def _take(self, path: str, outputs: Array, before: Array | None) -> None:
        for each in self._taking[path]:
            each.add(outputs, self._start, before)

    def _collectors(self) -> tuple[Collector, ...]:
        """Return one collector per call; all keep the responses to the same images."""
        room = max(1, _KEPT_BYTES // (4 * max(sum(self._widths), 1)))
        generator = np.random.default_rng([self._seed, _SEED_OF_PLACES])
        kept = np.sort(generator.choice(len(self.images), min(len(self.images), room), replace=False))
        peaks = np.sort(generator.choice(kept, min(len(kept), MOST_PEAKS), replace=False))
        most = min(room, MOST_PLACES)
        found = []
        for number, call in enumerate(self.calls):
            places = np.random.default_rng([self._seed, _SEED_OF_PLACES, number])
            found.append(Collector(call, (self.images, self._keys), self.groups, (kept, peaks), _Places(most, places)))
        return tuple(found)


def chosen(size: int, options: Options) -> Array:
    """Return which images channels are watched on, in their order: all, or a sample without replacement."""
    if options.limit is None or options.limit >= size:
        return np.arange(size)
    generator = np.random.default_rng([options.seed, _SEED_OF_IMAGES])
    return np.sort(generator.choice(size, options.limit, replace=False))


class _Places:
    """A draw of places: positions of maps, numbered image by image, position by position."""

    def __init__(self, most: int, generator: np.random.Generator) -> None:
        self._most, self._generator = most, generator

    def of(self, total: int) -> Array:
        """Return all places, or as many different ones as are wanted, in their order."""
        if total <= self._most:
            return np.arange(total)
        return np.sort(self._generator.choice(total, self._most, replace=False))


class Collector:
    """What is known of the channels of one call, batch after batch.

    Attributes:
        judged: The conv call, and where it is judged.
        images: Indices of the images.
        sizes: Positions along each axis of its maps.
        tally: What its channels did.
        kept_slots: Places among `images` of those whose responses are kept.
        levels: Mean response above zero to these, float32 (images, channels).
        peaks: Highest response to some of these, before a cap, float32 (images, channels).
        sampled: Responses at random places, float32 (places, channels).
        all_places: Whether these are all places.
        is_capped: Whether images are ranked by what an activation with a cap is given.
    """

    def __init__(
        self,
        call: Judged,
        images: tuple[Array, Array],
        groups: Classes,
        kept: tuple[Array, Array],
        places: _Places,
    ) -> None:
        """Begin with nothing.

        Args:
            call: The conv call, and where it is judged.
            images: Indices of all images that are going to come, and their keys (`ties.of_images`).
            groups: Their classes.
            kept: Places among `images` of those whose responses are kept, and of those whose highest are.
            places: Where else they are.
        """
        record = call.record
        axis = record.channel_axis
        self.judged = call
        self.sizes = tuple(size or 1 for place, size in enumerate(record.output_shape) if place != axis)
        self.kept_slots, self._peak_slots = kept
        self.images, self._keys = images
        self._axis, self._groups = axis, groups
        channels = record.output_shape[axis] or 0
        self.tally = self._before = tallies.nothing(channels, len(groups.names))
        self._start = -1
        self.levels, self.peaks = (np.zeros((len(slots), channels), np.float32) for slots in kept)
        self._positions = math.prod(self.sizes)
        total = len(self.images) * self._positions
        self._places = places.of(total)
        self.all_places, self.is_capped = len(self._places) == total, False
        self.sampled = np.zeros((len(self._places), channels), np.float32)

    def maps(self, outputs: Array) -> Array:
        """Lay outputs out as (images, positions, channels)."""
        moved = np.moveaxis(outputs, self._axis + 1, -1)
        return np.asarray(np.ascontiguousarray(moved).reshape(len(outputs), self._positions, -1))

    def add(self, outputs: Array, start: int, given: Array | None = None) -> None:
        """Note what came out for the images from the place `start` on; the last time counts, where it comes again.

        Args:
            outputs: What came out.
            start: Place of the first image among `images`.
            given: What an activation with a cap was given, by which images are ranked; None for what came out.
        """
        if start != self._start:
            self._start, self._before = start, self.tally
        values = self.maps(outputs)
        images = self.images[start : start + len(values)]
        labels = None if self._groups.of_images is None else self._groups.of_images[start : start + len(values)]
        keys = self._keys[start : start + len(values)]
        before = self._before

        def worth(maximum: Array) -> Array:
            return tallies.worth(before, maximum, keys)

        def nowhere(maximum: Array) -> Array:
            return np.zeros(maximum.shape, bool)

        self.is_capped = given is not None
        ranked = None if given is None else highest(self.maps(given), keys, worth)
        found = per_image(values, keys, worth if given is None else nowhere)
        here = tallies.of_images(found, images.tolist(), keys, labels, len(self._groups.names), ranked)
        self.tally = tallies.merge(before, here)
        first, end = np.searchsorted(self.kept_slots, [start, start + len(values)])
        self.levels[first:end] = found.level[self.kept_slots[first:end] - start]
        first, end = np.searchsorted(self._peak_slots, [start, start + len(values)])
        self.peaks[first:end] = (found.maximum if ranked is None else ranked[0])[self._peak_slots[first:end] - start]
        first, end = np.searchsorted(self._places, [start * self._positions, (start + len(values)) * self._positions])
        slots, positions = np.divmod(self._places[first:end], self._positions)
        self.sampled[first:end] = values[slots - start, positions]

    def class_means(self) -> Array:
        """Return the mean response to the images of each class, in multiples of the layer's, (classes, channels)."""
        return np.asarray(self.tally.class_levels / self.tally.class_counts[:, None])
