"""Lines of text that WeasyPrint asks for again: the PDF is the same, byte for byte, and Pango is asked less often."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pypdf import PdfReader

from reportgen.renderers import pdf, remembering

ROOT = Path(__file__).resolve().parents[2]
WORDS = "A column is set again and again until its neighbour is as long as it is, and no line of it changes. "
PAGE = f"""<!DOCTYPE html><html lang="en"><title>t</title><style>
.columns {{ columns: 3 }} .even {{ text-align: justify; hyphens: auto }} .even::first-line {{ font-weight: 700 }}
.cut {{ width: 60pt; overflow: hidden; white-space: nowrap; text-overflow: ellipsis }}
a::after {{ content: target-counter(attr(href), page) }} .next {{ break-before: page }}
</style><h1>h</h1><p><a href="#end">page </a> <a href="#middle">page </a></p>
<div class="columns">{"".join(f"<p>{WORDS * length}</p>" for length in (1, 2, 3, 1, 4, 2, 1))}</div>
<p class="even">{WORDS * 3}</p><p class="cut">{WORDS}</p><p class="cut">{WORDS}</p>
<table><tr><th>{WORDS}<td>1<td>{WORDS * 2}<tr><th>b<td>{WORDS}<td>2</table>
<h2 class="next" id="middle">middle</h2><p><a href="#end">page </a></p>
<h2 class="next" id="end">end</h2>"""
CHILD = """
import base64, contextlib, json, sys
from weasyprint.layout import page as pages
from reportgen.renderers import typesetting
asked = {"lines": 0, "pages": 0}
def counted(what, ask):
    def answer(*given, **named):
        asked[what] += 1
        return ask(*given, **named)
    return answer
split = counted("lines", typesetting.inline.split_first_line)
typesetting.inline.split_first_line = typesetting.preferred.split_first_line = split
pages.make_page = counted("pages", pages.make_page)
nothing = lambda *ours: contextlib.nullcontext()
remembering = typesetting.remembering
page, answers = sys.stdin.read(), []
ours = remembering.lines, remembering.references
for remembering.lines, remembering.references in ((nothing, nothing), ours):
    asked.update(lines=0, pages=0)
    outcome = typesetting.typeset(page)
    assert not outcome.errors, outcome.errors
    answers.append((base64.b64encode(outcome.pdf).decode(), asked["lines"], asked["pages"]))
assert typesetting.inline.split_first_line is typesetting.preferred.split_first_line is split
print(json.dumps(answers))
"""


@pytest.mark.pdf
def test_pages_are_the_same_and_fewer_are_set_and_fewer_lines_broken(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=ROOT,
        env=pdf.environment(tmp_path.resolve()),
        input=PAGE,
        capture_output=True,
        text=True,
        check=True,
    )
    (before, lines, pages), (after, lines_once, pages_once) = json.loads(shown.stdout)
    printed = PdfReader(io.BytesIO(base64.b64decode(after)))
    assert f"page {len(printed.pages)}" in printed.pages[0].extract_text()
    assert after == before
    assert lines_once < lines / 2
    assert len(printed.pages) < pages_once < pages


class Layout:
    """A line that can be drawn."""

    def __init__(self, text: str) -> None:
        self.text = text


def typesetter() -> tuple[ModuleType, list[tuple[object, ...]]]:
    """What breaks texts after their first word, and what it was asked."""
    module = ModuleType("typesetter")
    asked: list[tuple[object, ...]] = []

    def split_first_line(text: str, style: object, context: object, width: int, *, minimum: bool = False) -> object:
        asked.append((text, style, width, minimum))
        return Layout(text.split()[0]), len(text), width

    def strut(style: object) -> float:
        asked.append((style,))
        return 12.0

    module.__dict__.update(split_first_line=split_first_line, strut=strut)
    return module, asked


def test_what_differs_is_asked_for() -> None:
    module, asked = typesetter()
    plain, bold = {"weight": 400}, {"weight": 400}
    questions = [("a b", plain, 9, False), ("a c", plain, 9, False), ("a b", bold, 9, False), ("a b", plain, 8, False)]
    questions.append(("a b", plain, 9, True))
    with remembering.lines(module):
        for text, style, width, minimum in questions * 2:
            found = module.split_first_line(text, style, None, width, minimum=minimum)
            assert (found[0].text, *found[1:]) == ("a", 3, width)
            assert module.strut(style) == 12.0
    assert [each for each in asked if len(each) > 1] == questions
    assert [each for each in asked if len(each) == 1] == [(plain,), (bold,)]


def test_a_line_that_is_cut_where_it_is_drawn_is_whole_elsewhere() -> None:
    module, _ = typesetter()
    style: dict[str, object] = {}
    with remembering.lines(module):
        drawn, *_ = module.split_first_line("a b", style, None, 9)
        drawn.text = "…"
        again, *_ = module.split_first_line("a b", style, None, 9)
    assert again.text == "a"


def test_modules_have_their_own_functions_back_even_after_an_error() -> None:
    module, asked = typesetter()
    ask = module.split_first_line
    with pytest.raises(KeyError), remembering.lines(module, ModuleType("another version")):
        raise KeyError
    assert module.split_first_line is ask
    style: dict[str, object] = {}
    module.strut(style)
    module.strut(style)
    assert asked == [(style,), (style,)]


def test_a_version_that_makes_pages_elsewhere_is_left_alone() -> None:
    another = ModuleType("another version")
    with remembering.references(another):
        assert not hasattr(another, "make_page")
