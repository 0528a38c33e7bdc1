"""A demand and what was measured -> a result. What all kinds of demands share."""

from __future__ import annotations

from dataclasses import replace

from reportgen.document.verdict import Outcome, Result
from reportgen.findings.families import rule
from reportgen.language.cleaning import with_plain_spaces
from reportgen.policy import statistics
from reportgen.policy.demands import Demand
from reportgen.policy.keys import KEYS


def plain(demand: Demand, holds: bool, message: str, measured: float | None = None) -> Result:
    """Return what came of a demand that needs no interval: the number is what it is."""
    found = result(KEYS[demand.key].code, "pass" if holds else "fail", message, line=demand.line)
    return replace(found, measured=measured, bound=None if demand.text else demand.bound)


def decided(
    demand: Demand,
    outcome: statistics.Decision,
    message: str,
    where: str,
    measured: float | None,
    interval: tuple[float, float] | None,
) -> Result:
    """Return what came of a demand that an interval decides, if there is one."""
    found = result(KEYS[demand.key].code, outcome, message, line=demand.line)
    low, high = interval or (None, None)
    return replace(found, where=where, measured=measured, low=low, high=high, bound=demand.bound)


def unmeasured(demand: Demand, message: str) -> Result:
    """Return that a demand was not measured, and why."""
    found = result(KEYS[demand.key].code, "unmeasured", message, line=demand.line)
    return replace(found, where=demand.output, bound=None if demand.text else demand.bound)


def result(code: str, outcome: Outcome, message: str, line: int = 1) -> Result:
    """Return a result of a rule."""
    return Result(code, name_of(code), outcome, "failed", with_plain_spaces(message), line=line)


def name_of(code: str) -> str:
    """Return the name of a rule."""
    return rule(code).name


def percent(value: float) -> str:
    """Write a share in percent, with four digits."""
    return f"{100 * value:.4g} %"
