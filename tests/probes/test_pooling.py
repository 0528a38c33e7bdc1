"""Four poolings worked by hand on a window of real numbers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.options import make
from reportgen.probes.pooling import pool, run
from tests.models import toys
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
WINDOW = np.array([[1.0, 2.0, 0.0, 8.0], [3.0, 6.0, 0.0, 0.0]])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("max", [[6.0, 8.0]]),
        ("average", [[3.0, 2.0]]),
        ("global max", [[8.0]]),
        ("global average", [[2.5]]),
    ],
)
def test_pooling_by_hand(kind: str, expected: list[list[float]]) -> None:
    assert pool(kind, WINDOW).tolist() == expected


def passing(*layers: Any, size: int = 10, filters: int = 2) -> Any:
    """A conv layer that hands on the image, ten times and once, and other layers."""
    conv = keras.layers.Conv2D(filters, 1, use_bias=False, name="conv")
    model = keras.Sequential([keras.Input((size, size, 1)), conv, *layers])
    conv.set_weights([np.array([10.0, 1.0, 0.1][:filters]).reshape(1, 1, 1, filters)])
    return model


def corner() -> Any:
    """An image of 10 × 10 that counts from 0 to 35 in its lower right corner, and is of their mean elsewhere."""
    images = np.full((1, 10, 10, 1), 17.5, np.float32)
    images[0, 4:, 4:, 0] = np.arange(36).reshape(6, 6)
    return images


def test_window_is_cut_from_the_liveliest_map_where_it_varies_most() -> None:
    result = run(subject(passing(keras.layers.MaxPooling2D(2, name="pool")), data(corner()), 0), make({}))
    assert result is not None
    assert (result.sample, result.path, result.channel, result.pool) == (0, "conv", 0, 2)
    assert (result.top, result.left) == (4, 4)
    assert result.window == tuple(tuple(float(10 * value) for value in row) for row in np.arange(36).reshape(6, 6))
    assert result.map_levels.shape == (10, 10)
    assert [result.map_levels[place] for place in ((9, 9), (4, 4), (0, 0))] == [255, 0, 128]


def test_results_agree_with_keras_and_name_the_layers_of_their_kind() -> None:
    model = passing(
        keras.layers.MaxPooling2D(2, name="pool"),
        keras.layers.AveragePooling2D(1, name="mean"),
        keras.layers.MaxPooling2D(2, name="pool_2"),
        keras.layers.GlobalAveragePooling2D(name="all"),
    )
    result = run(subject(model, data(corner()), 0), make({}))
    assert result is not None
    assert [(each.kind, each.agrees, each.used_by) for each in result.results] == [
        ("max", True, ("pool", "pool_2")),
        ("average", True, ("mean",)),
        ("global max", True, ()),
        ("global average", True, ("all",)),
    ]
    # The first block is 0, 10, 60, 70.
    assert [each.values[0][0] for each in result.results] == [70.0, 35.0, 350.0, 175.0]


def test_conv_layer_before_the_first_pooling_is_taken() -> None:
    second = keras.layers.Conv2D(1, 1, name="second")
    after = keras.layers.Conv2D(1, 1, name="after")
    model = passing(second, keras.layers.MaxPooling2D(2, name="pool"), after)
    result = run(subject(model, data(corner()), 0), make({}))
    assert result is not None
    assert result.path == "second"


def test_without_pooling_the_last_conv_layer_is_taken() -> None:
    result = run(subject(passing(keras.layers.Conv2D(1, 1, name="last")), data(corner()), 0), make({}))
    assert result is not None
    assert result.path == "last"


@pytest.mark.parametrize(("size", "window"), [(2, (2, 2)), (3, (2, 2)), (5, (4, 4)), (7, (6, 6))])
def test_small_map_gives_a_small_window(size: int, window: tuple[int, int]) -> None:
    images = np.arange(size * size, dtype=np.float32).reshape(1, size, size, 1)
    result = run(subject(passing(size=size), data(images), 0), make({}))
    assert result is not None
    assert (len(result.window), len(result.window[0])) == window


@pytest.mark.parametrize("case", ["no sample", "one position", "broken"])
def test_where_there_is_no_map_to_work_on_there_is_no_result(case: str) -> None:
    images = corner()
    if case == "no sample":
        asked = subject(passing(), data(images))
    elif case == "one position":
        asked = subject(passing(size=1), data(images[:, :1, :1]), 0)
    else:
        images[0, 0, 0] = np.nan
        asked = subject(passing(), data(images), 0)
    assert run(asked, make({})) is None


def test_model_is_left_unwatched() -> None:
    model = toys.sequential()
    run(subject(model, data(toys.image(6, 6, 1)), 0), make({}))
    assert "call" not in vars(model) | vars(model.get_layer("conv"))
