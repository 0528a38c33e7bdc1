"""A verdict -> annotations of GitHub's actions, which a job prints.

Ten errors, ten warnings and ten notices of a step are shown: the heaviest come first, and a last line counts the rest.
"""

from __future__ import annotations

from reportgen.document.verdict import Result, Verdict
from reportgen.language.cleaning import clean

NAME = "annotations.txt"
_KINDS = ("error", "warning", "notice")
_MOST = 9


def render(verdict: Verdict) -> str:
    """Return a line for each annotation."""
    rows, left = [], 0
    for kind in _KINDS:
        mine = [each for each in verdict.results if each.outcome != "pass" and _kind(each) == kind]
        left += max(len(mine) - _MOST, 0)
        rows += [_row(kind, verdict, each) for each in mine[:_MOST]]
    if left:
        rows.append(f"::notice title=reportgen::{left} more are in the other files of this check.")
    return "".join(f"{row}\n" for row in rows)


def _kind(result: Result) -> str:
    if result.outcome == "waived" or result.severity == "note":
        return "notice"
    return "error" if result.outcome == "fail" and result.blocks else "warning"


def _row(kind: str, verdict: Verdict, result: Result) -> str:
    title = f"{result.code} {result.name}" + (f" [{result.where}]" if result.where else "")
    text = f"{result.message} Waived: {result.waiver}" if result.waiver else result.message
    return f"::{kind} file={_property(verdict.policy)},line={result.line},title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
