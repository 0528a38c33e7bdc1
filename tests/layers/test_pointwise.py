"""Layers that keep the shape, dense layers and merges: weights, and what each output reads."""

from __future__ import annotations

import pytest

from reportgen.errors import LayerError
from reportgen.layers.arithmetic import work_out
from reportgen.records.model import Arithmetic, Shape, Step
from tests.layers.sums import wrong

IMAGE: Shape = (9, 8, 6)
FIRST = {"data_format": "channels_first"}

POINTWISE: tuple[tuple[()], bool] = ((), False)
WHOLE: tuple[None, bool] = (None, True)
UNKNOWN: tuple[None, bool] = (None, False)


def worked(kind: str, config: dict[str, object], *shapes: Shape) -> Arithmetic:
    arithmetic = work_out(kind, config, shapes)
    assert arithmetic is not None
    assert not wrong(arithmetic.steps)
    return arithmetic


@pytest.mark.parametrize(
    ("kind", "config", "shapes", "expected"),
    [
        ("ReLU", {}, (IMAGE,), POINTWISE),
        ("Dropout", {}, ((6,),), POINTWISE),
        ("BatchNormalization", {"axis": 1}, (IMAGE,), POINTWISE),
        ("Normalization", {"axis": None}, (IMAGE,), POINTWISE),
        ("LayerNormalization", {"axis": [-1]}, (IMAGE,), POINTWISE),
        ("LayerNormalization", {"axis": [1]}, ((6,),), POINTWISE),
        ("LayerNormalization", {"axis": [1, 2, 3]}, (IMAGE,), WHOLE),
        ("LayerNormalization", {"axis": [2, 3]}, (IMAGE,), UNKNOWN),
        ("LayerNormalization", {"axis": [1], **FIRST}, ((6, 9, 8),), POINTWISE),
        ("GroupNormalization", {"groups": 2}, (IMAGE,), WHOLE),
        ("GroupNormalization", {"groups": 2}, ((6,),), POINTWISE),
        ("UnitNormalization", {"axis": -1}, (IMAGE,), POINTWISE),
        ("RMSNormalization", {"axis": [1, 2]}, (IMAGE,), WHOLE),
        ("Softmax", {"axis": -1}, (IMAGE,), POINTWISE),
        ("Softmax", {"axis": [1, 2]}, (IMAGE,), WHOLE),
        ("Activation", {"activation": "softmax"}, ((10,),), POINTWISE),
        ("Activation", {"activation": "softmax", **FIRST}, ((6, 9, 8),), UNKNOWN),
        ("Activation", {"activation": "relu", **FIRST}, ((6, 9, 8),), POINTWISE),
        ("Dense", {"units": 2}, ((6,),), WHOLE),
        ("Dense", {"units": 2}, (IMAGE,), POINTWISE),
        ("Dense", {"units": 2, **FIRST}, ((6, 9, 8),), UNKNOWN),
        ("Dense", {"units": 2, **FIRST}, ((6, 9),), WHOLE),
        ("Add", {}, (IMAGE, IMAGE), POINTWISE),
        ("Concatenate", {"axis": -1}, (IMAGE, IMAGE), POINTWISE),
        ("Concatenate", {"axis": 1}, (IMAGE, IMAGE), UNKNOWN),
        ("Concatenate", {"axis": 1, **FIRST}, ((2, 9, 8), (3, 9, 8)), POINTWISE),
        ("Dot", {"axes": -1}, ((6,), (6,)), WHOLE),
        ("Dot", {"axes": -1}, ((4, 6), (5, 6)), UNKNOWN),
    ],
)
def test_what_an_output_reads(
    kind: str, config: dict[str, object], shapes: tuple[Shape, ...], expected: tuple[object, bool]
) -> None:
    arithmetic = worked(kind, config, *shapes)
    assert (arithmetic.windows, arithmetic.sees_all) == expected
    assert bool(arithmetic.notes) >= (expected == UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "config", "shape", "rule", "working", "value"),
    [
        ("Dense", {"units": 128}, (9216,), "(input length + 1) · units", "(9216 + 1) · 128", 1_179_776),
        ("Dense", {"units": 2, "use_bias": False}, IMAGE, "input channels · units", "6 · 2", 12),
        ("BatchNormalization", {}, IMAGE, "(scale + shift + mean + variance) · channels", "(1 + 1 + 1 + 1) · 6", 24),
        ("LayerNormalization", {"center": False}, IMAGE, "(scale) · channels", "(1) · 6", 6),
        ("LayerNormalization", {"axis": [1, -1]}, IMAGE, "(scale + shift) · entries", "(1 + 1) · 9 · 6", 108),
        ("Normalization", {}, IMAGE, "(mean + variance) · entries + count", "(1 + 1) · 6 + 1", 13),
        ("PReLU", {"shared_axes": [1, 2]}, IMAGE, "channels", "6", 6),
        ("PReLU", {"shared_axes": [1, 2, 3]}, IMAGE, "1", "1", 1),
        ("PReLU", {}, IMAGE, "height · width · channels", "9 · 8 · 6", 432),
    ],
)
def test_weights_are_worked(
    kind: str, config: dict[str, object], shape: Shape, rule: str, working: str, value: int
) -> None:
    arithmetic = worked(kind, config, shape)
    assert Step("parameters", rule, working, value, "parameters") in arithmetic.steps
    assert arithmetic.parameters == value


def test_dense_counts_every_position() -> None:
    arithmetic = worked("Dense", {"units": 2}, IMAGE)
    assert arithmetic.steps[-1].rule == "height · width · input channels · units"
    assert (arithmetic.steps[-1].working, arithmetic.macs) == ("9 · 8 · 6 · 2", 864)


def test_concatenated_channels_are_summed() -> None:
    arithmetic = worked("Concatenate", {}, (9, 8, 32), (9, 8, 64))
    assert arithmetic.steps == (Step("output channels", "sum of the inputs' channels", "32 + 64", 96, "channels"),)


def test_repeated_input_is_noted() -> None:
    assert "repeated" in worked("Multiply", {}, IMAGE, (1, 1, 6)).notes[0]


def test_unknown_size_meets_a_known_one() -> None:
    assert worked("Add", {}, (None, 8, 6), (9, 8, 6)).output_shape == (None, 8, 6)


@pytest.mark.parametrize(
    ("kind", "config", "shapes", "message"),
    [
        ("ReLU", {}, (IMAGE, IMAGE), "takes one input"),
        ("Add", {}, (IMAGE, (9, 7, 6)), "Sizes must be equal, or 1"),
        ("Add", {}, (), "joins at least one"),
        ("Concatenate", {}, (IMAGE, (9, 7, 6)), "All other sizes must be equal"),
        ("Concatenate", {}, (IMAGE, (9, 6)), "All other sizes must be equal"),
        ("Concatenate", {"axis": 0}, (IMAGE, IMAGE), "Expected an axis of one sample"),
        ("Softmax", {"axis": 4}, (IMAGE,), "Expected an axis of one sample"),
        ("Dot", {"axes": 1}, ((6,), (5,)), "must be equally long"),
        ("Dot", {"axes": 1}, ((6,),), "takes two"),
        ("Dense", {"units": 2}, ((None,),), "is not known"),
        ("PReLU", {}, ((None, 3),), "is not known"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    kind: str, config: dict[str, object], shapes: tuple[Shape, ...], message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        work_out(kind, config, shapes)
