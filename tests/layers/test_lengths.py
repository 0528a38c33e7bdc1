"""Sizes of windows, borders and outputs against a window that is really moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import LayerError
from reportgen.layers.lengths import conv_output_length, dilated, same_padding, transposed_output_length
from reportgen.records.model import product

SMALL = st.integers(1, 5)


def moved(length: int, reach: int, stride: int, before: int, after: int) -> int:
    """Count the windows that fit, by moving one."""
    return sum(1 for start in range(-before, length + after, stride) if start + reach <= length + after)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "dilation", "padding", "expected"),
    [
        pytest.param(28, 3, 1, 1, "valid", 26, id="article-conv"),
        pytest.param(24, 2, 2, 1, "valid", 12, id="article-pool"),
        pytest.param(5, 5, 1, 1, "valid", 1, id="window-fills-input"),
        pytest.param(7, 3, 1, 2, "valid", 3, id="dilated"),
        pytest.param(5, 3, 2, 1, "same", 3, id="same-rounds-up"),
        pytest.param(2, 9, 1, 1, "same", 2, id="same-window-larger-than-input"),
        pytest.param(10, 2, 1, 4, "causal", 10, id="causal"),
        pytest.param(10, 2, 3, 1, "causal", 4, id="causal-stride"),
        pytest.param(None, 3, 1, 1, "valid", None, id="unknown"),
    ],
)
def test_output_length_table(
    length: int | None, kernel: int, stride: int, dilation: int, padding: str, expected: int | None
) -> None:
    assert conv_output_length(length, kernel, stride, dilation, padding) == expected


@given(st.integers(1, 30), SMALL, SMALL, st.integers(1, 3))
def test_output_length_counts_the_windows_that_fit(length: int, kernel: int, stride: int, dilation: int) -> None:
    reach = dilated(kernel, dilation)
    border = same_padding(length, kernel, stride, dilation)
    assert border is not None
    assert conv_output_length(length, kernel, stride, dilation, "same") == moved(length, reach, stride, *border)
    assert conv_output_length(length, kernel, stride, dilation, "causal") == moved(length, reach, stride, reach - 1, 0)
    if reach <= length:
        assert conv_output_length(length, kernel, stride, dilation, "valid") == moved(length, reach, stride, 0, 0)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "dilation", "expected"),
    [
        pytest.param(28, 3, 1, 1, (1, 1), id="odd-kernel"),
        pytest.param(28, 2, 1, 1, (0, 1), id="even-kernel-adds-after"),
        pytest.param(28, 3, 2, 1, (0, 1), id="stride"),
        pytest.param(9, 1, 2, 1, (0, 0), id="window-smaller-than-stride"),
        pytest.param(None, 3, 1, 2, (2, 2), id="unknown-length-stride-1"),
        pytest.param(None, 3, 2, 1, None, id="unknown-length-stride-2"),
    ],
)
def test_same_padding_table(
    length: int | None, kernel: int, stride: int, dilation: int, expected: tuple[int, int] | None
) -> None:
    assert same_padding(length, kernel, stride, dilation) == expected


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "dilation", "padding", "added", "expected"),
    [
        pytest.param(7, 3, 2, 1, "valid", None, 15, id="valid"),
        pytest.param(7, 2, 3, 1, "valid", None, 21, id="valid-keeps-what-the-stride-spans"),
        pytest.param(7, 3, 2, 1, "valid", 1, 16, id="valid-output-padding"),
        pytest.param(7, 3, 2, 1, "same", None, 14, id="same"),
        pytest.param(7, 3, 2, 1, "same", 0, 13, id="same-output-padding-odd-kernel"),
        pytest.param(7, 4, 2, 1, "same", 1, 13, id="same-output-padding-even-kernel"),
        pytest.param(7, 3, 1, 2, "valid", None, 11, id="dilated"),
        pytest.param(None, 3, 1, 2, "valid", None, None, id="unknown"),
    ],
)
def test_transposed_output_length_table(
    length: int | None, kernel: int, stride: int, dilation: int, padding: str, added: int | None, expected: int | None
) -> None:
    assert transposed_output_length(length, kernel, stride, dilation, padding, added) == expected


def test_product_of_an_unknown_size_is_unknown() -> None:
    assert product((3, None, 2)) is None
    assert product(()) == 1


def test_window_larger_than_input_is_refused() -> None:
    with pytest.raises(LayerError, match=r"input of 4 .*window must fit inside the input.*Use padding='same'"):
        conv_output_length(4, kernel=9, stride=1, dilation=1, padding="valid")


def test_unknown_padding_is_refused() -> None:
    with pytest.raises(LayerError, match="'valid', 'same', 'causal'"):
        conv_output_length(4, kernel=1, stride=1, dilation=1, padding="reflect")
    with pytest.raises(LayerError, match="'valid', 'same'"):
        transposed_output_length(4, kernel=1, stride=1, dilation=1, padding="causal")


def test_stride_of_zero_is_refused() -> None:
    with pytest.raises(LayerError, match="stride must be at least 1"):
        conv_output_length(4, kernel=1, stride=0, dilation=1, padding="valid")
