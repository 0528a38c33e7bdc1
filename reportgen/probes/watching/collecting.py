"""A model and all images of the data -> what is needed of every channel to judge it, in one pass.

Of each image a few numbers per channel stay (`reducing`), which are put together at once (`tallies`); of some images,
and at some places, the responses themselves are kept, as many as a fixed memory holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from reportgen.evidence import lots
from reportgen.models.blocks import MOST_BLOCKS, State, batches, cut, part_of
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Tensors
from reportgen.options import Options
from reportgen.probes.watching import tallies
from reportgen.probes.watching.labelled import Classes, classes
from reportgen.probes.watching.reducing import highest, per_image
from reportgen.probes.watching.watching import Watching
from reportgen.records.judged import Judged, judged

MOST_PLACES = 4096
"""Most places at which responses are kept, for quantiles and to tell copies apart."""
MOST_PEAKS = 4096
"""Most images whose highest responses are kept, for histograms."""
# So many images tell classes apart as well as all of a million: what is kept does not grow beyond.
_MOST_KEPT, _KEPT_BYTES = 1 << 15, 64 << 20
# What the states of all blocks may take together: with very many classes there are fewer blocks.
_STATES_BYTES, _LEAST_BLOCKS = 4 << 30, 8
_TALLIES = 4
_SEED_OF_IMAGES, _SEED_OF_PLACES = 1, 2


class Watched:
    """The pass in which a model is watched at its conv calls, over all images or as many as the options allow.

    It is one of `models.blocks.Pass`; `collectors` hold what was seen of each conv call, in their order, as far as it
    has been folded.
    """

    step = "Watching every channel"
    learns = True  # what is known of the strongest images saves looking for the places of others

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
        self.collectors = self._collectors()
        self._taking = {
            call.path: [each for each in self.collectors if each.judged.path == call.path] for call in self.calls
        }
        self._subject, self._start = subject, 0
        self.batch_size = self.watching.batch_size
        one = tallies.num_bytes(sum(self._widths), len(self.groups.names))
        self.most_blocks = max(_LEAST_BLOCKS, min(MOST_BLOCKS, _STATES_BYTES // one))
        self.blocks = cut(len(self.images), self.batch_size, self.most_blocks)
        kept = sum(array.nbytes for each in self.collectors for array in (each.levels, each.peaks, each.sampled))
        wanted = sum(call.activation_bytes for call in subject.record.layers)
        # What is known of all blocks, of this one before and after a batch, and of the batch.
        self.memory_bytes = _TALLIES * one + kept + self.batch_size * wanted
        self.drawn: State = {
            "images": self.images,
            "kept": self.collectors[0].kept_slots,
            **{f"places {place}": each.places for place, each in enumerate(self.collectors)},
        }

    def collect(self, block: range, advance: Callable[[], None]) -> State:
        """Put the images of a block to the model.

        Raises:
            ModelError: The model cannot be run on the images.
        """
        self.begin()
        for places in batches(block, self.batch_size):
            self.watch(self._subject.inputs(self.images[places.start : places.stop].tolist()), places.start)
            advance()
        return self.state(block)

    def begin(self) -> None:
        """Begin a block with nothing."""
        self.watching.begin()
        for each in self.collectors:
            each.begin()

    def watch(self, inputs: Tensors, start: int) -> list[Array]:
        """Watch the images from the place `start` among `images` on, and return what `Watching.watch` does."""
        self._start = start
        return self.watching.watch(inputs)

    def state(self, block: range) -> State:
        """Return what the block leaves."""
        states = [each.state(block) for each in self.collectors]
        return {f"{place} {name}": state[name] for place, state in enumerate(states) for name in state}

    def learn(self, block: range, state: State) -> None:
        """Know the strongest images of a block before the next one."""
        self.fold(block, state)

    def fold(self, block: range, state: State) -> None:
        """Take in the state of the next block."""
        for place, each in enumerate(self.collectors):
            each.fold(block, part_of(state, f"{place} "))

    def _take(self, path: str, outputs: Array, before: Array | None) -> None:
        for each in self._taking[path]:
            each.add(outputs, self._start, before)

    def _collectors(self) -> tuple[Collector, ...]:
        """Return one collector per call; all keep the responses to the same images."""
        room = max(1, min(_MOST_KEPT, _KEPT_BYTES // (4 * max(sum(self._widths), 1))))
        generator = np.random.default_rng([self._seed, _SEED_OF_PLACES])
        kept = np.sort(generator.choice(len(self.images), min(len(self.images), room), replace=False))
        peaks = np.sort(generator.choice(kept, min(len(kept), MOST_PEAKS), replace=False))
        most = min(room, MOST_PLACES)
        found = []
        for number, call in enumerate(self.calls):
            places = np.random.default_rng([self._seed, _SEED_OF_PLACES, number])
            found.append(Collector(call, (self.images, self._seed), self.groups, (kept, peaks), _Places(most, places)))
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
        tally: What its channels did, over all blocks that were folded.
        kept_slots: Places among `images` of those whose responses are kept.
        levels: Mean response above zero to these, float32 (images, channels).
        peaks: Highest response to some of these, before a cap, float32 (images, channels).
        places: Random places, numbered position by position, image by image.
        sampled: Responses at these, float32 (places, channels).
        all_places: Whether these are all places.
        is_capped: Whether images are ranked by what an activation with a cap is given.
    """

    def __init__(
        self,
        call: Judged,
        images: tuple[Array, int],
        groups: Classes,
        kept: tuple[Array, Array],
        places: _Places,
    ) -> None:
        """Begin with nothing.

        Args:
            call: The conv call, and where it is judged.
            images: Indices of all images that are going to come, and the seed of their keys (`lots.of_images`).
            groups: Their classes.
            kept: Places among `images` of those whose responses are kept, and of those whose highest are.
            places: Where else they are.
        """
        record = call.record
        axis = record.channel_axis
        self.judged = call
        self.sizes = tuple(size or 1 for place, size in enumerate(record.output_shape) if place != axis)
        self.kept_slots, self._peak_slots = kept
        self.images, self._seed = images
        self._axis, self._groups = axis, groups
        channels = record.output_shape[axis] or 0
        self._channels = channels
        self.tally = self._block = self._before = tallies.nothing(channels, len(groups.names))
        self._start = -1
        self.levels, self.peaks = (np.zeros((len(slots), channels), np.float32) for slots in kept)
        self._positions = math.prod(self.sizes)
        total = len(self.images) * self._positions
        self.places = places.of(total)
        self.all_places, self.is_capped = len(self.places) == total, False
        self._block_is_capped = False
        self.sampled = np.zeros((len(self.places), channels), np.float32)

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
            self._start, self._before = start, self._block
        values = self.maps(outputs)
        images = self.images[start : start + len(values)]
        labels = None if self._groups.of_images is None else self._groups.of_images[start : start + len(values)]
        keys = lots.of_images(self._seed, images)
        before, known = self._before, self.tally

        def worth(maximum: Array) -> Array:
            # Whatever earlier blocks have more of is not among the strongest of all, so that nobody asks where it is.
            return tallies.worth(before, maximum, keys) & tallies.enters(known, maximum, keys[:, None])

        def nowhere(maximum: Array) -> Array:
            return np.zeros(maximum.shape, bool)

        self._block_is_capped = given is not None
        ranked = None if given is None else highest(self.maps(given), keys, worth)
        found = per_image(values, keys, worth if given is None else nowhere)
        here = tallies.of_images(found, images.tolist(), keys, labels, len(self._groups.names), ranked)
        self._block = tallies.merge(before, here)
        levels, peaks, sampled = self._kept(range(start, start + len(values)))
        self.levels[levels] = found.level[self.kept_slots[levels] - start]
        self.peaks[peaks] = (found.maximum if ranked is None else ranked[0])[self._peak_slots[peaks] - start]
        slots, positions = np.divmod(self.places[sampled], self._positions)
        self.sampled[sampled] = values[slots - start, positions]

    def _kept(self, places: range) -> tuple[slice, slice, slice]:
        """Return which of the levels, the peaks and the samples are those of some images, by their places."""
        ends = np.array([places.start, places.stop])
        found = (
            np.searchsorted(self.kept_slots, ends),
            np.searchsorted(self._peak_slots, ends),
            np.searchsorted(self.places, ends * self._positions),
        )
        levels, peaks, sampled = (slice(int(first), int(end)) for first, end in found)
        return levels, peaks, sampled

    def begin(self) -> None:
        """Begin a block with nothing."""
        self._block = tallies.nothing(self._channels, len(self._groups.names))
        self._start, self._block_is_capped = -1, False

    def state(self, block: range) -> State:
        """Return what is known of the block."""
        levels, peaks, sampled = self._kept(block)
        return {
            **tallies.arrays(self._block),
            "levels": self.levels[levels],
            "peaks": self.peaks[peaks],
            "sampled": self.sampled[sampled],
            "is capped": np.array(self._block_is_capped),
        }

    def fold(self, block: range, state: State) -> None:
        """Take in what is known of the next block."""
        levels, peaks, sampled = self._kept(block)
        self.levels[levels], self.peaks[peaks], self.sampled[sampled] = (
            state[name] for name in ("levels", "peaks", "sampled")
        )
        self.is_capped |= bool(state["is capped"])
        self.tally = tallies.merge(self.tally, tallies.of_arrays(state))

    def class_means(self) -> Array:
        """Return the mean response to the images of each class, in multiples of the layer's, (classes, channels)."""
        return np.asarray(self.tally.class_levels / self.tally.class_counts[:, None])
