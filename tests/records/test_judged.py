"""Where the channels of a conv call are judged, in the records of real models."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from reportgen.models.inspection import inspect
from reportgen.models.kinds import cuts_off
from reportgen.records import places
from reportgen.records.judged import judged

pytestmark = pytest.mark.keras
layers = keras.layers


def chain(*parts: Any) -> Any:
    return keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(2, 3, padding="same", name="conv"), *parts])


def read_twice() -> Any:
    start = keras.Input((6, 6, 2))
    maps = layers.Conv2D(2, 3, padding="same", name="conv")(start)
    return keras.Model(start, layers.Add(name="add")([layers.ReLU(name="relu")(maps), maps]))


def norm_read_twice() -> Any:
    start = keras.Input((6, 6, 2))
    maps = layers.BatchNormalization(name="norm")(layers.Conv2D(2, 3, padding="same", name="conv")(start))
    return keras.Model(start, layers.Add(name="add")([layers.ReLU(name="relu")(maps), maps]))


def by_operator() -> Any:
    start = keras.Input((6, 6, 2))
    return keras.Model(start, keras.ops.relu(layers.Conv2D(2, 3, name="conv")(start)))


def fused() -> Any:
    start = keras.Input((6, 6, 2))
    maps = layers.Conv2D(2, 3, activation="tanh", name="conv")(start)
    return keras.Model(start, layers.ReLU(name="relu")(maps))


def nested() -> Any:
    inner = keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(2, 3, name="conv")], name="inner")
    return keras.Sequential([keras.Input((6, 6, 2)), inner, layers.ReLU(name="relu")])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: chain(), ("conv", "conv", ())),
        (lambda: chain(layers.ReLU(name="relu")), ("conv", "relu", ("relu",))),
        (
            lambda: chain(layers.BatchNormalization(name="norm"), layers.Activation("relu", name="relu")),
            ("conv", "relu", ("norm", "relu")),
        ),
        (lambda: chain(layers.BatchNormalization(name="norm"), layers.MaxPooling2D(name="pool")), ("conv", "conv", ())),
        (lambda: chain(layers.MaxPooling2D(name="pool"), layers.ReLU(name="relu")), ("conv", "conv", ())),
        (lambda: chain(layers.Dropout(0.5, name="drop"), layers.ELU(name="elu")), ("conv", "elu", ("drop", "elu"))),
        (read_twice, ("conv", "conv", ())),
        (norm_read_twice, ("conv", "conv", ())),
        (fused, ("conv", "conv", ())),
        (nested, ("inner/conv", "relu", ("relu",))),
    ],
    ids=[
        "alone", "ReLU", "normalised", "no activation", "pooled before", "dropout", "read twice", "read twice later",
        "activation of its own", "behind the end of a nested model",
    ],
)  # fmt: skip
def test_conv_is_judged_behind_the_activation_that_all_its_output_goes_through(
    model: Any, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    record = inspect(model())
    (found,) = judged(record.layers)
    assert (found.record.path, found.path, found.through) == expected
    # Channels are switched off, and dreamt of, where their responses are measured.
    assert places.judged_at(record, found.record).path == expected[1]


def test_operator_counts_as_an_activation() -> None:
    (found,) = judged(inspect(by_operator()).layers)
    assert (found.path == "conv", len(found.through)) == (False, 1)


@pytest.mark.parametrize(
    ("layer", "cuts"),
    [
        (lambda: layers.ReLU(), True),
        (lambda: layers.ReLU(max_value=6.0), True),
        (lambda: layers.ReLU(negative_slope=0.1), False),
        (lambda: layers.LeakyReLU(), False),
        (lambda: layers.Activation("relu6"), True),
        (lambda: layers.Activation("gelu"), False),
        (lambda: layers.Conv2D(1, 1, activation="relu"), True),
        (lambda: layers.Conv2D(1, 1), False),
    ],
)
def test_only_what_gives_zero_below_zero_cuts_off(layer: Any, cuts: bool) -> None:
    assert cuts_off(layer()) is cuts
