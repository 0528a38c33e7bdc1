"""Findings about the network itself: its weights, its formulas, how it behaves, how it is built."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.evidence import Evidence
from reportgen.findings.model import behaviour, formulas, nonfinite, proportions

RULES = (*nonfinite.RULES, *formulas.RULES, *behaviour.RULES, *proportions.RULES)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the network."""
    for part in (nonfinite, formulas, behaviour, proportions):
        yield from part.judge(evidence)
