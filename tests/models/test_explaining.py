"""Scores, gradients and parts of a model, against numbers of other tools and against central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from keras import layers

from reportgen.errors import ModelError
from reportgen.models.compiling import runnable
from reportgen.models.explaining import Explained, Goal
from tests.formula_net import SIZE, explain, image, network

Array = npt.NDArray[Any]
X = image()[None]


def explained(head: str) -> Explained:
    return explain(network(head), np.repeat(X, 4, axis=0))


# What captum 0.9 and PyTorch gave: logits; log-odds of the top class; sums of the gradient and of input times gradient
# of its score, and of its log-odds; the lead over the runner-up.
ORACLE = {
    "flatten": ((0.166643, -0.028556, -0.196440), -0.417525, -0.339468, 0.057464, -0.532750, 0.105704, 0.195194),
    "gap": ((0.295209, 0.501474, 0.333938), -0.506434, -0.729767, 0.528747, -0.267825, 0.198042, 0.167536),
}


@pytest.mark.numbers
@pytest.mark.parametrize("head", ORACLE)
def test_scores_and_gradients_are_those_of_captum(head: str) -> None:
    logits, log_odds, gradient, times, odds_gradient, odds_times, lead = ORACLE[head]
    model = explained(head)
    scores = model.scores([X])
    assert scores[0] == pytest.approx(logits, abs=1e-5)
    order = np.argsort(-scores[0])
    top, next_ = int(order[0]), int(order[1])
    plain, odds = Goal.of(3, top), Goal.of(3, top, is_log_odds=True)
    assert odds.odds(scores)[0] == pytest.approx(log_odds, abs=1e-5)
    assert Goal.of(3, top, next_).odds(scores)[0] == pytest.approx(lead, abs=1e-5)
    for goal, sum_, product in ((plain, gradient, times), (odds, odds_gradient, odds_times)):
        slopes = model.slopes([X], goal)
        assert float(slopes.sum()) == pytest.approx(sum_, abs=1e-5)
        assert float((slopes * X).sum()) == pytest.approx(product, abs=1e-5)


@pytest.mark.numbers
@pytest.mark.parametrize(
    ("head", "path", "total"),
    [
        ("flatten", "conv_b", 0.106795),
        ("flatten", "conv_a", 0.031837),
        ("gap", "conv_b", 0.536553),
        ("gap", "conv_a", 0.511578),
    ],
)
def test_gradient_times_output_is_the_hires_cam_of_pytorch_grad_cam(head: str, path: str, total: float) -> None:
    model = explained(head)
    tail = model.tail(path)
    assert tail is not None
    top = int(model.scores([X])[0].argmax())
    values, around = tail.values([X])
    odds, slopes = tail.slopes(values, around, Goal.of(3, top))
    assert float((values * slopes).sum()) == pytest.approx(total, abs=1e-5)
    assert odds == pytest.approx(model.scores([X])[0, top], abs=1e-5)


# Of the score of the top class: sums of Grad-CAM, LayerCAM and Grad-CAM++ (with sums in it) as pytorch-grad-cam has
# them before it cuts off, scales and enlarges. The report draws none of the last two; they are made of the values and
# gradients that it draws from.
OTHER_MAPS = {
    ("flatten", "conv_b"): (0.008244, 0.820637, 0.852818),
    ("flatten", "conv_a"): (-0.120882, 1.414051, 5.864163),
    ("gap", "conv_b"): (0.536553, 0.538129, 0.863445),
    ("gap", "conv_a"): (0.236949, 0.699775, 4.799272),
}


@pytest.mark.numbers
@pytest.mark.parametrize(("head", "path"), OTHER_MAPS)
def test_values_and_gradients_make_the_maps_of_pytorch_grad_cam(head: str, path: str) -> None:
    model = explained(head)
    tail = model.tail(path)
    assert tail is not None
    values, around = tail.values([X])
    goal = Goal.of(3, int(model.scores([X])[0].argmax()))
    activations, slopes = values[0].astype(float), tail.slopes(values, around, goal)[1][0].astype(float)
    grad_cam = (slopes.mean(axis=(0, 1)) * activations).sum()
    layer_cam = (np.maximum(slopes, 0) * activations).sum()
    below = 2 * slopes**2 + activations.sum(axis=(0, 1)) * slopes**3 + 1e-6
    alphas = np.where(slopes != 0, slopes**2 / below, 0)
    plus_plus = ((alphas * np.maximum(slopes, 0)).sum(axis=(0, 1)) * activations).sum()
    expected = OTHER_MAPS[head, path]
    assert (grad_cam, layer_cam) == pytest.approx(expected[:2], abs=1e-5)
    assert plus_plus == pytest.approx(expected[2], rel=1e-4)


@pytest.mark.numbers
@pytest.mark.parametrize(("head", "total"), [("flatten", 0.088536), ("gap", 0.509089)])
def test_integrated_gradients_at_middles_are_those_of_captum(head: str, total: float) -> None:
    """The middles of 32 parts of the line from zero."""
    model = explained(head)
    goal = Goal.of(3, int(model.scores([X])[0].argmax()))
    at = ((np.arange(32) + 0.5) / 32).astype(np.float32)
    slopes = model.slopes([at.reshape(-1, 1, 1, 1) * X], goal)
    assert float((slopes.mean(axis=0) * X[0]).sum()) == pytest.approx(total, abs=1e-5)


@pytest.mark.numbers
@pytest.mark.parametrize(
    ("head", "deletion", "insertion"), [("flatten", -0.056298, 0.451603), ("gap", 0.687735, 0.973530)]
)
def test_deletion_and_insertion_along_a_map_are_those_of_xplique(head: str, deletion: float, insertion: float) -> None:
    """Eight steps from all to nothing, zero in the place of what is taken out, trapezoids; the map is of 32 middles."""
    model = explained(head)
    goal = Goal.of(3, int(model.scores([X])[0].argmax()))
    middles = ((np.arange(32) + 0.5) / 32).astype(np.float32).reshape(-1, 1, 1, 1)
    heat = (model.slopes([middles * X], goal).mean(axis=0) * X[0]).sum(axis=-1)
    order = np.argsort(np.argsort(-heat.ravel(), kind="stable")).reshape(heat.shape)
    numbers = np.linspace(0, heat.size, 9).astype(int)
    gone = np.stack([(order < number)[..., None] for number in numbers])
    for keep, expected in ((~gone, deletion), (gone, insertion)):
        odds = goal.odds(model.scores([X * keep.astype(np.float32)]))
        assert float(np.trapezoid(odds, dx=1 / 8)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.numbers
def test_hires_cam_and_bias_are_the_score_behind_global_average_pooling() -> None:
    model = explained("gap")
    tail = model.tail("conv_b")
    assert tail is not None
    values, around = tail.values([X])
    for own in range(3):
        odds, slopes = tail.slopes(values, around, Goal.of(3, own))
        bias = 0.1 * np.sin(own + 2.5)
        assert float((values * slopes).sum()) + bias == pytest.approx(float(odds[0]), abs=1e-6)


class Own(keras.Model):  # type: ignore[misc]
    """A model of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.c = layers.Conv2D(4, 3, activation="gelu", name="c")
        self.d = layers.Dense(5, name="d")

    def call(self, x: Any, training: bool = False) -> Any:
        return keras.ops.softmax(self.d(keras.ops.mean(self.c(x), axis=(1, 2))))


