"""`report.json` and a policy -> a verdict. What `reportgen check` is."""

from __future__ import annotations

import hashlib
import os
from datetime import date, datetime, timezone
from pathlib import Path

from reportgen.document.verdict import Verdict
from reportgen.errors import OptionsError
from reportgen.evidence.answers import KeptAnswers
from reportgen.language.cleaning import clean
from reportgen.policy import differing
from reportgen.policy.demands import Policy
from reportgen.policy.judging import exit_code, judge
from reportgen.policy.measures import measures
from reportgen.policy.reading import read
from reportgen.policy.starting import start
from reportgen.renderers import finished


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
    asked, data = read(policy), finished.bytes_of(report)
    answers = differing.kept_beside(report, data) if asked.baseline else None
    return verdict(data, clean(report.name), asked_for=asked, day=day, folder=policy.parent, answers=answers)


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


def verdict(
    data: bytes, name: str, *, asked_for: Policy, day: date, folder: Path, answers: KeptAnswers | None = None
) -> Verdict:
    """Hold the bytes of a report against a policy that was read.

    Args:
        data: The bytes of `report.json`.
        name: Name of its file.
        asked_for: The policy.
        day: The day on which waivers have to be in force.
        folder: The folder that the policy lies in, from which it names its baseline.
        answers: What the model answered to each image, where it is known.

    Raises:
        ReportgenError: As for `check`.
    """
    report = finished.plain(data, name)
    measured, before = measures(report), folder / asked_for.baseline
    difference = None
    if asked_for.baseline and before.is_file():
        given = differing.Given(name, hashlib.sha256(data).hexdigest(), report, answers)
        difference = differing.differ(differing.read(before), given)
    results = judge(asked_for, measured, day, difference)
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
        model_sha256=measured.file_sha256,
    )


def started(report: Path) -> str:
    """Return a policy in TOML that a report meets, to start from; errors as for `check`."""
    return start(measures(finished.plain(finished.bytes_of(report), report.name)), report.name)
