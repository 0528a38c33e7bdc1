"""Rules -> Markdown: the page of one, and all of them as one document for the guide. No family either."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from reportgen.document.rules import Rule
from reportgen.findings.families import rules

_AREAS = {
    "1": "The model",
    "2": "The data",
    "3": "The predictions",
    "4": "The channels",
    "5": "The explanations",
    "6": "Comparisons",
    "7": "The report",
    "9": "Policies",
}
"""What the first digit of a code stands for."""
_OTHERS = "From other packages"


def page(rule: Rule, level: int = 1) -> str:
    """Return the page of a rule.

    Args:
        rule: The rule.
        level: Level of its heading; those of its parts are one below it.
    """
    parts = (
        ("Means", rule.means),
        ("Why it matters", rule.why),
        ("How it is measured", rule.measured),
        ("When it cannot tell", rule.cannot_tell),
        ("How to mend it", rule.mend),
    )
    heads = "#" * level
    lines = [f"{heads} {rule.code} {rule.name}", f"**{rule.title}.** {_standing(rule)}"]
    for title, text in parts:
        lines += [f"{heads}# {title}", *(_filled(paragraph) for paragraph in text.split("\n\n"))]
    return "\n\n".join(lines) + "\n"


def _filled(paragraph: str) -> str:
    """A paragraph in lines that fit an editor; one that has lines of its own, such as a list, stays as it is."""
    if "\n" in paragraph:
        return paragraph
    return textwrap.fill(paragraph, 120, break_long_words=False, break_on_hyphens=False)


def _standing(rule: Rule) -> str:
    usual = {"failed": "a failed check", "warning": "a warning", "note": "a note", "passed": "a passed check"}
    status = "" if rule.status == "stable" else f", {rule.status}"
    if rule.found_by != "build":
        return f"Found by `reportgen {rule.found_by}`; since reportgen {rule.since}{status}."
    return f"Usually {usual[rule.severity]}; since reportgen {rule.since}{status}."


def table(listed: Sequence[Rule]) -> str:
    """Return rules as a table of Markdown: code, name, title."""
    rows = [f"| {each.code} | {each.name} | {each.title} |" for each in listed]
    return "\n".join(["| code | name | what it finds |", "|---|---|---|", *rows]) + "\n"


_INTRODUCTION = """\
# Rules

Every finding of a report follows from a rule. A rule has a code, which never changes, and a name for people. Both work
wherever a rule is asked for: `reportgen rule RG401` and `reportgen rule dead-channels` print the same page, and
`reportgen rule` prints the list.

The severity of a finding says what follows from it:

- **failed**: a check inside the report did not hold. `reportgen build` ends with exit code 3.
- **warning**: something may spoil what the report says. The exit code stays 0.
- **note**: good to know.
- **passed**: a check was made, and it holds.
"""


def rules_markdown() -> str:
    """Return all rules as one document: the list, then every page, area by area."""
    parts = [_INTRODUCTION, table(rules())]
    for title in (*_AREAS.values(), _OTHERS):
        listed = [each for each in rules() if _area(each.code) == title]
        parts += [f"## {title}\n"] if listed else []
        parts += [page(each, level=3) for each in listed]
    return "\n".join(parts)


def _area(code: str) -> str:
    """What a code is about; only ours, "RG" and three digits, say it."""
    return _AREAS.get(code[2:3], _OTHERS) if code.startswith("RG") else _OTHERS
