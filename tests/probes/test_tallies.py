"""Records of parts of a data set, put together in any order, against the record of the whole."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from reportgen.evidence import lots
from reportgen.evidence.responses import NUM_STRONGEST as TOP
from reportgen.probes.watching.reducing import per_image
from reportgen.probes.watching.tallies import Tally, merge, nothing, of_images, worth

NUM_IMAGES, NUM_CLASSES, NUM_CHANNELS = 40, 3, 5
EXACT = (
    "num_images", "count", "minimum", "maximum", "positive", "firing", "num_nan", "num_infinite", "class_counts",
    "top_values", "top_keys", "top_images", "top_positions", "num_at_maximum",
)  # fmt: skip
ROUNDED = ("mean", "squares", "class_levels")


def responses() -> Any:
    """Maps with many equal maxima, one channel without any response and one with a NaN and an infinity."""
    draw = np.random.default_rng(3)
    values = np.round(draw.normal(size=(NUM_IMAGES, 30, NUM_CHANNELS)) * 2).astype(np.float32)
    values[..., 1] = 0
    values[7, 4, 2], values[9, 3, 2] = np.nan, np.inf
    return values


VALUES = responses()
CLASSES = np.arange(NUM_IMAGES) % NUM_CLASSES


def tally(images: list[int], seed: int = 0) -> Tally:
    if not images:
        return nothing(NUM_CHANNELS, NUM_CLASSES)
    keys = lots.of_images(seed, np.array(images))
    return of_images(per_image(VALUES[images], keys), images, keys, CLASSES[images], NUM_CLASSES)


def assert_same(one: Tally, other: Tally) -> None:
    for name in EXACT:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ROUNDED:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12, atol=1e-12, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(
    order=some.permutations(range(NUM_IMAGES)),
    cuts=some.lists(some.integers(0, NUM_IMAGES), max_size=6),
    from_the_right=some.booleans(),
)
def test_any_split_comes_to_the_numbers_of_one_pass(order: list[int], cuts: list[int], from_the_right: bool) -> None:
    bounds = [0, *sorted(cuts), NUM_IMAGES]
    parts = [tally(list(order[first:end])) for first, end in pairwise(bounds)]
    whole = reduce(lambda one, other: merge(other, one), reversed(parts)) if from_the_right else reduce(merge, parts)
    assert_same(whole, tally(list(range(NUM_IMAGES))))


@settings(max_examples=30, deadline=None)
@given(order=some.permutations(range(NUM_IMAGES)), first=some.integers(0, 20), second=some.integers(20, 40))
def test_merging_is_associative_and_commutative(order: list[int], first: int, second: int) -> None:
    one, two, three = (tally(list(part)) for part in (order[:first], order[first:second], order[second:]))
    assert_same(merge(one, two), merge(two, one))
    assert_same(merge(merge(one, two), three), merge(one, merge(two, three)))


def test_numbers_are_those_of_a_slow_loop() -> None:
    found = tally(list(range(NUM_IMAGES)))
    for channel in range(NUM_CHANNELS):
        finite = [float(x) for x in VALUES[..., channel].ravel() if np.isfinite(x)]
        mean = sum(finite) / len(finite)
        assert found.count[channel] == len(finite)
        assert found.mean[channel] == pytest.approx(mean, abs=1e-6)
        assert found.squares[channel] == pytest.approx(sum((x - mean) ** 2 for x in finite), rel=1e-6)
        assert (found.minimum[channel], found.maximum[channel]) == (min(finite), max(finite))
        assert found.positive[channel] == sum(x > 0 for x in finite)
        highest = [max(float(x) for x in image[:, channel] if np.isfinite(x)) for image in VALUES]
        assert found.firing[channel] == sum(x > 0 for x in highest)
        strongest = found.top_images[:, channel].tolist()
        assert len(set(strongest)) == TOP
        assert [highest[image] for image in strongest] == sorted(highest, reverse=True)[:TOP]
        assert found.top_values[:, channel].tolist() == [highest[image] for image in strongest]
        for image, position in zip(strongest, found.top_positions[:, channel], strict=True):
            assert VALUES[image, position, channel] == highest[image]
        assert found.num_at_maximum[channel] == highest.count(max(highest))
    assert found.num_nan.tolist() == [0, 0, 1, 0, 0]
    assert found.num_infinite.tolist() == [0, 0, 1, 0, 0]


def test_nothing_changes_nothing() -> None:
    some_images = tally([3, 5, 8])
    assert_same(merge(some_images, nothing(NUM_CHANNELS, NUM_CLASSES)), some_images)
    assert_same(merge(nothing(NUM_CHANNELS, NUM_CLASSES), some_images), some_images)


def test_image_without_a_number_is_not_among_the_strongest() -> None:
    values = np.zeros((2, 4, 1), np.float32)
    values[0] = np.nan
    values[1, 2] = 5
    keys = lots.of_images(0, np.arange(2))
    found = of_images(per_image(values, keys), [0, 1], keys, None, 0)
    assert (found.top_images[0, 0], found.top_values[0, 0], found.top_positions[0, 0]) == (1, 5.0, 2)
    assert np.isneginf(found.top_values[1:, 0]).all()
    assert found.num_at_maximum[0] == 1


def test_among_equal_images_every_image_is_drawn_as_often() -> None:
    """Channel 1 is silent on all forty images: 25 of them are drawn, by seed."""
    times = np.zeros(NUM_IMAGES)
    for seed in range(200):
        found = tally(list(range(NUM_IMAGES)), seed)
        times[found.top_images[:, 1]] += 1
        assert found.num_at_maximum[1] == NUM_IMAGES
    # Each is drawn in 25 of 40, of 200 draws 125 times; the standard deviation is 6.8.
    assert times.sum() == 200 * TOP
    assert 125 - 5 * 6.8 < times.min() < times.max() < 125 + 5 * 6.8


@settings(max_examples=30, deadline=None)
@given(order=some.permutations(range(NUM_IMAGES)), size=some.integers(1, 25))
def test_places_that_are_not_worth_a_look_are_among_the_strongest_of_no_pass(order: list[int], size: int) -> None:
    """Batch by batch, with a look at the places that can matter alone, comes to what a look at all of them comes to."""
    known, looks = nothing(NUM_CHANNELS, NUM_CLASSES), 0
    for start in range(0, NUM_IMAGES, size):
        images = list(order[start : start + size])
        keys = lots.of_images(0, np.array(images))
        values = np.where(np.isfinite(VALUES[images]), VALUES[images], 0).astype(np.float32)

        def found(maximum: Any, known: Tally = known, keys: Any = keys) -> Any:
            return worth(known, maximum, keys)

        here = per_image(values, keys, found)
        looks += int(found(here.maximum).sum())
        known = merge(known, of_images(here, images, keys, CLASSES[images], NUM_CLASSES))
    whole = np.where(np.isfinite(VALUES), VALUES, 0).astype(np.float32)
    keys = lots.of_images(0, np.arange(NUM_IMAGES))
    every = of_images(per_image(whole, keys), list(range(NUM_IMAGES)), keys, CLASSES, NUM_CLASSES)
    assert_same(known, every)
    assert looks <= TOP * NUM_CHANNELS * -(-NUM_IMAGES // size)
