"""A verdict -> OpenMetrics, which both parsers of Prometheus read: a gauge where the type `info` would be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from reportgen.document.verdict import Outcome, Result, Verdict

NAME = "policy.prom"


def render(verdict: Verdict) -> str:
    """Return the numbers of all results, how many there are of each outcome, and the exit code."""
    model = f'model="{_quoted(verdict.model)}"'
    rows = [
        *_gauge("policy_results", "Results of the policy by outcome."),
        *(f'reportgen_policy_results{{{model},outcome="{each}"}} {verdict.count(each)}' for each in get_args(Outcome)),
        *_gauge("policy_exit_code", "0 where the policy is met, 4 where it is not, 5 where it cannot be decided."),
        f"reportgen_policy_exit_code{{{model}}} {verdict.exit_code}",
        *_gauge("policy_value", "What was measured, the ends of its interval, and its bound."),
        *(row for each in _once(verdict.results) for row in _values(model, each)),
        *_gauge("policy_info", "Which report and which policy these numbers are of."),
        f'reportgen_policy_info{{{model},report_sha256="{verdict.report_sha256}",'
        f'policy_sha256="{verdict.policy_sha256}"}} 1',
        "# EOF",
        "",
    ]
    return "\n".join(rows)


def _gauge(name: str, told: str) -> Iterator[str]:
    yield f"# TYPE reportgen_{name} gauge"
    yield f"# HELP reportgen_{name} {told}"


def _once(results: tuple[Result, ...]) -> list[Result]:
    """The first result of each rule and place that has a number: a metric may have one value only."""
    return list({(each.code, each.where): each for each in reversed(results) if each.measured is not None}.values())[
        ::-1
    ]


def _values(model: str, result: Result) -> Iterator[str]:
    labels = f'{model},rule="{result.code}",where="{_quoted(result.where)}"'
    for part in ("measured", "low", "high", "bound"):
        value = getattr(result, part)
        if value is not None:
            yield f'reportgen_policy_value{{{labels},part="{part}"}} {float(value)!r}'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
