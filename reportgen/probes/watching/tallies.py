"""What channels did over some images, as a record that can be put together from parts in any order.

Counts, extrema and the list of the strongest images, those drawn among equals too, come out the same, to the last bit,
however a data set is cut up and put together; means, squares and sums over classes are sums in float64, which agree to
about 1e-12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from reportgen.evidence.responses import NUM_STRONGEST as TOP
from reportgen.models.subject import Array
from reportgen.probes.watching import ties
from reportgen.probes.watching.reducing import PerImage
from reportgen.probes.watching.selective import relative

_NO_IMAGE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What the channels of one call did over some images.

    Attributes:
        num_images: How many images.
        count: Finite values, int64 (channels).
        mean: Their mean, float64 (channels).
        squares: Sum of their squared differences from it.
        minimum: Lowest; infinity where there are none.
        maximum: Highest; minus infinity where there are none.
        positive: How many are above zero.
        firing: Images in which any is above zero.
        num_nan: Values that are NaN.
        num_infinite: Values that are infinite.
        class_levels: Sum, over the images of each class, of the mean of the values above zero, what is below counted as
            0, as a multiple of the mean over all channels (`selective.relative`): float64 (classes, channels).
        class_counts: Images of each class, int64 (classes).
        top_values: Maxima of the images with the highest ones, (25, channels), highest first; minus infinity where
            there are fewer images. Where an activation has a cap, of what goes into it.
        top_keys: The keys of these images (`lots.of_images`), in whose order they stand where maxima are equal.
        top_images: Which images.
        top_positions: Where in the map.
        num_at_maximum: How many images reach the highest value, int64 (channels); 0 where none has a finite value.
    """

    num_images: int
    count: Array
    mean: Array
    squares: Array
    minimum: Array
    maximum: Array
    positive: Array
    firing: Array
    num_nan: Array
    num_infinite: Array
    class_levels: Array
    class_counts: Array
    top_values: Array
    top_keys: Array
    top_images: Array
    top_positions: Array
    num_at_maximum: Array


def nothing(num_channels: int, num_classes: int) -> Tally:
    """Return what is known of no image."""
    whole = [np.zeros(num_channels, np.int64) for _ in range(6)]
    return Tally(
        num_images=0,
        count=whole[0],
        mean=np.zeros(num_channels),
        squares=np.zeros(num_channels),
        minimum=np.full(num_channels, np.inf),
        maximum=np.full(num_channels, -np.inf),
        positive=whole[1],
        firing=whole[2],
        num_nan=whole[3],
        num_infinite=whole[4],
        class_levels=np.zeros((num_classes, num_channels)),
        class_counts=np.zeros(num_classes, np.int64),
        top_values=np.full((TOP, num_channels), -np.inf),
        top_keys=np.full((TOP, num_channels), ties.LAST),
        top_images=np.full((TOP, num_channels), _NO_IMAGE),
        top_positions=np.zeros((TOP, num_channels), np.int64),
        num_at_maximum=whole[5],
    )


def arrays(tally: Tally) -> dict[str, Array]:
    """Return all that is known as plain arrays by name."""
    return {each.name: np.asarray(getattr(tally, each.name)) for each in fields(tally)}


def of_arrays(found: Mapping[str, Array]) -> Tally:
    """Return what `arrays` gave back as a tally."""
    named: dict[str, Any] = {each.name: found[each.name] for each in fields(Tally)}
    return Tally(**{**named, "num_images": int(named["num_images"])})


def num_bytes(num_channels: int, num_classes: int) -> int:
    """Return how many bytes the arrays of a tally take."""
    one = arrays(nothing(1, 1))
    return num_channels * (sum(array.nbytes for array in one.values()) + 8 * (num_classes - 1))


