"""Something that can be found -> its page: what it means, how it is measured, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reportgen.document.report import Finding, Quantity, Severity

Command = Literal["build", "check", "verify"]
Status = Literal["stable", "preview", "deprecated", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that can be found.

    Attributes:
        code: "RG401": it never changes and is never given to another rule.
        name: The same in words, for people: "dead-channels".
        severity: How heavy its findings usually are.
        since: Version of reportgen that has had it first.
        status: "stable", "preview" (it may still change), "deprecated" or "removed".
        title: What it finds, in a few words.
        means: What a finding says, in Markdown, as are the following ones.
        why: Why it matters.
        measured: The formula, the data it is measured on, and the options that change it.
        cannot_tell: When the absence of a finding, or the finding, proves nothing.
        mend: What to do about it.
        found_by: Command that finds it: "build" finds it in a report, "check" in a report held against a policy, and
            "verify" in a report that is made again.
        is_told: Whether its notes, too, are told at the end of a run, where else warnings and failed checks are.
    """

    code: str
    name: str
    severity: Severity
    since: str
    status: Status = "stable"
    title: str
    means: str
    why: str
    measured: str
    cannot_tell: str
    mend: str
    is_told: bool = False
    found_by: Command = "build"

    def finding(
        self,
        title: str,
        detail: str,
        anchor: str = "",
        *,
        severity: Severity | None = None,
        where: str = "",
        facts: Mapping[str, int | float] | None = None,
        predictions: int = 0,
    ) -> Finding:
        """Return a finding of this rule.

        Args:
            title: The finding in one sentence.
            detail: What stands behind it.
            anchor: Id of the place in the report that shows it, or "".
            severity: Where it differs from the usual one.
            where: The layer, weight or output that it is about, or "".
            facts: The numbers behind it, by name.
            predictions: How many predictions it concerns.
        """
        numbers = tuple(Quantity(name, value) for name, value in (facts or {}).items())
        return Finding(self.code, severity or self.severity, title, detail, anchor, where, numbers, predictions)
