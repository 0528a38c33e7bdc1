"""A verdict -> JSON, for programs and archives: every number, and the hashes of what it is about."""

from __future__ import annotations

import json
from dataclasses import asdict

from reportgen.document.verdict import Verdict

NAME = "gate.json"
SCHEMA = "reportgen-gate/1"


def render(verdict: Verdict) -> str:
    """Return the verdict as JSON; floats in full, what is not there as null."""
    plain = asdict(verdict)
    results = plain.pop("results")
    return (
        json.dumps(
            {"schema": SCHEMA, "verdict": verdict.word, **plain, "results": results},
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )
