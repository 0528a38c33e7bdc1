"""What came of a policy, and the files that it is about -> an in-toto statement with the predicate test-result.

Unsigned: whoever runs the check signs it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reportgen.document.verdict import MET, ORDER, Result

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


class Named(NamedTuple):
    """A file by its name and the SHA-256 of its bytes, either "" where it is not known."""

    name: str
    sha256: str


def statement(files: Iterable[Named], policy: Named, results: Sequence[Result], exit_code: int) -> str:
    """Return a statement as JSON.

    Args:
        files: The model and the files of the report; those that are not known are left out.
        policy: The policy.
        results: What came of each of its demands, in any order of the outcomes.
        exit_code: 0 where the policy is met.

    Source: in-toto attestation framework, Statement v1 and predicate test-result v0.1.
    """
    passed, warned, failed = _sorted(results)
    made = {
        "_type": _STATEMENT,
        "subject": [_described(each) for each in files if each.name and each.sha256],
        "predicateType": _PREDICATE,
        "predicate": {
            "result": "FAILED" if exit_code != MET else "WARNED" if warned else "PASSED",
            # What is not known to a reader of the predicate may stand among annotations only.
            "configuration": [{**_described(policy), "annotations": {"evaluator": "reportgen"}}],
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _sorted(results: Sequence[Result]) -> tuple[list[str], list[str], list[str]]:
    """What is met, what is not but keeps nothing from being met, and what does; each name in the heaviest list only."""
    ways: dict[str, int] = {}
    for each in sorted(results, key=lambda result: ORDER.index(result.outcome)):
        way = 2 if each.blocks else 0 if each.outcome == "pass" else 1
        ways[_name(each)] = max(ways.get(_name(each), 0), way)
    passed, warned, failed = ([name for name, found in ways.items() if found == way] for way in range(3))
    return passed, warned, failed


def _name(result: Result) -> str:
    return f"{result.code} {result.name}" + (f" [{result.where}]" if result.where else "")


def _described(file: Named) -> dict[str, object]:
    return {"name": file.name, "digest": {"sha256": file.sha256}}
