from __future__ import annotations

import pytest

from tests.layers.sums import evaluate


@pytest.mark.parametrize(
    ("working", "expected"),
    [
        ("⌊(26 + 0 − 1 · (3 − 1) − 1) / 1⌋ + 1", 24),
        ("⌈7 / 2⌉", 4),
        ("max((⌈28 / 2⌉ − 1) · 2 + 3 − 28, 0)", 1),
        ("3 · 32 / 2 · 64", 3072),
        ("−3 + 5", 2),
    ],
)
def test_signs_of_a_step_are_understood(working: str, expected: int) -> None:
    assert evaluate(working) == expected


def test_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a sum"):
        evaluate("__import__('os')")
