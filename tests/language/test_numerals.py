"""Numbers in words: nothing is lost that a reader could want back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.language import numerals

THIN = "\u202f"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (999, "999"),
        (1024, f"1{THIN}024"),
        (-1199882, f"−1{THIN}199{THIN}882"),
        (np.int64(1024), f"1{THIN}024"),
        (0.0, "0"),
        (-0.0, "0"),
        (-0.25, "−0.25"),
        (12.0, "12"),
        (np.float32(0.5), "0.5"),
        (0.0001, "0.0001"),
        (0.00001, f"1{THIN}×{THIN}10⁻⁵"),
        (99999.9, f"100{THIN}000"),
        (1e15, f"1{THIN}×{THIN}10¹⁵"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_as_written(value: float, expected: str) -> None:
    assert numerals.number(value) == expected


@given(st.integers(-(10**18), 10**18))
def test_a_written_integer_can_be_read_back(value: int) -> None:
    assert int(numerals.number(value).replace(THIN, "").replace("−", "-")) == value


@given(st.floats(1e-4, 1e14))
def test_a_written_float_is_right_to_three_digits(value: float) -> None:
    assert float(numerals.number(value).replace(THIN, "")) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (99_999, f"99{THIN}999"),
        (100_000, "100.0\u00a0thousand"),
        (999_949, "999.9\u00a0thousand"),
        (999_950, "1.0\u00a0million"),
        (-3_400_000_000, "−3.4\u00a0billion"),
        (12e12, "12.0\u00a0trillion"),
        (12e15, f"12{THIN}000.0\u00a0trillion"),
        (float("nan"), "not a number"),
    ],
)
def test_large_numbers_get_a_word(value: float, expected: str) -> None:
    assert numerals.short(value) == expected


@pytest.mark.parametrize(
    ("share", "digits", "expected"),
    [
        (0.5, 0, f"50{THIN}%"),
        (0.0004, 2, f"0.04{THIN}%"),
        (-0.1, 1, f"−10.0{THIN}%"),
        (float("nan"), 1, "not a number"),
    ],
)
def test_shares_as_percentages(share: float, digits: int, expected: str) -> None:
    assert numerals.percent(share, digits) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, f"0{THIN}bytes"),
        (1023, f"1{THIN}023{THIN}bytes"),
        (1024, f"1.0{THIN}KiB"),
        (1024**2 - 1, f"1.0{THIN}MiB"),
        (5 * 1024**5, f"5.0{THIN}PiB"),
    ],
)
def test_bytes_get_the_unit_that_fits(count: int, expected: str) -> None:
    assert numerals.memory(count) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(5 · 5 · 32 + 1) · 9216", "(5 · 5 · 32 + 1) · 9216"),
        ("12345678 − 99999", f"12{THIN}345{THIN}678 − 99{THIN}999"),
        ("1.00000", "1.00000"),
        ("⌊(28 − 3) / 1⌋ + 1", "⌊(28 − 3) / 1⌋ + 1"),
    ],
)
def test_only_long_numbers_in_a_working_are_grouped(text: str, expected: str) -> None:
    assert numerals.working(text) == expected
