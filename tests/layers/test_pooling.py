"""Poolings: windows, steps, and what sees the whole input."""

from __future__ import annotations

from reportgen.layers import adaptive_pooling, global_pooling, pooling
from reportgen.records.model import Step, Window
from tests.layers.sums import wrong

IMAGE = ((25, 24, 64),)


def test_pooling_names_a_window_and_no_dilation() -> None:
    arithmetic = pooling.work_out("MaxPooling2D", {"pool_size": (2, 2)}, IMAGE)
    assert arithmetic.steps == (
        Step("output height", "⌊(input + padding − window) / stride⌋ + 1", "⌊(25 + 0 − 2) / 2⌋ + 1", 12, "pixels"),
        Step("output width", "⌊(input + padding − window) / stride⌋ + 1", "⌊(24 + 0 − 2) / 2⌋ + 1", 12, "pixels"),
        Step("output channels", "input channels", "64", 64, "channels"),
    )
    assert arithmetic.windows == (Window(2, 2, unread=1), Window(2, 2, unread=0))
    assert (arithmetic.parameters, arithmetic.macs) == (0, 0)


def test_same_padding_of_a_pooling_names_its_window() -> None:
    arithmetic = pooling.work_out("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGE)
    assert arithmetic.steps[0].working == "max((⌈25 / 2⌉ − 1) · 2 + 3 − 25, 0)"
    assert not wrong(arithmetic.steps)


def test_global_pooling_sees_all() -> None:
    for keeps, expected in ((False, (64,)), (True, (1, 1, 64))):
        arithmetic = global_pooling.work_out("GlobalAveragePooling2D", {"keepdims": keeps}, IMAGE)
        assert (arithmetic.output_shape, arithmetic.windows, arithmetic.sees_all) == (expected, None, True)
        assert arithmetic.steps[0] == Step("values read per channel", "height · width", "25 · 24", 600, "values")


def test_adaptive_pooling_has_windows_where_the_sizes_divide() -> None:
    arithmetic = adaptive_pooling.work_out("AdaptiveMaxPooling2D", {"output_size": (5, 12)}, IMAGE)
    assert arithmetic.windows == (Window(5, 5), Window(2, 2))
    assert not wrong(arithmetic.steps)


def test_adaptive_pooling_with_uneven_windows_says_so() -> None:
    arithmetic = adaptive_pooling.work_out("AdaptiveMaxPooling2D", {"output_size": (5, 7)}, IMAGE)
    assert (arithmetic.windows, arithmetic.sees_all) == (None, False)
    assert "differ in size" in arithmetic.notes[0]
