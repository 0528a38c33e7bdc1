"""What came of a policy: one result for each thing that it asks for, and the verdict over all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.document.report import Severity

Outcome = Literal["pass", "fail", "undecided", "unmeasured", "waived"]
MET, NOT_MET, NOT_DECIDED = 0, 4, 5
"""Exit codes: 1, 2 and 3 say that something else went wrong."""
ORDER: tuple[Outcome, ...] = ("fail", "unmeasured", "undecided", "waived", "pass")
"""Outcomes as people read them, what is not met first."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one demand.

    Attributes:
        code: Code of the rule: "RG301".
        name: Its name: "accuracy-low".
        outcome: "pass", "fail", "undecided" (these data cannot tell), "unmeasured" (the report does not hold it) or
            "waived".
        severity: How heavy it is: of a demand "failed", of a finding its own, of what cannot be told what the policy
            says. Only what is "failed" keeps a policy from being met.
        message: What was measured, its interval and its bound, in a sentence.
        where: What it is about: a layer, a class, an output; "" for the whole. It is the same in every run.
        measured: The number; None where there is none.
        low: Lower end of the interval that decides; None without one.
        high: Upper end.
        bound: The bound.
        line: Line of the policy that asked.
        waiver: Why it is let through, by whom and until when; "" where it is not.
    """

    code: str
    name: str
    outcome: Outcome
    severity: Severity
    message: str
    where: str = ""
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    line: int = 1
    waiver: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the policy is not met, or not known to be met, because of it."""
        return self.outcome in {"fail", "undecided", "unmeasured"} and self.severity == "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report held against a policy.

    Attributes:
        model: Name of the model.
        model_file: Name of its file, or "".
        report: Name of the report's file.
        report_sha256: Hash of its bytes.
        policy: Name of the policy's file.
        policy_sha256: Hash of its bytes.
        today: The day on which waivers were looked at, ISO 8601.
        exit_code: 0 where it is met, 4 where it is not, 5 where it cannot be decided.
        results: What came of each demand, in the order of the policy.
        model_sha256: Hash of the model's file, as the report names it, or "".
    """

    model: str
    model_file: str
    report: str
    report_sha256: str
    policy: str
    policy_sha256: str
    today: str
    exit_code: int
    results: tuple[Result, ...]
    model_sha256: str = ""

    @property
    def word(self) -> str:
        """The verdict: "met", "not met" or "not decided"."""
        return {MET: "met", NOT_MET: "not met"}.get(self.exit_code, "not decided")

    def count(self, outcome: Outcome) -> int:
        """Return how many results have an outcome."""
        return sum(each.outcome == outcome for each in self.results)
