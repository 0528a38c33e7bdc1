"""Layers over sequences, films and sets of positions: shown sums, what an output reads, refusals."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import LayerError
from reportgen.layers.arithmetic import work_out
from reportgen.records.model import Arithmetic, Shape, Step, Window
from tests.layers.sums import wrong

ROW: Shape = (7, 6)
INSIDE: dict[str, Any] = {"module": "keras.layers", "registered_name": None}


def worked(kind: str, config: dict[str, Any], *shapes: Shape) -> Arithmetic:
    arithmetic = work_out(kind, config, shapes)
    assert arithmetic is not None
    assert not wrong(arithmetic.steps)
    return arithmetic


def cell(kind: str, units: int) -> dict[str, Any]:
    return {**INSIDE, "class_name": kind, "config": {"units": units}}


# What is known of every kind: the sums of Hochreiter & Schmidhuber's four gates, of a GRU's three with two biases as
# Keras has them, and of a SimpleRNN, which has none.
@pytest.mark.parametrize(
    ("kind", "rule", "working", "value"),
    [
        ("SimpleRNN", "units · (inputs + units + bias)", "4 · (6 + 4 + 1)", 44),
        ("GRU", "gates · units · (inputs + units + two biases)", "3 · 4 · (6 + 4 + 2)", 144),
        ("LSTM", "gates · units · (inputs + units + bias)", "4 · 4 · (6 + 4 + 1)", 176),
    ],
)
def test_weights_of_a_recurrent_layer_are_worked(kind: str, rule: str, working: str, value: int) -> None:
    arithmetic = worked(kind, {"units": 4}, ROW)
    assert Step("parameters", rule, working, value, "parameters") in arithmetic.steps


def test_multiply_adds_of_a_recurrent_layer_are_those_of_every_step() -> None:
    arithmetic = worked("LSTM", {"units": 4}, ROW)
    assert arithmetic.steps[-1].rule == "steps · gates · units · (inputs + units)"
    assert (arithmetic.steps[-1].working, arithmetic.macs) == ("7 · 4 · 4 · (6 + 4)", 1120)


def test_cells_are_worked_one_by_one() -> None:
    cells = {**INSIDE, "class_name": "StackedRNNCells", "config": {"cells": [cell("LSTMCell", 4), cell("GRUCell", 3)]}}
    arithmetic = worked("RNN", {"cell": cells}, ROW)
    assert [(step.quantity, step.working) for step in arithmetic.steps] == [
        ("output channels", "3"),
        ("cell 1 parameters", "4 · 4 · (6 + 4 + 1)"),
        ("cell 2 parameters", "3 · 3 · (4 + 3 + 2)"),
        ("parameters", "176 + 81"),
        ("cell 1 multiply-adds", "7 · 4 · 4 · (6 + 4)"),
        ("cell 2 multiply-adds", "7 · 3 · 3 · (4 + 3)"),
        ("multiply-adds", "1120 + 441"),
    ]


def test_a_last_step_reads_the_whole_sequence_and_one_on_the_way_does_not() -> None:
    assert worked("LSTM", {"units": 4}, ROW).sees_all
    on_the_way = worked("LSTM", {"units": 4, "return_sequences": True}, ROW)
    assert (on_the_way.windows, on_the_way.sees_all) == (None, False)
    assert "grows from step to step" in on_the_way.notes[0]


def both_ways(**chosen: Any) -> dict[str, Any]:
    layer = {**INSIDE, "class_name": "LSTM", "config": {"units": 4, **chosen}}
    return {"layer": layer, "backward_layer": layer}


def test_reading_both_ways_sees_all_at_every_step() -> None:
    arithmetic = worked("Bidirectional", {**both_ways(return_sequences=True), "merge_mode": "concat"}, ROW)
    assert (arithmetic.output_shape, arithmetic.sees_all, arithmetic.notes) == ((7, 8), True, ())
    assert arithmetic.steps[-1].working == "1120 + 1120"
    apart = worked("Bidirectional", {**both_ways(return_sequences=True), "merge_mode": None}, ROW)
    assert (apart.output_shape, apart.sees_all) == ((7, 4), False)


def test_unknown_number_of_steps_leaves_the_multiply_adds_open() -> None:
    arithmetic = worked("GRU", {"units": 4}, (None, 6))
    assert (arithmetic.macs, arithmetic.parameters) == (0, 144)
    assert "multiply-adds cannot be counted" in arithmetic.notes[0]


# Shi et al. 2015, equation 3, without the weights on the cell that Keras leaves out.
def test_steps_of_a_convolutional_lstm() -> None:
    arithmetic = worked("ConvLSTM2D", {"filters": 4, "kernel_size": (3, 2)}, (5, 9, 8, 3))
    assert [step.working for step in arithmetic.steps[-2:]] == [
        "4 · 4 · (3 · 2 · (3 + 4) + 1)",
        "5 · 7 · 7 · 3 · 2 · (3 + 4) · 4 · 4",
    ]
    assert arithmetic.over_time
    assert arithmetic.windows == (Window(3), Window(2))
    assert "wider by 2 and 1 positions of the output along the height and width" in arithmetic.notes[-1]


@pytest.mark.keras
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_convolutional_lstm_reads_what_its_windows_and_its_note_say(padding: str, stride: int, dilation: int) -> None:
    length, chosen = 12, {"strides": stride, "dilation_rate": dilation, "padding": padding}
    layer = keras.layers.ConvLSTM1D(1, 3, kernel_initializer="ones", recurrent_initializer="ones", **chosen)
    arithmetic = worked("ConvLSTM1D", layer.get_config(), (3, length, 1))
    (window,) = arithmetic.windows or ()
    lit = np.zeros((2 * length, 3, length, 1), "float32")
    for pixel in range(length):
        lit[pixel, 2, pixel] = lit[length + pixel, 1, pixel] = 1
    answers = np.asarray(layer(lit))[..., 0]
    own, earlier = (set(zip(*np.nonzero(half), strict=True)) for half in (answers[:length], answers[length:]))
    num_outputs = answers.shape[1]
    reads = [
        {place * window.stride - window.padding_before + tap * window.dilation for tap in range(window.kernel)}
        for place in range(num_outputs)
    ]
    assert own == {(pixel, place) for place in range(num_outputs) for pixel in reads[place] & set(range(length))}
    # The recurrent kernel of 3 looks one output position to each side: a step back, the field is wider by two of them.
    around = [reads[max(place - 1, 0) : place + 2] for place in range(num_outputs)]
    assert earlier == {
        (pixel, place) for place in range(num_outputs) for pixel in set().union(*around[place]) & set(range(length))
    }


def test_heads_are_worked_projection_by_projection() -> None:
    arithmetic = worked("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 5}, ROW, (4, 8))
    shown = {step.quantity: step.working for step in arithmetic.steps}
    assert shown == {
        "output channels": "6",
        "query parameters": "(6 + 1) · 2 · 3",
        "key parameters": "(8 + 1) · 2 · 3",
        "value parameters": "(8 + 1) · 2 · 5",
        "output parameters": "(2 · 5 + 1) · 6",
        "parameters": "42 + 54 + 90 + 66",
        "query multiply-adds": "7 · 6 · 2 · 3",
        "key multiply-adds": "4 · 8 · 2 · 3",
        "value multiply-adds": "4 · 8 · 2 · 5",
        "score multiply-adds": "7 · 4 · 2 · 3",
        "weighting multiply-adds": "7 · 4 · 2 · 5",
        "output multiply-adds": "7 · 2 · 5 · 6",
        "multiply-adds": "252 + 192 + 320 + 168 + 280 + 420",
    }


@pytest.mark.parametrize(
    ("kind", "config", "shapes", "sees_all"),
    [
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, (ROW, ROW), True),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, ((3, 7, 6), (3, 7, 6)), True),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2, "attention_axes": (2,)}, ((3, 7, 6), (3, 7, 6)), False),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2, "sliding_window": 3}, (ROW, ROW), False),
        ("GroupedQueryAttention", {"head_dim": 2, "num_query_heads": 1, "num_key_value_heads": 1}, (ROW, ROW), True),
        ("Attention", {}, (ROW, ROW), True),
        ("Attention", {}, ((2, 7, 6), (2, 7, 6)), False),
        ("AdditiveAttention", {}, (ROW, ROW), True),
    ],
)
def test_attention_sees_all_where_every_position_looks_at_every_other(
    kind: str, config: dict[str, Any], shapes: tuple[Shape, ...], sees_all: bool
) -> None:
    arithmetic = worked(kind, config, *shapes)
    assert (arithmetic.windows, arithmetic.sees_all) == (None, sees_all)
    assert ("no receptive field" in arithmetic.notes[-1]) is not sees_all


def test_unknown_number_of_positions_leaves_the_multiply_adds_of_attention_open() -> None:
    arithmetic = worked("Attention", {}, (None, 6), ROW)
    assert (arithmetic.output_shape, arithmetic.macs) == ((None, 6), 0)
    assert "multiply-adds cannot be counted" in arithmetic.notes[0]


@pytest.mark.parametrize(
    ("equation", "output_shape", "shape", "windows", "sees_all"),
    [
        ("abc,cd->abd", (7, 2), ROW, (), False),
        ("...c,cd->...d", 2, (5, 7, 6), (), False),
        ("abc,cde->abde", (7, 2, 2), ROW, (), False),
        ("abc,bcd->ad", 2, ROW, None, True),
        ("abc,bd->acd", (6, 2), ROW, None, False),
        ("abc,cd->adb", (2, 7), ROW, None, False),
        ("abc,bc->abc", (7, 6), ROW, None, False),
    ],
)
def test_what_an_equation_reads(
    equation: str, output_shape: object, shape: Shape, windows: tuple[Window, ...] | None, sees_all: bool
) -> None:
    arithmetic = worked("EinsumDense", {"equation": equation, "output_shape": output_shape}, shape)
    assert (arithmetic.windows, arithmetic.sees_all) == (windows, sees_all)


def test_an_equation_shows_its_letters() -> None:
    config = {"equation": "...c,cd->...d", "output_shape": 2, "bias_axes": "d"}
    arithmetic = worked("EinsumDense", config, (5, 7, 6))
    assert [(step.quantity, step.rule, step.working) for step in arithmetic.steps][3:] == [
        ("kernel parameters", "c · d", "6 · 2"),
        ("bias parameters", "d", "2"),
        ("parameters", "kernel parameters + bias parameters", "12 + 2"),
        ("multiply-adds", "β · γ · c · d", "5 · 7 · 6 · 2"),
    ]
    assert arithmetic.notes[:2] == (
        "The letters are the axes in the equation '...c,cd->...d'; the batch axis is left out.",
        "Greek letters are the axes that '...' stands for.",
    )


def test_unknown_axis_of_an_equation_leaves_the_multiply_adds_open() -> None:
    arithmetic = worked("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 2)}, (None, 6))
    assert (arithmetic.output_shape, arithmetic.parameters, arithmetic.macs) == ((None, 2), 12, 0)


def test_an_embedding_has_a_row_for_every_number() -> None:
    arithmetic = worked("Embedding", {"input_dim": 10, "output_dim": 4}, (7,))
    assert (arithmetic.output_shape, arithmetic.parameters, arithmetic.macs) == ((7, 4), 40, 0)


@pytest.mark.parametrize(
    ("height", "windows"),
    [
        (6, (Window(1, padding_before=-1, padding_after=-2), Window(1, padding_before=-1, padding_after=-1))),
        (12, None),
    ],
)
def test_a_cropped_centre_has_windows_unless_it_is_resized(height: int, windows: tuple[Window, ...] | None) -> None:
    arithmetic = worked("CenterCrop", {"height": height, "width": 6}, (9, 8, 3))
    assert (arithmetic.output_shape, arithmetic.windows) == ((height, 6, 3), windows)
    assert bool(arithmetic.notes) == (windows is None)


@pytest.mark.keras
def test_a_centre_is_cropped_where_the_windows_say() -> None:
    rows = np.arange(9, dtype="float32").reshape(1, 9, 1, 1)
    found = np.asarray(keras.layers.CenterCrop(6, 1)(rows)).ravel()
    np.testing.assert_array_equal(found, np.arange(1, 7))


def test_contrast_is_measured_over_the_whole_image() -> None:
    assert worked("AutoContrast", {}, (9, 8, 3)).sees_all
    assert not worked("ContrastLimitedAdaptiveHistogramEqualization", {}, (9, 8, 3)).sees_all


OWN_CELL: dict[str, Any] = {"module": "my_cells", "class_name": "MyCell", "config": {"units": 4}}
OWN_LAYER: dict[str, Any] = {"layer": {"module": "my_layers", "class_name": "Conv2D", "config": {}}}
UNKNOWN_LAYER: dict[str, Any] = {"layer": {**INSIDE, "class_name": "Lambda", "config": {}}}
SEPARABLE: dict[str, Any] = {
    "layer": {**INSIDE, "class_name": "SeparableConv1D", "config": {"filters": 1, "kernel_size": 2}}
}


@pytest.mark.parametrize(
    ("kind", "config", "shapes", "message"),
    [
        ("LSTM", {"units": 4}, ((7, 6, 3),), "Expected steps and values"),
        ("LSTMCell", {"units": 4}, (ROW,), "Expected the values of one step"),
        ("LSTM", {"units": 4}, ((7, None),), "is not known"),
        ("RNN", {"cell": OWN_CELL}, (ROW,), "a MyCell, a class from outside Keras"),
        ("RNN", {"cell": cell("ConvLSTMCell", 4)}, (ROW,), "Expected one of GRUCell, LSTMCell and SimpleRNNCell"),
        ("RNN", {}, (ROW,), "is not written in its configuration"),
        ("ConvLSTM2D", {"filters": 1, "kernel_size": 3}, ((9, 8, 3),), "Expected time steps, 2 spatial axes"),
        ("ConvLSTM1D", {"filters": 1, "kernel_size": 3}, ((5, 2, 3),), "window must fit"),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, (ROW,), "takes queries, values"),
        ("MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, (ROW, ROW, (5, 6)), "as many keys as values"),
        ("Attention", {}, ((6,), (6,)), "Expected positions with channels"),
        ("EinsumDense", {"equation": "abc->ab"}, (ROW,), "Expected an input, a kernel and an output"),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 2}, (ROW,), "one letter for each axis"),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": ()}, (ROW,), "size of axis 'd' .* is not known"),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (7, None)}, (ROW,), "size of axis 'd'"),
        ("SpectralNormalization", OWN_LAYER, ((9, 8, 3),), "a class from outside Keras"),
        ("SpectralNormalization", UNKNOWN_LAYER, ((9, 8, 3),), "no formula for that kind"),
        ("SpectralNormalization", SEPARABLE, (ROW,), "kernel is of no known form"),
        ("Dense", {"units": 2, "lora_rank": 1}, ((6,),), "low-rank weights"),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: str, config: dict[str, Any], shapes: tuple[Shape, ...], message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        work_out(kind, config, shapes)
