"""A verdict -> SARIF 2.1.0 for GitHub's code scanning: only what is not met, because GitHub knows no other kinds.

A network has no lines of source, and a result without a place makes GitHub refuse the whole file: the place is the line
of the policy that asked. The layer or class stands in `logicalLocations`.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import Any

from reportgen.document.verdict import Outcome, Result, Verdict
from reportgen.findings.families import rule
from reportgen.findings.pages import page

NAME = "policy.sarif"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SHOWN: tuple[Outcome, ...] = ("fail", "undecided", "unmeasured")
# The same word means "not enough to decide" in SARIF, 3.27.9.
_KINDS: dict[Outcome, str] = {
    "pass": "pass", "fail": "fail", "undecided": "open", "unmeasured": "notApplicable", "waived": "fail",
}  # fmt: skip


def render(verdict: Verdict) -> str:
    """Return what is not met, undecided or unmeasured, each as a failure with a place."""
    results = [each for each in verdict.results if each.outcome in _SHOWN]
    return document(verdict, [row(verdict, each, "fail", _level(each)) for each in results], results)


def full(verdict: Verdict) -> str:
    """Return every result with its kind and, where it is waived, the reason, for viewers and archives."""
    rows = []
    for each in verdict.results:
        kind = _KINDS[each.outcome]
        made = row(verdict, each, kind, _level(each) if kind == "fail" else "none")
        if each.waiver:
            made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": each.waiver}]
        rows.append(made)
    return document(verdict, rows, list(verdict.results))


def _level(result: Result) -> str:
    if result.severity == "note":
        return "note"
    return "error" if result.outcome == "fail" and result.blocks else "warning"


def fingerprint(result: Result) -> str:
    """Return what stays the same from run to run: the rule and the place, and no number."""
    return hashlib.sha256(f"{result.code}\0{result.where}".encode()).hexdigest()[:32]


def row(verdict: Verdict, result: Result, kind: str, level: str) -> dict[str, Any]:
    """Return one result of SARIF."""
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": verdict.policy},
            "region": {"startLine": result.line, "startColumn": 1, "endLine": result.line, "endColumn": 2},
        }
    }
    if result.where:
        place["logicalLocations"] = [{"fullyQualifiedName": result.where, "kind": "module"}]
    numbers = {name: getattr(result, name) for name in ("measured", "low", "high", "bound")}
    return {
        "ruleId": result.code,
        "kind": kind,
        "level": level,
        "message": {"text": result.message},
        "locations": [place],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint(result)}:1"},
        "properties": {"outcome": result.outcome} | {name: each for name, each in numbers.items() if each is not None},
    }


def document(verdict: Verdict, rows: list[dict[str, Any]], results: list[Result]) -> str:
    """Return a whole file of SARIF.

    Args:
        verdict: What it is about.
        rows: Its results.
        results: What they were made of, for the rules.
    """
    codes = sorted({each.code for each in results})
    for each in rows:
        each["ruleIndex"] = codes.index(each["ruleId"])
    artifacts = [name for name in dict.fromkeys((verdict.model_file, verdict.report, verdict.policy)) if name]
    run = {
        "tool": {
            "driver": {
                "name": "reportgen",
                "semanticVersion": version("reportgen"),
                "rules": [_rule(code) for code in codes],
            }
        },
        # So that several models do not overwrite one another.
        "automationDetails": {"id": f"reportgen/{verdict.model}/"},
        "artifacts": [{"location": {"uri": name}} for name in artifacts],
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "utf16CodeUnits",
        "results": rows,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = rule(code)
    return {
        "id": code,
        "name": "".join(word.title() for word in known.name.split("-")),
        "shortDescription": {"text": f"{known.title}."},
        "fullDescription": {"text": known.means},
        "help": {"text": f"{known.why} {known.mend}", "markdown": page(known)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["machine-learning"], "precision": "very-high"},
    }
