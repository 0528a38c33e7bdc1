"""A verdict -> an in-toto statement with the predicate test-result, to be signed by what runs the check.

Its subjects are the report and the model's file, each by the hash of its bytes; the configuration is the policy.
"""

from __future__ import annotations

import json

from reportgen.document.verdict import MET, Result, Verdict

NAME = "test-result.intoto.json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def render(verdict: Verdict) -> str:
    """Return the statement as JSON, unsigned."""
    passed, warned, failed = _sorted(verdict)
    files = ((verdict.model_file, verdict.model_sha256), (verdict.report, verdict.report_sha256))
    statement = {
        "_type": _STATEMENT,
        "subject": [_file(name, digest) for name, digest in files if name and digest],
        "predicateType": _PREDICATE,
        "predicate": {
            "result": "FAILED" if verdict.exit_code != MET else "WARNED" if warned else "PASSED",
            "configuration": [_file(verdict.policy, verdict.policy_sha256)],
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }
    return json.dumps(statement, indent=1, ensure_ascii=False) + "\n"


def _sorted(verdict: Verdict) -> tuple[list[str], list[str], list[str]]:
    """What is met, what is not but keeps nothing from being met, and what does; each name in the heaviest list only."""
    ways: dict[str, int] = {}
    for each in verdict.results:
        way = 2 if each.blocks else 0 if each.outcome == "pass" else 1
        ways[_name(each)] = max(ways.get(_name(each), 0), way)
    passed, warned, failed = ([name for name, found in ways.items() if found == way] for way in range(3))
    return passed, warned, failed


def _name(result: Result) -> str:
    return f"{result.code} {result.name}" + (f" [{result.where}]" if result.where else "")


def _file(name: str, digest: str) -> dict[str, object]:
    return {"name": name, "digest": {"sha256": digest}}
