"""The first of many: nothing that is better is left out, equals are drawn for, and how many there were is told."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from reportgen.language.ties import Tie, first


@pytest.mark.parametrize("seed", range(40))
def test_chosen_are_never_worse_than_those_left_out_and_a_tie_counts_all_equals(seed: int) -> None:
    drawn = random.Random(seed)
    items = [(drawn.randrange(4), place) for place in range(drawn.randrange(1, 12))]
    most = drawn.randrange(1, 12)
    chosen, tie = first(items, most, seed, key=lambda item: item[0])
    left = [item for item in items if item not in chosen]
    assert len(chosen) == min(most, len(items))
    assert [value for value, _ in chosen] == sorted(value for value, _ in items)[:most]
    cut = bool(left) and min(value for value, _ in left) == max(value for value, _ in chosen)
    last = chosen[-1][0]
    counts = [sum(value == last for value, _ in some) for some in (chosen, items)]
    assert tie == (Tie(*counts) if cut else None)


def test_equals_keep_their_order_where_all_have_a_place() -> None:
    assert first(["bb", "c", "aa"], 3, 0, key=len)[0] == ("c", "bb", "aa")


def test_each_of_equals_is_drawn_about_as_often_whatever_its_place() -> None:
    drawn = Counter(item for seed in range(2000) for item in first(range(5), 2, seed, key=lambda _: 0)[0])
    # 800 each; a standard deviation is √(2000 · 0.4 · 0.6) = 22.
    assert all(abs(drawn[item] - 800) < 110 for item in range(5))
    assert first(range(5), 2, 7, key=lambda _: 0) == first(range(5), 2, 7, key=lambda _: 0)


def test_nothing_has_no_first() -> None:
    assert first([], 3, 0, key=len) == ((), None)
