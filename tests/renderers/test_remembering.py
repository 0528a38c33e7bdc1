"""What WeasyPrint asks for again: the PDF is the same, and less is worked out for it."""

from __future__ import annotations

import base64
import inspect
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pypdf import PdfReader

from reportgen.renderers import pdf, remembering

ROOT = Path(__file__).resolve().parents[2]
WORDS = "A column is set again and again until its neighbour is as long as it is, and no line of it changes. "
PICTURE = (
    '<img alt="a" width="20" src="data:image/svg+xml,%3Csvg viewBox=\'0 0 9 9\' xmlns=\'http://www.w3.org/2000/svg\'%3E'
    "%3Crect width='9' height='9'/%3E%3C/svg%3E\">"
)
PAGE = f"""<!DOCTYPE html><html lang="en"><title>t</title><style>
.columns {{ columns: 3 }} .higher {{ columns: 2; margin-bottom: 9pt }}
.even {{ text-align: justify; hyphens: auto }} .even::first-line {{ font-weight: 700 }}
.cut {{ width: 60pt; overflow: hidden; white-space: nowrap; text-overflow: ellipsis }}
a::after {{ content: target-counter(attr(href), page) }} .next {{ break-before: page }}
.shared {{ border-collapse: collapse }} .first::first-letter {{ font-size: 200% }}
.shared td {{ border: 3px solid; padding: 2% }} .shared .thick {{ border-width: 9px }}
.beside {{ float: left; width: 30% }} i {{ position: relative; top: 2pt }} .mark {{ display: inline-block; width: 10% }}
.large::first-line {{ font-size: 120% }} .chapter {{ counter-increment: chapter }}
.chapter::before {{ content: counter(chapter) " " }} .narrow {{ width: 50%; margin: 1% auto; text-indent: 2em }}
</style><h1>h</h1><p><a href="#end">page </a> <a href="#middle">page </a></p>
<div class="columns">{"".join(f"<p>{WORDS * length}</p>" for length in (1, 2, 3, 1, 4, 2, 1))}
<p class="chapter">{WORDS}<a href="#end">page </a><i>{WORDS}</i><b class="mark">{WORDS}</b>
<p dir="rtl">{WORDS}</p></div>
<div class="columns">{"".join(f"<p>{WORDS}{PICTURE}</p>" for _ in range(7))}</div>
<div class="columns">{PICTURE * 5}</div>
<div class="columns higher">{f"<p>{WORDS}</p>" * 40}</div><p>{WORDS}</p>
<p class="beside">{WORDS}</p><p class="large">{WORDS * 9}</p><p class="narrow">{WORDS} <i>{WORDS}</i></p>
<table class="shared"><tr><td>{WORDS}<td class="thick">2<tr><td>{WORDS}<td>1</table>
<p class="even">{WORDS * 3}</p><p class="cut">{WORDS}</p><p class="cut">{WORDS}</p>
<table><tr><th>{WORDS}<td>1<td>{WORDS * 2}<tr><th>b<td>{WORDS}<td>2</table>
<h2 class="next" id="middle">middle</h2><p><a href="#end">page </a></p>
<h2 class="next" id="end">end</h2><p class="first">{WORDS * 9}</p>"""
NUMBER = re.compile(rb"-?\d+\.\d+")
CHILD = """
import base64, contextlib, functools, json, sys
from weasyprint.layout import page as pages
from reportgen.renderers import typesetting
from reportgen.renderers.typesetting import block, column, inline, inputstream, percent, preferred, remembering, table
asked = dict.fromkeys(("columns", "lines", "boxes", "lengths", "pages", "patterns"), 0)
def counted(what, name, *modules):
    ask = getattr(modules[0], name)
    @functools.wraps(ask)
    def answer(*given, **named):
        asked[what] += 1
        return ask(*given, **named)
    for module in modules:
        setattr(module, name, answer)
    return answer
split = counted("lines", "split_first_line", inline, preferred)
columns = counted("columns", "block_box_layout", block)
counted("boxes", "get_next_linebox", inline)
counted("lengths", "resolve_percentages", percent, block, column, inline, table)
counted("pages", "make_page", pages)
class Again:
    compile = staticmethod(inputstream.re.compile)
again = inputstream.re = remembering.re = Again()
counted("patterns", "compile", again)
nothing = lambda *ours: contextlib.nullcontext()
page, answers = sys.stdin.read(), []
ours = {name: getattr(remembering, name) for name in ("lines", "lengths", "columns", "references", "patterns")}
for way in (dict.fromkeys(ours, nothing), ours):
    vars(remembering).update(way)
    asked.update(dict.fromkeys(asked, 0))
    outcome = typesetting.typeset(page)
    assert not outcome.errors, outcome.errors
    answers.append((base64.b64encode(outcome.pdf).decode(), dict(asked)))
assert typesetting.inline.split_first_line is typesetting.preferred.split_first_line is split
assert block.block_box_layout is columns
print(json.dumps(answers))
"""


