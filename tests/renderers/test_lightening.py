"""What is taken out of a page for paper: pypdf reads the same words there, and all lines of a chart are drawn."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from xml.etree import ElementTree

import fontpkg
import pytest
from PIL import ImageFont
from pypdf import PdfReader

from reportgen.document import lettering
from reportgen.document.report import Report
from reportgen.figures import charts
from reportgen.renderers import html, lightening, pdf
from reportgen.sections import maps
from tests import charted, made
from tests.checks import tools

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


def test_what_only_bore_an_id_is_left_out() -> None:
    page = '<a href="#kept">1</a><b><span id="a"></span><span id="kept"></span><span class="b"></span>2</b>'
    kept = '<a href="#kept">1</a><b><span id="kept"></span><span class="b"></span>2</b>'
    assert lightening.lightened(page) == kept


def test_words_that_look_like_ids_stay() -> None:
    page = '<p title="an id=3">say id="here" and &lt;b id="there"></p>'
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


def looks(anchor: str) -> Iterator[str]:
    """How numbers may be said to look, whatever comes first."""
    look = (f'text-anchor="{anchor}"', f'font-family="{lettering.SANS}"', 'font-size="10.5"', 'fill="#000"')
    yield from map(" ".join, permutations(look))


def apart(page: str) -> list[tuple[float, float, str]]:
    """Where each line of the one text of a drawing stands, and the line."""
    (found,) = re.findall(r'<text [^<>]*data-apart="" x="([^"]*)" y="([^"]*)">([^<]*)</text>', page)
    x, y, lines = (each.split(" ") for each in found)
    return list(zip(map(float, x), map(float, y), lines, strict=True))


@pytest.mark.parametrize(("anchor", "share"), [("middle", 0.5), ("end", 1.0)])
def test_numbers_of_a_drawing_begin_where_the_typeface_has_them_begin(anchor: str, share: float) -> None:
    labels = "".join(f'<text x="100" y="{y}">{number}</text>\n' for y, number in ((12, 7), (30.5, 1024)))
    for look in looks(anchor):
        page = lightening.lightened(f"<svg><g {look}>\n{labels}</g></svg>")
        assert "text-anchor" not in page
        assert 'fill="#000"' in page
        found = apart(page)
        assert [(y, number) for _, y, number in found] == [(12, "7"), (30.5, "1024")]
        for begin, _, number in found:
            assert begin == pytest.approx(100 - share * width_of(number) * 10.5, abs=0.01)


def width_of(text: str) -> float:
    """Width in the typeface itself, in ems."""
    return ImageFont.truetype(str(fontpkg.path("IBM Plex Sans")), 1000).getlength(text) / 1000


@pytest.mark.parametrize(("pitch", "most"), [(10.2, 10), (17.0, 9), (23.4, 4), (40.1, 1), (163.9, 1)])
def test_numbers_side_by_side_are_a_line_in_which_each_has_its_place(pitch: float, most: int) -> None:
    numbers = [7, 16, 1, 211, 453, 2047, 86, 9, 0, 1000]
    places = [49.4 + round(pitch * place, 1) for place in range(len(numbers))]
    labels = "".join(f'<text x="{x:.1f}" y="65.8">{each}</text>' for x, each in zip(places, numbers, strict=True))
    (look, *_) = looks("middle")
    found = apart(lightening.lightened(f"<svg><g {look}>{labels}</g></svg>"))
    assert len(found) <= most
    middles = []
    for begin, y, line in found:
        assert y == 65.8
        for each in re.finditer(r"\d+", line):
            middles.append(begin + (width_of(line[: each.start()]) + width_of(each[0]) / 2) * 10.5)
    assert " ".join(line for _, _, line in found).split() == list(map(str, numbers))
    assert middles == pytest.approx(places, abs=0.05)


def test_numbers_below_each_other_or_from_right_to_left_are_no_line() -> None:
    (look, *_) = looks("end")
    labels = '<text x="90" y="12">1</text><text x="50" y="12">2</text><text x="90" y="24">3</text>'
    found = apart(lightening.lightened(f"<svg><g {look}>{labels}</g></svg>"))
    assert [(y, line) for _, y, line in found] == [(12, "1"), (12, "2"), (24, "3")]


@pytest.mark.pdf
def test_numbers_stand_in_a_pdf_where_they_stood() -> None:
    places = [(60, 20, "7"), (160, 20, "1024"), (60, 90, "33")]
    labels = "".join(f'<text x="{x}" y="{y}">{number}</text>' for x, y, number in places)
    look = f'font-family="{lettering.SANS}" font-size="10"'
    drawing = '<p style="margin: 0"><svg width="300" height="100"><title>a</title>{}</svg></p>'
    found = []
    for inside in (
        f'<g text-anchor="end" {look}>{labels}</g>',
        "".join(
            f'<g text-anchor="end" {look}>{each}</g>' for each in labels.replace("</text>", " </text>|").split("|")
        ),
    ):
        with pdf.warm() as worker:
            printed = worker.typeset(f"<!DOCTYPE html><html lang=en><title>t</title>{drawing.format(inside)}")
        found.append(drawn_numbers(printed))
    assert sorted(number for _, _, number in found[0]) == ["1024", "33", "7"]
    for (x, y, number), (x_before, y_before, number_before) in zip(*map(sorted, found), strict=True):
        assert number == number_before
        assert (x, y) == pytest.approx((x_before, y_before), abs=0.1)


def drawn_numbers(printed: bytes) -> list[tuple[float, float, str]]:
    """Where each number of the first page begins, and the number."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.pdf").write_bytes(printed)
        boxes = subprocess.run(
            [tools.program("pdftotext"), "-bbox", str(Path(folder) / "a.pdf"), "-"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>(\d+)</word>', boxes)
    return [(float(x), float(y), number) for x, y, number in words]


@pytest.mark.parametrize("family", ["IBM Plex Mono, monospace", "DejaVu Sans"])
def test_numbers_in_another_typeface_stay_where_they_are(family: str) -> None:
    drawing = f'<svg><g text-anchor="end" font-family="{family}" font-size="9"><text x="1" y="1">3</text></g></svg>'
    assert lightening.lightened(drawing) == drawing


def test_numbers_of_sheets_are_written_as_this_knows_them() -> None:
    evidence = made.evidence()
    section = maps.build(evidence)
    assert section is not None
    page = html.document(Report("t", "t", evidence.model, evidence.run, (), (section,)), "print")
    anchored = r'<g class="(?:tick|tile-numbers)" text-anchor="[a-z]+"[^>]*>\s*<text'
    assert re.search(anchored, page)
    assert not re.search(anchored, lightening.lightened(page))


@pytest.mark.parametrize("word", ["step 1", "", "\u22121", "0.5"])
def test_words_of_a_drawing_stay_where_they_are(word: str) -> None:
    (look, *_) = looks("middle")
    drawing = f'<svg><g {look}><text x="1" y="1">3</text><text x="9" y="1">{word}</text></g></svg>'
    assert lightening.lightened(drawing) == drawing
