"""The chapter of a policy: what is not met stands first, and each result has its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.document.verdict import Result
from reportgen.sections import policy
from tests import made

RESULTS = (
    Result("RG204", "labels-missing", "pass", "failed", "True classes are known."),
    Result("RG301", "accuracy-low", "undecided", "failed", "2 of 3 correct."),
    Result("RG141", "too-many-parameters", "fail", "failed", "47; at most 3 may be."),
    Result("RG401", "dead-channels", "waived", "failed", "One is.", "conv", waiver="Known (until 2027-01-01)"),
)


@pytest.mark.parametrize(
    ("code", "headline"),
    [
        (0, "It meets the policy policy.toml"),
        (4, "It does not meet the policy policy.toml"),
        (5, "These data cannot decide the policy policy.toml"),
    ],
)
def test_the_verdict_is_the_headline_and_what_is_not_met_stands_first(code: int, headline: str) -> None:
    verdict = replace(made.verdict(*RESULTS), exit_code=code)
    section = policy.build(made.evidence(further={"policy": verdict}))
    assert section is not None
    assert section.headline == headline
    assert section.answer == "Of 4\u00a0demands 1 not met, 1 not decided by these data, 1 waived and 1 met."
    assert isinstance(section.content, policy.Content)
    assert [each.outcome for each in section.content.results] == ["fail", "undecided", "waived", "pass"]


def test_without_a_policy_there_is_no_chapter() -> None:
    assert policy.build(made.bare()) is None
