"""A seed and the numbers of images or places -> an order drawn at random, the same however a data set is cut up.

Where several images, or several places of one, share a channel's highest value, the order of a file says nothing of
them. They are drawn in the order of these keys, which depend on the seed and on each number alone, so that parts of a
data set can be put together in any order. All channels share the order: copies of each other are drawn alike.
"""

from __future__ import annotations

import numpy as np

from reportgen.models.subject import Array

LAST = np.iinfo(np.uint64).max
"""A key behind all others, of what is no image."""
# Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA: the step of SplitMix64, and the
# shifts and factors by which each bit of a number comes to depend on all of its bits.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_LAST_SHIFT = np.uint64(31)


def of_images(seed: int, images: Array) -> Array:
    """Return the key of every image, uint64, different for different images.

    Args:
        seed: Another seed makes another order.
        images: Their numbers, int64, from 0.
    """
    return of_places(_mixed(np.array([seed], np.uint64)), images)


def of_places(keys: Array, places: Array) -> Array:
    """Return the key of every place of a map, uint64, different for the places of one image.

    Args:
        keys: The key of the image that each belongs to.
        places: Their numbers, int64, from 0.
    """
    return _mixed(keys + places.astype(np.uint64) * _STEP)


def anywhere(keys: Array, num_places: int) -> Array:
    """Return a place of every image, drawn from all of them, int64: where one value is everywhere.

    Args:
        keys: The key of every image.
        num_places: How many places each has.
    """
    return np.asarray((keys % np.uint64(max(num_places, 1))).astype(np.int64))


def draw(drawn: tuple[Array, Array], where: tuple[Array, Array], keys: Array, places: Array) -> None:
    """Keep the first of several places, of those that are given and the one that was drawn before.

    Args:
        drawn: The keys of the places drawn before, uint64, and these places, both (images, channels); the new ones are
            noted here.
        where: Image and channel that each place is for.
        keys: The key of every image.
        places: The places.
    """
    first, position = drawn
    found = of_places(keys[where[0]], places)
    np.minimum.at(first, where, found)
    is_first = found == first[where]
    position[where[0][is_first], where[1][is_first]] = places[is_first]


def _mixed(values: Array) -> Array:
    """Return numbers by which nobody would guess the given ones, each from one of them."""
    mixed = values + _STEP
    for shift, factor in _ROUNDS:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return np.asarray(mixed ^ (mixed >> _LAST_SHIFT))