class Eager(Own):
    """One that no graph can be made of."""

    def call(self, x: Any, training: bool = False) -> Any:
        if not tf.executing_eagerly():
            raise RuntimeError("no graph")
        return super().call(x)


def _functional(kind: str) -> Any:
    given = keras.Input((12, 12, 3), name="image")
    conv = layers.Conv2D(4, 3, activation="gelu", name="c")
    if kind == "separate softmax":
        return keras.Model(given, layers.Softmax()(layers.Dense(5)(layers.GlobalAveragePooling2D()(conv(given)))))
    if kind == "activation behind reshape":
        return keras.Model(given, layers.Activation("softmax")(layers.Reshape((5,))(layers.Conv2D(5, 10)(conv(given)))))
    if kind == "nested":
        body = keras.Sequential([keras.Input((12, 12, 3)), conv, layers.AveragePooling2D(2)], name="body")
        head = keras.Sequential([keras.Input((5, 5, 4)), layers.Flatten(), layers.Dense(5, activation="softmax")])
        return keras.Model(given, head(body(given)))
    if kind == "shared":
        twice = layers.Conv2D(3, 3, padding="same", activation="gelu", name="c")
        return keras.Model(given, layers.Dense(5, activation="softmax")(layers.Flatten()(twice(twice(given)))))
    if kind == "logits":
        return keras.Model(given, layers.Dense(5)(layers.GlobalAveragePooling2D()(conv(given))))
    if kind == "one sigmoid":
        return keras.Model(given, layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling2D()(conv(given))))
    if kind == "value":
        return keras.Model(given, layers.Dense(1)(layers.GlobalAveragePooling2D()(conv(given))))
    assert kind == "half precision"
    conv = layers.Conv2D(4, 3, activation="gelu", name="c", dtype="mixed_float16")
    flat = layers.GlobalAveragePooling2D()(conv(given))
    return keras.Model(given, layers.Dense(5, activation="softmax", dtype="float32")(flat))


