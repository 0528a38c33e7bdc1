"""Reports as plain data, and policies as text, for the tests of policies and verdicts."""

from __future__ import annotations

from datetime import date
from typing import Any

from reportgen.document.verdict import Result, Verdict
from reportgen.policy.judging import exit_code, judge
from reportgen.policy.measures import measures
from reportgen.policy.reading import parse

TODAY = date(2026, 11, 29)


def share(part: int, whole: int) -> dict[str, Any]:
    """A share as a report writes it."""
    return {"part": part, "whole": whole, "value": part / whole, "interval": [0.0, 1.0]}


def head(
    name: str = "", recalls: tuple[tuple[int, int], ...] = ((88, 100), (99, 100)), **others: Any
) -> dict[str, Any]:
    """One output, with so many of each class found."""
    right, whole = (sum(each[place] for each in recalls) for place in (0, 1))
    known = {
        "name": name,
        "right": share(right, whole),
        "classes": [{"name": f"kind {place}", "recall": share(*each)} for place, each in enumerate(recalls)],
        "commonest": {"names": ["kind 0"], "share": share(max(each[1] for each in recalls), whole)},
        "calibration": {
            "bins": [{"confidence": 0.95, "right": share(right, whole)}, {"confidence": None, "right": None}]
        },
    }
    return {**known, **others}


def report(*heads: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A report of a network, as `report.json` holds it, as far as a policy looks at it."""
    counts = {"channels": 100, "dead": parts.get("dead", 0), "copies": 1, "stuck": 0}
    sections: dict[str, Any] = {
        "provenance": {"dataset": parts.get("dataset", dataset())},
        "performance": {"heads": list(heads)},
        "channels": {"num_images": parts.get("watched", 1000), "layers": [{"counts": counts}]},
    }
    options = []
    if "card" in parts:
        statements = [{"key": key, "values": values} for key, values in parts["card"].items()]
        sections["card"] = {"tables": [{"statements": statements}]}
        options = [{"name": "SHA-256 of the card", "value": "d" * 64}]
    for name in parts.get("without", ()):
        del sections[name]
    return {
        "schema": "reportgen/2",
        "model": {"name": "net", "parameters": 1_000, "macs": parts.get("macs", 5_000), "size_bytes": 4_000},
        "run": {"model": [{"name": "file", "value": "net.keras"}], "options": options},
        "findings": parts.get("findings", []),
        "sections": {name: {"content": each} for name, each in sections.items()},
    }


def dataset(**others: Any) -> dict[str, Any]:
    """What a report says of its data."""
    return {"size": 200, "has_labels": True, "sha256": "a" * 64, "broken_reasons": [], **others}


def finding(code: str, severity: str = "warning", where: str = "") -> dict[str, Any]:
    """A finding as a report writes it."""
    return {"code": code, "severity": severity, "title": "Something\u00a0is.", "detail": "So.", "where": where}


def judged(policy: str, made: dict[str, Any], today: date = TODAY) -> tuple[Result, ...]:
    """The results of a policy that is written without its version."""
    return judge(parse(f"version = 1\n{policy}".encode(), "policy.toml"), measures(made), today)


def verdict(policy: str, made: dict[str, Any]) -> Verdict:
    """The verdict of such a policy."""
    results = judged(policy, made)
    return Verdict(
        made["model"]["name"], "net.keras", "report.json", "b" * 64, "policy.toml", "c" * 64, TODAY.isoformat(),
        exit_code(results), results,
    )  # fmt: skip
