"""Dead and stuck channels are counted once: where they come from."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.options import make
from reportgen.probes import watching
from tests.probes.subjects import data, subject

pytestmark = pytest.mark.keras
layers = keras.layers


def origins(model: Any) -> dict[str, list[tuple[str, str]]]:
    """State and origin of every channel, by conv call."""
    images = np.random.default_rng(0).uniform(size=(6, 12, 12, 1))
    found = watching.run(subject(model, data(images)), make({}))
    assert found is not None
    return {call.path: [(each.state, each.origin) for each in call.channels] for call in found.responses.calls}


def silence(conv: Any, channel: int) -> None:
    kernel, bias = conv.get_weights()
    kernel[..., channel], bias[channel] = 0, -1
    conv.set_weights([kernel, bias])


def test_channel_behind_a_dead_one_follows_it_and_what_mixes_channels_does_not() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.Conv2D(3, 3, name="first"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(6.0, name="cap"),
            layers.ZeroPadding2D(name="pad"),
            layers.DepthwiseConv2D(3, activation="relu", bias_initializer="ones", name="each"),
            layers.DepthwiseConv2D(3, bias_initializer="ones", name="again"),
            layers.Conv2D(2, 1, bias_initializer="ones", name="mixed"),
        ]
    )
    silence(model.get_layer("first"), 1)
    found = origins(model)
    assert found["first"][1] == ("dead", "")
    assert found["each"][1] == ("stuck", "first")
    assert found["again"][1] == ("stuck", "first")
    assert {origin for path in ("first", "mixed") for _, origin in found[path]} == {""}
    assert all(origin == "" for path in ("each", "again") for _, origin in np.delete(found[path], 1, axis=0))


def test_depthwise_channel_that_is_dead_by_itself_is_its_own_origin() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.Conv2D(3, 3, activation="relu", bias_initializer="ones", name="first"),
            layers.DepthwiseConv2D(3, activation="relu", name="each"),
        ]
    )
    kernel, bias = model.get_layer("each").get_weights()
    kernel[:, :, 2], bias[2] = 0, -1
    model.get_layer("each").set_weights([kernel, bias])
    assert origins(model)["each"][2] == ("dead", "")


def test_further_call_of_a_shared_layer_follows_the_first() -> None:
    keras.utils.set_random_seed(1)
    start = keras.Input((12, 12, 1))
    conv = layers.Conv2D(2, 3, activation="relu", bias_initializer="ones", name="conv")
    both = [layers.GlobalMaxPooling2D()(conv(each)) for each in (start, layers.MaxPooling2D()(start))]
    model = keras.Model(start, layers.Concatenate()(both))
    silence(conv, 0)
    found = origins(model)
    assert found["conv"][0] == ("dead", "")
    assert found["conv#2"][0] == ("dead", "conv")
