"""What a place uses of the image: on networks whose gradients are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.options import make
from reportgen.probes import views
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(0.1, 1, (30, 16, 16, 2)).astype(np.float32)


def network(kernel: Any, *, activation: str | None = None, **settings: Any) -> Any:
    """One conv layer of three channels, each with one kernel (height, width) for both colours, and a dense layer."""
    weights = np.asarray(kernel, np.float32)
    start = keras.Input((16, 16, 2), name="image")
    conv = keras.layers.Conv2D(3, weights.shape, activation=activation, name="conv", **settings)
    hidden = conv(start)
    model = keras.Model(start, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(hidden)))
    conv.set_weights([np.repeat(np.repeat(weights[:, :, None, None], 2, 2), 3, 3), np.zeros(3)])
    return model


def sides(model: Any, images: Any = IMAGES, **options: Any) -> list[int]:
    found = views.run(subject(model, data(images)), make(options))
    assert found is not None
    assert found.missing == ""
    return [view.side for view in found.views]


def kernel(middle: float, ring: float, size: int = 5) -> Any:
    """Weights that are `middle` in the middle, `ring` at the edge, and 0 between."""
    weights = np.full((size, size), ring)
    weights[1:-1, 1:-1] = 0.0
    weights[size // 2, size // 2] = middle
    return weights


@pytest.mark.parametrize(("ring", "side"), [(0.0, 1), (0.05, 1), (0.1, 5), (1.0, 5)])
def test_square_holds_nine_tenths_of_the_weights(ring: float, side: int) -> None:
    # Of a linear layer the gradient is the kernel: the ring of 16 weights holds 16 · ring of 16 · ring + 9.
    assert sides(network(kernel(9.0, ring))) == [side]


def test_strided_layer_in_the_middle_sees_the_same_square() -> None:
    assert sides(network(np.ones((3, 3)), strides=2, padding="same")) == [3]


def test_layer_that_is_off_everywhere_has_no_view() -> None:
    found = views.run(subject(network(-np.ones((3, 3)), activation="relu"), data(IMAGES)), make({}))
    assert found is not None
    assert (found.views, found.missing) == ((), "")


def test_images_and_channels_follow_from_the_seed() -> None:
    model = network(np.ones((3, 3)))
    first, again = (views.run(subject(model, data(IMAGES)), make({"seed": 3})) for _ in range(2))
    assert first == again
    assert first is not None
    assert first.num_images == views.MOST_IMAGES
    assert len(first.views[0].channels) == views.NUM_CHANNELS


def test_dear_network_is_shown_fewer_images() -> None:
    plain = subject(network(np.ones((3, 3))), data(IMAGES))
    record = replace(plain.record, macs=views.MOST_MACS // 10 // (2 * views.NUM_CHANNELS))
    found = views.run(replace(plain, record=record), make({}))
    assert found is not None
    assert found.num_images == 10


def test_whole_numbers_have_no_gradient() -> None:
    start = keras.Input((8, 8, 1), dtype="int32", name="image")
    hidden = keras.layers.Conv2D(2, 3, name="conv")(keras.layers.Rescaling(1 / 255)(start))
    model = keras.Model(start, keras.layers.Dense(2)(keras.layers.Flatten()(hidden)))
    found = views.run(subject(model, data(np.ones((3, 8, 8, 1)))), make({}))
    assert found is not None
    assert found.missing == "The model takes whole numbers, which have no gradient."


def test_without_images_or_maps_there_is_nothing_to_measure() -> None:
    assert views.run(subject(network(np.ones((3, 3)))), make({})) is None
    start = keras.Input((4,), name="row")
    flat = keras.Model(start, keras.layers.Dense(2)(start))
    assert views.run(subject(flat, data(np.ones((3, 4)))), make({})) is None


def test_signal_has_an_interval() -> None:
    start = keras.Input((40, 1), name="signal")
    hidden = keras.layers.Conv1D(2, 7, name="conv", kernel_initializer="ones")(start)
    model = keras.Model(start, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(hidden)))
    assert sides(model, RANDOM.uniform(size=(5, 40, 1))) == [7]