def of_images(
    found: PerImage,
    images: Sequence[int],
    keys: Array,
    classes: Array | None,
    num_classes: int,
    ranked: tuple[Array, Array] | None = None,
) -> Tally:
    """Return what is known of a few images.

    Args:
        found: Their numbers.
        images: Which images these are, each once.
        keys: The key of each (`lots.of_images`).
        classes: The class of each, 0 to `num_classes` − 1; None without labels.
        num_classes: How many classes there are.
        ranked: Maxima and their positions, (images, channels), by which images are ranked; None for those of `found`.
    """
    maximum, position = ranked or (found.maximum, found.position)
    empty = nothing(found.count.shape[1], num_classes)
    count = found.count.sum(axis=0)
    mean = (found.count * found.mean).sum(axis=0) / np.maximum(count, 1)
    squares = found.squares.sum(axis=0) + (found.count * np.square(found.mean - mean)).sum(axis=0)
    if classes is not None:
        np.add.at(empty.class_levels, classes, relative(found.level))
        np.add.at(empty.class_counts, classes, 1)
    numbers, drawn = (
        np.broadcast_to(each[:, None], found.count.shape) for each in (np.asarray(images, np.int64), keys)
    )
    seen = found.count > 0
    strongest = _strongest(maximum, np.where(seen, drawn, ties.LAST), np.where(seen, numbers, _NO_IMAGE), position)
    nobody = (empty.top_values, empty.top_keys, empty.top_images, empty.top_positions)
    top = [np.concatenate([some, none[len(some) :]]) for some, none in zip(strongest, nobody, strict=True)]
    highest = found.maximum.max(axis=0)
    num_at_maximum = np.where(np.isfinite(highest), (found.maximum == highest).sum(axis=0), 0)
    return Tally(
        num_images=len(images),
        count=count,
        mean=mean,
        squares=squares,
        minimum=found.minimum.min(axis=0).astype(np.float64),
        maximum=highest.astype(np.float64),
        positive=found.positive.sum(axis=0),
        firing=(found.positive > 0).sum(axis=0),
        num_nan=found.num_nan.sum(axis=0),
        num_infinite=found.num_infinite.sum(axis=0),
        class_levels=empty.class_levels,
        class_counts=empty.class_counts,
        top_values=top[0],
        top_keys=top[1],
        top_images=top[2],
        top_positions=top[3],
        num_at_maximum=num_at_maximum,
    )


def merge(one: Tally, other: Tally) -> Tally:
    """Return what is known of the images of both, which have none in common.

    Means and squares are put together as Chan, Golub and LeVeque 1983 do, "Algorithms for computing the sample
    variance", The American Statistician 37.
    """
    count = one.count + other.count
    share = other.count / np.maximum(count, 1)
    apart = other.mean - one.mean
    # Both means are weighted, so that the order makes no difference where one of the two is empty.
    mean = one.mean * (one.count / np.maximum(count, 1)) + other.mean * share
    top = _merged_tops(one, other)
    return Tally(
        num_images=one.num_images + other.num_images,
        count=count,
        mean=mean,
        squares=one.squares + other.squares + np.square(apart) * one.count * share,
        minimum=np.minimum(one.minimum, other.minimum),
        maximum=np.maximum(one.maximum, other.maximum),
        positive=one.positive + other.positive,
        firing=one.firing + other.firing,
        num_nan=one.num_nan + other.num_nan,
        num_infinite=one.num_infinite + other.num_infinite,
        class_levels=one.class_levels + other.class_levels,
        class_counts=one.class_counts + other.class_counts,
        top_values=top[0],
        top_keys=top[1],
        top_images=top[2],
        top_positions=top[3],
        num_at_maximum=np.where(one.maximum >= other.maximum, one.num_at_maximum, 0)
        + np.where(other.maximum >= one.maximum, other.num_at_maximum, 0),
    )


def worth(tally: Tally, maximum: Array, keys: Array) -> Array:
    """Return which of some images can be among the strongest, together with those that are known: (images, channels).

    Args:
        tally: What is known.
        maximum: The maxima of further images, (images, channels).
        keys: The keys of these images.
    """
    found = enters(tally, maximum, keys[:, None])
    crowded = np.flatnonzero(found.sum(axis=0) > TOP)
    drawn = np.broadcast_to(keys[:, None], (len(keys), len(crowded)))
    order = _order(maximum[:, crowded], drawn)
    found[:, crowded] = False
    found[order, crowded] = True
    return found


def enters(tally: Tally, maximum: Array, keys: Array) -> Array:
    """Return whether images of such maxima and keys come before the last that is kept, bool (images, channels)."""
    last = tally.top_values[-1]
    return np.asarray((maximum > last) | ((maximum == last) & (keys < tally.top_keys[-1])))


def _merged_tops(one: Tally, other: Tally) -> tuple[Array, Array, Array, Array]:
    """Return the strongest images of both; most channels of a batch bring nothing new, and are left as they are."""
    mine, theirs = ((each.top_values, each.top_keys, each.top_images, each.top_positions) for each in (one, other))
    changed = np.flatnonzero(enters(one, theirs[0][0], theirs[1][0]))
    found = tuple(array.copy() for array in mine)
    better = _strongest(*(np.concatenate([a[:, changed], b[:, changed]]) for a, b in zip(mine, theirs, strict=True)))
    for whole, part in zip(found, better, strict=True):
        whole[:, changed] = part
    return found[0], found[1], found[2], found[3]


def _strongest(values: Array, keys: Array, images: Array, positions: Array) -> tuple[Array, Array, Array, Array]:
    order = _order(values, keys)
    highest = np.take_along_axis(values, order, axis=0).astype(np.float64)
    drawn, numbers, places = (np.take_along_axis(each, order, axis=0) for each in (keys, images, positions))
    return highest, drawn, numbers, places


def _order(values: Array, keys: Array) -> Array:
    """Return the rows of the highest values, (25 at most, channels), of equal ones those with the lowest keys first."""
    return np.asarray(np.lexsort((keys, -values.astype(np.float64)), axis=0)[:TOP])
