"""Where evidence lies by class, and places that make an answer: planted ones are found, clean networks stay silent."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from keras import layers

from reportgen.evidence.shortcuts import GRID, ShortcutsResult
from reportgen.options import make
from reportgen.probes import predictions, shortcuts
from reportgen.probes.shortcuts import cells
from tests.probes import subjects

Array = npt.NDArray[Any]
SIDE = 24


def shapes(tagged: int = 20, count: int = 120, side: int = SIDE) -> Array:
    """A bright square in the upper left (class 0) or in the middle right (class 1); some of class 0 have a tag."""
    rng = np.random.default_rng(2)
    images = rng.uniform(0, 0.1, (count, side, side, 1)).astype(np.float32)
    half, size = side // 2, side // 4
    for index, image in enumerate(images):
        top, left = (2, 2) if index % 2 == 0 else (half, half + 2)
        shift = int(rng.integers(0, 3))
        is_tagged = index % 2 == 0 and index // 2 < tagged
        if not is_tagged:
            image[top + shift : top + shift + size, left : left + size] = 1
        else:
            image[-side // 8 :, -side // 8 :] = 1
    return images


def network(tag: float, side: int = SIDE) -> Any:
    """A linear network: the upper left against the middle right, and a weight on the lower right corner."""
    weights = np.zeros((side, side, 1, 2), np.float32)
    half, size = side // 2, side // 4
    weights[2 : size + 5, 2 : size + 3, 0, 0] = 1
    weights[half : half + size + 3, half + 2 : half + size + 3, 0, 1] = 1
    weights[-side // 8 :, -side // 8 :, 0, 0] = tag
    weights /= size * size / 6
    model = keras.Sequential(
        [
            keras.Input((side, side, 1)),
            layers.Conv2D(1, 1, name="as_it_is"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.layers[0].set_weights([np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)])
    model.layers[-1].set_weights([weights.reshape(-1, 2), np.zeros(2, np.float32)])
    return model


def searched(model: Any, images: Array, **options: Any) -> ShortcutsResult:
    subject = subjects.subject(model, subjects.data(images, class_names=("square", "other")))
    wish = make(options)
    subject = subjects.with_earlier(subject, {"predictions": predictions.run(subject, wish)})
    found = shortcuts.run(subject, wish)
    assert found is not None
    return found


@pytest.mark.parametrize("tagged", [5, 20, 60])
def test_planted_tag_is_found_and_named(tagged: int) -> None:
    found = searched(network(tag=30.0), shapes(tagged))
    (alarm,) = [test for test in found.tests if test.is_alarm]
    assert (alarm.name, alarm.place) == ("square", "lower right corner")
    assert alarm.turned / alarm.num_receivers > 0.9
    assert alarm.num_members == tagged or tagged == 60
    assert len(alarm.receivers) == len(alarm.turned_into) == 4
    assert alarm.members[0].shape == (SIDE, SIDE)
    assert all(after[-1, -1] > 200 for after in alarm.turned_into)


def test_network_that_reads_the_object_stays_silent() -> None:
    found = searched(network(tag=0.0), shapes(0))
    assert len(found.tests) == 2
    assert not any(test.is_alarm for test in found.tests), found.tests


def test_share_in_the_window_is_that_of_members_and_of_others() -> None:
    found = searched(network(tag=30.0), shapes(20))
    (alarm,) = [test for test in found.tests if test.is_alarm]
    assert alarm.share_in > 0.9
    assert alarm.share_out < 0.1
    assert alarm.control <= 0.1 * alarm.num_receivers


def test_evidence_of_each_class_is_where_its_object_is() -> None:
    found = searched(network(tag=0.0), shapes(0))
    first, second = sorted(found.classes, key=lambda one: one.class_index)
    assert np.unravel_index(first.levels.argmax(), (GRID, GRID))[0] < 4
    assert np.unravel_index(second.levels.argmax(), (GRID, GRID))[1] >= 4
    assert first.border.area == pytest.approx(28 / 64)
    assert first.border.low <= first.border.mean <= first.border.high
    assert first.outside is not None
    assert first.outside.mean < 0.2


def test_photographs_are_searched_window_by_window() -> None:
    """Larger than 32 pixels a side: each window is tried, and the best one measured again on other images."""
    images = shapes(20, 300, 40)
    found = searched(network(30.0, 40), images)
    assert found.how == "searched"
    (alarm,) = [test for test in found.tests if test.is_alarm]
    assert alarm.place == "lower right corner"
    silent = searched(network(0.0, 40), shapes(0, 300, 40))
    assert not any(test.is_alarm for test in silent.tests)


def test_same_seed_gives_the_same_result() -> None:
    first, second = (searched(network(30.0), shapes(20), seed=4) for _ in range(2))
    assert first.tests[0].turned == second.tests[0].turned
    assert [one.border for one in first.classes] == [one.border for one in second.classes]


@pytest.mark.parametrize(
    ("images", "reason"),
    [(shapes(0, 10), "No class is predicted for 8"), (shapes(0)[:, :6, :6], "fewer than 8 pixels")],
)
def test_what_cannot_be_looked_for_is_said(images: Array, reason: str) -> None:
    side = images.shape[1]
    assert reason in searched(network(0.0, side) if side == SIDE else _small(side), images).missing


def test_network_whose_answers_hang_on_no_pixel_has_no_share_of_evidence_anywhere() -> None:
    model = network(0.0)
    model.layers[-1].set_weights([np.zeros((SIDE * SIDE, 2), np.float32), np.array([1, 0], np.float32)])
    found = searched(model, shapes(0))
    assert found.classes == (), "0 % of nothing is no share"
    assert found.missing.startswith("By their gradients, no pixel counts towards these answers")


def _small(side: int) -> Any:
    return keras.Sequential([keras.Input((side, side, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")])


def test_cells_add_up_and_windows_are_sums_of_cells() -> None:
    maps = np.random.default_rng(0).normal(size=(5, 30, 21))
    found = cells.shares(maps)
    assert found.sum(axis=(1, 2)) == pytest.approx(np.ones(5))
    assert cells.windows(found)[2, 3, 4] == pytest.approx(found[2, 3:5, 4:6].sum())
    corner = np.maximum(maps[:, :3, :2], 0).sum(axis=(1, 2)) / np.maximum(maps, 0).sum(axis=(1, 2))
    assert found[:, 0, 0] == pytest.approx(corner)


def test_best_cut_separates_two_groups() -> None:
    values = np.array([0.1, 0.12, 0.11, 0.9, 0.95, 0.1])
    explained, cut, apart = cells.split(values)
    assert explained > 0.99
    assert 0.12 < cut < 0.9
    assert apart == pytest.approx(0.925 - 0.1075)
    assert cells.members(values).tolist() == [False, False, False, True, True, False]