KINDS = {
    "separate softmax": "probabilities", "activation behind reshape": "probabilities", "nested": "probabilities",
    "shared": "probabilities", "logits": "logits", "one sigmoid": "probabilities", "value": "values",
    "half precision": "probabilities",
}  # fmt: skip


def _made(kind: str) -> tuple[Any, str]:
    keras.utils.set_random_seed(3)
    if kind in ("subclassed", "eager"):
        model = Own() if kind == "subclassed" else Eager()
        model(np.zeros((1, 12, 12, 3), np.float32))
        return model, "probabilities"
    return _functional(kind), KINDS[kind]


@pytest.mark.parametrize("kind", [*KINDS, "subclassed", "eager"])
def test_gradient_is_the_central_difference(kind: str) -> None:
    model, output = _made(kind)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 12, 12, 3)).astype(np.float32)
    found = explain(model, x, 0, output)
    goal = Goal.of(found.units, 0, is_log_odds=found.kind == "softmax")
    slopes = found.slopes([x], goal)
    direction = rng.normal(size=x.shape).astype(np.float32)
    step = 0.05 if kind == "half precision" else 1e-2
    ends = [goal.odds(found.scores([(x + sign * step * direction).astype(np.float32)])) for sign in (1, -1)]
    expected = (ends[0] - ends[1]) / (2 * step)
    got = (slopes * direction).sum(axis=(1, 2, 3))
    assert np.abs(got).max() > 1e-3
    assert got == pytest.approx(
        expected, abs=2e-2 * float(np.abs(got).max()) + (5e-2 if kind == "half precision" else 0)
    )
    assert bool(found.reason) == (kind == "eager")


def _laid_out(kind: str) -> tuple[Any, tuple[tuple[int, ...], ...]]:
    """A model whose inputs are laid out in another way, and the shapes of its inputs without the batch axis."""
    keras.utils.set_random_seed(3)
    if kind == "two inputs":
        picture, row = keras.Input((12, 12, 3), name="picture"), keras.Input((4,), name="row")
        seen = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="gelu", name="c")(picture))
        both = layers.Dense(6, activation="tanh")(layers.Concatenate()([seen, row]))
        outputs = [layers.Dense(2, name="other")(both), layers.Dense(5, activation="softmax", name="answer")(both)]
        return keras.Model([picture, row], outputs), ((12, 12, 3), (4,))
    if kind == "time distributed":
        given = keras.Input((3, 8, 8, 2))
        steps = layers.TimeDistributed(layers.Conv2D(4, 3, activation="gelu", name="c"), name="t")(given)
        rows = layers.TimeDistributed(layers.GlobalAveragePooling2D())(steps)
        return keras.Model(given, layers.Dense(5, activation="softmax")(layers.GRU(6)(rows))), ((3, 8, 8, 2),)
    assert kind == "channels first"
    order: Any = {"data_format": "channels_first"}
    given = keras.Input((3, 12, 12))
    seen = layers.AveragePooling2D(2, **order)(layers.Conv2D(4, 3, activation="gelu", name="c", **order)(given))
    flat = layers.Flatten()(layers.Conv2D(3, 2, activation="gelu", name="d", **order)(seen))
    return keras.Model(given, layers.Dense(5, activation="softmax")(flat)), ((3, 12, 12),)


def _central(ends: Callable[[Array], Array], value: Array, direction: Array, step: float = 1e-2) -> Array:
    """The slope along a direction, from what is found a step to either side."""
    high, low = (ends((value + sign * step * direction).astype(np.float32)) for sign in (1, -1))
    return np.asarray((high - low) / (2 * step))


LAID_OUT = {"two inputs": "c", "time distributed": "t/c", "channels first": "c"}


