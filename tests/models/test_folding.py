"""Convolutions and the batch normalisations behind them as one: Keras's own answer is the oracle."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models.cutting import Trace, trace
from reportgen.models.hooks import watch
from reportgen.models.inspection import inspect
from reportgen.models.subject import Answering, Subject

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).normal(size=(3, 9, 9, 3)).astype("float32")
CASES = {
    "plain": lambda: [keras.layers.Conv2D(4, 3, use_bias=False), keras.layers.BatchNormalization()],
    "bias": lambda: [keras.layers.Conv2D(4, 3, strides=2, padding="same"), keras.layers.BatchNormalization(axis=3)],
    "depthwise": lambda: [
        keras.layers.DepthwiseConv2D(3, depth_multiplier=2),
        keras.layers.BatchNormalization(axis=3, scale=False),
    ],
    "no centre": lambda: [keras.layers.Conv2D(4, 1, name="conv"), keras.layers.BatchNormalization(center=False)],
}
NOT_FOLDED = {
    "activation between": lambda: [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.BatchNormalization()],
    "dilated": lambda: [keras.layers.Conv2D(4, 3, dilation_rate=2), keras.layers.BatchNormalization()],
    "grouped": lambda: [keras.layers.Conv2D(3, 3, groups=3), keras.layers.BatchNormalization()],
    "other axis": lambda: [keras.layers.Conv2D(9, 1, name="conv"), keras.layers.BatchNormalization(axis=1)],
    "alone": lambda: [keras.layers.BatchNormalization()],
}


def network(layers: list[Any]) -> Any:
    model = keras.Sequential([keras.Input((9, 9, 3)), *layers, keras.layers.ReLU(6.0), keras.layers.Flatten()])
    model.add(keras.layers.Dense(5))
    draw = np.random.default_rng(1)
    for variable in model.variables:  # variances are above 0
        variable.assign(draw.uniform(0.5, 1.5, variable.shape))
    return model


class Twofold(keras.Model):  # type: ignore[misc, unused-ignore]
    """A convolution and a batch normalisation, and in a graph of their own a model that calls its layers the same."""

    def __init__(self) -> None:
        super().__init__(name="twofold")
        own, inside = (
            [keras.layers.Conv2D(3, 3, name="conv"), keras.layers.BatchNormalization(name="norm")] for _ in range(2)
        )
        self.own, self.inside = own, keras.Sequential([keras.Input((7, 7, 3)), *inside], name="twofold")
        for layer, shape in zip(own, [(None, 9, 9, 3), (None, 7, 7, 3)], strict=True):
            layer.build(shape)

    def call(self, inputs: Any) -> Any:
        for layer in self.own:
            inputs = layer(inputs)
        return tf.function(self.inside, autograph=False)(inputs)


def normalised(traced: Trace) -> int:
    """Count the sums over whole maps that the answer follows from: each batch normalisation that is left has one."""
    waiting, found = [traced.answers[0].op], set()
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
    return sum(each.type == "AddV2" and np.prod(each.outputs[0].shape[1:3]) > 9 for each in found)


@pytest.mark.parametrize("case", CASES)
def test_normalisation_goes_into_the_kernel_and_the_answer_stays(case: str) -> None:
    model = network(CASES[case]())
    expected = np.asarray(model(IMAGES, training=False))
    traced = trace(model, IMAGES, set())
    assert normalised(traced) == 0
    (answer,) = traced.part(traced.inputs, traced.answers)(IMAGES)
    np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        Answering(Subject(model, inspect(model)), 9, is_folded=True)(IMAGES)[0], expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("case", CASES)
def test_whole_model_is_as_it_is_though_its_graph_is_folded(case: str) -> None:
    model = network(CASES[case]())
    traced = trace(model, IMAGES)
    normalisation = traced.calls[model.layers[1].name].output
    plain = tf.function(lambda images: model(images, training=False), autograph=False)
    answer, values = traced.whole([*traced.answers, normalisation])(IMAGES)
    np.testing.assert_array_equal(answer, plain(IMAGES))
    np.testing.assert_allclose(values, model.layers[1](model.layers[0](IMAGES)), rtol=1e-6)
    (folded,) = traced.part(traced.inputs, traced.answers)(IMAGES)
    assert not np.array_equal(answer, folded)


def test_graph_inside_of_the_graph_may_use_the_same_names() -> None:
    model = Twofold()
    expected = np.asarray(model(IMAGES, training=False))
    traced = trace(model, IMAGES)
    plain = tf.function(lambda images: model(images, training=False), autograph=False)
    np.testing.assert_array_equal(traced.whole(traced.answers)(IMAGES)[0], plain(IMAGES))
    np.testing.assert_allclose(traced.part(traced.inputs, traced.answers)(IMAGES)[0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", NOT_FOLDED)
def test_what_stands_otherwise_is_left_as_it_is(case: str) -> None:
    model = network(NOT_FOLDED[case]())
    traced = trace(model, IMAGES, set())
    assert normalised(traced) == 1
    (answer,) = traced.part(traced.inputs, traced.answers)(IMAGES)
    np.testing.assert_allclose(answer, np.asarray(model(IMAGES, training=False)), rtol=1e-4, atol=1e-4)


def test_answer_follows_from_a_convolution_that_is_asked_for() -> None:
    model = network(CASES["no centre"]())
    traced = trace(model, IMAGES, {"conv"})
    cut = traced.cut("conv", traced.answers[0])
    assert normalised(traced) == 1
    assert cut.run is not None
    inside = np.asarray(model.layers[0](IMAGES))
    np.testing.assert_allclose(
        cut.run(2 * inside)[0], np.asarray(keras.Sequential(model.layers[1:])(2 * inside)), rtol=1e-4, atol=1e-4
    )


def test_output_of_the_normalisation_is_what_keras_gives() -> None:
    model = network(CASES["bias"]())
    path = model.layers[1].name
    traced = trace(model, IMAGES, {path})
    (values,) = traced.part(traced.inputs, traced.calls[path].steps)(IMAGES)
    np.testing.assert_allclose(values, model.layers[1](model.layers[0](IMAGES)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [1e30, np.inf, np.nan])
def test_numbers_that_might_overflow_are_not_moved(value: float) -> None:
    model = network(CASES["plain"]())
    kernel, small = model.layers[0].kernel, model.layers[1].gamma
    kernel.assign(np.full(kernel.shape, value, np.float32))
    small.assign(np.full(small.shape, 1e-30, np.float32))
    assert normalised(trace(model, IMAGES, set())) == 1


def test_model_is_watched_and_called_as_before() -> None:
    model = network(CASES["plain"]())
    before = np.asarray(model(IMAGES, training=False))
    trace(model, IMAGES, set())
    seen: list[str] = []
    with watch(model, lambda call: seen.append(call.path)):
        after = np.asarray(model(tf.constant(IMAGES), training=False))
    assert seen == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(after, before)
