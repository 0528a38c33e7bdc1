"""A seed and the numbers of images or places -> an order drawn at random, the same however a data set is cut up.

Where several images, or several places of one, share a value, the order of a file says nothing of them. They are drawn
in the order of these keys, which depend on the seed and on each number alone, so that parts of a data set can be put
together in any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA: the step of SplitMix64, and the
# shifts and factors by which each bit of a number comes to depend on all of its bits.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_LAST_SHIFT = np.uint64(31)
_Numbers = npt.NDArray[Any]


def of_images(seed: int, images: _Numbers) -> _Numbers:
    """Return the key of every image, uint64, different for different images.

    Args:
        seed: Another seed makes another order.
        images: Their numbers, int64, from 0.
    """
    return of_places(_mixed(np.array([seed], np.uint64)), images)


def of_places(keys: _Numbers, places: _Numbers) -> _Numbers:
    """Return the key of every place of a map, uint64, different for the places of one image.

    Args:
        keys: The key of the image that each belongs to.
        places: Their numbers, int64, from 0.
    """
    return _mixed(keys + places.astype(np.uint64) * _STEP)


def _mixed(values: _Numbers) -> _Numbers:
    """Return numbers by which nobody would guess the given ones, each from one of them."""
    mixed = values + _STEP
    for shift, factor in _ROUNDS:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return np.asarray(mixed ^ (mixed >> _LAST_SHIFT))
