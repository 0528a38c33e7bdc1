"""Two models and the same images -> what their channels respond at the same places of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.models.subject import Array, Subject
from reportgen.probes.watching.watching import Watching
from reportgen.progress import Progress, silent
from reportgen.records.judged import Judged

MOST_PLACES, FEWEST_PLACES = 4096, 256
"""Places at which channels are compared. With 1,024, 97 to 100 % of the partners are those that 4,096 give."""
MOST_IMAGES = 1024
_KEPT_BYTES = 64 << 20
_MACS = 4 * 10**11
_FEWEST_IMAGES = 64
_SEED = 23
_AXES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Places of images, in shares of the sizes of a map, so that they are the same in maps of any size.

    Attributes:
        images: Indices of the images, in their order.
        slots: By place, which of these images it is in, in their order.
        shares: float64 (places, axes), 0..1.
    """

    images: Array
    slots: Array
    shares: Array


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Places in the maps of one conv call.

    Attributes:
        call: The call, and where it is judged.
        slots: By place, which of the images it is in, in their order.
        positions: The position in the maps, row by row.
    """

    call: Judged
    slots: Array
    positions: Array


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The same places for two models.

    Attributes:
        images: Indices of the images.
        number: How many places were drawn; of small maps and few images, fewer are different.
        pairs: For each pair of conv calls its places in the old model's maps and in the new one's.
    """

    images: Array
    number: int
    pairs: tuple[tuple[Wanted, Wanted], ...]


def places(subjects: tuple[Subject, Subject], pairs: Sequence[tuple[Judged, Judged]], seed: int) -> Places:
    """Draw places for conv calls of two models that are one another.

    Args:
        subjects: The old model and the new one, with the same data.
        pairs: The calls; pairs whose maps have other axes, or sizes that are open, are left out.
        seed: Seed of the draws.
    """
    pairs = [
        each for each in pairs if all(map(all, map(_sizes, each))) and len({len(_sizes(call)) for call in each}) == 1
    ]
    width = max((sum(map(_width, side)) for side in zip(*pairs, strict=True)), default=0)
    drawn = draw(subjects, width, seed)
    found = []
    for old, new in pairs:
        slots, first, second = at_places(drawn, _sizes(old), _sizes(new))
        found.append((Wanted(old, slots, first), Wanted(new, slots, second)))
    return Places(drawn.images, len(drawn.slots), tuple(found))


def draw(subjects: Sequence[Subject], num_channels: int, seed: int) -> Drawn:
    """Draw places of the images.

    Args:
        subjects: Models with the same data; images are fewer where one of them is large.
        num_channels: Channels whose responses are kept; places are fewer where there are very many.
        seed: Seed of the draws.
    """
    dataset = subjects[0].dataset
    assert dataset is not None, "channels are compared on data"
    room = _KEPT_BYTES // (4 * max(num_channels, 1))
    places = max(FEWEST_PLACES, min(MOST_PLACES, room))
    affordable = max(_FEWEST_IMAGES, min(each.affordable(_MACS) for each in subjects))
    generator = np.random.default_rng([seed, _SEED])
    number = min(dataset.size, MOST_IMAGES, places, affordable)
    images = np.sort(generator.choice(dataset.size, number, replace=False))
    each = places // number
    return Drawn(images, np.repeat(np.arange(number), each), generator.random((number * each, _AXES)))


def at_places(drawn: Drawn, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return different places of the maps of two layers: which image, and the position in either's maps.

    Args:
        drawn: Places in shares.
        old: Sizes of the maps of one layer along each axis.
        new: Those of the other.

    Returns:
        Three arrays of whole numbers (places,), ordered by image.
    """
    rows = np.stack([drawn.slots, _positions(drawn.shares, old), _positions(drawn.shares, new)], axis=1)
    slots, first, second = np.unique(rows, axis=0).T
    return slots, first, second


def responses(
    subject: Subject,
    images: Array,
    wanted: Sequence[Wanted],
    progress: Progress = silent,
) -> list[Array]:
    """Return what channels respond at some places.

    Args:
        subject: The model, with its data.
        images: Indices of the images, in their order.
        wanted: For each conv call the places in its maps.
        progress: Told of the images.

    Returns:
        float32 (places, channels) for each conv call.

    Raises:
        ModelError: The model cannot be run on the images.
    """
    found = [np.zeros((len(each.slots), _width(each.call)), np.float32) for each in wanted]
    start = 0

    def take(path: str, outputs: Array, before: Array | None) -> None:
        del before
        for each, kept in zip(wanted, found, strict=True):
            if each.call.path != path:
                continue
            maps = np.moveaxis(outputs, each.call.record.channel_axis + 1, -1)
            maps = maps.reshape(len(maps), -1, maps.shape[-1])
            first, last = np.searchsorted(each.slots, [start, start + len(maps)])
            kept[first:last] = maps[each.slots[first:last] - start, each.positions[first:last]]

    watching = Watching(subject, take, [each.call.path for each in wanted])
    with progress("Comparing channels", total=-(-len(images) // watching.batch_size)) as advance:
        for start in range(0, len(images), watching.batch_size):
            watching.watch(subject.inputs(images[start : start + watching.batch_size].tolist()))
            advance()
    return found


def _positions(shares: Array, sizes: tuple[int, ...]) -> Array:
    """Which position of a map, row by row, lies at shares of its sizes."""
    position = np.zeros(len(shares), np.int64)
    for axis, size in enumerate(sizes):
        position = position * size + np.minimum((shares[:, axis % _AXES] * size).astype(np.int64), size - 1)
    return position


def _width(call: Judged) -> int:
    return call.record.output_shape[call.record.channel_axis] or 0


def _sizes(call: Judged) -> tuple[int, ...]:
    """Sizes of a call's maps along each axis; 0 for one that is open."""
    shape = call.record.output_shape
    return tuple(size or 0 for axis, size in enumerate(shape) if axis != call.record.channel_axis % len(shape))
