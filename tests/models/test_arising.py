"""What an activation is given is seen, whatever it makes of it: of every layer that has one, eager and in a graph."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models.arising import put_back, put_back_in_graph, seen
from reportgen.models.hooks import Call, watch

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
layers = keras.layers
NAN, INF = float("nan"), float("inf")
IMAGES = np.random.default_rng(2).normal(size=(2, 6, 6, 2)).astype(np.float32)


def swallowing(values: Any) -> Any:
    """An activation that makes 0 of NaN on every machine, as some kernels of oneDNN do."""
    return tf.where(values > 0, values, tf.zeros_like(values))


def calls(model: Any, images: Any = IMAGES) -> dict[str, Call]:
    found: dict[str, Call] = {}
    with watch(model, lambda call: found.update({call.path: call})):
        model(images, training=False)
    return found


def given(model: Any, path: str, images: Any = IMAGES) -> Any:
    """What the activation of a call is given in an eager pass."""
    return np.asarray(calls(model, images)[path].activated)


def traced(model: Any, images: Any = IMAGES) -> dict[str, Any]:
    """What the activations of a model are given in a graph, run once."""
    found: dict[str, Any] = {}

    @tf.function(autograph=False)  # type: ignore[untyped-decorator, unused-ignore]
    def run(given: Any) -> Any:
        with watch(model, lambda call: found.update({call.path: call.activated})):
            model(given, training=False)
        return {path: tensor for path, tensor in found.items() if tensor is not None}

    return {path: np.asarray(values) for path, values in run(tf.constant(images)).items()}


def linear(layer: Any) -> Any:
    """The same layer with the same weights and no activation, as Keras makes it."""
    twin = type(layer).from_config({**layer.get_config(), "activation": None, "name": "twin"})
    twin.build(IMAGES.shape)
    twin.set_weights(layer.get_weights())
    return twin


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softmax", swallowing, layers.ReLU(max_value=1)])
@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D", "Dense"])
def test_what_a_layer_gives_its_own_activation_is_what_it_answers_without_one(kind: str, activation: Any) -> None:
    keras.utils.set_random_seed(1)
    config: dict[str, Any] = {"units": 3} if kind == "Dense" else {"filters": 3, "kernel_size": 3}
    if kind == "DepthwiseConv2D":
        del config["filters"]
    layer = getattr(layers, kind)(**config, activation=activation, name="layer")
    own = layer.activation
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    expected = np.asarray(linear(layer)(IMAGES))
    assert expected.min() < 0
    np.testing.assert_allclose(given(model, "layer"), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(traced(model)["layer"], expected, rtol=1e-4, atol=1e-5)
    assert layer.activation is own


@pytest.mark.parametrize(
    "layer",
    [layers.ReLU(), layers.ReLU(6.0), layers.LeakyReLU(), layers.PReLU(), layers.ELU(), layers.Activation("sigmoid")],
    ids=lambda layer: type(layer).__name__,
)
def test_what_a_layer_that_is_an_activation_is_given_is_its_input(layer: Any) -> None:
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    np.testing.assert_array_equal(given(model, layer.name), IMAGES)
    np.testing.assert_array_equal(traced(model)[layer.name], IMAGES)


def test_operators_of_a_functional_model_are_activations_as_well() -> None:
    start = keras.Input(IMAGES.shape[1:])
    model = keras.Model(start, keras.ops.relu6(start) + 1)
    found = {type(call.operation).__name__: call.activated for call in calls(model).values()}
    assert list(found) == ["Relu6", "Add"]
    np.testing.assert_array_equal(found["Relu6"], IMAGES)
    assert found["Add"] is None


def test_what_has_no_activation_is_given_nothing() -> None:
    model = keras.Sequential(
        [
            keras.Input(IMAGES.shape[1:]),
            layers.Conv2D(2, 3, padding="same", activation=None, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(name="pool"),
        ]
    )
    model.get_layer("conv").activation = None
    assert {path: call.activated for path, call in calls(model).items()} == {"conv": None, "norm": None, "pool": None}
    assert traced(model) == {}


def test_steps_of_a_repeated_layer_are_stacked_as_their_outputs_are() -> None:
    films = np.random.default_rng(3).normal(size=(2, 3, 6, 6, 2)).astype(np.float32)
    conv = layers.Conv2D(2, 3, activation="relu", name="conv")
    model = keras.Sequential(
        [
            keras.Input(films.shape[1:]),
            layers.TimeDistributed(conv, name="each"),
            layers.TimeDistributed(layers.ReLU(name="relu"), name="again"),
        ]
    )
    expected = np.stack([np.asarray(linear(conv)(films[:, step])) for step in range(3)], axis=1)
    for found in (given(model, "each/conv", films), traced(model, films)["each/conv"]):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(given(model, "again/relu", films), np.maximum(expected, 0), atol=1e-5)


def test_activation_that_is_called_twice_or_changes_the_shape_is_not_looked_into() -> None:
    class Twice(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__(name="twice")
            self.activation = keras.activations.relu

        def call(self, inputs: Any) -> Any:
            return self.activation(inputs) + self.activation(-inputs)

    gated = layers.Dense(4, activation=keras.activations.glu, name="gated")
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), Twice(), gated])
    found = calls(model)
    assert (found["twice"].activated, found["gated"].activated) == (None, None)
    np.testing.assert_allclose(found["twice"].output, np.abs(IMAGES), rtol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", swallowing])
def test_what_is_no_number_before_the_activation_is_none_after_it(activation: Any) -> None:
    layer = layers.Conv2D(4, 1, activation=activation, name="conv")
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    layer.set_weights([np.zeros((1, 1, 2, 4)), np.array([NAN, INF, -INF, 0.0])])
    values = seen(calls(model)["conv"])
    assert np.isnan(values[..., 0]).all()
    assert (values[..., 1] == INF).all()
    assert (values[..., 2] == -INF).all()
    assert np.isfinite(values[..., 3]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_only_what_is_no_number_is_put_back(dtype: str) -> None:
    before = tf.cast([[-3.0, NAN, INF], [-INF, 2.0, 0.0]], dtype)
    after = tf.cast([[0.0, 0.0, 6.0], [0.0, 2.0, NAN]], dtype)
    for found in (put_back(np.asarray(after), np.asarray(before)), put_back_in_graph(after, before)):
        np.testing.assert_array_equal(np.asarray(found, np.float64), [[0.0, NAN, INF], [-INF, 2.0, NAN]])


def test_large_finite_numbers_are_no_reason_to_change_anything() -> None:
    before = np.full((3, 4), -3e38, np.float32)  # their squares are infinite
    after = np.zeros((3, 4), np.float32)
    assert put_back(after, before) is after
    assert put_back(after, None) is after
