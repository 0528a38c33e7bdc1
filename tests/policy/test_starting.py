"""A policy to start from: the report that it was made of meets it, whatever the report holds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from reportgen.policy.judging import exit_code, judge
from reportgen.policy.measures import measures
from reportgen.policy.reading import parse
from reportgen.policy.starting import start
from tests.policy.made import TODAY, finding, head, report


def made_policy(made: dict[str, Any]) -> str:
    return start(measures(made), "report.json")


@pytest.mark.parametrize("seed", range(30))
def test_the_report_meets_the_policy_that_was_made_of_it(seed: int) -> None:
    generator = random.Random(seed)
    classes = tuple((generator.randint(0, size), size) for size in generator.choices(range(1, 300), k=3))
    severities = generator.choice([[], ["note"], ["note", "warning"], ["warning", "failed"]])
    made = report(
        *[head(name, recalls=classes) for name in generator.choice([(), ("main",), ("main", 'odd "name" \\ x')])],
        dead=generator.randint(0, 100),
        macs=generator.choice([None, 5_000]),
        watched=generator.randint(300, 2000),
        without=generator.choice([(), ("channels",), ("performance",)]),
        findings=[finding("RG401", each) for each in severities],
    )
    asked = parse(made_policy(made).encode(), "policy.toml")
    found = judge(asked, measures(made), TODAY)
    assert exit_code(found) == 0, [each for each in found if each.blocks]
    assert {each.outcome for each in found} <= {"pass"}


def test_bounds_stand_beside_todays_numbers() -> None:
    text = made_policy(report(head(recalls=((965, 1000),))))
    assert "accuracy = { min = 0.951 }   # 965 of 1 000 today" in text
    assert "parameters = { max = 1100 }   # 1 000 today" in text
    assert text.count('sha256 = "aaaa') == 1


def test_a_name_cannot_leave_its_comment() -> None:
    made = report(head(recalls=((5, 10),)))
    made["model"]["name"] = "net\nversion = 2"
    first = made_policy(made).splitlines()[0]
    assert first.startswith("# What net version = 2 must show")
