"""A verdict -> what was asked of the network, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf

from reportgen.document.report import Section
from reportgen.document.verdict import MET, NOT_DECIDED, ORDER, Outcome, Result, Verdict
from reportgen.evidence import Evidence
from reportgen.language.listing import listed
from reportgen.language.numerals import plural

TITLE = "Is it good enough?"
PART = "body"
NEEDS = ()
_WORDS: dict[Outcome, str] = {
    "fail": "not met",
    "unmeasured": "not measured",
    "undecided": "not decided by these data",
    "waived": "waived",
    "pass": "met",
}

_WARNS = "only a warning"
_MARKS: dict[Outcome, str] = {
    "pass": "passed", "fail": "failed", "undecided": "warning", "unmeasured": "warning", "waived": "note",
}  # fmt: skip
MOST_ALIKE = 4
"""Results of one demand with one outcome that have a row each: more of them share one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        result: What came of a demand.
        others: What else it came of the same demand: classes, layers.
    """

    result: Result
    others: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """How what came of it is written."""
        return _WARNS if _only_warns(self.result) else _WORDS[self.result.outcome]

    @property
    def mark(self) -> str:
        """The mark before it."""
        return "warning" if _only_warns(self.result) else _MARKS[self.result.outcome]

    @property
    def named(self) -> tuple[str, ...]:
        """The others, the word that all begin with before the first only: "class cat", "dog"."""
        word = f"{self.result.where.partition(' ')[0]} "
        common = len(word) if all(each.startswith(word) for each in self.others) else 0
        return tuple(each if place == 0 else each[common:] for place, each in enumerate(self.others))


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        policy: Name of the policy's file.
        policy_sha256: Hash of its bytes.
        exit_code: 0 where it is met, 4 where it is not, 5 where these data cannot decide it.
        results: What came of each demand, what is not met first.
    """

    policy: str
    policy_sha256: str
    exit_code: int
    results: tuple[Result, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The results, those that say the same of many classes or layers in one row: the one that lies lowest."""
        alike: dict[tuple[str, str, int, str], list[Result]] = {}
        for each in self.results:
            alike.setdefault((each.outcome, each.code, each.line, each.waiver), []).append(each)
        rows: list[Row] = []
        for group in alike.values():
            if len(group) <= MOST_ALIKE or not all(each.where for each in group):
                rows += map(Row, group)
                continue
            lowest = min(group, key=lambda each: inf if each.measured is None else each.measured)
            rows.append(Row(lowest, tuple(each.where for each in group if each is not lowest)))
        return tuple(rows)


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where no policy was given."""
    verdict: Verdict | None = evidence.further.get("policy")
    if verdict is None:
        return None
    results = tuple(sorted(verdict.results, key=lambda each: (ORDER.index(each.outcome), _only_warns(each))))
    content = Content(verdict.policy, verdict.policy_sha256, verdict.exit_code, results)
    headline = {
        MET: f"It meets the policy {verdict.policy}",
        NOT_DECIDED: f"These data cannot decide the policy {verdict.policy}",
    }.get(verdict.exit_code, f"It does not meet the policy {verdict.policy}")
    rows = [Row(each) for each in results]
    counts = [f"{number} {word}" for word, number in Counter(row.outcome for row in rows).items()]
    answer = f"Of {plural(len(results), 'demand')} {listed(counts)}."
    return Section("policy", TITLE, answer, content, headline)


def _only_warns(result: Result) -> bool:
    return result.outcome == "fail" and not result.blocks
