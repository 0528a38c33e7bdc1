"""Quantized layers against the layers themselves: what Keras stores, part by part, and what it multiplies."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import keras
import pytest

from reportgen.errors import LayerError
from reportgen.layers.arithmetic import work_out
from reportgen.layers.quantized import KINDS
from reportgen.records.model import Arithmetic, Shape
from tests.layers.real import build, made, shape_rule
from tests.layers.sums import wrong

pytestmark = pytest.mark.keras

FLAT: tuple[Shape, ...] = ((7,),)
ROW: tuple[Shape, ...] = ((9, 6),)
CASES: list[tuple[str, Mapping[str, object], tuple[Shape, ...]]] = [
    ("Dense", {"units": 5}, FLAT),
    ("Dense", {"units": 4, "use_bias": False}, ((3, 2, 6),)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (9, 5), "bias_axes": "d"}, ROW),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (9, 2, 3), "bias_axes": "de"}, ROW),
    ("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 5}, ROW),
    ("Embedding", {"input_dim": 10, "output_dim": 5}, FLAT),
]
WAYS: list[Any] = [
    "int8",
    "int4",
    "float8",
    keras.quantizers.Int4QuantizationConfig(block_size=None),
    keras.quantizers.Int4QuantizationConfig(block_size=4),
]


def quantized(kind: str, settings_: Mapping[str, object], shapes: tuple[Shape, ...], way: Any) -> tuple[Any, Shape]:
    layer = made(kind, settings_)
    batches = build(layer, shapes)
    layer.quantize(way if isinstance(way, str) else way.mode, config=None if isinstance(way, str) else way)
    return layer, shape_rule(layer, batches)


def worked(kind: str, config: Mapping[str, object], shapes: tuple[Shape, ...]) -> Arithmetic:
    found = work_out(kind, config, shapes)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "settings_", "shapes", "way"),
    # Keras quantizes no embedding to float8.
    [(*case, way) for case in CASES for way in WAYS if (case[0], way) != ("Embedding", "float8")],
)
def test_what_is_stored_is_what_the_layer_holds(
    kind: str, settings_: Mapping[str, object], shapes: tuple[Shape, ...], way: Any
) -> None:
    layer, output_shape = quantized(kind, settings_, shapes, way)
    found = worked(kind, layer.get_config(), shapes)
    assert found.output_shape == output_shape
    assert found.parameters == sum(prod(weight.shape) for weight in layer.weights)
    assert not wrong(found.steps)
    plain = worked(kind, made(kind, settings_).get_config(), shapes)
    assert (found.macs, found.windows) == (plain.macs, plain.windows)


def test_each_part_has_a_line_of_its_own() -> None:
    layer, _ = quantized("Dense", {"units": 5}, FLAT, WAYS[4])
    steps = worked("Dense", layer.get_config(), FLAT).steps
    assert [(step.quantity, step.working, step.value) for step in steps if step.unit == "parameters"] == [
        ("packed kernel parameters", "7 · ⌈5 / 2⌉", 21),
        ("scale parameters", "⌈7 / 4⌉ · 5", 10),
        ("zero point parameters", "⌈7 / 4⌉ · 5", 10),
        ("block number parameters", "7", 7),
        ("bias parameters", "5", 5),
        ("parameters", "21 + 10 + 10 + 7 + 5", 53),
    ]


def test_what_keras_quantizes_has_a_formula() -> None:
    able = set()
    for name, each in vars(keras.layers).items():
        if isinstance(each, type) and "quantize" in vars(each) and each is not keras.layers.Layer:
            able.add(name)
    assert able - {"ReversibleEmbedding"} == KINDS  # which has no formula at all


@pytest.mark.parametrize("mode", ["gptq/4/128", "awq/4/128", "int3"])
def test_another_way_is_refused_by_name(mode: str) -> None:
    with pytest.raises(LayerError, match=f"quantized by {mode}.* knows int8, int4 and float8"):
        work_out("Dense", {"units": 2, "dtype": {"config": {"mode": mode}}}, FLAT)


def test_a_kind_that_keras_does_not_quantize_is_refused() -> None:
    with pytest.raises(LayerError, match="weights are quantized"):
        work_out("Conv1D", {"filters": 2, "kernel_size": 3, "dtype": {"config": {"mode": "int8"}}}, ROW)
