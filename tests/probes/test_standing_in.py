"""What channels may follow where an image has no plain background: the outlined evidence, if it is supported."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.evidence.activations import Foreground
from reportgen.probes.activations import standing_in
from tests import made, why_made

MASK = np.zeros((4, 4), np.uint8)
MASK[1:3, 1:3] = 1
BUSY = Foreground(False, 0.0, "No object found: the image has no plain background.", np.zeros((4, 4), np.uint8))


def explained(word: str = "supported", **others: Any) -> Any:
    one = why_made.explanation(
        sample=2,
        maps=(why_made.evidence_map(verdict=why_made.verdict(word)),),
        outline=why_made.outline(**({"mask": MASK} | others)),
    )
    return why_made.why(one)


def test_supported_outline_stands_in_the_place_of_the_object() -> None:
    found = standing_in.found(BUSY, explained(), made.sample(2))
    assert (found.found, found.is_evidence, found.target) == (True, True, "outlined evidence")
    assert np.array_equal(found.mask, 255 * MASK)
    assert found.share == 0.25
    assert found.how.startswith(
        "No object found: the image has no plain background. Maps are compared with the outlined"
    )


def test_object_that_was_found_stays() -> None:
    assert standing_in.found(made.FOUND, explained(), made.sample(2)) is made.FOUND
    assert made.FOUND.target == "object"


@pytest.mark.parametrize("word", ["weak", "not specific", "not supported", "no verdict"])
def test_outline_that_is_not_supported_does_not_stand_in(word: str) -> None:
    assert standing_in.found(BUSY, explained(word), made.sample(2)) is BUSY


def test_nothing_stands_in_for_another_sample_or_size_or_without_explanations() -> None:
    assert standing_in.found(BUSY, explained(), made.sample(3)) is BUSY
    assert standing_in.found(BUSY, explained(mask=np.ones((2, 2), np.uint8)), made.sample(2)) is BUSY
    assert standing_in.found(BUSY, None, made.sample(2)) is BUSY
