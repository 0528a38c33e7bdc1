"""A verdict -> GitLab's code quality report: what is not met, one entry for a fingerprint."""

from __future__ import annotations

import json

from reportgen.document.verdict import Outcome, Verdict
from reportgen.verdicts.sarif import fingerprint

NAME = "gl-code-quality.json"
_SEVERITIES: dict[Outcome, str] = {"fail": "major", "undecided": "minor", "unmeasured": "minor", "waived": "info"}


def render(verdict: Verdict) -> str:
    """Return a list of entries."""
    entries: dict[str, dict[str, object]] = {}
    for each in verdict.results:
        if each.outcome in _SEVERITIES:
            known: dict[str, object] = {
                "description": f"{each.code} {each.name}: {each.message}",
                "check_name": f"reportgen/{each.name}",
                "fingerprint": fingerprint(each),
                "severity": _SEVERITIES[each.outcome] if each.blocks else "info",
                "location": {"path": verdict.policy, "lines": {"begin": each.line}},
            }
            entries.setdefault(fingerprint(each), known)
    return json.dumps(list(entries.values()), indent=1, ensure_ascii=False) + "\n"
