"""Convolutions: the steps as shown, and multiply-adds against loops that count each one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import LayerError
from reportgen.layers import convolution, depthwise, separable, transposed
from reportgen.records.model import Arithmetic, Shape, Step, Window
from tests.layers.sums import wrong

VALID = "⌊(input + padding − dilation · (kernel − 1) − 1) / stride⌋ + 1"

Pair = tuple[int, int]


def starts(length: int, kernel: int, stride: int, padding: str) -> list[int]:
    """Return where the windows of an undilated convolution start, by moving one."""
    if padding == "valid":
        return [start for start in range(0, length, stride) if start + kernel <= length]
    return list(range(0, length, stride))


def counted(lengths: Pair, kernels: Pair, strides: Pair, padding: str, per_tap: int) -> int:
    """Count the multiply-adds of a two-dimensional convolution one by one."""
    count = 0
    for _ in product(*(starts(*axis, padding) for axis in zip(lengths, kernels, strides, strict=True))):
        for _ in product(range(kernels[0]), range(kernels[1])):
            count += per_tap
    return count


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(3, 7), st.integers(3, 7)), pairs, pairs, st.sampled_from(["valid", "same"]), st.data())
def test_multiply_adds_are_those_of_a_counting_loop(
    lengths: Pair, kernels: Pair, strides: Pair, padding: str, data: st.DataObject
) -> None:
    groups, multiplier = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 3))
    channels, filters = 2 * data.draw(st.integers(1, 2)), 2 * data.draw(st.integers(1, 2))
    config = {"kernel_size": kernels, "strides": strides, "padding": padding, "filters": filters}
    config |= {"groups": groups, "depth_multiplier": multiplier}
    shapes: tuple[Shape, ...] = ((*lengths, channels),)

    def loop(per_tap: int, *, size: Pair = kernels) -> int:
        places = counted(lengths, kernels, strides, padding, 1) // (kernels[0] * kernels[1])
        return places * size[0] * size[1] * per_tap

    plain = convolution.work_out("Conv2D", config, shapes)
    assert plain.macs == loop(sum(channels // groups for _ in range(filters)))
    deep = depthwise.work_out("DepthwiseConv2D", config, shapes)
    assert deep.macs == loop(channels * multiplier)
    both = separable.work_out("SeparableConv2D", config, shapes)
    assert both.macs == deep.macs + loop(channels * multiplier * filters, size=(1, 1))
    spread = transposed.work_out("Conv2DTranspose", config, shapes)
    assert spread.macs == sum(filters * channels for _ in product(*map(range, (*lengths, *kernels))))
    for arithmetic in (plain, deep, both, spread):
        assert not wrong(arithmetic.steps)


def test_steps_of_the_articles_second_layer() -> None:
    config = {"kernel_size": (3, 3), "filters": 64}
    assert convolution.work_out("Conv2D", config, ((26, 26, 32),)).steps == (
        Step("output height and width", VALID, "⌊(26 + 0 − 1 · (3 − 1) − 1) / 1⌋ + 1", 24, "pixels"),
        Step("output channels", "filters", "64", 64, "channels"),
        Step(
            "parameters",
            "(kernel height · kernel width · input channels + 1) · filters",
            "(3 · 3 · 32 + 1) · 64",
            18496,
            "parameters",
        ),
        Step(
            "multiply-adds",
            "output height · output width · kernel height · kernel width · input channels · filters",
            "24 · 24 · 3 · 3 · 32 · 64",
            10616832,
            "multiply-adds",
        ),
    )


def lines(arithmetic: Arithmetic) -> list[tuple[str, str]]:
    return [(step.quantity, step.working) for step in arithmetic.steps]


def test_unequal_axes_have_a_step_each() -> None:
    config = {"kernel_size": (3, 2), "strides": (1, 2), "filters": 4, "groups": 2, "use_bias": False}
    arithmetic = convolution.work_out("Conv2D", config, ((9, 8, 6),))
    assert lines(arithmetic) == [
        ("output height", "⌊(9 + 0 − 1 · (3 − 1) − 1) / 1⌋ + 1"),
        ("output width", "⌊(8 + 0 − 1 · (2 − 1) − 1) / 2⌋ + 1"),
        ("output channels", "4"),
        ("parameters", "3 · 2 · 6 / 2 · 4"),
        ("multiply-adds", "7 · 4 · 3 · 2 · 6 / 2 · 4"),
    ]


def test_same_padding_is_worked_before_the_output_size() -> None:
    config = {"kernel_size": 3, "strides": 2, "filters": 1, "padding": "same"}
    arithmetic = convolution.work_out("Conv2D", config, ((28, 28, 1),))
    assert lines(arithmetic)[:4] == [
        ("padding along height and width", "max((⌈28 / 2⌉ − 1) · 2 + 1 · (3 − 1) + 1 − 28, 0)"),
        ("padding above and left", "⌊1 / 2⌋"),
        ("padding below and right", "1 − ⌊1 / 2⌋"),
        ("output height and width", "⌈28 / 2⌉"),
    ]
    assert arithmetic.windows == (Window(3, 2, 1, 0, 1),) * 2


def test_causal_padding_is_put_before_only() -> None:
    config = {"kernel_size": 3, "filters": 1, "padding": "causal", "dilation_rate": 2}
    arithmetic = convolution.work_out("Conv1D", config, ((10, 1),))
    assert lines(arithmetic)[:2] == [
        ("padding before", "2 · (3 − 1)"),
        ("output length", "⌊(10 + 4 − 2 · (3 − 1) − 1) / 1⌋ + 1"),
    ]
    assert arithmetic.windows == (Window(3, 1, 2, padding_before=4),)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "unread"),
    [(10, 3, 2, "valid", 1), (9, 3, 2, "valid", 0), (10, 3, 2, "same", 0), (9, 1, 2, "same", 0), (8, 1, 2, "same", 1)],
)
def test_unread_positions_are_those_behind_the_last_window(
    length: int, kernel: int, stride: int, padding: str, unread: int
) -> None:
    config = {"kernel_size": kernel, "strides": stride, "filters": 1, "padding": padding}
    windows = convolution.work_out("Conv1D", config, ((length, 1),)).windows
    assert windows is not None
    assert windows[0].unread == unread


def test_stride_beyond_the_window_is_noted() -> None:
    config = {"kernel_size": 1, "strides": (2, 1), "filters": 1}
    (note,) = convolution.work_out("Conv2D", config, ((8, 8, 1),)).notes
    assert "Along the height" in note
    assert "never read" in note


def test_unknown_size_leaves_out_what_depends_on_it() -> None:
    config = {"kernel_size": 3, "strides": 2, "filters": 4, "padding": "same"}
    arithmetic = convolution.work_out("Conv2D", config, ((None, 8, 3),))
    assert arithmetic.output_shape == (None, 4, 4)
    assert (arithmetic.windows, arithmetic.sees_all, arithmetic.macs) == (None, False, 0)
    assert "multiply-adds" not in [step.quantity for step in arithmetic.steps]
    assert len(arithmetic.notes) == 2


def test_unknown_size_with_stride_1_still_has_windows() -> None:
    arithmetic = convolution.work_out("Conv2D", {"kernel_size": 3, "filters": 4, "padding": "same"}, ((None, None, 3),))
    assert arithmetic.windows == (Window(3, 1, 1, 1, 1),) * 2
    assert lines(arithmetic)[0] == ("padding along height and width", "1 · (3 − 1) + 1 − 1")
    assert not wrong(arithmetic.steps)


def test_transposed_window_moves_over_spread_out_pixels() -> None:
    config = {"kernel_size": 3, "strides": 2, "filters": 1, "padding": "same"}
    arithmetic = transposed.work_out("Conv1DTranspose", config, ((7, 1),))
    assert arithmetic.windows == (Window(3, padding_before=2, padding_after=0, upscale=2),)
    assert lines(arithmetic)[0] == ("output length", "7 · 2")


@pytest.mark.parametrize("length", [7, None])
def test_transposed_windows_do_not_depend_on_the_size(length: int | None) -> None:
    config = {"kernel_size": 4, "strides": 2, "filters": 1, "padding": "same"}
    windows = transposed.work_out("Conv1DTranspose", config, ((length, 1),)).windows
    assert windows == (Window(4, padding_before=2, padding_after=1, upscale=2),)


def test_output_padding_with_same_shows_the_window_first() -> None:
    config = {"kernel_size": 3, "strides": 2, "filters": 1, "padding": "same", "output_padding": 1}
    arithmetic = transposed.work_out("Conv1DTranspose", config, ((7, 1),))
    assert lines(arithmetic)[:2] == [
        ("window length", "1 · (3 − 1) + 1"),
        ("output length", "(7 − 1) · 2 + 3 − 2 · ⌊3 / 2⌋ + 1"),
    ]
    assert arithmetic.notes
    assert not wrong(arithmetic.steps)


def test_separable_parts_are_worked_one_by_one() -> None:
    config = {"kernel_size": 3, "filters": 8, "depth_multiplier": 2}
    arithmetic = separable.work_out("SeparableConv2D", config, ((6, 6, 3),))
    assert lines(arithmetic)[2:] == [
        ("depthwise weights", "3 · 3 · 3 · 2"),
        ("pointwise weights", "3 · 2 · 8"),
        ("parameters", "54 + 48 + 8"),
        ("depthwise multiply-adds", "4 · 4 · 3 · 3 · 3 · 2"),
        ("pointwise multiply-adds", "4 · 4 · 3 · 2 · 8"),
        ("multiply-adds", "864 + 768"),
    ]


def test_groups_must_divide_the_channels() -> None:
    with pytest.raises(LayerError, match="groups must divide both evenly"):
        convolution.work_out("Conv1D", {"kernel_size": 1, "filters": 4, "groups": 2}, ((8, 3),))


def test_unknown_number_of_channels_is_refused() -> None:
    with pytest.raises(LayerError, match="number of channels of its input is not known"):
        convolution.work_out("Conv1D", {"kernel_size": 1, "filters": 4}, ((8, None),))


def test_wrong_number_of_axes_is_refused() -> None:
    with pytest.raises(LayerError, match="Expected 2 spatial axes"):
        convolution.work_out("Conv2D", {"kernel_size": 1, "filters": 4}, ((8, 3),))
