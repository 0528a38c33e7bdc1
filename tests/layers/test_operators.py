from __future__ import annotations

from typing import Any

import keras
import pytest

from reportgen.errors import LayerError
from reportgen.layers import operators
from reportgen.layers.arithmetic import work_out
from reportgen.models.inspection import inspect

pytestmark = pytest.mark.keras

ops = keras.ops
CALLS = {
    "Absolute": ops.absolute,
    "Celu": ops.celu,
    "Clip": lambda x: ops.clip(x, 0, 1),
    "Elu": ops.elu,
    "Exp": ops.exp,
    "Gelu": ops.gelu,
    "HardSigmoid": ops.hard_sigmoid,
    "HardSilu": ops.hard_silu,
    "HardTanh": ops.hard_tanh,
    "LeakyRelu": ops.leaky_relu,
    "Log": ops.log,
    "LogSigmoid": ops.log_sigmoid,
    "Negative": ops.negative,
    "Reciprocal": ops.reciprocal,
    "Relu": ops.relu,
    "Relu6": ops.relu6,
    "Selu": ops.selu,
    "Sigmoid": ops.sigmoid,
    "Silu": ops.silu,
    "Softplus": ops.softplus,
    "Softsign": ops.softsign,
    "Sqrt": ops.sqrt,
    "Square": ops.square,
    "Tanh": ops.tanh,
    "Divide": lambda x: ops.divide(x, 2.0),
    "TrueDivide": lambda x: ops.true_divide(x, x),
    "Power": lambda x: ops.power(x, 2.0),
}
MASKS = {
    "All": lambda x: ops.all(x, axis=-1, keepdims=True),
    "Any": lambda x: ops.any(x, axis=3, keepdims=True),
    "Equal": lambda x: ops.equal(x, 0.0),
    "Greater": lambda x: ops.greater(x, x),
    "GreaterEqual": lambda x: ops.greater_equal(x, 0.0),
    "Less": lambda x: ops.less(x, 0.0),
    "LessEqual": lambda x: ops.less_equal(x, 0.0),
    "LogicalAnd": lambda x: ops.logical_and(x, x),
    "LogicalNot": ops.logical_not,
    "LogicalOr": lambda x: ops.logical_or(x, x),
    "LogicalXor": lambda x: ops.logical_xor(x, x),
    "NotEqual": lambda x: ops.not_equal(x, 0.0),
}


@pytest.mark.parametrize("kind", sorted(CALLS))
def test_an_operator_keeps_shape_and_receptive_field(kind: str) -> None:
    image = keras.Input((6, 6, 2))
    middle: Any = keras.layers.Conv2D(3, 3)(image)
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(CALLS[kind](middle)))
    _, operator, last = inspect(model).layers
    assert (operator.kind, operator.output_shape, operator.has_formula) == (kind, (4, 4, 3), True)
    assert last.receptive_field == (5, 5)


@pytest.mark.parametrize("kind", sorted(MASKS))
def test_a_mask_keeps_the_receptive_field(kind: str) -> None:
    image = keras.Input((6, 6, 2))
    middle: Any = keras.layers.Conv2D(3, 3)(image)
    mask = MASKS[kind](middle)
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(ops.multiply(middle, ops.cast(mask, "float32"))))
    calls = {call.kind: call for call in inspect(model).layers}
    assert (calls[kind].output_shape, calls[kind].has_formula) == (tuple(mask.shape[1:]), True)
    assert (calls["Cast"].output_shape, calls["Cast"].has_formula) == (tuple(mask.shape[1:]), True)
    assert any("true or false" in note for note in calls[kind].notes)
    assert inspect(model).layers[-1].receptive_field == (5, 5)


@pytest.mark.parametrize(
    ("config", "shape", "windows"),
    [({"axis": -1}, (4, 6), ()), ({"axis": 1}, (6, 3), None), ({"axis": 1, "keepdims": True}, (1, 6, 3), None)],
)
def test_a_question_along_an_axis_takes_it_away(config: dict[str, Any], shape: Any, windows: Any) -> None:
    arithmetic = work_out("Any", config, ((4, 6, 3),))
    assert arithmetic is not None
    assert (arithmetic.output_shape, arithmetic.windows) == (shape, windows)
    assert tuple(ops.any(ops.ones((1, 4, 6, 3)), **config).shape)[1:] == shape


def test_a_question_to_the_whole_batch_is_refused() -> None:
    with pytest.raises(LayerError, match=r"works along axis 0\. Expected an axis of one sample"):
        work_out("Any", {"axis": None}, ((4, 6, 3),))


def test_rows_of_a_masking_layer_have_formulas() -> None:
    start = keras.Input((6, 4))
    masked = keras.layers.Masking()(start)
    model = keras.Model(start, keras.layers.LSTM(3)(masked))
    assert inspect(model).unknown_calls == ()


def test_every_operator_is_tried() -> None:
    assert {*CALLS, *MASKS, "Cast"} == operators.KINDS - {"CustomScaleLayer", "LayerScale", "StochasticDepth"}


@pytest.mark.slow
def test_a_layer_scale_has_one_weight_for_each_channel() -> None:
    record = inspect(keras.applications.ConvNeXtTiny(weights=None, input_shape=(32, 32, 3), include_top=False))
    scales = [call for call in record.layers if call.kind == "LayerScale"]
    assert len(scales) == 18
    assert all(call.has_formula and all(check.agrees for check in call.checks) for call in scales)


def test_layers_of_the_applications_treat_each_value_on_its_own() -> None:
    dropped = work_out("StochasticDepth", {"drop_path_rate": 0.5}, ((4, 4, 3),))
    scaled = work_out("CustomScaleLayer", {"scale": 0.2}, ((4, 4, 3), (4, 4, 3)))
    for arithmetic in (dropped, scaled):
        assert arithmetic is not None
        assert (arithmetic.output_shape, arithmetic.parameters, arithmetic.windows) == ((4, 4, 3), 0, ())


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LayerError, match="must be equal, or 1"):
        work_out("Divide", {}, ((4, 4, 3), (5, 4, 3)))