def drawn(printed: PdfReader) -> tuple[int, list[bytes], list[object]]:
    """Objects of a PDF, what is drawn, and where: what was moved there may be a millionth of a point off."""
    content = b"\n".join(page.get_contents().get_data() for page in printed.pages)  # type: ignore[union-attr]
    words, places = NUMBER.split(content), map(float, NUMBER.findall(content))
    return len(printed.xref_objStm), words, [pytest.approx(place, rel=0, abs=1e-5) for place in places]


@pytest.mark.pdf
def test_pages_are_the_same_and_less_is_worked_out_for_them(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=ROOT,
        env=pdf.environment(tmp_path.resolve()),
        input=PAGE,
        capture_output=True,
        text=True,
        check=True,
    )
    (before, asked), (after, asked_once) = json.loads(shown.stdout)
    printed = PdfReader(io.BytesIO(base64.b64decode(after)))
    assert f"page {len(printed.pages)}" in printed.pages[0].extract_text()
    assert drawn(printed) == drawn(PdfReader(io.BytesIO(base64.b64decode(before))))
    assert len(printed.pages) < asked_once["pages"] < asked["pages"]
    assert asked_once["columns"] < asked["columns"]
    for what in ("lines", "boxes", "lengths", "patterns"):
        assert 0 < asked_once[what] < asked[what] / 2, what


class Layout:
    """A line that can be drawn."""

    def __init__(self, text: str) -> None:
        self.text = text


class Box:
    """A block, or what stands in it."""

    def __init__(self, style: dict[str, str], width: float = 0, border: float = 0) -> None:
        self.style, self.width, self.height, self.border = style, width, "auto", border


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


@pytest.mark.parametrize("name", ["strut", "get_font_description"])
def test_what_a_style_alone_tells_is_asked_once_for_each(name: str) -> None:
    module, asked = ModuleType("typesetter"), []

    def tell(style: dict[str, int]) -> list[int]:
        asked.append(style)
        return [style["weight"]]

    setattr(module, name, tell)
    plain, bold, other = {"weight": 400}, {"weight": 700}, {"weight": 400}
    with remembering.lines(module):
        told = getattr(module, name)
        first = told(plain)
        assert [told(style) for style in (bold, other, plain)] == [[700], [400], [400]]
        assert told(plain) is first
    assert [id(style) for style in asked] == [id(plain), id(bold), id(other)]
    assert getattr(module, name) is tell


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


def test_lengths_are_worked_out_once_for_a_style_inside_blocks_of_a_size() -> None:
    module = ModuleType("typesetter")
    asked: list[object] = []

    def resolve_percentages(box: Box, containing_block: tuple[float, float] | Box) -> None:
        around = containing_block if isinstance(containing_block, tuple) else (containing_block.width, 0)
        asked.append((box.style["name"], around[0]))
        box.width = around[0] / 2
        if not hasattr(box, "border"):
            box.border = 1.0

    module.__dict__["resolve_percentages"] = resolve_percentages
    one, other = ({"name": name, "border_collapse": "separate"} for name in "ab")
    shared = {"name": "c", "border_collapse": "collapse"}
    with remembering.lengths(module):
        for _ in range(2):
            for style, around in ((one, (8.0, 0.0)), (one, (6.0, 0.0)), (other, Box({}, 8.0)), (shared, (8.0, 0.0))):
                box = Box(style, border=3.0)
                module.resolve_percentages(box, containing_block=around)
                assert box.width == (around[0] if isinstance(around, tuple) else around.width) / 2
                assert box.border == (3.0 if style is shared else 1.0)
                assert box.style is style
    assert asked == [("a", 8.0), ("a", 6.0), ("b", 8.0), ("c", 8.0), ("c", 8.0)]
    assert module.resolve_percentages is resolve_percentages


