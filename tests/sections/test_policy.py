"""The chapter of a policy: what is not met stands first, and each result has its words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reportgen.document.report import Report
from reportgen.document.verdict import Outcome, Result
from reportgen.renderers import html
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


def recall(name: str, share: float, outcome: Outcome = "undecided") -> Result:
    where = f"class {name}" if name else ""
    return Result("RG302", "class-recall-low", outcome, "failed", f"{where}: {share}.", where, share, 0.0, 1.0, 0.8)


def test_many_results_of_one_demand_share_a_row_and_none_is_lost() -> None:
    shares = {"cat": 0.5, "dog": 0.25, "emu": 0.75, "fox": 1.0, "gnu": 0.5}
    many = tuple(recall(*each) for each in shares.items())
    failed = (recall("hen", 0.0, "fail"), recall("ibis", 0.1, "fail"))
    section = policy.build(made.evidence(further={"policy": made.verdict(*many, *failed, *RESULTS)}))
    assert section is not None
    assert isinstance(section.content, policy.Content)
    rows = [(row.result.outcome, row.result.where, row.others) for row in section.content.rows]
    assert rows == [
        ("fail", "class hen", ()), ("fail", "class ibis", ()), ("fail", "", ()),
        ("undecided", "class dog", ("class cat", "class emu", "class fox", "class gnu")), ("undecided", "", ()),
        ("waived", "conv", ()), ("pass", "", ()),
    ]  # fmt: skip
    assert len(section.content.results) == 11
    page = html.document(Report("t", "s", made.model(), made.run(), (), (section,)), "screen")
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "The same came of 4 others; report.json has the numbers of each: class cat, emu, fox, gnu." in text
    few = policy.build(made.evidence(further={"policy": made.verdict(*many[:4])}))
    assert few is not None
    assert isinstance(few.content, policy.Content)
    assert [row.others for row in few.content.rows] == [()] * 4


def test_what_only_warns_is_said_to_and_stands_behind_what_is_not_met() -> None:
    warns = Result("RG902", "waiver-unused", "fail", "warning", "It meets nothing any more.")
    section = policy.build(made.evidence(further={"policy": made.verdict(warns, *RESULTS)}))
    assert section is not None
    assert isinstance(section.content, policy.Content)
    rows = section.content.rows
    assert [(row.result.code, row.outcome, row.mark) for row in rows[:3]] == [
        ("RG141", "not met", "failed"), ("RG902", "only a warning", "warning"),
        ("RG301", "not decided by these data", "warning"),
    ]  # fmt: skip
    assert "1 not met, 1 only a warning, 1 not decided" in section.answer
