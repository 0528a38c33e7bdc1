"""A model before any training: weights as its layers would draw them, and as they were afterwards."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from reportgen.models.initialising import untrained

pytestmark = pytest.mark.keras


@keras.saving.register_keras_serializable("tests")
class Own(keras.layers.Layer):  # type: ignore[misc]
    """A layer whose weight names no initializer."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, inputs: object) -> object:
        return inputs * self.scale


def model() -> keras.Model:
    layers = keras.layers
    found = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(32, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.DepthwiseConv2D(3, depthwise_initializer="he_normal", name="deep"),
            layers.SeparableConv2D(8, 3, name="apart"),
            Own(name="own"),
            keras.Sequential([keras.Input((6, 6, 8)), layers.Conv2D(4, 1, name="inner")], name="inside"),
            layers.Flatten(),
            layers.Dense(10, name="dense"),
        ]
    )
    draws = np.random.default_rng(0)
    for weight in found.weights:
        weight.assign(draws.uniform(5, 6, weight.shape))
    return found


def values(of: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight) for weight in of.weights}


def test_weights_are_drawn_by_their_own_initializers() -> None:
    trained = model()
    before = values(trained)
    with untrained(trained, 3):
        here = values(trained)
    for name, value in here.items():
        last = name.rpartition("/")[2]
        if last in {"bias", "beta", "moving_mean"}:
            assert not value.any(), name
        elif last in {"gamma", "moving_variance"}:
            assert (value == 1).all(), name
        elif last.endswith("kernel"):
            assert abs(value).max() < 2, name
    # Glorot and Bengio 2010: a uniform draw up to sqrt(6 / (inputs + outputs)).
    limit = np.sqrt(6 / (27 + 9 * 32))
    kernel = here[next(name for name in here if name.endswith("conv/kernel"))]
    assert 0.95 * limit < abs(kernel).max() <= limit
    own = next(name for name in here if name.endswith("own/scale"))
    assert sorted(here[own]) == sorted(before[own])
    assert not np.array_equal(here[own], before[own])


def test_weights_are_what_they_were_afterwards_also_after_an_error() -> None:
    trained = model()
    before = values(trained)
    with pytest.raises(ZeroDivisionError), untrained(trained, 3):
        raise ZeroDivisionError
    after = values(trained)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_the_seed_alone_says_what_is_drawn() -> None:
    trained, again = model(), model()
    drawn = []
    for each, seed in ((trained, 3), (again, 3), (trained, 4)):
        with untrained(each, seed):
            drawn.append(np.array(each.get_layer("conv").kernel))
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
