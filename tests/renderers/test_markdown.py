"""The summary in Markdown, as a parser of CommonMark with tables reads it: names stay names, and it has an end."""

from __future__ import annotations

import dataclasses
import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.language import cleaning
from reportgen.renderers import markdown
from tests.renderers import reports
from tests.renderers.page_one import report

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- <details>",
    "</details></summary>",
    "[text](javascript:alert(1))",
    "![](http://192.0.2.1/x.png)",
    "<http://192.0.2.1>",
    "a|b|c",
    "\\|\\",
    "`code` ``",
    "**bold** _it_ ~~gone~~",
    "# heading\n\n---\n1. list\n- [x] list\n> quote",
    "&lt;b&gt; &#60;",
    "```\nfence",
    "    indented",
    "\x1b[31m\u202e\ud800",
]
FILES = {"out/report.html": 543_210, "out/report.json": 100}


def parsed(data: bytes) -> list[Token]:
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(data.decode("utf-8"))
    return [each for token in tokens for each in (token, *(token.children or ()))]


def cells(tokens: list[Token]) -> list[list[str]]:
    """The text in the rows of all tables, as it is shown."""
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"td_open", "th_open"}:
            rows[-1].append("")
        elif token.type in {"text", "text_special"} and rows and rows[-1]:
            rows[-1][-1] += token.content
    return rows


def shown(name: str) -> str:
    return re.sub(r"\s+", " ", cleaning.clean(name)).strip()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_as_they_are(name: str) -> None:
    made = report(name=name)
    tokens = parsed(markdown.render(made, {name: 5}))
    kinds = {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "code_inline", "fence", "code_block", "em_open", "s_open", "hr"}
    assert not kinds & {"html_inline", "blockquote_open", "ordered_list_open"}
    html = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert html == ["<details><summary>2\u00a0layers</summary>", "</details>"]
    assert [row[:2] for row in cells(tokens)[-2:]] == [[shown(name), shown(name)], [shown(f"{name}#2"), "Conv2D"]]
    assert all(len(row) in {3, 5} for row in cells(tokens))


def test_it_says_what_page_one_says() -> None:
    tokens = parsed(markdown.render(report(findings=2), FILES))
    texts = "".join(token.content for token in tokens if token.type in {"text", "text_special"})
    for wanted in (
        "What toy sees", "toy reads images.", "Finding 0 of toy.", "Finding 1 of toy.", "It is so.", "warning:",
        "out/report.html (0.54\u202fMB), out/report.json (0.0001\u202fMB)",
    ):  # fmt: skip
        assert wanted in texts
    assert ["key 0", "1\u202f234\u202f567", "of toy"] in cells(tokens)
    assert ["toy", "toy", "?\u202f×\u202f2\u202f×\u202f1", "10", "36"] in cells(tokens)


def big(num_layers: int, findings: int) -> Report:
    made = report(findings=findings, detail="A reason. " * 100)
    layers = tuple(reports.layer(f"block_{place}/{'long_' * 30}") for place in range(num_layers))
    return dataclasses.replace(made, model=reports.model(*layers))


@pytest.mark.parametrize(("num_layers", "findings"), [(9000, 3), (10, 2000), (9000, 2000)])
def test_it_is_at_most_900_kib_and_counts_what_has_no_room(num_layers: int, findings: int) -> None:
    data = markdown.render(big(num_layers, findings), FILES)
    assert len(data) <= 900 * 1024
    told = data.decode("utf-8")
    for noun, present, total in (
        ("layer", told.count("block\\_"), num_layers),
        ("finding", told.count("Finding "), findings),
    ):
        more = re.search(rf"And ([\d\u202f]+)\u00a0more {noun}s? in the report", told)
        assert present + int(more[1].replace("\u202f", "") if more else 0) == total
    assert told.endswith("</details>\n")
    # What there is fills the room.
    assert len(data) > 890 * 1024


def test_without_any_room_it_is_one_sentence() -> None:
    with pytest.raises(RenderError, match=r"has no room: 100\sbytes are left .* Expected a new file .* Choose another"):
        markdown.render(report(), FILES, 100)
