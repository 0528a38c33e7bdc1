"""The class selectivity index by hand, and what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.probes.watching.selective import chances, relative, selectivity


@pytest.mark.parametrize(
    ("means", "index", "favourite"),
    [
        ([3.0, 1.0, 1.0], 0.5, 0),
        ([1.0, 2.0, 0.0], 0.6, 1),  # (2 − ½) / (2 + ½)
        ([0.0, 0.0, 4.0], 1.0, 2),
        ([2.0, 2.0, 2.0], 0.0, 0),
        ([0.0, 0.0, 0.0], None, 0),
    ],
    ids=["twice the rest", "of unequal rest", "one class only", "none", "never"],
)
def test_index_compares_the_highest_mean_with_the_mean_of_the_others(
    means: list[float], index: float | None, favourite: int
) -> None:
    found, place = selectivity(np.array(means)[:, None])
    assert place[0] == favourite
    assert np.isnan(found[0]) if index is None else found[0] == pytest.approx(index)


def test_channel_of_one_class_is_beyond_chance_and_noise_is_not() -> None:
    draw = np.random.default_rng(0)
    classes = np.arange(60) % 3
    responses = draw.uniform(0.5, 1.5, (60, 8)).astype(np.float32)
    responses[:, 2] *= np.where(classes == 1, 3, 1)
    found = chances(responses, classes, 199, draw)
    assert found[2] == 1 / 200
    assert np.delete(found, 2).min() > 0.05


def test_channel_that_answers_to_a_single_image_says_nothing_and_hides_no_other() -> None:
    draw = np.random.default_rng(1)
    classes = np.arange(60) % 3
    responses = draw.uniform(0.5, 1.5, (60, 8)).astype(np.float32)
    responses[:, 2] *= np.where(classes == 1, 3, 1)
    responses[:, 5] = 0
    responses[7, 5] = 1
    found = chances(responses, classes, 199, draw)
    # Whatever the order, it answers to one class alone.
    assert found[2] == 1 / 200
    assert np.isnan(found[5])


@pytest.mark.parametrize("num_classes", [3, 70], ids=["few classes", "many classes"])
def test_chance_is_the_share_of_orders_that_a_slow_loop_counts(num_classes: int) -> None:
    classes = np.random.default_rng(2).permutation(np.arange(210) % num_classes)
    responses = np.random.default_rng(3).gamma(1.0, size=(210, 4)).astype(np.float32)
    responses[:, 1] += 0.4 * (classes == 1)
    found = chances(responses, classes, 20, np.random.default_rng(9))
    again = np.random.default_rng(9)
    rows = []
    for order in [classes, *(again.permutation(classes) for _ in range(20))]:
        means = np.array([responses[order == label].mean(axis=0) for label in range(num_classes)])
        highest = means.max(axis=0)
        others = (means.sum(axis=0) - highest) / (num_classes - 1)
        rows.append((highest - others) / (highest + others))
    standing = (np.array(rows) - np.mean(rows, axis=0)) / np.std(rows, axis=0)
    for channel in range(4):
        beyond = [row.max() >= standing[0, channel] - 1e-4 for row in standing]
        assert found[channel] == pytest.approx(np.mean(beyond), abs=1e-9)


def test_constant_channels_say_nothing() -> None:
    responses = np.full((30, 4), 0.3, np.float32)
    found = chances(responses, np.arange(30) % 3, 199, np.random.default_rng(0))
    assert np.isnan(found).all()
    responses[:, 1] += np.arange(30) % 3
    found = chances(responses, np.arange(30) % 3, 199, np.random.default_rng(0))
    assert found[1] == 1 / 200
    assert np.isnan(found[[0, 2, 3]]).all()


def test_with_one_image_a_class_nothing_can_be_said() -> None:
    responses = np.random.default_rng(0).gamma(1.0, size=(12, 4)).astype(np.float32)
    assert np.isnan(chances(responses, np.arange(12), 99, np.random.default_rng(0))).all()


def test_image_that_raises_all_channels_counts_no_more_than_others() -> None:
    draw = np.random.default_rng(7)
    classes = np.arange(60) % 3
    # All channels answer to the ink of an image, of which class 0 has the most; channel 2 answers to class 1 as well.
    ink = np.where(classes == 0, 3.0, 1.0) * draw.uniform(0.8, 1.2, 60)
    responses = (ink[:, None] * draw.uniform(0.9, 1.1, (60, 8))).astype(np.float32)
    responses[:, 2] *= np.where(classes == 1, 1.5, 1)
    raw = selectivity(np.stack([responses[classes == label].mean(axis=0) for label in range(3)]))
    assert set(raw[1]) == {0}
    rows = relative(responses)
    np.testing.assert_allclose(rows.mean(axis=1), 1, rtol=1e-5)
    found = chances(rows, classes, 199, draw)
    assert found[2] == 1 / 200
    means = np.stack([rows[classes == label].mean(axis=0) for label in range(3)])
    assert selectivity(means)[1][2] == 1


def test_layer_of_one_channel_and_an_image_without_response_stay() -> None:
    assert relative(np.array([[2.0], [4.0]])).tolist() == [[2.0], [4.0]]
    assert relative(np.array([[0.0, 0.0], [1.0, 3.0]])).tolist() == [[0.0, 0.0], [0.5, 1.5]]


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_random_labels_make_layers_speak_as_seldom_as_the_level_says(sparse: bool) -> None:
    # 300 layers of 12 channels: at 5 % one expects 15 at most, and more than 27 once in a thousand such trials.
    draw = np.random.default_rng(5)
    spoken = 0
    for _ in range(300):
        responses = draw.gamma(1.0, size=(40, 12)).astype(np.float32)
        if sparse:
            responses *= draw.uniform(size=responses.shape) < np.linspace(0.02, 1, 12)
        spoken += bool(chances(responses, draw.permutation(np.arange(40) % 4), 99, draw).min() <= 0.05)
    assert spoken <= 27


def test_test_finds_what_is_there_more_often_than_chance() -> None:
    # The counterpart: a real preference is found in most layers, so that the rate above is no sign of blindness.
    draw = np.random.default_rng(6)
    spoken = 0
    for _ in range(50):
        classes = draw.permutation(np.arange(40) % 4)
        responses = draw.gamma(1.0, size=(40, 12)).astype(np.float32)
        responses[:, 3] += 3 * (classes == 2)
        spoken += bool(chances(responses, classes, 99, draw)[3] <= 0.05)
    assert spoken >= 45
