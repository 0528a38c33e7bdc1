"""Several places of one image that share a channel's highest value -> one of them, drawn by its key (`evidence.lots`).

All channels share the order of the keys: copies of each other are drawn alike.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence.lots import of_places
from reportgen.models.subject import Array

LAST = np.iinfo(np.uint64).max
"""A key behind all others, of what is no image."""


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
