"""A verdict -> SARIF 2.1.0 with all that it knows: kinds, and waivers as suppressions. Not for GitHub."""

from __future__ import annotations

from reportgen.document.verdict import Verdict
from reportgen.verdicts import sarif

NAME = "policy-full.sarif"


def render(verdict: Verdict) -> str:
    """Return every result with its kind."""
    return sarif.full(verdict)
