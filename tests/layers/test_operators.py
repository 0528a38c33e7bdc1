from __future__ import annotations

from typing import Any

import keras
import pytest

from reportgen.errors import LayerError
from reportgen.layers import operators, work_out
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


@pytest.mark.parametrize("kind", sorted(CALLS))
def test_an_operator_keeps_shape_and_receptive_field(kind: str) -> None:
    image = keras.Input((6, 6, 2))
    middle: Any = keras.layers.Conv2D(3, 3)(image)
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(CALLS[kind](middle)))
    _, operator, last = inspect(model).layers
    assert (operator.kind, operator.output_shape, operator.has_formula) == (kind, (4, 4, 3), True)
    assert last.receptive_field == (5, 5)


def test_every_operator_is_tried() -> None:
    assert set(CALLS) == operators.KINDS - {"CustomScaleLayer", "LayerScale", "StochasticDepth"}


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
