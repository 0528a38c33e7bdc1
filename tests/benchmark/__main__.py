"""Measure, and print a table or JSON; a run of all parts renews the table in the guide."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.benchmark import (
    answers,
    building,
    drawing,
    evidence,
    gate,
    memory,
    opening,
    passing,
    responses,
    summaries,
    typesetting,
    verdicts,
    whole,
)
from tests.benchmark.table import HEAD, PAGE, Row, line, renewed


def main() -> None:
    """Measure and print."""
    parts: dict[str, Callable[[Path], Iterator[Row]]] = {
        "maps": drawing.maps,
        "explain": drawing.explaining,
        "build": building.build,
        "help": building.help_page,
        "page": opening.page,
        "pdf": typesetting.typesetting,
        "summary": summaries.summary,
        "memory": memory.memory,
        "samples": memory.samples,
        "passing": passing.passing,
        "whole": whole.whole,
        "responses": responses.responses,
        "evidence": evidence.evidence,
        "answers": answers.answers,
        "verdicts": verdicts.verdicts,
        "gate": gate.gate,
    }
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description="Measure and print ratios.")
    parser.add_argument("--only", action="append", choices=parts, metavar="PART", help=f"one of {', '.join(parts)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    if not given.json:
        print(HEAD)  # noqa: T201
    rows = []
    for part in given.only or parts:
        with tempfile.TemporaryDirectory() as folder:
            for row in parts[part](Path(folder)):
                rows.append(row)
                if not given.json:
                    print(line(row), flush=True)  # noqa: T201
    if not given.only:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
