"""What a policy asks for, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from reportgen.document.report import Severity

Leniency = Literal["fail", "warn", "pass"]
LENIENCIES: tuple[Leniency, ...] = ("fail", "warn", "pass")


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that a report has to show.

    Attributes:
        key: Its key in the policy: "performance.accuracy".
        line: Line of the policy that asks for it, from 1.
        bound: The number that must be kept to: a share 0..1, a count, bytes; for a flag 1.
        text: The word or hash that is asked for, or "".
        output: Name of the model's output that it is about, or "" for the first.
    """

    key: str
    line: int
    bound: float = 1.0
    text: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is let through for a while.

    Attributes:
        rule: Code of the rule.
        named: What the policy calls it: its code or its name.
        reason: Why.
        expires: Last day on which it counts.
        line: Line of the policy that it begins on.
        where: Pattern of the places that it is for; "*" for all.
        by: Who says so, or "".
    """

    rule: str
    named: str
    reason: str
    expires: date
    line: int
    where: str = "*"
    by: str = ""


@dataclass(frozen=True, slots=True)
class FindingsDemand:
    """Which findings of a report fail.

    Attributes:
        line: Line of the policy that asks for it.
        fail: How heavy a finding fails at least: "failed", "warning" or "note"; None where none does.
        forbid: Codes whose findings fail however heavy they are, each with its line.
        weights: Another severity for a code.
    """

    line: int = 1
    fail: Severity | None = None
    forbid: tuple[tuple[str, int], ...] = ()
    weights: tuple[tuple[str, Severity], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy.

    Attributes:
        name: Name of its file.
        sha256: Hash of its bytes.
        confidence: Of every interval, two-sided: 0.95.
        undecided: What becomes of what these data cannot tell.
        unmeasured: What becomes of what the report does not hold.
        demands: What it asks for, in the order of the file.
        findings: Which findings fail.
        waivers: What is let through.
        baseline: Path of the report that it is compared with, from the policy's folder; "" for none.
    """

    name: str
    sha256: str
    confidence: float
    undecided: Leniency
    unmeasured: Leniency
    demands: tuple[Demand, ...]
    findings: FindingsDemand
    waivers: tuple[Waiver, ...]
    baseline: str = ""

    @property
    def alpha(self) -> float:
        """Probability of either tail."""
        return (1 - self.confidence) / 2
