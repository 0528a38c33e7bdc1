"""Rules that can match nothing on paper go: the PDF is the same, byte for byte, and what may match stays."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.document.report import Report
from reportgen.renderers import html, pdf, pruning
from reportgen.sections import activations, architecture, channels, edges, maps, performance, summary
from tests import made

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = (summary, performance, architecture, activations, edges, channels, maps)
CHILD = """
import base64, json, sys
from reportgen.renderers import lightening, typesetting
page, answers = sys.stdin.read(), []
for prune in (lambda page: page, lightening.pruning.pruned):
    lightening.pruning.pruned = prune
    outcome = typesetting.typeset(page)
    assert not outcome.errors, outcome.errors
    answers.append(base64.b64encode(outcome.pdf).decode())
print(json.dumps(answers))
"""


def pruned(rules: str, body: str = "<p>") -> str:
    """The rules that are left of some, without the space between them."""
    found = re.search("<style>(.*?)</style>", pruning.pruned(f"<style>{rules}</style>{body}"), re.DOTALL)
    assert found
    return re.sub(r"\s*([{};\n])\s*", r"\1", found[1]).strip()


@pytest.mark.pdf
def test_pages_are_the_same(tmp_path: Path) -> None:
    evidence = made.evidence()
    sections = tuple(section for each in CHAPTERS if (section := each.build(evidence)))
    page = html.document(Report("t", "t", evidence.model, evidence.run, (), sections), "print")
    fewer = pruning.pruned(page)
    assert fewer.count("{") < 0.7 * page.count("{")
    assert "var(" in page
    assert "var(" not in fewer
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=ROOT,
        env=pdf.environment(tmp_path.resolve()),
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = map(base64.b64decode, json.loads(shown.stdout))
    assert before.startswith(b"%PDF")
    assert after == before


@pytest.mark.parametrize(
    "rule",
    [
        "p{a:b}",
        "P.one{a:b}",
        "html body>.one~ul+li.two#three{a:b}",
        ".four{a:b}",
        ".five{a:b}",
        "tbody tr{a:b}",
        "*{a:b}",
        ".one:not(.absent){a:b}",
        ":is(.absent, .one):nth-child(2n+1){a:b}",
        ".absent,.one::before{a:b}",
        "[data-absent]{a:b}",
        'p[title="a, .b{"]{a:b}',
        ".\\31 0{a:b}",
        ":root{--a:b}",
        ':root{--x:"}"}.one{a:"/*";b:\'{\'}',
        "@page{a:b;@top-left{c:d}}",
        "@page :first{a:b}",
        "@import url(data:a);",
        "@media print{.one{a:b}}",
        "@media all,screen{.one{a:b}}",
        "@media not screen{.one{a:b}}",
        "@supports (a:b){.absent{a:b}}",
    ],
)
def test_what_may_match_stays(rule: str) -> None:
    assert pruned(rule, "<p class=\"one two\" id=three><b class='four'><i class=five><ul><li>") == rule


@pytest.mark.parametrize(
    "rule",
    [
        "table{a:b}",
        ".absent{a:b}",
        "#absent{a:b}",
        "p.absent{a:b}",
        ".one .absent>p,b #absent{a:b}",
        ".One{a:b}",
        ".one:not(p).absent{a:b}",
        ".one:hover{a:b}",
        "a:focus-visible,p:active{a:b}",
        "@media screen{p{a:b}}",
        "@media (max-width: 9rem){p{a:b}p{a:b}}",
        "@media screen and (max-width: 9rem), (prefers-color-scheme: dark){p{a:b}}",
        "/* { */.absent/* } */{a:b}/* p */",
    ],
)
def test_what_cannot_match_goes(rule: str) -> None:
    assert pruned(f".one{{c:d}}{rule}.one{{e:f}}", '<p class="one" id="three">') == ".one{c:d}.one{e:f}"


def test_rules_for_paper_are_looked_through() -> None:
    assert pruned("@media print{.absent{a:b}p{c:d}.absent{e:f}}") == "@media print{p{c:d}}"


def test_variables_of_the_root_are_filled_in() -> None:
    rules = ":root{--a: #fff; --b: 1px solid var(--a)}:root{--a: #000}p{color: var(--a); border: var( --b )}"
    assert pruned(rules).endswith("p{color: #000;border: 1px solid #000}")


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param("p{--a: 2}", id="another element"),
        pytest.param("@media print{:root{--a: 2}}", id="perhaps"),
        pytest.param(":root{--a: 3!important}", id="important"),
        pytest.param(":root{--a: var(--b); --b: var(--a)}", id="a circle"),
        pytest.param(":root{--a: ;}", id="nothing"),
    ],
)
def test_variables_that_may_differ_stay(rules: str) -> None:
    assert "q:var(--a)" in pruned(f":root{{--a: 1}}{rules}p{{q:var(--a)}}")


def test_variables_of_an_element_and_words_that_look_like_one_stay() -> None:
    assert "q:var(--a)" in pruned(":root{--a: 1}p{q:var(--a)}", '<p style="--a: 2">')
    assert 'q:"var(--a)";r:1' in pruned(':root{--a: 1}p{q:"var(--a)";r:var(--a)}')


@pytest.mark.parametrize(
    "page",
    [
        "<style>.absent{a:b}}</style><p>",
        "<style>.absent{a:b</style><p>",
        "<style>.absent{a:b} .absent</style><p>",
        "<style>.absent{a:b}</style><p><style>.absent{a:b}</style>",
        '<style media="print">.absent{a:b}</style><p>',
        "<p>.absent{a:b}",
    ],
)
def test_a_page_that_is_written_in_another_way_is_left_alone(page: str) -> None:
    assert pruning.pruned(page) == page
