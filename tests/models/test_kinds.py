"""What a layer is, which of its inputs count and which weights are its own, also for classes from outside Keras."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.models import kinds
from reportgen.models.importing import import_modules
from reportgen.models.inspection import inspect
from reportgen.models.loading import load
from reportgen.options import make
from reportgen.probes import activations
from reportgen.records.model import LayerRecord, ModelRecord
from tests.layers.classes import CLASSES, is_conv_or_pool
from tests.layers.sums import wrong
from tests.probes.subjects import data, subject

pytestmark = pytest.mark.keras
layers = keras.layers

OWN = """
import keras

@keras.saving.register_keras_serializable(package="kinds_tests")
class Blurred(keras.layers.Conv2D):
    pass

@keras.saving.register_keras_serializable(package="kinds_tests")
class Shrunk(keras.layers.MaxPooling2D):
    pass

@keras.saving.register_keras_serializable(package="kinds_tests")
class Conv2D(keras.layers.Layer):
    def call(self, inputs):
        return inputs[:, :1]
"""


def calls(record: ModelRecord) -> dict[str, LayerRecord]:
    return {call.path: call for call in record.layers}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Any]:
    """A module with layers, imported as `--import` does; afterwards neither Python nor Keras knows it any more."""
    path = tmp_path / "own_kinds_of_a_test.py"
    path.write_text(OWN, encoding="utf-8")
    import_modules([str(path)])
    yield sys.modules[path.stem]
    sys.modules.pop(path.stem, None)
    for name in ("Blurred", "Shrunk", "Conv2D"):
        keras.saving.get_custom_objects().pop(f"kinds_tests>{name}", None)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_convolutions_and_poolings_of_keras_have_their_role(name: str) -> None:
    made = object.__new__(CLASSES[name])
    role = kinds.role(made, (4, 4, 1), (4, 4, 1))
    assert (role != "other") == is_conv_or_pool(name)
    assert (role == "pool") == ("Pool" in name)


def test_descendants_of_a_convolution_keep_its_role_and_their_maps(own: Any, tmp_path: Path) -> None:
    blurred, shrunk = own.Blurred(2, 3, name="blurred"), own.Shrunk(2, name="shrunk")
    keras.Sequential([keras.Input((6, 6, 1)), blurred, shrunk]).save(tmp_path / "m.keras")
    imported = import_modules([str(tmp_path / "own_kinds_of_a_test.py")])
    shown = subject(load(tmp_path / "m.keras", imported=imported).model, data(np.ones((1, 6, 6, 1))), 0)
    found = calls(shown.record)
    assert [(call.kind, call.role, call.has_formula) for call in found.values()] == [
        ("Blurred", "conv", False),
        ("Shrunk", "pool", False),
    ]
    assert "No formula for kind Blurred, a class from outside Keras" in found["blurred"].notes[0]
    assert (found["blurred"].parameters, found["blurred"].output_shape) == (2 * (9 + 1), (4, 4, 2))
    result = activations.run(shown, make({}))
    assert result is not None
    assert [maps.path for sample in result.samples for maps in sample.calls] == ["blurred", "shrunk"]


def test_a_name_makes_no_convolution(own: Any) -> None:
    found = calls(inspect(keras.Sequential([keras.Input((4, 4, 1)), own.Conv2D(name="cut")])))
    assert (found["cut"].kind, found["cut"].role, found["cut"].has_formula) == ("Conv2D", "other", False)


class Rounded(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """A convolution of one's own, with rounded weights: no descendant of Keras's."""

    def __init__(self, kernel: tuple[int, ...], **others: Any) -> None:
        super().__init__(**others)
        self.kernel_shape = kernel

    def build(self, input_shape: Any) -> None:
        del input_shape
        self.kernel = self.add_weight(name="kernel", shape=self.kernel_shape)

    def call(self, inputs: Any) -> Any:
        return keras.ops.conv(inputs, keras.ops.round(self.kernel))


@pytest.mark.parametrize(
    ("layer", "shape", "role"),
    [
        (Rounded((3, 3, 2, 4)), (6, 6, 2), "conv"),
        (Rounded((2, 2, 2, 1, 3)), (4, 4, 4, 1), "conv"),
        (Rounded((3, 2, 4)), (6, 2), "other"),
        (layers.Dense(3), (6, 6, 2), "other"),
    ],
    ids=["image", "volume", "row", "dense"],
)
def test_a_convolution_of_ones_own_is_known_by_its_kernel(layer: Any, shape: tuple[int, ...], role: str) -> None:
    (call,) = inspect(keras.Sequential([keras.Input(shape), layer])).layers
    assert call.role == role


def test_masks_and_states_are_no_inputs_of_a_formula() -> None:
    words = keras.Input((5,), dtype="int32")
    table = layers.Embedding(7, 4, mask_zero=True, name="table")(words)
    encoded, *states = layers.LSTM(3, return_sequences=True, return_state=True, name="encoder")(table)
    decoded = layers.LSTM(3, name="decoder")(encoded, initial_state=states)
    found = calls(inspect(keras.Model(words, decoded)))
    # Keras works the mask out in a call of its own.
    assert [(call.kind, call.has_formula) for call in found.values() if call.kind != "NotEqual"] == [
        ("Embedding", True),
        ("LSTM", True),
        ("LSTM", True),
    ]
    assert [check for call in found.values() for check in call.checks if not check.agrees] == []
    assert found["decoder"].macs == 5 * 4 * 3 * (3 + 3)


def test_queries_values_and_keys_are_told_apart_by_name() -> None:
    query, value, key = keras.Input((4, 6)), keras.Input((5, 3)), keras.Input((5, 2))
    attend = layers.MultiHeadAttention(2, 3, name="attend")
    # In the alphabet's order, keys come first.
    model = keras.Model([query, value, key], attend(key=key, value=value, query=query))
    call = calls(inspect(model))["attend"]
    assert call.input_shapes == ((4, 6), (5, 3), (5, 2))
    assert [check for check in call.checks if not check.agrees] == []
    assert [check.quantity for check in call.checks] == ["output shape", "parameters", "multiply-adds"]
    assert call.parameters == (6 + 1) * 6 + (2 + 1) * 6 + (3 + 1) * 6 + (6 + 1) * 6


def test_a_mask_is_no_key() -> None:
    positions, mask = keras.Input((4, 4)), keras.Input((4, 4), dtype="bool")
    attend = layers.MultiHeadAttention(1, 2, name="attend")
    call = calls(inspect(keras.Model([positions, mask], attend(positions, positions, attention_mask=mask))))["attend"]
    assert call.has_formula
    assert [check for check in call.checks if not check.agrees] == []


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (lambda: layers.MultiHeadAttention(2, 3, value_dim=4, output_shape=(2, 2), use_gate=True), [(4, 6), (5, 3)]),
        (lambda: layers.MultiHeadAttention(2, 3, attention_axes=(2,)), [(3, 4, 6), (3, 5, 2)]),
        (lambda: layers.GroupQueryAttention(3, 4, 2), [(4, 6), (5, 6)]),
    ],
)
def test_numbers_of_attention_obtained_twice_agree(make: Any, shapes: list[tuple[int, ...]]) -> None:
    inputs = [keras.Input(shape) for shape in shapes]
    (call,) = inspect(keras.Model(inputs, make()(*inputs))).layers
    assert [(check.quantity, check.agrees) for check in call.checks] == [
        ("output shape", True),
        ("parameters", True),
        ("multiply-adds", True),
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Attention(),
        lambda: layers.Attention(score_mode="concat", use_scale=True),
        lambda: layers.AdditiveAttention(),
        lambda: layers.AdditiveAttention(use_scale=False),
    ],
)
def test_numbers_of_plain_attention_obtained_twice_agree(make: Any) -> None:
    inputs = [keras.Input((4, 6)), keras.Input((5, 6))]
    (call,) = inspect(keras.Model(inputs, make()(inputs))).layers
    assert [check.agrees for check in call.checks] == [True, True, True]


def test_a_layer_around_another_counts_what_it_adds() -> None:
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.SpectralNormalization(layers.Conv2D(4, 3, name="inside"), name="around"),
            layers.Conv2D(1, 3, name="next"),
        ]
    )
    record = inspect(model)
    found = calls(record)
    assert [(path, call.parameters, call.macs) for path, call in found.items()] == [
        ("around/inside", 40, 4 * 4 * 4 * 9),
        ("around", 4, 0),
        ("next", 37, 2 * 2 * 4 * 9),
    ]
    assert sum(call.parameters for call in record.layers) == record.parameters
    assert [check for call in record.layers for check in call.checks if not check.agrees] == []
    # What comes out of the layer around is what comes out of the one inside.
    assert found["around"].receptive_field == found["around/inside"].receptive_field == (3, 3)
    assert found["next"].receptive_field == (5, 5)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantized_dense_layers_have_the_formula_and_kerass_own_numbers(mode: str) -> None:
    plain, quantized = layers.Dense(4, name="plain"), layers.Dense(4, name="quantized")
    model = keras.Sequential([keras.Input((8,)), plain, quantized])
    quantized.quantize(mode)
    record = inspect(model)
    assert [(call.path, call.has_formula) for call in record.layers] == [("plain", True), ("quantized", True)]
    assert record.layers[1].parameters == quantized.count_params()
    assert record.layers[1].output_shape == (4,)
    assert [check for check in record.layers[1].checks if not check.agrees] == []
    assert not {"call", "quantized_call"} & set(vars(quantized))


def test_low_rank_weights_are_shown_with_kerass_own_numbers() -> None:
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(4, 3, name="tuned")])
    model.get_layer("tuned").enable_lora(2)
    (call,) = inspect(model).layers
    # Its own 40, 3 · 3 · 1 · 2 and 2 · 4.
    assert (call.has_formula, call.role, call.parameters) == (False, "conv", 40 + 18 + 8)
    assert "low-rank weights" in call.notes[0]


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.GRU(3, return_sequences=True), (4, 2)),
        (lambda: layers.Bidirectional(layers.LSTM(3)), (4, 2)),
        (lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]), (4, 2)),
        (lambda: layers.ConvLSTM2D(3, 3, padding="same"), (4, 5, 6, 2)),
        (lambda: layers.Bidirectional(layers.ConvLSTM1D(3, 3, return_sequences=True)), (4, 5, 2)),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), (4, 2)),
        (lambda: layers.EinsumDense("...c,cd->...d", 3), (4, 5, 2)),
        (lambda: layers.RMSNormalization(), (4, 2)),
    ],
)
def test_numbers_obtained_twice_agree(make: Any, shape: tuple[int, ...]) -> None:
    (call,) = inspect(keras.Sequential([keras.Input(shape), make()])).layers
    assert call.has_formula
    assert [check for check in call.checks if not check.agrees] == []
    assert [check.quantity for check in call.checks][2:] == (["multiply-adds"] if call.macs else [])
    assert not wrong(call.steps)


def test_where_the_rule_and_the_tensor_differ_the_tensor_counts() -> None:
    # Keras's shape rule turns around the axes that "..." stands for at the left; its layer does not.
    layer = layers.EinsumDense("...c,cd->...d", 3)
    (call,) = inspect(keras.Sequential([keras.Input((2, 4, 5)), layer])).layers
    assert call.output_shape == call.checks[0].expected == call.checks[0].observed == (2, 4, 3)
    rule = tuple(layer.compute_output_shape((None, 2, 4, 5)))[1:]
    assert any(f"shape rule says {rule}" in note for note in call.notes) == (rule != (2, 4, 3))
    assert (call.checks[0].against == "Keras's own shape rule") == (rule == (2, 4, 3))


def test_a_film_has_receptive_fields_in_the_image_of_each_step() -> None:
    model = keras.Sequential(
        [
            keras.Input((5, 16, 16, 1)),
            layers.ConvLSTM2D(2, 3, return_sequences=True, name="first"),
            layers.ConvLSTM2D(2, 3, strides=2, name="second"),
            layers.Conv2D(1, 3, name="third"),
        ]
    )
    found = calls(inspect(model))
    assert [(call.role, call.output_shape, call.receptive_field, call.jump) for call in found.values()] == [
        ("conv", (5, 14, 14, 2), (3, 3), (1, 1)),
        ("conv", (6, 6, 2), (5, 5), (2, 2)),
        ("conv", (4, 4, 1), (9, 9), (2, 2)),
    ]
    assert not any(wrong(call.steps) for call in found.values())
