"""Pages of rules: what stands on one, and that the guide holds all of them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from reportgen.findings.families import rule, rules
from reportgen.findings.pages import page, rules_markdown, table

GUIDE = Path(__file__).resolve().parents[2] / "reportgen" / "guide" / "rules.md"


def headings(text: str) -> list[tuple[str, str]]:
    """Level and words of every heading, as a reader of Markdown sees them."""
    tokens = MarkdownIt().parse(text)
    return [(one.tag, two.content) for one, two in pairwise(tokens) if one.type == "heading_open"]


def test_guide_is_what_the_rules_say(update_golden: bool) -> None:
    if update_golden:
        GUIDE.parent.mkdir(exist_ok=True)
        GUIDE.write_text(rules_markdown(), encoding="utf-8")
    assert GUIDE.read_text(encoding="utf-8") == rules_markdown()


def test_page_has_its_parts_in_order() -> None:
    text = page(rule("RG401"))
    assert headings(text) == [
        ("h1", "RG401 dead-channels"),
        ("h2", "Means"),
        ("h2", "Why it matters"),
        ("h2", "How it is measured"),
        ("h2", "When it cannot tell"),
        ("h2", "How to mend it"),
    ]
    assert "**Channels are dead.** Usually a note; since reportgen 0.1.0." in text


def test_document_has_one_heading_for_the_whole_and_one_for_each_rule() -> None:
    found = headings(rules_markdown())
    assert [words for tag, words in found if tag == "h1"] == ["Rules"]
    assert [words for tag, words in found if tag == "h3"] == [f"{each.code} {each.name}" for each in rules()]
    assert [words for tag, words in found if tag == "h2"] == [
        "The model",
        "The data",
        "The predictions",
        "The channels",
        "The explanations",
        "Comparisons",
        "The report",
        "Policies",
    ]


def test_list_is_a_table_with_a_row_for_each_rule() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(table(rules()))
    rows = re.findall(r"<tr>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", rendered)
    assert rows == [(each.code, each.name) for each in rules()]
