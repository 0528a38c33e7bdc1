"""What is taken out of a page for paper: pypdf reads the same words there, and all lines of a chart are drawn."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import fontpkg
import pytest
from PIL import ImageFont
from pypdf import PdfReader

from reportgen.figures import charts
from reportgen.renderers import lightening, pdf
from tests import charted

PAGE = "<!DOCTYPE html><html lang=en><title>t</title><style>#kept-by-style {{ color: red }}</style><h1>h</h1>{}"


def bars(*labels: str) -> bytes:
    return charted.bars("chart", *labels, title="title -- of a < panel", words="{} made").data


def tags(drawing: bytes, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing).iter(f"{{http://www.w3.org/2000/svg}}{name}"))


def texts(drawing: bytes) -> list[str]:
    return [text.text or "" for text in tags(drawing, "text")]


def test_ids_that_nothing_names_are_left_out() -> None:
    page = PAGE.format(
        '<a href="#kept" id="a">1</a><b class="x" id="kept">2</b><i id="kept-by-style">3</i><u id="b">4</u>'
    )
    assert re.findall(r'id="([^"]*)"', lightening.lightened(page)) == ["kept", "kept-by-style"]
    assert lightening.lightened(page).endswith(
        '<a href="#kept">1</a><b class="x" id="kept">2</b><i id="kept-by-style">3</i><u>4</u>'
    )


def test_words_that_look_like_ids_stay() -> None:
    page = PAGE.format('<p title="an id=3">say id="here" and &lt;b id="there"></p>')
    assert lightening.lightened(page) == page


def test_a_style_sheet_that_looks_at_ids_finds_them() -> None:
    page = PAGE.format('<style>[id^="x"] { color: red }</style><b id="x-1">2</b>')
    assert lightening.lightened(page) == page


@pytest.mark.pdf
def test_a_name_breaks_where_it_may_and_reads_as_one_word() -> None:
    page = PAGE.format(f'<p style="width: 60pt">{"<wbr>".join(["block_"] * 12)}</p>')
    with pdf.warm() as worker:
        printed = worker.typeset(page)
    lines = PdfReader(io.BytesIO(printed)).pages[0].extract_text().splitlines()[1:]
    assert len(lines) > 3
    assert all(re.fullmatch("(block_)+", line.strip()) for line in lines)


def test_words_of_a_chart_become_text_at_their_place() -> None:
    drawn = bars("conv_1", "a & <b>")
    lighter = lightening.chart(drawn)
    assert {"conv_1", "a & <b>", "1 made", "2 made"} <= set(texts(lighter))
    place = re.search(r"<!-- conv_1 -->\s*<g [^>]*translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+)", drawn.decode())
    assert place
    (text,) = (each for each in tags(lighter, "text") if each.text == "conv_1")
    assert (text.get("x"), text.get("y"), float(text.get("font-size", ""))) == (
        *place.groups()[:2],
        100 * float(place[3]),
    )


def test_words_that_a_comment_cannot_hold_or_the_typeface_lacks_stay_drawn() -> None:
    lighter = lightening.chart(bars("conv_1", "\u05e9\u05dc\u05d5\u05dd"))
    assert not any("title" in text or "\u05e9" in text for text in texts(lighter))
    defined = {path.get("id") for path in tags(lighter, "path")}
    used = {each.get("{http://www.w3.org/1999/xlink}href", "")[1:] for each in tags(lighter, "use")}
    assert used
    assert used <= defined


def test_all_lines_of_a_chart_are_drawn_in_fewer_paths() -> None:
    drawn = charts.tuning(
        "t", [(0.1, 0.5, 1.0)] * 8, (0.0, 60.0, 120.0), alt="a", caption="c", names=tuple("01234567")
    ).data
    lighter = lightening.chart(drawn)

    def lines(drawing: bytes) -> list[str]:
        paths = [path for path in tags(drawing, "path") if path.get("style", "").startswith("fill: none; stroke")]
        return [" ".join(each.split()) for path in paths for each in re.findall("M[^M]*", path.get("d", ""))]

    assert len(lines(drawn)) == 16
    assert lines(lighter) == lines(drawn)
    assert len(tags(lighter, "path")) == 3  # all ground lines, all curves, and the edge of what may be drawn on


def test_what_is_no_drawing_is_left_to_the_typesetter() -> None:
    assert lightening.chart(b"<svg") == b"<svg"


@pytest.mark.pdf
def test_a_pdf_holds_the_words_of_its_charts_and_no_word_less() -> None:
    data = base64.b64encode(bars("conv_1", "dense")).decode()
    with pdf.warm() as worker:
        printed = worker.typeset(PAGE.format(f'<img alt="a" width="672" src="data:image/svg+xml;base64,{data}">'))
    assert {"conv_1", "dense", "1", "2", "made"} <= set(PdfReader(io.BytesIO(printed)).pages[0].extract_text().split())


@pytest.mark.parametrize(("anchor", "share"), [("middle", 0.5), ("end", 1.0)])
def test_numbers_of_a_drawing_begin_where_the_typeface_has_them_begin(anchor: str, share: float) -> None:
    look = 'font-size="10.5" font-family="IBM Plex Sans, DejaVu Sans, sans-serif" fill="#000"'
    labels = "".join(f'<text x="100" y="{y}">{number}</text>\n' for y, number in ((12, 7), (30, 1024)))
    page = lightening.lightened(f'<svg><g class="tick" text-anchor="{anchor}" {look}>\n{labels}</g></svg>')
    assert "text-anchor" not in page
    typeface = ImageFont.truetype(str(fontpkg.path("IBM Plex Sans")), 1000)
    for number in ("7", "1024"):
        (begin,) = re.findall(rf'<text x="([-\d.]+)" y="\d+">{number}</text>', page)
        expected = 100 - share * typeface.getlength(number) / 1000 * 10.5
        assert float(begin) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("word", ["step 1", "", "\u22121", "0.5"])
def test_words_of_a_drawing_stay_where_they_are(word: str) -> None:
    look = 'text-anchor="middle" font-size="10.5" font-family="IBM Plex Sans, sans-serif"'
    drawing = f'<svg><g {look}><text x="1" y="1">3</text><text x="9" y="1">{word}</text></g></svg>'
    assert lightening.lightened(drawing) == drawing
