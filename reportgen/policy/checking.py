"""`report.json` and a policy -> a verdict. What `reportgen check` is."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from reportgen.document.report import FORMAT
from reportgen.document.verdict import Verdict
from reportgen.errors import OptionsError, RenderError
from reportgen.language.numerals import memory
from reportgen.policy.demands import Policy
from reportgen.policy.judging import exit_code, judge
from reportgen.policy.measures import measures
from reportgen.policy.reading import read
from reportgen.policy.starting import start

MOST_BYTES = 1 << 29
"""Most that a report may take: some hundred times that of one on a large network."""


def check(report: Path, policy: Path, day: date) -> Verdict:
    """Hold a report against a policy.

    Args:
        report: `report.json`.
        policy: A policy in TOML.
        day: The day on which waivers have to be in force.

    Raises:
        OptionsError: The policy cannot be read, or asks for what is not known.
        RenderError: The report cannot be read, or is none.
    """
    asked, data = read(policy), _bytes(report)
    return verdict(data, report.name, asked_for=asked, day=day)


def today() -> date:
    """Return the day of SOURCE_DATE_EPOCH, or of the clock.

    Raises:
        OptionsError: The variable holds no whole number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(timezone.utc).date()
    try:
        return datetime.fromtimestamp(int(epoch), timezone.utc).date()
    except (ValueError, OverflowError, OSError) as error:
        raise OptionsError(
            f"SOURCE_DATE_EPOCH is {epoch!r}. Expected seconds since 1970 as a whole number. Fix or unset it."
        ) from error


def verdict(data: bytes, name: str, *, asked_for: Policy, day: date) -> Verdict:
    """Hold the bytes of a report against a policy that was read; errors as for `check`."""
    measured = measures(_plain(data, name))
    results = judge(asked_for, measured, day)
    return Verdict(
        model=measured.model,
        model_file=measured.file,
        report=name,
        report_sha256=hashlib.sha256(data).hexdigest(),
        policy=asked_for.name,
        policy_sha256=asked_for.sha256,
        today=day.isoformat(),
        exit_code=exit_code(results),
        results=results,
    )


def started(report: Path) -> str:
    """Return a policy in TOML that a report meets, to start from; errors as for `check`."""
    return start(measures(_plain(_bytes(report), report.name)), report.name)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RenderError(
            f"{str(path)!r} cannot be read: {error.strerror or error}. Expected a report.json. Check its name and who"
            " may read it."
        ) from error
    if len(data) > MOST_BYTES:
        raise RenderError(
            f"{str(path)!r} takes more than {memory(MOST_BYTES)}. Expected a report.json. Give the JSON file of a"
            " report."
        )
    return data


def _plain(data: bytes, name: str) -> dict[str, Any]:
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RenderError(
            f"{name!r} cannot be read as JSON ({error}). Expected a report.json. Give the whole file."
        ) from error
    found = plain.get("schema") if isinstance(plain, dict) else None
    if found != FORMAT:
        raise RenderError(
            f"{name!r} does not have the format {FORMAT!r}, but {found!r}. Expected a report.json as this version"
            " of reportgen wrote it. Make the report again."
        )
    return dict(plain)