@pytest.mark.parametrize("kind", LAID_OUT)
def test_gradient_is_the_central_difference_at_each_input_and_at_a_call(kind: str) -> None:
    model, shapes = _laid_out(kind)
    rng = np.random.default_rng(0)
    given = [rng.normal(size=(2, *shape)).astype(np.float32) for shape in shapes]
    place = int(kind == "two inputs")
    inputs = given if len(given) > 1 else given[0]
    with runnable(model):
        model(inputs)  # so that what no kernel can run is known before the model is traced, as in a report
        found = explain(model, inputs, place)
        assert not found.reason
        assert found.floats == tuple(range(len(shapes)))
        goal = Goal.of(found.units, 0, is_log_odds=True)
        for own, value in enumerate(given):
            direction = rng.normal(size=value.shape)

            def ends(moved: Array, own: int = own) -> Array:
                return goal.odds(found.scores([moved if each == own else part for each, part in enumerate(given)]))

            slopes = found.slopes(given, goal, own)
            assert slopes.shape == value.shape
            got = (slopes * direction).reshape(2, -1).sum(axis=1)
            assert np.abs(got).max() > 1e-3
            assert got == pytest.approx(_central(ends, value, direction), abs=1e-2 * float(np.abs(got).max()))
        tail = found.tail(LAID_OUT[kind])
        assert tail is not None
        values, around = tail.values(given)
        direction = rng.normal(size=values.shape)
        odds, slopes = tail.slopes(values, around, goal)
        assert odds == pytest.approx(goal.odds(found.scores(given)), abs=1e-5)
        got = (slopes * direction).reshape(2, -1).sum(axis=1)
        expected = _central(lambda moved: goal.odds(tail.scores(moved, around)), values, direction)
        assert np.abs(got).max() > 1e-3
        assert got == pytest.approx(expected, abs=1e-2 * float(np.abs(got).max()))


@pytest.mark.numbers
def test_log_odds_of_probabilities_equal_those_of_the_logits() -> None:
    """ln p - ln of the others' sum needs no logits: the eager way and the graph's agree."""
    keras.utils.set_random_seed(3)
    graph, eager = Own(), Eager()
    x = np.random.default_rng(1).normal(size=(3, 12, 12, 3)).astype(np.float32)
    graph(x), eager(x)
    eager.set_weights(graph.get_weights())
    goal = Goal.of(5, 2, is_log_odds=True)
    ways = [explain(model, x) for model in (graph, eager)]
    first, second = (goal.odds(way.scores([x])) for way in ways)
    assert first == pytest.approx(second, abs=1e-5)
    assert ways[0].slopes([x], goal) == pytest.approx(ways[1].slopes([x], goal), abs=1e-5)


def test_saturated_sigmoid_still_has_a_gradient() -> None:
    keras.utils.set_random_seed(0)
    model = _functional("one sigmoid")
    model.layers[-1].set_weights([np.full((4, 1), 5.0, np.float32), np.full(1, 30.0, np.float32)])
    x = np.zeros((2, 12, 12, 3), np.float32)
    assert float(model.predict(x, verbose=0)[0, 0]) == 1.0
    found = explain(model, x)
    assert found.scores([x])[:, 0] == pytest.approx(30, abs=1e-3)
    assert np.abs(found.slopes([x + 1], Goal.of(1, 0))).max() > 0


def test_goal_of_the_answer_no_is_the_other_sign() -> None:
    scores = np.array([[2.0], [-1.0]])
    assert Goal.of(1, 0, sign=-1).odds(scores).tolist() == [-2.0, 1.0]


def test_log_odds_do_not_change_where_a_number_is_added_to_all_scores() -> None:
    scores = np.array([[1.0, 2.0, -3.0]])
    goal = Goal.of(3, 1, is_log_odds=True)
    assert goal.odds(scores) == pytest.approx(goal.odds(scores + 50))
    share = np.exp(2) / (np.exp(1) + np.exp(2) + np.exp(-3))
    assert goal.odds(scores)[0] == pytest.approx(np.log(share / (1 - share)))


def test_map_shaped_answer_is_refused_in_a_sentence() -> None:
    model = keras.Sequential([keras.Input(SIZE), layers.Conv2D(3, 3, padding="same", activation="softmax")])
    with pytest.raises(ModelError, match="no one answer to explain"):
        explain(model, X)


def test_only_batches_of_one_size_are_run_and_rows_come_back_as_asked() -> None:
    model = explained("gap")
    five = np.concatenate([X * scale for scale in (1, 2, 3, 4, 5)])
    scores = model.scores([five])
    assert scores.shape == (5, 3)
    alone = np.concatenate([model.scores([five[place : place + 1]]) for place in range(5)])
    assert scores == pytest.approx(alone, abs=1e-6)
