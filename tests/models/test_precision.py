"""A model that computes in another precision: Keras casts what its layers get, and the graph must not be lost by it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen import explain
from reportgen.models.hooks import watch
from reportgen.models.inspection import inspect
from reportgen.records.model import ModelRecord

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
layers = keras.layers


def two_inputs(policy: str) -> Any:
    """Two pictures of different size, a nested model, a branch, and a squeeze."""
    first, second = keras.Input((12, 12, 3), name="first"), keras.Input((8, 8, 1), name="second")
    nested = keras.Sequential(
        [keras.Input((10, 10, 4)), layers.Conv2D(4, 3, strides=2, dtype=policy, name="inner")], name="nested"
    )
    x = layers.Conv2D(4, 3, dtype=policy, name="conv_a")(first)
    x = layers.Add(dtype=policy, name="add")([x, layers.BatchNormalization(dtype=policy, name="norm")(x)])
    squeezed = layers.GlobalAveragePooling2D(keepdims=True, dtype=policy, name="squeeze")(x)
    x = nested(layers.Multiply(dtype=policy, name="scale")([x, squeezed]))
    y = layers.Conv2D(2, 5, dtype=policy, name="conv_b")(second)
    x = layers.Concatenate(dtype=policy, name="both")(
        [layers.Flatten(dtype=policy, name="flat_a")(x), layers.Flatten(dtype=policy, name="flat_b")(y)]
    )
    return keras.Model([first, second], layers.Dense(3, dtype="float32", name="answer")(x), name="mixed")


def graph(record: ModelRecord) -> list[object]:
    return [
        (call.path, call.inputs, call.receptive_field, call.jump, call.whole_image, record.sees_main_input(call))
        for call in record.layers
    ]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
def test_the_graph_is_that_of_the_twin_in_single_precision(policy: str) -> None:
    expected = graph(inspect(two_inputs("float32")))
    assert expected[0] == ("conv_a", ("",), (3, 3), (1, 1), False, True)
    assert graph(inspect(two_inputs(policy))) == expected


def test_a_policy_is_left_as_it_was() -> None:
    model = two_inputs("mixed_float16")
    policies = [layer.dtype_policy for layer in model.layers]
    before = [dict(vars(policy)) for policy in policies]
    with watch(model, lambda _: None):
        model([np.zeros((1, 12, 12, 3)), np.zeros((1, 8, 8, 1))])
    assert [vars(policy) for policy in policies] == before


def test_a_report_on_a_model_of_half_precision_knows_its_receptive_fields() -> None:
    keras.utils.set_random_seed(1)
    images = {name: np.random.default_rng(0).random((3, *shape)) for name, shape in SHAPES.items()}
    report = explain(two_inputs("mixed_float16"), images)
    fields = {call.path: call.receptive_field for call in report.model.layers}
    assert (fields["conv_a"], fields["conv_b"]) == ((3, 3), (5, 5))
    assert not report.failed


SHAPES = {"first": (12, 12, 3), "second": (8, 8, 1)}
