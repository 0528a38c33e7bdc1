"""A model that computes in another precision: Keras casts what its layers get, and the graph must not be lost by it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen import explain
from reportgen.models.hooks import watch
from reportgen.models.inspection import inspect
from reportgen.models.loading import load
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
    report = explain(two_inputs("mixed_float16"), images, section=["architecture", "calculations", "activations"])
    fields = {call.path: call.receptive_field for call in report.model.layers}
    assert (fields["conv_a"], fields["conv_b"]) == ((3, 3), (5, 5))
    assert not report.failed


SHAPES = {"first": (12, 12, 3), "second": (8, 8, 1)}


def digits(policy: str | None = None) -> Any:
    """Conv, depthwise conv, pooling and two dense layers; the last in float32."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv", dtype=policy),
            layers.DepthwiseConv2D(3, name="each", dtype=policy),
            layers.MaxPooling2D(2, name="pool", dtype=policy),
            layers.Flatten(name="flat", dtype=policy),
            layers.Dense(7, activation="relu", name="dense", dtype=policy),
            layers.Dense(3, activation="softmax", name="scores", dtype="float32"),
        ],
        name="digits",
    )


def quantized(mode: str) -> Any:
    model = digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the layers that Keras does not quantize
        model.quantize(mode)
    return model


def formats(record: ModelRecord) -> dict[str, tuple[str, tuple[str, ...], str, int]]:
    told = {call.path: call.precision for call in record.layers if call.parameters}
    return {path: (each.compute, each.stored, each.quantized, each.weight_bytes) for path, each in told.items()}


@pytest.mark.parametrize(
    ("policy", "compute", "stored", "size"),
    [
        ("mixed_float16", "float16", "float32", 4),
        ("mixed_bfloat16", "bfloat16", "float32", 4),
        ("float16", "float16", "float16", 2),
        ("bfloat16", "bfloat16", "bfloat16", 2),
        ("float64", "float64", "float64", 8),
        (None, "float32", "float32", 4),
    ],
)
def test_formats_are_what_a_layer_computes_in_and_what_it_keeps(
    policy: str | None, compute: str, stored: str, size: int
) -> None:
    model = digits(policy)
    record = inspect(model)
    found = formats(record)
    for path, count in (("conv", 40), ("each", 40), ("dense", 455)):
        assert found[path] == (compute, (stored,), "", size * count)
    assert found["scores"] == ("float32", ("float32",), "", 4 * 24)
    assert {call.precision.compute for call in record.layers if not call.parameters} == {compute}
    assert sum(call.precision.weight_bytes for call in record.layers) == record.size_bytes


# Kernels of 64 · 7 and 7 · 3 numbers.
QUANTIZED = {
    "int8": (("int8", ("int8", "float32"), "int8"), 448 + 4 * (7 + 7), 21 + 4 * (3 + 3)),
    # Keras's own choice: blocks of 128 inputs, each with a scale and a zero point; and the block of every input.
    "int4": (
        ("float32", ("int4", "float32", "int8"), "int4/128"),
        64 * 4 + 5 * 7 + 4 * 64 + 4 * 7,
        7 * 2 + 5 * 3 + 4 * 7 + 4 * 3,
    ),
    "float8": (("float8", ("float32",), "float8"), 4 * (448 + 7 + 3 + 3 * 1024), 4 * (21 + 3 + 3 + 3 * 1024)),
}


