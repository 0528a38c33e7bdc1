"""All families of rules -> what they find in the evidence, heaviest first; and all rules, by code and by name.

This module is no family. It stands here, and not in the pipeline, because it knows nothing but the list of families,
and because a rule must be looked up where TensorFlow is not imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from reportgen import registry
from reportgen.document.report import Finding, Severity
from reportgen.document.rules import Rule
from reportgen.errors import UnknownNameError
from reportgen.evidence import Evidence
from reportgen.findings.doubts import in_doubt

_WEIGHT: dict[Severity, int] = {"failed": 0, "warning": 1, "note": 2, "passed": 3}
# What to read first among findings of one severity that concern as many predictions: what takes the meaning from the
# numbers below it. Codes that are not named come after these, in the order of the families.
_FIRST = (
    "RG101", "RG102", "RG103", "RG110", "RG121", "RG122", "RG123", "RG201", "RG202", "RG331", "RG332", "RG701", "RG131",
    "RG132", "RG111", "RG104", "RG401", "RG403", "RG402", "RG405", "RG406", "RG501", "RG311", "RG112", "RG702", "RG208",
    "RG203",
)  # fmt: skip
# Families of what a network answers and what its channels do.
_MADE_ON_IMAGES = ("RG3", "RG4")
_PLACE = {code: place for place, code in enumerate(_FIRST)}


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    """Return the findings of a report, failed checks first, then warnings, notes and what was checked and is right.

    Of one severity comes first what concerns the most predictions.

    Args:
        evidence: Everything that the probes left; findings in it are not looked at.
    """
    families = (registry.load("findings", name) for name in registry.names("findings"))
    doubt = in_doubt(evidence)
    found = (finding for family in families for finding in family.judge(evidence))
    return tuple(sorted((_beside(doubt, finding) for finding in found), key=_rank))


def _beside(doubt: str, finding: Finding) -> Finding:
    """Put a doubt about the images beside a finding that was made on them."""
    if not doubt or not finding.code.startswith(_MADE_ON_IMAGES):
        return finding
    return replace(finding, detail=f"{finding.detail} {doubt}".strip())


def _rank(finding: Finding) -> tuple[int, int, int]:
    # Of failed checks, what is wrong with the weights is wrong with all that follows from them.
    concerned = 0 if finding.severity == "failed" else finding.predictions
    return _WEIGHT[finding.severity], -concerned, _PLACE.get(finding.code, len(_PLACE))


def rules() -> tuple[Rule, ...]:
    """Return all rules, by code."""
    found: Iterable[Rule] = (
        rule for name in registry.names("findings") for rule in registry.load("findings", name).RULES
    )
    return tuple(sorted(found, key=lambda rule: rule.code))


def rule(word: str) -> Rule:
    """Return the rule of a code or a name.

    Args:
        word: "RG401", in capitals or not, or "dead-channels".

    Raises:
        UnknownNameError: There is none; the nearest ones are listed, or all codes where none is near.
    """
    known = {key: each for each in rules() for key in (each.code, each.name)}
    found = known.get(word) or known.get(word.upper()) or known.get(word.lower())
    if found is not None:
        return found
    names = [key for key in known if key.islower()]
    near = [
        *get_close_matches(word.upper(), [key for key in known if key.isupper()], 3, 0.7),
        *dict.fromkeys(
            (*(name for name in names if word and word.lower() in name), *get_close_matches(word.lower(), names))
        ),
    ]
    raise UnknownNameError("rule", word, near or [each.code for each in rules()])
