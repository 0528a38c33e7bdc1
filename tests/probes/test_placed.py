"""Responses of channels at places: which places, and that they are what the model gives there."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from reportgen.probes.watching import placed
from reportgen.records.judged import judged
from tests.probes.subjects import costly, data, subject

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).random((70, 10, 8, 1))


def model(stride: int = 1) -> keras.Model:
    keras.utils.set_random_seed(stride)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((10, 8, 1)),
            layers.Conv2D(3, 3, strides=stride, padding="same", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Conv2D(5, 3, activation="relu", name="second"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def test_responses_are_those_of_the_model_behind_the_activation() -> None:
    net = model()
    looked = subject(net, data(IMAGES))
    calls = judged(looked.record.layers)
    found = placed.places((looked, looked), [(call, call) for call in calls], seed=1)
    assert found.images.tolist() == list(range(70))
    assert found.number == placed.MOST_PLACES // 70 * 70
    wanted = [old for old, _ in found.pairs]
    values = placed.responses(looked, found.images, wanted)
    outputs = [net.get_layer(name).output for name in ("relu", "second")]
    maps = keras.Model(net.inputs[0], outputs)(IMAGES.astype("float32"))
    for each, (_, other), channels, expected in zip(wanted, found.pairs, values, maps, strict=True):
        assert np.array_equal(each.positions, other.positions)
        assert len({*zip(each.slots.tolist(), each.positions.tolist(), strict=True)}) == len(each.slots)
        whole = np.asarray(expected).reshape(70, -1, channels.shape[1])
        assert channels == pytest.approx(whole[each.slots, each.positions], abs=1e-5)


def test_layers_of_other_axes_are_not_compared() -> None:
    looked = subject(model(), data(IMAGES))
    line = subject(
        keras.Sequential([keras.Input((10, 1)), keras.layers.Conv1D(2, 3, name="line"), keras.layers.Flatten()]),
        data(np.zeros((70, 10, 1))),
    )
    pair = (judged(looked.record.layers)[0], judged(line.record.layers)[0])
    assert placed.places((looked, line), [pair], seed=1).pairs == ()


def test_places_lie_where_they_lie_in_maps_of_another_size() -> None:
    looked = subject(model(), data(IMAGES))
    drawn = placed.draw((looked,), 8, seed=1)
    slots, fine, coarse = placed.at_places(drawn, (10, 8), (5, 4))
    assert np.array_equal(fine // 8 // 2, coarse // 4)
    assert np.array_equal(fine % 8 // 2, coarse % 4)
    assert (np.diff(slots) >= 0).all()
    assert {*coarse.tolist()} == set(range(20))


def test_images_and_places_are_fewer_for_large_models() -> None:
    looked = subject(model(), data(np.zeros((400, 10, 8, 1))))
    assert len(placed.draw((looked,), 8, seed=1).images) == 400
    dear = costly(looked, 10**10)
    drawn = placed.draw((looked, dear), 10**6, seed=1)
    assert len(drawn.images) == 64
    assert len(drawn.slots) == placed.FEWEST_PLACES
    assert not np.array_equal(drawn.images, placed.draw((looked, dear), 10**6, seed=2).images)
