"""Outputs are taken while a graph runs, once each that counts; what cannot be done so is done by calling the model."""

from __future__ import annotations

import gc
import time
import weakref
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models.blocks import passed
from reportgen.models.inspection import inspect
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.watching.collecting import Watched
from reportgen.probes.watching.watching import Watching
from reportgen.sources.memory import from_arrays

pytestmark = [pytest.mark.keras, pytest.mark.numbers]

IMAGES = np.random.default_rng(4).random((70, 6, 6, 1), dtype=np.float32)


@keras.saving.register_keras_serializable("tests")
class Stumbling(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Hands on what it gets; the second batch that it sees in a graph, it refuses."""

    seen = 0

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if tf.executing_eagerly():
            return inputs

        def refuse(values: Array) -> Array:
            self.seen += 1
            if self.seen == 2:
                time.sleep(0.3)  # so that what stands before is taken
                raise OSError("the second batch")
            return values

        handed = tf.numpy_function(refuse, [inputs], tf.float32)
        handed.set_shape(inputs.shape)
        return handed


@keras.saving.register_keras_serializable("tests")
class OneByOne(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Calls its convolution in a loop over the images of a batch."""

    def __init__(self) -> None:
        super().__init__(name="loop")
        self.conv = keras.layers.Conv2D(3, 3, name="inner")

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.conv.build(shape)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> Any:
        return self.conv.compute_output_shape(shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(lambda image: self.conv(image[None])[0], inputs)


def subject(*behind: keras.layers.Layer) -> Subject:
    keras.utils.set_random_seed(3)
    layers = [keras.Input((6, 6, 1)), keras.layers.Conv2D(3, 3, activation="relu", name="conv"), *behind]
    model = keras.Sequential([*layers, keras.layers.GlobalAveragePooling2D()])
    return Subject(model, inspect(model), from_arrays(IMAGES))


def test_what_is_taken_is_what_the_layer_gives_back() -> None:
    mine, found = subject(), []
    watching = Watching(mine, lambda path, values, _: found.append((path, values.copy())), ["conv"])
    (answers,) = watching.watch(IMAGES[:5])
    np.testing.assert_allclose(answers, mine.model(IMAGES[:5]), atol=1e-6)
    assert [path for path, _ in found] == ["conv"]
    np.testing.assert_allclose(found[0][1], mine.model.layers[0](IMAGES[:5]), atol=1e-6)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, 0.0), (-3e30, 0.0), (-np.inf, -np.inf), (np.nan, np.nan), (np.inf, np.inf)]
)
def test_what_the_activation_was_given_is_put_back_only_where_it_is_no_number(value: float, expected: float) -> None:
    mine, found = subject(), []
    conv = mine.model.layers[0]
    conv.set_weights([np.zeros((3, 3, 1, 3)), np.array([0.0, value, 1.0])])
    watching = Watching(mine, lambda path, values, _: found.append(values.copy()), ["conv"])
    watching.watch(IMAGES[:5])
    watching.watch(IMAGES[5:8])
    for values, number in ((found[-2], 5), (found[-1], 3)):
        np.testing.assert_array_equal(values, np.tile([0.0, expected, 1.0], (number, 4, 4, 1)))
    # The first batch is looked at twice where sums of squares are not finite, as those of very large numbers.
    assert len(found) == (2 if value == 0 else 3)


def test_graph_that_fails_midway_is_called_instead_and_counted_once() -> None:
    passes = [Watched(each, Options()) for each in (subject(), subject(Stumbling()))]
    for each in passes:
        passed(each, None)
    plain, stumbling = (each.collectors[0].tally for each in passes)
    assert stumbling.num_images == plain.num_images == len(IMAGES)
    np.testing.assert_array_equal(stumbling.count, plain.count)
    np.testing.assert_array_equal(stumbling.top_images, plain.top_images)
    np.testing.assert_allclose(stumbling.mean, plain.mean, rtol=1e-6)


def test_what_goes_wrong_in_taking_comes_out_as_it_is() -> None:
    def fail(_path: str, _values: Array, _before: Array | None) -> None:
        raise LookupError("a fault of our own")

    with pytest.raises(LookupError, match="a fault of our own"):
        Watching(subject(), fail, ["conv"]).watch(IMAGES[:1])


def test_call_inside_a_loop_of_a_graph_is_not_taken_piece_by_piece() -> None:
    mine, taken = subject(OneByOne()), []
    watching = Watching(mine, lambda path, values, _: taken.append((path, values.shape)), ["loop/inner", "conv"])
    (answers,) = watching.watch(IMAGES[:4])
    np.testing.assert_allclose(answers, mine.model(IMAGES[:4]), atol=1e-6)
    assert sorted(taken) == [("conv", (4, 4, 4, 3)), ("loop/inner", (1, 2, 2, 3))]


def test_model_that_was_watched_is_let_go() -> None:
    """TensorFlow keeps every function that stood in a graph to the end of the program."""
    mine = subject()
    kept = weakref.ref(mine.model)
    watching = Watching(mine, lambda *_: None, ["conv"])
    watching.watch(IMAGES[:5])
    assert kept() is not None
    del mine, watching
    gc.collect()
    assert kept() is None
