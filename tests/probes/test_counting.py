"""What stays of answers: every figure against the answers themselves, and the same for any cut of the data."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.evidence.confidences import BOUNDS, Confidences, FirstImages, bins_of
from reportgen.language.ties import Tie
from reportgen.probes.predictions.counting import MOST_DRAWN, Answered, Asked, Counts

CLASSES, MOST, SEED = 7, 5, 3
Array = npt.NDArray[Any]


def answers(size: int, seed: int = 0, *, labels: bool = True) -> Answered:
    """Random answers with many that are equally confident, some at the bounds themselves and some that are broken."""
    draw = np.random.default_rng(seed)
    steps = np.array([0.0, 0.1, 0.3, 0.5, np.nextafter(np.float32(0.5), 1), 0.7, 0.9, 0.99, 1.0], np.float32)
    sure = np.where(draw.uniform(size=size) < 0.6, draw.choice(steps, size), draw.uniform(size=size))
    broken = draw.uniform(size=size) < 0.05
    given = np.where(broken, -1, draw.integers(0, CLASSES, size))
    true = draw.integers(0, CLASSES, size) if labels else None
    hits = np.zeros(size, bool) if true is None else given == true
    places = None if true is None else np.where(hits, 1, draw.integers(2, CLASSES + 1, size))
    return Answered(np.arange(size), np.where(broken, 0, sure).astype(np.float32), broken, hits, given, true, places)


def part(of: Answered, rows: Array) -> Answered:
    fields: list[Any] = [of.indices, of.confidence, of.broken, of.hits, of.answered, of.labels, of.places]
    chosen: list[Any] = [None if each is None else each[rows] for each in fields]
    return Answered(*chosen)


def counted(of: Answered, *, has_places: bool = True) -> Counts:
    found = Counts(Asked(CLASSES, MOST, SEED, has_places))
    found.add(of)
    return found


def assert_same(one: Counts, other: Counts) -> None:
    states = one.state(), other.state()
    assert states[0].keys() == states[1].keys()
    for name in states[0]:
        np.testing.assert_array_equal(states[0][name], states[1][name], err_msg=name)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 300), st.integers(0, 99), st.lists(st.integers(0, 300), max_size=6), st.booleans(), st.booleans())
def test_any_cut_leaves_the_same(size: int, seed: int, cuts: list[int], folded: bool, labels: bool) -> None:
    whole = answers(size, seed, labels=labels)
    order = np.random.default_rng(seed).permutation(size)
    joined = Counts(Asked(CLASSES, MOST, SEED, labels))
    ends = [0, *sorted(min(cut, size) for cut in cuts), size]
    for start, end in pairwise(ends):
        rows = np.sort(order[start:end])
        if folded:
            joined.fold(counted(part(whole, rows), has_places=labels).state())
        elif len(rows):
            joined.add(part(whole, rows))
    assert_same(joined, counted(whole, has_places=labels))


@pytest.mark.parametrize("low", BOUNDS)
def test_counts_at_each_bound_are_those_of_a_loop(low: float) -> None:
    whole = answers(2000)
    sure = [float(each) for each in whole.confidence]
    found, sound = counted(whole).confidences(), [not each for each in whole.broken]
    assert whole.places is not None
    for high in (*(bound for bound in BOUNDS if bound > low), 1.0):
        inside = [
            place for place in range(2000) if sound[place] and low <= sure[place] and (sure[place] < high or high == 1)
        ]
        each = found.between(low, high)
        assert each.right == sum(bool(whole.hits[place]) for place in inside)
        assert each.wrong == sum(not whole.hits[place] for place in inside)
        assert each.near == sum(not whole.hits[place] and whole.places[place] <= 5 for place in inside)
        assert each.confidence == pytest.approx(sum(sure[place] for place in inside), rel=1e-9)
        above = [place for place in range(2000) if sound[place] and low < sure[place] <= high]
        assert found.above(low, high).total == len(above)
    assert found.up_to(low).total == sum(sound[place] and sure[place] <= low for place in range(2000))
    assert found.all().total == sum(sound)


def test_sum_of_confidences_is_exact_from_a_256th_on() -> None:
    draw = np.random.default_rng(1).uniform(1 / 256, 1, 1000).astype(np.float32)
    zeros = np.zeros(1000, bool)
    found = counted(Answered(np.arange(1000), draw, zeros, zeros), has_places=False).confidences()
    assert found.all().confidence == float(draw.astype(np.longdouble).sum())


def test_pairs_and_places_are_counted() -> None:
    whole = answers(500)
    found = counted(whole)
    assert whole.labels is not None
    assert whole.answered is not None
    assert whole.places is not None
    expected = Counter(zip(whole.labels.tolist(), whole.answered.tolist(), strict=True))
    assert {(label, answer): number for label, answer, number in found.confusions().tolist()} == expected
    assert -1 in {answer for _, answer in expected}
    assert {place + 1: number for place, number in enumerate(found.places.tolist()) if number} == Counter(
        whole.places.tolist()
    )


def _lists(found: Confidences) -> list[tuple[FirstImages, int]]:
    return [(found.surest_right, -1), (found.surest_wrong, -1), (found.least_sure, 1), (found.drawn_wrong, -1)]


def test_first_images_are_those_of_a_sort_and_ties_are_counted() -> None:
    whole = answers(400)
    found = counted(whole).confidences()
    sure = whole.confidence.astype(np.float64)
    right, sound = whole.hits, ~whole.broken
    rows = [right, ~right, np.ones(400, bool), ~right & sound]
    for (listed, sign), among in zip(_lists(found), rows, strict=True):
        order = sorted(np.flatnonzero(among).tolist(), key=lambda place: (sign * sure[place], place))
        for number in range(1, MOST + 1):
            images, keys, tie = listed.first(number)
            assert keys == tuple(sign * sure[place] for place in order[:number])
            equals = [place for place in order if sure[place] == sure[order[number - 1]]]
            shown = sum(sure[place] == sure[order[number - 1]] for place in order[:number])
            assert tie == (Tie(shown, len(equals)) if len(equals) > shown else None)
            if listed.seed is None:
                assert list(images) == order[:number]
            else:
                assert set(images) <= {place for place in order if sure[place] in sure[order[:number]]}


def test_images_that_are_left_out_are_no_part_of_a_tie() -> None:
    listed = FirstImages.of(4, None, np.arange(5), np.array([0.0, 1.0, 1.0, 1.0, 2.0]))
    assert listed.first(2) == ((0, 1), (0.0, 1.0), Tie(1, 3))
    assert listed.first(2, {1: 1.0}) == ((0, 2), (0.0, 1.0), Tie(1, 2))
    assert listed.first(2, {0: 0.0, 1: 1.0}) == ((2, 3), (1.0, 1.0), None)
    assert listed.first(2, dict.fromkeys(range(5), 0.0)) == ((), (), None)


def test_equals_are_drawn_evenly_and_by_the_seed() -> None:
    chosen: Counter[int] = Counter()
    for seed in range(400):
        images, _, tie = FirstImages.of(8, seed, np.arange(40), np.zeros(40)).first(8)
        assert tie == Tie(8, 40)
        assert list(images) == sorted(images)
        chosen.update(images)
    # Each is drawn 80 times of 400 on average, with a deviation of 8.
    assert set(chosen) == set(range(40))
    assert all(40 < number < 120 for number in chosen.values())


def test_without_labels_all_are_others_and_none_is_right() -> None:
    whole = answers(300)
    dropped, bare = counted(whole).without_labels(), counted(answers(300, labels=False), has_places=False).confidences()
    everything = np.arange(300)
    expected = FirstImages.of(MOST, None, everything, -whole.confidence.astype(np.float64))
    assert dropped.surest_wrong.indices.tolist() == expected.indices.tolist()
    drawn = FirstImages.of(MOST_DRAWN, SEED, everything[~whole.broken], -whole.confidence[~whole.broken].astype(float))
    assert dropped.drawn_wrong.indices.tolist() == drawn.indices.tolist()
    assert dropped.all().right == bare.all().right == 0
    assert dropped.all().wrong == int((~whole.broken).sum())
    assert dropped.near is None


def test_zero_and_a_half_have_bins_of_their_own() -> None:
    # All other bounds lie between two float32s.
    values = np.array([0.0, 1e-30, 0.5, np.nextafter(np.float32(0.5), 1), 0.9, 1.0], np.float32)
    assert len(set(bins_of(values).tolist())) == len(values)


def test_classes_beyond_those_that_are_told_are_counted_apart() -> None:
    # An output of unknown length is taken for one of two classes, and may answer any.
    given, true = np.array([0, 9, 3, 9, -1]), np.array([1, 0, 1, 0, 1])
    zeros = np.zeros(5, bool)
    found = Counts(Asked(2, MOST, SEED, has_places=False))
    found.add(Answered(np.arange(5), np.ones(5, np.float32), given < 0, zeros, given, true))
    again = Counts(Asked(2, MOST, SEED, has_places=False))
    again.fold(found.state())
    for each in (found, again):
        assert each.confusions().tolist() == [[0, 9, 2], [1, -1, 1], [1, 0, 1], [1, 3, 1]]
