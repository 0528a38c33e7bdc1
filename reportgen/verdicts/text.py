"""A verdict -> lines for people: what is not met first, then what cannot be decided, was waived, and is met."""

from __future__ import annotations

from reportgen.document.verdict import ORDER, Result, Verdict
from reportgen.language.cleaning import clean, with_plain_spaces
from reportgen.language.numerals import plural

NAME = "policy.txt"
_WORDS = {
    "fail": "FAILED",
    "unmeasured": "NOT MEASURED",
    "undecided": "UNDECIDED",
    "waived": "waived",
    "pass": "passed",
}


def render(verdict: Verdict) -> str:
    """Return a line for each result, and the verdict in the last one."""
    rows = [_line(each) for outcome in ORDER for each in verdict.results if each.outcome == outcome]
    counts = [f"{verdict.count(each)} {_WORDS[each].lower()}" for each in ORDER if verdict.count(each)]
    last = f"{verdict.policy}: {verdict.word}. {plural(len(verdict.results), 'result')}: {', '.join(counts)}."
    return "\n".join(_one_line(row) for row in [*rows, with_plain_spaces(last)]) + "\n"


def _one_line(text: str) -> str:
    """A line that neither ends early nor commands a terminal, whatever the names in it hold."""
    return clean(text.translate({ord(end): " " for end in "\t\n\r"}))


def _line(result: Result) -> str:
    where = f" [{result.where}]" if result.where else ""
    waiver = f" Waived: {result.waiver}." if result.waiver else ""
    word = "warning" if result.outcome == "fail" and not result.blocks else _WORDS[result.outcome]
    return f"{word:<12}  {result.code} {result.name}{where}: {result.message}{waiver}"
