"""Models that are hard to call: a batch size of their own, a state, random numbers, odd answers, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import reportgen
from reportgen.errors import DataError, ModelError
from reportgen.models import running
from reportgen.models.inspection import inspect
from reportgen.models.subject import Answering as Asking
from reportgen.models.subject import Subject
from tests.models import toys

pytestmark = pytest.mark.keras
IMAGES = np.random.default_rng(0).random((5, 6, 6, 1), "float32")


class Adds(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Adds what a function says; its own counter goes up with every call."""

    def __init__(self, make: Callable[..., Any]) -> None:
        super().__init__()
        self.make = make
        self.seed = keras.random.SeedGenerator(1)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs: Any) -> Any:
        self.calls.assign_add(1.0)
        return inputs + self.make(self, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


def network(make: Callable[..., Any]) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((6, 6, 1)), Adds(make), layers.Conv2D(2, 3), layers.Flatten()])


class Answering(keras.Model):  # type: ignore[misc, unused-ignore]
    """A subclassed model that answers with what a function makes of its logits."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.conv, self.flat, self.make = keras.layers.Conv2D(2, 3), keras.layers.Flatten(), make

    def call(self, inputs: Any) -> Any:
        return self.make(self.flat(self.conv(inputs)))


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_model_with_its_own_batch_size_answers_every_image(size: int) -> None:
    start = keras.Input(batch_shape=(size, 6, 6, 1))
    maps = keras.layers.Conv2D(2, 3)(start)
    model = keras.Model(start, keras.ops.reshape(maps, (size, 32)))
    kernel, bias = model.layers[1].get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(IMAGES[..., 0], (3, 3), axis=(1, 2))
    expected = np.einsum("bhwij,ijc->bhwc", windows, kernel[:, :, 0]) + bias
    np.testing.assert_allclose(running.call(model, IMAGES), expected.reshape(5, 32), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [2, 8, *(pytest.param(size, marks=pytest.mark.exhaustive) for size in (1, 5))])
def test_model_with_its_own_batch_size_has_a_whole_report(size: int) -> None:
    start = keras.Input(batch_shape=(size, 6, 6, 1))
    model = keras.Model(start, keras.ops.reshape(keras.layers.Conv2D(2, 3)(start), (size, 32)))
    report = reportgen.explain(model, IMAGES, preprocess="none", **toys.SHORT)
    assert not report.failed
    assert {call.output_shape for call in report.model.layers} >= {(4, 4, 2), (32,)}


def test_stateful_recurrent_layer_begins_every_pass_with_its_own_memory() -> None:
    start = keras.Input(batch_shape=(2, 6, 4))
    steps = keras.layers.Conv1D(3, 3)(start)
    model = keras.Model(start, keras.layers.LSTM(3, stateful=True)(steps))
    rows = np.random.default_rng(1).random((3, 6, 4), "float32")
    first, again = running.call(model, rows), running.call(model, rows)
    assert keras.tree.flatten(model.layers[-1].states)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[2], running.call(model, rows[[2, 2]])[0])
    assert not any(np.any(np.asarray(state)) for state in keras.tree.flatten(model.layers[-1].states))


def test_model_keeps_its_state_and_names_are_not_blamed_for_seeds() -> None:
    model = network(lambda layer, inputs: keras.random.normal(inputs.shape, seed=layer.seed) + layer.calls)
    before = [np.asarray(variable) for variable in model.variables]
    report = reportgen.explain(model, IMAGES, **toys.SHORT)
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, np.asarray(variable))
    assert not report.failed
    assert "RG121" not in {finding.code for finding in report.findings}


def test_graph_waits_for_what_a_layer_counts_and_puts_it_back() -> None:
    model = network(lambda layer, inputs: layer.calls * inputs)
    expected = np.asarray(running.call(model, IMAGES))
    traced = Subject(model, inspect(model)).trace(len(IMAGES))
    run = traced.whole(traced.answers)
    for _ in range(2):
        np.testing.assert_allclose(run(IMAGES)[0], expected, rtol=1e-6)
    assert float(model.layers[0].calls.value) == 0


def test_network_that_counts_is_asked_as_it_is_where_others_are_folded() -> None:
    model = network(lambda layer, inputs: layer.calls * inputs)
    ask = Asking(Subject(model, inspect(model)), 9, is_folded=True)
    expected = np.asarray(running.call(model, IMAGES))
    for _ in range(2):
        np.testing.assert_allclose(ask(IMAGES)[0], expected, rtol=1e-6)
    assert float(model.layers[0].calls.value) == 0


def test_random_answers_are_a_warning_and_not_the_fault_of_names() -> None:
    model = network(lambda layer, inputs: tf.random.normal(inputs.shape))
    report = reportgen.explain(model, IMAGES, section=["summary", "names"])
    assert ("warning", "RG121") in [(finding.severity, finding.code) for finding in report.findings]
    assert not report.failed
    chapter = next(section for section in report.sections if section.name == "names")
    assert chapter.answer.startswith("It cannot be seen here whether names change anything")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda logits: None, "answers at 'output_0' with NoneType"),
        (lambda logits: (), "returns nothing"),
        (lambda logits: 3.0, "answers at 'output_0' with float"),
        (lambda logits: tf.reduce_sum(logits), r"answers at 'output_0' with EagerTensor of the shape \(\)"),
        (lambda logits: logits[:, :0], r"of the shape \(1, 0\)"),
        (tf.RaggedTensor.from_tensor, "with RaggedTensor"),
        (tf.sparse.from_dense, "with SparseTensor"),
        (tf.strings.as_string, r"of the shape \(1, 32\)"),
        (lambda logits: logits[:3], r"answered a batch of 64 with an array of \(3, 32\)"),
    ],
    ids=["none", "nothing", "number", "scalar", "no units", "ragged", "sparse", "words", "fewer rows"],
)
def test_answer_that_is_no_rows_of_numbers_is_refused(make: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        reportgen.explain(Answering(make), IMAGES)


def test_other_number_of_outputs_each_time_is_refused() -> None:
    calls = []

    def make(logits: Any) -> Any:
        calls.append(1)
        return [logits] * (1 + len(calls) % 2)

    with pytest.raises(ModelError, match=r"returned \d outputs?, and before that \d\. Expected as many at every"):
        reportgen.explain(Answering(make), IMAGES)


@pytest.mark.parametrize("error", [KeyError("lost"), SystemExit("lost"), AssertionError("lost"), MemoryError("lost")])
@pytest.mark.parametrize("rows", [1, 5])
def test_layer_that_fails_is_told_in_one_sentence(error: BaseException, rows: int) -> None:
    def fail(_: Any, inputs: Any) -> Any:
        if inputs.shape[0] == rows:
            raise error
        return 0.0

    with pytest.raises(ModelError, match=r"cannot be run on its input: [^\x1b\n]*lost\. Expected") as caught:
        reportgen.explain(network(fail), IMAGES)
    assert "Arguments received" not in str(caught.value)


class Foreign:
    """An array of another library that does not let itself be read."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("call detach first")


def test_object_that_makes_no_array_is_told() -> None:
    model = network(lambda layer, inputs: 0.0)
    with pytest.raises(DataError, match=r"The images are a Foreign that makes no array: RuntimeError: call detach fir"):
        reportgen.explain(model, Foreign())
    with pytest.raises(DataError, match=r"Received 2 arrays for 1 input, .* labels are an argument of their own"):
        reportgen.explain(model, (IMAGES, [0, 1, 2, 3, 4]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "There are 5 images for 'picture' and a single number for 'table'"),
        ([[1], [2, 3]], "The values for 'table' make no array, because they differ in shape"),
    ],
)
def test_odd_table_beside_the_pictures_is_told(given: Any, message: str) -> None:
    layers = keras.layers
    picture, table = keras.Input((6, 6, 1), name="picture"), keras.Input((4,), name="table")
    both = layers.Concatenate()([layers.Flatten()(layers.Conv2D(2, 3)(picture)), table])
    with pytest.raises(DataError, match=message):
        reportgen.explain(keras.Model([picture, table], both), {"picture": IMAGES, "table": given})
