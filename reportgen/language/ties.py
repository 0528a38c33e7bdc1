"""Things in an order -> the first of them; where the last place is shared, it is drawn for, and that is told.

The order in which data happen to lie says nothing about them, so it never decides which of several equals are shown.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tie:
    """Several equals, of which only some have a place.

    Attributes:
        shown: How many of them were drawn.
        total: How many there are.
    """

    shown: int
    total: int


def first(items: Sequence[T], most: int, seed: int, *, key: Callable[[T], Any]) -> tuple[tuple[T, ...], Tie | None]:
    """Choose the items with the lowest keys.

    Args:
        items: The items.
        most: How many may be chosen.
        seed: Seed of the draw among equals.
        key: What an item is ordered by.

    Returns:
        The items by their keys, equal ones in the order given; and how many equals the last place was drawn from, None
        where none of them had to be left out.

    >>> first("bca", 2, 0, key=str)
    (('a', 'b'), None)
    >>> first((1, 1, 0, 1), 2, 0, key=int)
    ((0, 1), Tie(shown=1, total=3))
    """
    ordered = sorted(items, key=key)
    if len(ordered) <= most or most == 0 or key(ordered[most - 1]) != key(ordered[most]):
        return tuple(ordered[:most]), None
    last = key(ordered[most])
    before = [item for item in ordered[:most] if key(item) != last]
    equals = [item for item in ordered if key(item) == last]
    shown = most - len(before)
    drawn = sorted(random.Random(seed).sample(range(len(equals)), shown))
    return (*before, *(equals[place] for place in drawn)), Tie(shown, len(equals))
