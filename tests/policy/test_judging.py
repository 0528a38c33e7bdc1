"""What is met, what is not, what cannot be decided, and what waivers let through."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reportgen.policy.judging import exit_code
from tests.policy.made import dataset, finding, head, judged, report, share

GOOD = head(recalls=((995, 1000), (996, 1000)))
CARD = '[card]\nrequired = ["model.provider"]'


@pytest.mark.parametrize(
    ("policy", "made", "expected"),
    [
        ('[data]\nlabels = "required"', report(GOOD), ("RG204", "pass")),
        ('[data]\nlabels = "required"', report(dataset=dataset(has_labels=False)), ("RG204", "fail")),
        ("[data]\nmin-images = 200", report(GOOD), ("RG205", "pass")),
        ("[data]\nmin-images = 201", report(GOOD), ("RG205", "fail")),
        ("[data]\nmin-images = 1", report(dataset=None), ("RG205", "unmeasured")),
        ("[data]\nmin-images-per-class = 1000", report(GOOD), ("RG206", "pass")),
        ("[data]\nmin-images-per-class = 1001", report(GOOD), ("RG206", "fail")),
        (f'[data]\nsha256 = "{"a" * 64}"', report(GOOD), ("RG207", "pass")),
        (f'[data]\nsha256 = "{"b" * 64}"', report(GOOD), ("RG207", "fail")),
        ("[data]\nmax-unreadable-share = 0.0", report(GOOD), ("RG202", "pass")),
        (
            "[data]\nmax-unreadable-share = 0.01",
            report(GOOD, dataset=dataset(broken_reasons=[{"reason": "is empty", "number": 4}])),
            ("RG202", "fail"),
        ),
        ("[performance]\naccuracy = { min = 0.99 }", report(GOOD), ("RG301", "pass")),
        ("[performance]\naccuracy = { min = 0.995 }", report(GOOD), ("RG301", "undecided")),
        ("[performance]\naccuracy = { min = 0.999 }", report(GOOD), ("RG301", "fail")),
        ("[performance]\naccuracy = { min = 0.9 }", report(), ("RG301", "unmeasured")),
        ("[performance]\naccuracy = { min = 0.9 }", report(GOOD, without=("performance",)), ("RG301", "unmeasured")),
        ("[performance]\nclass-recall = { min = 0.98 }", report(GOOD), ("RG302", "pass")),
        ("[performance]\nbeats-commonest = true", report(GOOD), ("RG303", "pass")),
        ("[performance]\nbeats-commonest = true", report(head(recalls=((8, 10), (2, 10)))), ("RG303", "undecided")),
        ("[performance]\ncalibration-error = { max = 0.06 }", report(GOOD), ("RG304", "pass")),
        ("[performance]\ncalibration-error = { max = 0.02 }", report(GOOD), ("RG304", "fail")),
        ("[cost]\nparameters = { max = 1000 }", report(GOOD), ("RG141", "pass")),
        ("[cost]\nparameters = { max = 999 }", report(GOOD), ("RG141", "fail")),
        ("[cost]\nmultiply-adds = { max = 1 }", report(GOOD, macs=None), ("RG142", "unmeasured")),
        ('[cost]\nweights-size = { max = "4kB" }', report(GOOD), ("RG143", "pass")),
        ('[cost]\nweights-size = { max = "3.9kB" }', report(GOOD), ("RG143", "fail")),
        ("[channels]\ndead = { max-share = 0.05 }", report(GOOD, dead=5), ("RG401", "pass")),
        ("[channels]\ndead = { max-share = 0.05 }", report(GOOD, dead=6), ("RG401", "fail")),
        ("[channels]\ndead = { max-share = 0.05 }", report(GOOD, dead=6, watched=60), ("RG401", "undecided")),
        ("[channels]\ndead = { max-share = 0.05 }", report(GOOD, dead=5, watched=60), ("RG401", "pass")),
        ("[channels]\ncopies = { max-share = 0.0 }", report(GOOD), ("RG405", "fail")),
        ("[channels]\nstuck = { max-share = 0.0 }", report(GOOD, without=("channels",)), ("RG403", "unmeasured")),
        (CARD, report(card={"model.provider": ["Example GmbH"]}), ("RG721", "pass")),
        (CARD, report(card={"model.provider": []}), ("RG721", "fail")),
        (CARD, report(), ("RG721", "fail")),
        (CARD, report(card={}, without=("card",)), ("RG721", "unmeasured")),
        ("", report(GOOD), ("RG906", "fail")),
    ],
)  # fmt: skip
def test_a_demand_is_met_or_not(policy: str, made: dict[str, Any], expected: tuple[str, str]) -> None:
    (found,) = judged(policy, made)
    assert (found.code, found.outcome) == expected


def test_the_interval_that_decides_is_the_one_that_is_printed() -> None:
    (found,) = judged("[performance]\naccuracy = { min = 0.8 }", report(head(recalls=((88, 100),))))
    assert found.outcome == "undecided"
    assert found.message == ("88 of 100 correct; the exact 95 % interval from 79.98 % to 93.64 % includes 80 %.")
    assert (found.low, found.high, found.bound) == pytest.approx((0.79976, 0.93643, 0.8), abs=1e-5)


def test_too_few_images_are_said_to_be_too_few() -> None:
    (found,) = judged("[performance]\naccuracy = { min = 0.95 }", report(head(recalls=((60, 60),))))
    assert found.message.endswith("It takes 72 images, all correct, to show as much.")


def test_classes_that_fail_or_stay_open_are_named_and_the_others_are_counted() -> None:
    made = report(head(recalls=((99, 100), (82, 100), (40, 100))))
    found = judged("[performance]\nclass-recall = { min = 0.8 }", made)
    assert [(each.outcome, each.where) for each in found] == [
        ("undecided", "class kind 1"), ("fail", "class kind 2"), ("pass", ""),
    ]  # fmt: skip
    assert found[2].message.startswith("1 of 3 classes are found in at least 80 %")


def test_a_further_output_is_judged_by_its_name() -> None:
    policy = (
        "[performance.outputs.side]\naccuracy = { min = 0.9 }\n[performance.outputs.gone]\naccuracy = { min = 0.9 }"
    )
    found = judged(policy, report(head("main"), head("side", recalls=((999, 1000),))))
    assert [(each.outcome, each.where, each.line) for each in found] == [("pass", "side", 3), ("unmeasured", "gone", 5)]


def test_a_bound_on_calibration_below_what_chance_shows_is_not_decided() -> None:
    perfect = {"bins": [{"confidence": 0.5, "right": share(60, 100)}]}
    made = report(head(calibration=perfect))
    (found,) = judged("[performance]\ncalibration-error = { max = 0.001 }", made)
    assert found.outcome == "undecided"
    assert "these data cannot decide it" in found.message


def values(count: int = 400, mean: float = 2.0) -> dict[str, Any]:
    """A report on an output that predicts values."""
    made = report()
    spread = {"count": count, "mean": mean, "deviation": 1.0, "skewness": 1.5}
    made["sections"]["samples"] = {"content": {"head": "age", "mean_error": mean, "errors": spread, "others": []}}
    return made


@pytest.mark.parametrize(
    ("made", "bound", "expected"),
    [
        (values(), 2.2, "pass"),
        (values(), 2.05, "undecided"),
        (values(), 1.8, "fail"),
        (values(count=20), 9.0, "undecided"),
        (report(), 9.0, "unmeasured"),
    ],
)
def test_a_mean_error_is_decided_by_its_interval(made: dict[str, Any], bound: float, expected: str) -> None:
    (found,) = judged(f"[performance]\nmean-error = {{ max = {bound} }}", made)
    assert (found.code, found.outcome) == ("RG305", expected)
    if found.low is not None and found.high is not None:
        assert found.low < 2.0 < found.high
        assert "interval from 1.9" in found.message
    elif expected == "undecided":
        assert "20 images are too few" in found.message


FINDINGS = [finding("RG401", "warning", "conv_1"), finding("RG131", "note", "dense_1"), finding("RG101", "failed")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('fail = "failed"', {"RG401": "pass", "RG131": "pass", "RG101": "fail"}),
        ('fail = "warning"', {"RG401": "fail", "RG131": "pass", "RG101": "fail"}),
        ('fail = "note"', {"RG401": "fail", "RG131": "fail", "RG101": "fail"}),
        ('forbid = ["one-layer-dominates"]', {"RG131": "fail"}),
        ('fail = "warning"\nweight = { "RG401" = "note" }', {"RG401": "pass", "RG131": "pass", "RG101": "fail"}),
    ],
)
def test_findings_fail_by_their_weight_or_by_name(policy: str, expected: dict[str, str]) -> None:
    found = judged(f"[findings]\n{policy}", report(findings=FINDINGS))
    assert {each.code: each.outcome for each in found} == expected
    assert all("\u00a0" not in each.message for each in found)


def test_findings_that_were_checked_and_are_right_do_not_count() -> None:
    assert judged('[findings]\nfail = "note"', report(findings=[finding("RG110", "passed")])) == ()


WAIVER = '[[waiver]]\nrule = "dead-channels"\nwhere = "conv_*"\nreason = "Known."\nby = "me"\nexpires = {day}\n'


@pytest.mark.parametrize(
    ("where", "day", "expected", "code"),
    [
        ("conv_1", "2026-11-29", ["waived"], 0),
        ("conv_1", "2026-11-28", ["fail", "RG901"], 4),
        ("dense_1", "2027-01-01", ["fail", "RG902"], 4),
    ],
)
def test_a_waiver_counts_up_to_its_last_day_and_at_its_place(
    where: str, day: str, expected: list[str], code: int
) -> None:
    policy = f'[findings]\nfail = "warning"\n{WAIVER.format(day=day)}'
    found = judged(policy, report(findings=[finding("RG401", "warning", where)]))
    assert found[0].outcome == expected[0]
    assert [each.code for each in found[1:]] == expected[1:]
    assert exit_code(found) == code
    if expected[0] == "waived":
        assert found[0].waiver == "Known. (me, until 2026-11-29)"


def test_an_unused_waiver_warns_and_blocks_nothing() -> None:
    found = judged(f"[cost]\nparameters = {{ max = 9999 }}\n{WAIVER.format(day='2027-01-01')}", report())
    assert [(each.code, each.severity, each.blocks) for each in found][1:] == [("RG902", "warning", False)]
    assert exit_code(found) == 0


@pytest.mark.parametrize(
    ("leniency", "code", "severity"), [("fail", 5, "failed"), ("warn", 0, "warning"), ("pass", 0, "note")]
)
def test_what_cannot_be_told_counts_as_the_policy_says(leniency: str, code: int, severity: str) -> None:
    policy = f'undecided = "{leniency}"\n[performance]\naccuracy = {{ min = 0.95 }}'
    found = judged(policy, report(head(recalls=((10, 10),))))
    assert (exit_code(found), found[0].severity) == (code, severity)


def test_a_failure_outweighs_what_cannot_be_told() -> None:
    policy = "[performance]\naccuracy = { min = 0.95 }\n[cost]\nparameters = { max = 1 }"
    assert exit_code(judged(policy, report(head(recalls=((10, 10),))))) == 4


def test_a_waiver_may_be_for_what_is_not_measured() -> None:
    waiver = '[[waiver]]\nrule = "RG301"\nreason = "No labels yet."\nexpires = 2027-01-01'
    found = judged(f"[performance]\naccuracy = {{ min = 0.9 }}\n{waiver}", report(), date(2026, 1, 1))
    assert [each.outcome for each in found] == ["waived"]