@pytest.mark.parametrize("mode", QUANTIZED)
def test_quantized_layers_say_what_they_hold_and_have_a_formula(mode: str) -> None:
    record = inspect(quantized(mode))
    told, dense, scores = QUANTIZED[mode]
    found = formats(record)
    assert (found["dense"], found["scores"]) == ((*told, dense), (*told, scores))
    assert found["conv"] == ("float32", ("float32",), "", 160)
    assert sum(call.precision.weight_bytes for call in record.layers) == record.size_bytes
    assert all(call.has_formula and all(check.agrees for check in call.checks) for call in record.layers)
    assert [call.macs for call in record.layers] == [call.macs for call in inspect(digits()).layers]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *((name, ".keras") for name in ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", *QUANTIZED)),
        # Keras reads no bfloat16 and no float8 from the old format.
        *((name, ".h5") for name in ("mixed_float16", "float16", "int8")),
    ],
)
def test_file_of_any_precision_is_loaded_as_it_was(name: str, suffix: str, tmp_path: Path) -> None:
    model = quantized(name) if name in QUANTIZED else digits(name)
    model.save(tmp_path / f"model{suffix}")
    loaded = load(tmp_path / f"model{suffix}").model
    images = np.random.default_rng(0).random((2, 12, 12, 1), np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))
    assert formats(inspect(loaded)) == formats(inspect(model))


@pytest.mark.parametrize("mode", QUANTIZED)
def test_quantized_layers_inside_an_attention_have_no_formula_and_raise_no_alarm(mode: str) -> None:
    image = keras.Input((6, 6, 1))
    rows = layers.Reshape((16, 4))(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.MultiHeadAttention(2, 3, name="attention")(rows, rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.quantize(mode)
    record = inspect(model)
    (call,) = (call for call in record.layers if call.path == "attention")
    assert (call.has_formula, call.macs, call.checks) == (False, None, ())
    assert "with quantized layers inside" in call.notes[0]


def test_zero_weights_are_counted_and_zero_kernels_named() -> None:
    model = digits()
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., 1] = 0
    kernel[0, :, :, 3] = 0
    model.get_layer("conv").set_weights([kernel, bias + 1])
    kernel, bias = model.get_layer("each").get_weights()
    kernel[:, :, 2] = 0
    model.get_layer("each").set_weights([kernel, bias])
    model.get_layer("scores").kernel.assign(np.zeros((7, 3)))
    calls = {call.path: call for call in inspect(model).layers}
    assert {path: (call.kernel_weights, call.zero_weights, call.zero_kernels) for path, call in calls.items()} == {
        "conv": (36, 12, (1,)),
        "each": (36, 9, (2,)),
        "pool": (0, 0, ()),
        "flat": (0, 0, ()),
        "dense": (448, 0, ()),
        "scores": (21, 21, (0, 1, 2)),
    }
    assert (calls["conv"].zero_share, calls["pool"].zero_share) == (1 / 3, None)


def test_zero_kernels_of_a_transposed_and_of_a_grouped_convolution_are_output_channels() -> None:
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            layers.Conv2DTranspose(3, 2, name="up"),
            layers.Conv2D(6, 2, groups=3, name="groups"),
            layers.SeparableConv2D(4, 2, name="parts"),
        ]
    )
    for name, axis in (("up", 2), ("groups", 3)):
        kernel = np.ones(model.get_layer(name).kernel.shape)
        np.moveaxis(kernel, axis, 0)[2] = 0
        model.get_layer(name).kernel.assign(kernel)
    calls = {call.path: call for call in inspect(model).layers}
    assert (calls["up"].zero_kernels, calls["groups"].zero_kernels, calls["parts"].zero_kernels) == ((2,), (2,), ())


def test_a_report_says_what_is_quantized_and_which_channels_were_pruned() -> None:
    model = quantized("int8")
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., 1] = 0
    model.get_layer("conv").set_weights([kernel, bias])
    report = explain(model, np.random.default_rng(0).random((6, 12, 12, 1)), section=["architecture", "channels"])
    assert not report.failed
    contents: list[Any] = [section.content for section in report.sections]
    network, seen = contents
    assert any("2 of 4 layers with weights are quantized to int8" in each for each in spaced(network.remarks))
    (said,) = spaced([seen.layers[0].silent])
    assert said == "Never above zero: 1. Channel 1 is dead because its 9 weights are all zero."


def spaced(sentences: Sequence[str]) -> list[str]:
    return [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sentences]
