"""Records of parts of a data set, put together in any order, against the record of the whole."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from reportgen.probes.responses.reducing import per_image
from reportgen.probes.responses.tallies import TOP, Tally, merge, nothing, of_images

NUM_IMAGES, NUM_CLASSES, NUM_CHANNELS = 40, 3, 5
EXACT = (
    "num_images", "count", "minimum", "maximum", "positive", "firing", "num_nan", "num_infinite", "class_counts",
    "top_values", "top_images", "top_positions",
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


def tally(images: list[int]) -> Tally:
    if not images:
        return nothing(NUM_CHANNELS, NUM_CLASSES)
    return of_images(per_image(VALUES[images]), images, CLASSES[images], NUM_CLASSES)


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
        strongest = sorted(range(NUM_IMAGES), key=lambda image: (-highest[image], image))[:TOP]
        assert found.top_images[:, channel].tolist() == strongest
        assert found.top_values[:, channel].tolist() == [highest[image] for image in strongest]
        for image, position in zip(strongest, found.top_positions[:, channel], strict=True):
            values = [x if np.isfinite(x) else -np.inf for x in VALUES[image, :, channel].tolist()]
            assert position == values.index(max(values))
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
    found = of_images(per_image(values), [0, 1], None, 0)
    assert (found.top_images[0, 0], found.top_values[0, 0], found.top_positions[0, 0]) == (1, 5.0, 2)
    assert np.isneginf(found.top_values[1:, 0]).all()
