"""The watcher: every call of every kind of model, once, and the model as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.models.hooks import Call, StopPassError, until, watch
from tests.models import toys

pytestmark = pytest.mark.keras

FILM = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4, 1)
PAIR = [toys.image(4, 4, 1), toys.image(4, 4, 1) + 1]
SMALL_PAIR = [toys.image(2, 2, 1), toys.image(2, 2, 1) - 1]

MODELS: list[tuple[str, Callable[[], Any], Any, list[str]]] = [
    ("sequential", toys.sequential, toys.image(6, 6, 1), ["conv", "pool", "flat", "scores"]),
    ("functional", toys.functional, toys.image(4, 4, 1), ["left", "right", "join"]),
    (
        "nested",
        toys.nested,
        toys.image(4, 4, 1),
        ["middle/core/conv", "middle/core", "middle/relu", "middle", "pool"],
    ),
    ("backbone called twice", toys.twins, PAIR, ["backbone/c", "backbone", "backbone#2/c", "backbone#2", "both"]),
    ("shared layer", toys.shared, toys.image(4, 4, 1), ["sh", "sh#2", "sh#3", "join"]),
    ("several outputs", toys.two_answers, toys.image(4, 4, 1), ["maps", "mean"]),
    ("operators", toys.operators, SMALL_PAIR, ["multiply", "add", "relu"]),
    ("time distributed", toys.over_time, FILM, ["each/conv", "each"]),
    (
        "subclassed",
        toys.subclassed,
        toys.image(6, 6, 1),
        ["start", "branches/first", "branches/second", "branches/pool", "branches", "head"],
    ),
]
each_model = pytest.mark.parametrize(
    ("make", "images", "expected"), [row[1:] for row in MODELS], ids=[m[0] for m in MODELS]
)
each_made = pytest.mark.parametrize(("make", "images"), [row[1:3] for row in MODELS], ids=[m[0] for m in MODELS])


@contextmanager
def seen(model: Any) -> Iterator[list[Call]]:
    """The calls that a block makes."""
    calls: list[Call] = []
    with watch(model, calls.append):
        yield calls


def state(model: Any) -> dict[int, dict[str, int]]:
    """What every layer, operator and model holds, each value by its identity."""
    owners = {id(layer): layer for layer in model._flatten_layers()}
    for owner in list(owners.values()):
        owners |= {id(operation): operation for operation in getattr(owner, "operations", ())}
    return {key: {name: id(value) for name, value in vars(owner).items()} for key, owner in owners.items()}


def is_layer(owner: Any) -> bool:
    return isinstance(owner, keras.Layer)


@each_model
def test_every_call_is_seen_under_its_path_in_the_order_in_which_calls_end(
    make: Callable[[], Any], images: Any, expected: list[str]
) -> None:
    model = make()
    with seen(model) as calls:
        model(images, training=False)
    # Operators are numbered by Keras for the whole process: "multiply_3" in one run, "multiply" in another.
    names = [call.path if is_layer(call.operation) else type(call.operation).__name__.lower() for call in calls]
    assert names == expected


@each_made
def test_watched_outputs_are_bit_identical(make: Callable[[], Any], images: Any) -> None:
    model = make()
    plain = keras.tree.flatten(model(images, training=False))
    with seen(model):
        watched = keras.tree.flatten(model(images, training=False))
    assert [np.asarray(output).tobytes() for output in plain] == [np.asarray(output).tobytes() for output in watched]
    assert any(np.asarray(output).any() for output in plain)


@each_made
def test_model_is_untouched_after_success(make: Callable[[], Any], images: Any) -> None:
    model = make()
    model(images, training=False)
    before = state(model)
    with seen(model) as calls:
        assert "call" in vars(model)
        model(images, training=False)
    assert calls
    assert state(model) == before


@each_made
def test_model_is_untouched_after_an_error_in_the_observer(make: Callable[[], Any], images: Any) -> None:
    model = make()
    model(images, training=False)
    before = state(model)

    def refuse(call: Call) -> None:
        raise LookupError(call.path)

    with pytest.raises(LookupError), watch(model, refuse):
        model(images, training=False)
    assert state(model) == before


def test_model_is_untouched_after_an_error_in_a_layer() -> None:
    class Broken(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        healthy = True

        def call(self, inputs: Any) -> Any:
            if not self.healthy:
                message = "the layer is broken"
                raise RuntimeError(message)
            return inputs

    broken = Broken(name="broken")
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1, name="conv"), broken])
    model(toys.image(4, 4, 1))
    broken.healthy = False
    before = state(model)
    with pytest.raises(RuntimeError, match="the layer is broken"), seen(model) as calls:
        model(toys.image(4, 4, 1))
    assert [call.path for call in calls] == ["conv"]
    assert state(model) == before


def test_pass_after_a_failed_pass_starts_from_an_empty_path() -> None:
    model = toys.nested()
    paths: list[str] = []

    def stop_once(call: Call) -> None:
        paths.append(call.path)
        if len(paths) == 1:
            raise StopPassError

    with watch(model, stop_once):
        with pytest.raises(StopPassError):
            model(toys.image(4, 4, 1))
        model(toys.image(4, 4, 1))
    assert paths == ["middle/core/conv", "middle/core/conv", "middle/core", "middle/relu", "middle", "pool"]


def test_a_call_that_the_user_put_on_an_instance_is_put_back() -> None:
    model = toys.sequential()
    conv = model.get_layer("conv")

    def twice(inputs: Any) -> Any:
        return 2 * type(conv).call(conv, inputs)

    vars(conv)["call"] = twice
    plain = np.asarray(model(toys.image(6, 6, 1)))
    with seen(model) as calls:
        watched = np.asarray(model(toys.image(6, 6, 1)))
    assert vars(conv)["call"] is twice
    assert [call.path for call in calls] == ["conv", "pool", "flat", "scores"]
    assert plain.tobytes() == watched.tobytes()


def test_counts_start_again_at_each_pass_under_one_watch() -> None:
    model = toys.shared()
    with seen(model) as calls:
        model(toys.image(4, 4, 1))
        model(toys.image(4, 4, 1))
    assert [call.path for call in calls] == ["sh", "sh#2", "sh#3", "join"] * 2


def test_calls_are_seen_while_a_tf_function_is_traced() -> None:
    model = toys.nested()
    plain = np.asarray(model(toys.image(4, 4, 1)))
    maxima: dict[str, Any] = {}

    def note(call: Call) -> None:
        maxima[call.path] = tf.reduce_max(call.output)

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    def run(images: Any) -> Any:
        maxima.clear()
        with watch(model, note):
            output = model(images, training=False)
        return output, dict(maxima)

    output, seen_maxima = run(tf.constant(toys.image(4, 4, 1)))
    assert set(seen_maxima) == {"middle/core/conv", "middle/core", "middle/relu", "middle", "pool"}
    # A graph may be computed by other kernels than single calls.
    assert float(seen_maxima["pool"]) == pytest.approx(plain.max(), rel=1e-6)
    np.testing.assert_allclose(np.asarray(output), plain, rtol=1e-6)
    assert "call" not in vars(model.get_layer("middle"))


@pytest.mark.parametrize("name", ["my conv", "Größe", "]]>-->", "_kernel", "a:b"])
def test_names_that_no_graph_takes_stay_in_the_paths_of_a_traced_function(name: str) -> None:
    conv = keras.layers.Conv2D(2, 3, name=name)
    model = keras.Sequential([keras.Input((4, 4, 1)), conv], name=name)
    seen: list[str] = []

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    def run(images: Any) -> Any:
        with watch(model, lambda call: seen.append(call.path)):
            return model(images, training=False)

    images = toys.image(4, 4, 1)
    np.testing.assert_allclose(run(tf.constant(images)), model(images), rtol=1e-5)
    assert seen == [name]
    assert (conv.name, model.name) == (name, name)
    # A scope that Keras left open would be part of this path.
    assert keras.Variable([0.0], name="next").path == "next"


@pytest.mark.parametrize(
    ("path", "value"),
    [("left", 2.0), ("right", 3.0), ("join", 5.0)],
)
def test_observer_gets_the_tensors_themselves(path: str, value: float) -> None:
    start = keras.Input((1, 1, 1))
    left = keras.layers.Rescaling(2.0, name="left")(start)
    right = keras.layers.Rescaling(3.0, name="right")(start)
    model = keras.Model(start, keras.layers.Add(name="join")([left, right]))
    with seen(model) as calls:
        model(np.ones((1, 1, 1, 1), np.float32))
    call = next(call for call in calls if call.path == path)
    assert float(np.asarray(call.output).item()) == value
    inputs = [float(np.asarray(tensor).item()) for tensor in call.inputs]
    assert inputs == ([2.0, 3.0] if path == "join" else [1.0])


@pytest.mark.parametrize(
    ("path", "inside"),
    [("middle/core/conv", 0), ("middle/core", 1), ("middle/relu", 0), ("middle", 3), ("pool", 0)],
)
def test_calls_inside_a_call_are_counted(path: str, inside: int) -> None:
    model = toys.nested()
    with seen(model) as calls:
        model(toys.image(4, 4, 1))
    assert {call.path: call.num_inside for call in calls}[path] == inside


def test_until_ends_the_pass_at_the_wanted_call_and_puts_the_model_back() -> None:
    model = toys.sequential()
    model(toys.image(6, 6, 1))
    before = state(model)
    paths: list[str] = []
    ended = False

    def note(call: Call) -> None:
        paths.append(call.path)
        if call.path == "pool":
            raise StopPassError

    with until(model, note):
        model(toys.image(6, 6, 1))
        ended = True
    assert paths == ["conv", "pool"]
    assert not ended
    assert state(model) == before


def test_until_lets_other_errors_through() -> None:
    model = toys.sequential()
    with pytest.raises(ValueError, match="incompatible"), until(model, lambda call: None):
        model(np.zeros((1, 5, 5, 3), np.float32))
    assert "call" not in vars(model)


def test_two_models_are_watched_at_once() -> None:
    first, second = toys.sequential(), toys.shared()
    with seen(first) as of_first, seen(second) as of_second:
        second(toys.image(4, 4, 1))
        first(toys.image(6, 6, 1))
        second(toys.image(4, 4, 1))
    assert [call.path for call in of_first] == ["conv", "pool", "flat", "scores"]
    assert [call.path for call in of_second] == ["sh", "sh#2", "sh#3", "join"] * 2
    assert "call" not in vars(first) | vars(second)


def test_two_observers_watch_one_model() -> None:
    model = toys.nested()
    with seen(model) as outer, seen(model) as inner:
        model(toys.image(4, 4, 1))
    assert [call.path for call in outer] == [call.path for call in inner]
    assert len(outer) == 5
    assert "call" not in vars(model) | vars(model.get_layer("middle"))


def test_model_and_a_model_inside_it_are_watched_at_once() -> None:
    model = toys.nested()
    with seen(model) as outside, seen(model.get_layer("middle")) as inside:
        model(toys.image(4, 4, 1))
    assert [call.path for call in inside] == ["core/conv", "core", "relu"]
    assert [call.path for call in outside][:2] == ["middle/core/conv", "middle/core"]


def test_steps_of_a_film_are_one_call_that_holds_them_all() -> None:
    model = toys.over_time()
    expected = np.asarray(model(FILM, training=False))
    with seen(model) as calls:
        model(FILM, training=False)
    inner, wrapper = calls
    assert inner.rounds is not None
    assert (inner.rounds.steps, inner.num_inside, wrapper.num_inside) == ((3,), 0, 3)
    np.testing.assert_array_equal(inner.output, expected)
    np.testing.assert_array_equal(inner.rounds.first, expected[:, 0])
    np.testing.assert_array_equal(inner.inputs[0], FILM[:, 0])
    assert inner.rounds.given[0] is wrapper.inputs[0]


def test_film_of_films_is_one_call() -> None:
    layers = keras.layers
    inner = layers.TimeDistributed(layers.Conv2D(1, 3, name="conv"), name="inner")
    model = keras.Sequential([keras.Input((2, 3, 4, 4, 1)), layers.TimeDistributed(inner, name="outer")])
    films = np.stack([FILM, FILM + 1], axis=1)
    expected = np.asarray(model(films, training=False))
    with seen(model) as calls:
        model(films, training=False)
    found = {call.path: call for call in calls}
    assert list(found) == ["outer/inner/conv", "outer/inner", "outer"]
    np.testing.assert_array_equal(found["outer/inner/conv"].output, expected)
    assert found["outer/inner/conv"].rounds is not None
    assert found["outer/inner/conv"].rounds.steps == (2, 3)