def test_a_version_that_works_lengths_columns_and_lines_out_in_another_way_is_left_alone() -> None:
    another = ModuleType("another version")

    def resolve_percentages(box: object, around: object) -> None:
        raise NotImplementedError

    def get_next_linebox(line: object) -> None:
        raise NotImplementedError

    def block_box_layout(box: object) -> None:
        raise NotImplementedError

    another.__dict__.update(resolve_percentages=resolve_percentages, get_next_linebox=get_next_linebox)
    another.__dict__.update(block_box_layout=block_box_layout, columns_layout=block_box_layout)
    with remembering.lengths(another), remembering.lines(another), remembering.columns(another):
        assert another.block_box_layout is another.columns_layout is block_box_layout
        assert another.resolve_percentages is resolve_percentages
        assert another.get_next_linebox is get_next_linebox


@pytest.mark.parametrize("letters", [("&", "<", "\0"), frozenset("\n\t "), "]", ("-", '"')])
def test_patterns_are_made_once_and_find_what_the_parser_would(letters: tuple[str, ...]) -> None:
    streams = ModuleType("streams")
    kept: dict[object, object] = {}
    streams.__dict__["characters_until_regex"] = kept
    with remembering.patterns(streams):
        up_to, over = (streams.characters_until_regex[letters, way] for way in (False, True))
        assert streams.characters_until_regex[letters, False] is up_to
    assert streams.characters_until_regex is kept
    among = "".join(letters)
    assert up_to.match(f"a^\\x{among}")[0] == "a^\\x"
    assert up_to.match(among) is None
    assert over.match(f"{among}a")[0] == among
    assert over.match("a") is None


def test_a_parser_that_keeps_no_patterns_is_left_alone() -> None:
    another = ModuleType("another version")
    with remembering.patterns(another):
        assert not hasattr(another, "characters_until_regex")


class ReplacedBox:
    """A picture: the same object wherever it is set."""

    def is_in_normal_flow(self) -> bool:
        return True


class Column:
    """A column of boxes."""

    is_column, width, position_y = True, 100.0, 20.0

    def __init__(self, right: float, *children: object) -> None:
        self.position_x, self.children = right, children

    def is_in_normal_flow(self) -> bool:
        return True

    def descendants(self, *, placeholders: bool) -> list[object]:
        assert placeholders
        return [self, *self.children]

    def translate(self, right: float) -> None:
        self.position_x += right


COLUMN = [
    "context",
    "box",
    "bottom_space",
    "skip_stack",
    "containing_block",
    "page_is_empty",
    "absolute_boxes",
    "fixed_boxes",
    "adjoining_margins",
    "first_letter_style",
    "first_line_style",
    "discard",
    "max_lines",
]


@pytest.mark.parametrize(("kind", "times"), [(Layout, 4), (ReplacedBox, 6)])
def test_a_column_without_pictures_is_set_once_where_heights_agree(
    kind: type, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Layout, "is_in_normal_flow", lambda _: True, raising=False)
    blocks, child = ModuleType("blocks"), Layout("text") if kind is Layout else kind()
    asked: list[float] = []
    rest: tuple[Any, ...] = (None, None, False, None)

    def block_box_layout(*given: Any) -> tuple[Column, None]:
        asked.append(given[2])
        return Column(given[1].position_x, *given[1].children), None

    def columns_layout(context: object) -> Iterator[float]:
        for bottom in (5.0, 9.0):
            blocks.block_box_layout(context, Column(0.0, child), bottom, None, None, True, [], [], [], *rest)
        for bottom, empty in ((9.0 + 1e-12, True), (5.0, False), (6.0, True), (5.0, True)):
            given: tuple[Any, ...] = (context, Column(40.0, child), bottom, None, None, empty, [], [], None, *rest)
            yield blocks.block_box_layout(*given)[0].position_x

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in COLUMN]
    block_box_layout.__dict__["__signature__"] = inspect.Signature(parameters)
    blocks.__dict__.update(block_box_layout=block_box_layout, columns_layout=lambda context: [*columns_layout(context)])
    context = ModuleType("context")
    context.__dict__["footnotes"] = []
    with remembering.columns(blocks):
        assert blocks.columns_layout(context) == [40.0] * 4
    assert len(asked) == times
