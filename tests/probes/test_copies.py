"""Copies among channels, against correlations that NumPy works out over all places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.probes.watching.copies import copies


def found(values: Any, threshold: float = 0.99, places: int | None = None) -> dict[int, tuple[int, float]]:
    """Compare the channels of (images, positions, channels); the random places are the first ones."""
    flat = values.reshape(-1, values.shape[-1])
    highest = values.max(axis=1)
    order = np.argsort(-highest, axis=0, kind="stable")[:9]
    positions = np.take_along_axis(values.argmax(axis=1), order, axis=0)
    images = np.where(np.take_along_axis(highest, order, axis=0) > flat.min(axis=0), order, -1)
    varying = flat.min(axis=0) < flat.max(axis=0)
    return copies(flat[:places], np.maximum(values, 0).mean(axis=1), (images, positions), varying, threshold)


def channels() -> Any:
    draw = np.random.default_rng(0)
    values = np.maximum(draw.normal(size=(6, 50, 6)), 0).astype(np.float32)
    values[..., 3] = 2.5 * values[..., 1]
    values[..., 5] = values[..., 1] + 0.05 * draw.normal(size=(6, 50)).astype(np.float32)
    return values


def test_copy_is_found_whatever_its_scale_with_the_correlation_that_numpy_finds() -> None:
    values = channels()
    pairs = found(values)
    assert {channel: of for channel, (of, _) in pairs.items()} == {3: 1, 5: 1}
    flat = values.reshape(-1, 6)
    assert pairs[3][1] == pytest.approx(1.0, abs=1e-5)
    by_place = np.corrcoef(flat[:, 1], flat[:, 5])[0, 1]
    by_image = np.corrcoef(*(np.maximum(values[..., channel], 0).mean(axis=1) for channel in (1, 5)))[0, 1]
    assert pairs[5][1] == pytest.approx(min(by_place, by_image), abs=1e-5)


def test_threshold_decides() -> None:
    assert set(found(channels(), threshold=0.9999)) == {3}


def test_constant_channels_are_copies_of_none() -> None:
    values = channels()
    values[..., 0] = values[..., 2] = 0.3
    assert set(found(values)) == {3, 5}


def test_channels_that_meet_by_chance_at_random_places_are_no_copies() -> None:
    values = np.zeros((4, 50, 2), np.float32)
    # In the first image both answer at the same place and nowhere else; later in images of their own.
    values[0, 7] = [3, 2]
    values[1, 9, 0] = values[2, 11, 0] = values[3, 30, 1] = 3
    assert np.corrcoef(values[0].T)[0, 1] == pytest.approx(1.0)
    assert found(values, places=50) == {}


def test_channels_that_answer_alike_to_images_but_elsewhere_are_no_copies() -> None:
    values = np.zeros((5, 40, 2), np.float32)
    for image in range(5):
        values[image, 10 + image, 0] = values[image, 11 + image, 1] = image
    assert found(values, places=5) == {}


def test_copy_that_random_places_miss_is_found_by_its_images() -> None:
    values = np.random.default_rng(0).uniform(size=(5, 40, 3)).astype(np.float32)
    values[..., 1:] = 0
    # Both are silent at the random places, those of the first image.
    values[2, 5, 1:] = values[4, 6, 1:] = 1.0
    values[3, 9, 1:] = 2.0
    copies_found = found(values, places=40)
    assert {channel: of for channel, (of, _) in copies_found.items()} == {2: 1}


def test_copy_is_found_in_a_single_image() -> None:
    values = np.random.default_rng(0).uniform(size=(1, 40, 3)).astype(np.float32)
    values[..., 2] = values[..., 0]
    assert {channel: of for channel, (of, _) in found(values).items()} == {2: 0}


def test_negative_correlation_makes_no_copy() -> None:
    values = channels()[..., :2]
    values[..., 1] = -values[..., 0]
    assert found(values) == {}
