"""Formulas, proved on hundreds of random configurations, with `-m exhaustive` on thousands: against Keras's own
numbers, and against slow counting.

Output shapes and weights are Keras's: each layer is built, which costs little, but not run. Multiply-adds are counted
one by one (`counting`). What is drawn is the same each time; a case that once failed stays as an example.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from hypothesis import given, settings

from reportgen.errors import LayerError
from reportgen.layers.arithmetic import work_out
from tests.layers import drawn
from tests.layers.counting import count
from tests.layers.drawn import Drawn
from tests.layers.real import build, made, shape_rule
from tests.layers.sums import wrong

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module", autouse=True)
def _forget_the_layers() -> Iterator[None]:
    yield
    keras.utils.clear_session()


def prove(case: Drawn) -> None:
    kind, told, shapes = case
    # Inside this scope, weights have a shape and no values: building a layer costs little.
    with keras.StatelessScope(initialize_variables=False):
        layer = made(kind, drawn.alive(told))
        try:
            batches = build(layer, shapes)
            expected = shape_rule(layer, batches)
        except ValueError:
            with pytest.raises(LayerError):
                work_out(kind, layer.get_config(), shapes)
            return
        config, parameters = layer.get_config(), layer.count_params()
        kernel = tuple(layer.weights[0].shape) if kind == "EinsumDense" else ()
    arithmetic = work_out(kind, config, shapes)
    assert arithmetic is not None
    if kind == "EinsumDense":
        # Keras's rule turns the axes around where "..." stands for several at the left, and its layer does not.
        zeros = np.zeros((1, *(size or 0 for size in shapes[0])))
        expected = np.einsum(config["equation"], zeros, np.zeros(kernel)).shape[1:]
    assert arithmetic.output_shape == expected
    assert arithmetic.parameters == parameters
    assert not wrong(arithmetic.steps)
    is_known = None not in [size for shape in shapes for size in shape]
    assert arithmetic.macs == (count(kind, config, shapes, arithmetic.output_shape) if is_known else 0)
    shown = {step.quantity: step.value for step in arithmetic.steps}
    assert shown.get("parameters", 0) == arithmetic.parameters
    assert shown.get("multiply-adds", 0) == arithmetic.macs


CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D")
PER_CHANNEL = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")
TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")


CASES = {
    "convolutions": (drawn.convolutions(CONVOLUTIONS), 400),
    "convolutions of single channels": (drawn.convolutions(PER_CHANNEL), 400),
    "transposed convolutions": (drawn.convolutions(TRANSPOSED), 400),
    "convolutions over time": (drawn.films(), 200),
    "poolings": (drawn.poolings(), 400),
    "upsampling, cropping and padding": (drawn.borders(), 400),
    "dense layers and embeddings": (drawn.dense(), 200),
    "equations": (drawn.equations(), 200),
    "recurrent layers": (drawn.recurrences(), 200),
    "attention": (drawn.attentions(), 200),
    "normalizations": (drawn.normalizations(), 200),
}


@pytest.mark.parametrize("share", [pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("name", CASES)
def test_formula(name: str, share: int) -> None:
    strategy, number = CASES[name]

    @settings(max_examples=number // share, deadline=None, derandomize=True, database=None)
    @given(strategy)
    def proved(case: Drawn) -> None:
        prove(case)

    proved()


def test_equation_that_once_failed() -> None:
    prove(("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, ((2, 3, 4),)))
