"""Bars of the mean responses to classes: their paths by hand, and what has none."""

from __future__ import annotations

import pytest

from reportgen.figures.class_bars import Bars, class_bars


@pytest.mark.parametrize(
    ("means", "bars"),
    [
        ((0.0, 1.0, 2.0), Bars(39, 28.0, "M6 28.0V28.0M20 28.0V14.0", "M32 28.0V0.0")),
        ((1.0, -1.0), Bars(26, 14.0, "M20 14.0V28.0", "M6 14.0V0.0")),
        ((-1.0, -2.0), Bars(26, 0.0, "M6 0.0V14.0M20 0.0V28.0", "")),
    ],
)
def test_bars_begin_at_zero(means: tuple[float, ...], bars: Bars) -> None:
    assert class_bars(means) == bars


@pytest.mark.parametrize("means", [(), (0.0, 0.0), (1.0,), (1.0, float("nan")), (1.0,) * 21])
def test_what_cannot_be_drawn_has_no_bars(means: tuple[float, ...]) -> None:
    assert class_bars(means) is None
