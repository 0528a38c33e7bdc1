"""Fewer images of a dataset, drawn at random: all that is known of each stays with it."""

from __future__ import annotations

import numpy as np

from reportgen.sources.memory import from_arrays
from reportgen.sources.sampling import sampled

IMAGES = np.arange(1000, dtype=np.float32)[:, None, None, None] * np.ones((1, 4, 4, 1), np.float32)


def test_what_is_known_of_an_image_stays_with_it() -> None:
    whole = from_arrays(IMAGES, np.arange(1000) % 7)
    some = sampled(whole, 50, seed=3)
    drawn = some.read(range(50))[:, 0, 0, 0].astype(int)
    assert some.size == len(set(drawn)) == 50
    assert sorted(drawn) == drawn.tolist()
    assert some.labels is not None
    np.testing.assert_array_equal(some.labels, drawn % 7)
    np.testing.assert_array_equal(some.read([7, 3])[:, 0, 0, 0], drawn[[7, 3]])
    assert "50 of 1,000 images were drawn at random (--limit-answers, seed 3)" in some.notes[-1].replace("\u202f", ",")


def test_draw_is_by_seed_and_says_what_it_costs() -> None:
    whole = from_arrays(IMAGES, np.arange(1000) % 2)
    one, again, other = (sampled(whole, 100, seed).read(range(100)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    # Of a share of 1/2, the half of a 95 % interval is 1.96 · √(0.25 / 100).
    assert "off by up to 9.8% of all images" in sampled(whole, 100, 0).notes[-1]


def test_all_images_are_all_there_is() -> None:
    whole = from_arrays(IMAGES)
    assert sampled(whole, None, 0) is sampled(whole, 1000, 0) is sampled(whole, 2000, 0) is whole
