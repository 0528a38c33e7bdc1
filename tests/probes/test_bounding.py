"""Bounds of channels: nothing that a network computes lies outside of them, and where they meet there is one value."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen.models.hooks import Call, watch
from reportgen.models.inspection import inspect
from reportgen.options import make
from reportgen.probes.watching import run
from reportgen.probes.watching.bounding import Interval, intervals
from reportgen.sources.dataset import Manner
from reportgen.sources.fitting import fit
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]

layers = keras.layers


def bounded(model: Any, given: tuple[float, float] | None = (-1.0, 1.0)) -> dict[str, Interval]:
    """The bounds of every call of a model."""
    operations: dict[str, Any] = {}

    def note(call: Call) -> None:
        operations[call.path] = call.operation

    with watch(model, note):
        model(np.zeros((1, *model.input_shape[1:]), np.float32))
    return intervals(inspect(model, None).layers, operations, given)


def outputs(model: Any, images: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
    """What comes out of every call."""
    found = {}

    def note(call: Call) -> None:
        found[call.path] = np.asarray(call.output)

    with watch(model, note):
        model(images)
    return found


def random_network(seed: int) -> Any:
    """Convolutions, batch normalizations and activations of every kind that is bounded, with drawn weights."""
    draw = np.random.default_rng(seed)
    start = keras.Input((9, 9, 2))
    x = layers.ZeroPadding2D(1)(start)
    x = layers.Conv2D(5, 3, strides=2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6.0)(x)
    side = layers.Conv2D(5, 1, activation="tanh")(x)
    x = layers.DepthwiseConv2D(
        3, padding="same", activation=str(draw.choice(["relu", "elu", "gelu", "silu", "sigmoid"]))
    )(x)
    x = layers.Add()([x, side])
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(3, 2, activation="softplus")(x)
    x = layers.LeakyReLU()(layers.Activation("linear")(x))
    model = keras.Model(start, layers.Conv2D(2, 1)(x))
    for weight in model.weights:
        drawn = draw.normal(0, 1.5, weight.shape)
        weight.assign(np.abs(drawn) if "variance" in weight.path else drawn)
    return model


@pytest.mark.parametrize("seed", range(10))
def test_no_value_lies_outside_of_its_bounds(seed: int) -> None:
    model, draw = random_network(seed), np.random.default_rng(seed + 100)
    corners = draw.choice([-1.0, 1.0], (200, 9, 9, 2))
    images = np.concatenate([corners, draw.uniform(-1, 1, (200, 9, 9, 2))]).astype(np.float32)
    known, num_finite = bounded(model), 0
    for path, values in outputs(model, images).items():
        columns = values.reshape(-1, values.shape[-1])
        assert (columns.min(axis=0) >= known[path].low).all(), path
        assert (columns.max(axis=0) <= known[path].high).all(), path
        num_finite += bool(np.isfinite(known[path].high).all())
    assert num_finite >= 8


def test_bounds_of_one_layer_are_reached() -> None:
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Conv2D(1, 2, name="conv")])
    kernel = np.array([[1.0, -2.0], [3.0, -4.0]]).reshape(2, 2, 1, 1)
    model.get_layer("conv").set_weights([kernel, np.array([0.5])])
    known = bounded(model, (0.0, 1.0))["conv"]
    assert known.low == pytest.approx(-5.5, rel=1e-4)
    assert known.high == pytest.approx(4.5, rel=1e-4)


def silent() -> Any:
    """Four channels: one never above zero whatever comes, one above zero on rare images, one at its cap, one alive."""
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(4, 1, use_bias=False, name="conv"),
            layers.BatchNormalization(epsilon=0.0, name="norm"),
            layers.ReLU(6.0, name="relu6"),
            layers.DepthwiseConv2D(1, use_bias=False, name="each"),
        ]
    )
    model.get_layer("conv").set_weights([np.ones((1, 1, 1, 4))])
    beta = np.array([-2.0, -0.9, 8.0, 0.0])
    model.get_layer("norm").set_weights([np.ones(4), beta, np.zeros(4), np.ones(4)])
    model.get_layer("each").set_weights([np.ones((1, 1, 4, 1))])
    return model


@pytest.mark.parametrize("given", [(0.0, 1.0), None], ids=["pixels", "any numbers"])
def test_channel_with_one_value_is_proven_where_its_bounds_meet(given: tuple[float, float] | None) -> None:
    points = bounded(silent(), given)["relu6"].is_point
    assert np.broadcast_to(points, 4).tolist() == ([True, False, True, False] if given else [False] * 4)


def test_channels_are_told_apart_that_cannot_fire_from_those_that_did_not() -> None:
    images = np.round(np.random.default_rng(0).uniform(0, 200, (20, 4, 4, 1)))

    fitted = fit(data(images), (4, 4, 1), "float32", Manner(rescales=False))
    result = run(subject(silent(), fitted), make({}))
    assert result is not None
    conv, each = result.responses.calls
    assert [channel.state for channel in conv.channels] == ["dead", "dead", "stuck", ""]
    assert [channel.proven for channel in conv.channels] == [True, False, True, False]
    assert [channel.origin for channel in each.channels] == ["conv", "conv", "conv", ""]


def test_what_is_not_known_how_to_bound_is_unbounded() -> None:
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.LayerNormalization(name="norm"), layers.Conv2D(2, 1)])
    known = bounded(model)
    assert np.isinf(known["norm"].low).all()
    assert not np.broadcast_to(known[list(known)[-1]].is_point, 2).any()
