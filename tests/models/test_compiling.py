"""channels_first layers that TensorFlow's CPU kernels cannot run: the same numbers as channels_last, another way."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models.compiling import runnable
from reportgen.models.hooks import watch

layers = keras.layers
pytestmark = [pytest.mark.keras, pytest.mark.numbers]

KINDS = [
    ("Conv1D", {"filters": 3, "kernel_size": 3}, (6,)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2}, (7, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, (7, 6)),
    ("Conv3D", {"filters": 3, "kernel_size": 2}, (4, 5, 6)),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (7, 6)),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3}, (7, 6)),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}, (4, 5)),
    ("MaxPooling2D", {"pool_size": 2}, (6, 7)),
    ("AveragePooling2D", {"pool_size": 2, "padding": "same"}, (6, 7)),
    ("GlobalAveragePooling2D", {}, (6, 7)),
]


def pair(kind: str, config: dict[str, Any], axes: tuple[int, ...]) -> tuple[Any, Any]:
    """The same layer with the same weights in both orders of the axes."""
    made = []
    for data_format, shape in (("channels_last", (*axes, 2)), ("channels_first", (2, *axes))):
        layer = getattr(layers, kind)(**config, data_format=data_format, name="layer")
        made.append(keras.Sequential([keras.Input(shape), layer]))
    last, first = made
    first.set_weights(last.get_weights())
    return last, first


@pytest.mark.parametrize(("kind", "config", "axes"), KINDS, ids=[f"{kind}-{len(axes)}" for kind, _, axes in KINDS])
def test_channels_first_layer_answers_as_its_twin_with_the_channels_last(
    kind: str, config: dict[str, Any], axes: tuple[int, ...]
) -> None:
    last, first = pair(kind, config, axes)
    images = np.random.default_rng(1).normal(size=(2, *axes, 2)).astype(np.float32)
    expected = np.asarray(last(images))
    with runnable(first):
        found = np.asarray(first(np.moveaxis(images, -1, 1)))
    found = np.moveaxis(found, 1, -1) if found.ndim > 2 else found
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def fails(layer: Any, values: Any) -> bool:
    """Whether TensorFlow has no kernel for a layer on this machine: with oneDNN it has more."""
    try:
        layer(values)
    except tf.errors.OpError:
        return True
    return False


class Refusing(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """A layer in channels_first order whose operation has no kernel outside of XLA, on any processor."""

    data_format = "channels_first"

    def call(self, inputs: Any) -> Any:
        if tf.executing_eagerly():
            raise tf.errors.UnimplementedError(None, None, "no kernel for this order")
        return 2 * inputs


def test_only_what_fails_otherwise_is_compiled_and_named() -> None:
    model = keras.Sequential(
        [
            keras.Input((1, 8, 8)),
            layers.Conv2D(2, 3, data_format="channels_first", name="conv"),
            layers.MaxPooling2D(data_format="channels_first", name="pool"),
            Refusing(name="refusing"),
        ]
    )
    zeros = np.zeros((1, 1, 8, 8), np.float32)
    conv, pool, refusing = model.layers
    expected = [*(["conv"] if fails(conv, zeros) else []), "refusing"]
    assert not fails(pool, zeros)
    assert fails(refusing, zeros)
    with runnable(model) as compiled:
        assert compiled == []
        model(zeros)
        model(zeros)
    assert compiled == expected
    assert all("call" not in vars(layer) for layer in model.layers)


def test_model_with_the_channels_last_is_left_alone() -> None:
    last, _ = pair("Conv2D", {"filters": 3, "kernel_size": 3}, (7, 6))
    with runnable(last) as compiled:
        assert all("call" not in vars(layer) for layer in last.layers)
    assert compiled == []


def test_watched_calls_are_seen_and_layers_are_as_before_after_an_error() -> None:
    _, first = pair("Conv2D", {"filters": 3, "kernel_size": 3}, (7, 6))
    seen: list[tuple[int, ...]] = []

    def watched_pass() -> None:
        with runnable(first):
            with watch(first, lambda call: seen.append(tuple(call.output.shape))):
                first(np.zeros((1, 2, 7, 6), np.float32))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watched_pass()
    assert seen == [(1, 3, 5, 4)]
    assert all("call" not in vars(layer) for layer in first.layers)


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose", "Conv1D"])
def test_what_goes_into_the_activation_of_a_compiled_layer_is_seen(kind: str) -> None:
    axes = (6,) if kind == "Conv1D" else (7, 6)
    config = {"filters": 3, "kernel_size": 3, "activation": "relu"}
    keras.utils.set_random_seed(1)
    last, first = pair(kind, config, axes)
    images = np.random.default_rng(1).normal(size=(2, *axes, 2)).astype(np.float32)
    seen: list[Any] = []
    with runnable(first), watch(first, lambda call: seen.extend([call.activated, call.output])):
        first(np.moveaxis(images, -1, 1))
        first(np.moveaxis(images, -1, 1))
    layer = last.layers[0]
    layer.activation = keras.activations.linear
    expected = np.moveaxis(np.asarray(layer(images)), -1, 1)
    assert expected.min() < 0
    for before, after in (seen[:2], seen[2:]):
        np.testing.assert_allclose(before, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(after, np.maximum(expected, 0), rtol=1e-4, atol=1e-5)
    assert first.layers[0].activation is keras.activations.relu
