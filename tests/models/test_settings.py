"""Configurations in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import pytest

from reportgen.models.settings import output_activation, settings

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"kernel_size": (3, 3), "strides": [2, 1]}, {"kernel": (3, 3), "stride": (2, 1)}),
        ({"dilation_rate": (1, 1), "groups": 1, "use_bias": True, "activation": "linear"}, {}),
        ({"dilation_rate": (2, 1), "groups": 4, "use_bias": False}, {"dilation": (2, 1), "groups": 4, "bias": False}),
        ({"rate": 0.25, "padding": "same"}, {"rate": 0.25, "padding": "same"}),
        ({"padding": ((1, 0), (2, 3))}, {"padding": (1, 0, 2, 3)}),
        ({"activation": {"class_name": "function", "config": "gelu"}}, {"activation": "gelu"}),
        ({"activation": {"class_name": "ReLU", "config": {"max_value": 6}}}, {"activation": "ReLU"}),
        ({"output_padding": None, "name": "conv", "trainable": True}, {}),
    ],
)
def test_what_tells_a_layer_from_others_is_kept(config: Mapping[str, object], expected: dict[str, object]) -> None:
    assert {setting.name: setting.value for setting in settings(config)} == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (keras.layers.Dense(2, activation="softmax"), "softmax"),
        (keras.layers.Dense(2), "linear"),
        (keras.layers.Softmax(), "softmax"),
        (keras.layers.Activation("sigmoid"), "sigmoid"),
        (keras.layers.Flatten(), None),
        (None, None),
    ],
    ids=["dense", "no activation", "softmax layer", "activation layer", "none", "no layer"],
)
def test_activation_that_a_model_ends_with_is_named(operation: object, expected: str | None) -> None:
    assert output_activation(operation) == expected
