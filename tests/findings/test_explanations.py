"""Explanations: what counts as a picture that is not supported."""

from __future__ import annotations

import pytest

from reportgen.evidence.why import Null
from reportgen.findings.explanations import judge
from tests import made, why_made


@pytest.mark.parametrize(
    ("twins", "others", "expected"),
    [
        (why_made.null(), None, []),  # it passed the only comparison that there was
        (why_made.null(p_value=0.075), None, ["RG502"]),
        (why_made.null(effect=0.05), None, ["RG502"]),
        (why_made.null(), why_made.null(number=19, p_value=0.2), ["RG502"]),
    ],
)
def test_map_without_other_images_fails_by_the_first_comparison_only(
    twins: Null, others: Null | None, expected: list[str]
) -> None:
    verdict = why_made.verdict("weak", twins=twins, others=others)
    why = why_made.why(why_made.explanation(maps=(why_made.evidence_map(verdict=verdict),)), controls=())
    assert [finding.code for finding in judge(made.bare(findings=(), why=why))] == expected


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ((4,), "Sample 4: painting over parts of it cannot show what the answer rests on."),
        ((4, 6), "Samples 4 and 6: painting over parts of them cannot show what the answers rest on."),
    ],
)
def test_answers_that_an_empty_image_gets_are_named(samples: tuple[int, ...], said: str) -> None:
    nothing = (why_made.evidence_map(verdict=why_made.verdict("no verdict")),)
    explained = (why_made.explanation(sample=each, maps=nothing, outline=None) for each in samples)
    (found,) = judge(made.bare(findings=(), why=why_made.why(*explained, controls=())))
    assert found.detail == said
