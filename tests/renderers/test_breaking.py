"""Where pages of the PDF end, and what stands above that which goes on on the next."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from reportgen.document.report import Report, Section
from reportgen.document.verdict import Result
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.evidence.grids import Grid
from reportgen.renderers import html, pdf
from reportgen.sections import maps, names, policy, samples, why
from tests import made, paper, why_made
from tests.checks import tools

pytestmark = pytest.mark.pdf


def printed(folder: Path, evidence: Evidence, *sections: Section | None) -> Path:
    """The PDF of some chapters."""
    report = Report("Breaks", "What breaks", evidence.model, evidence.run, (), tuple(filter(None, sections)))
    with pdf.warm() as worker:
        (folder / "report.pdf").write_bytes(worker.typeset(html.document(report, "print")))
    return folder / "report.pdf"


def call(path: str, channels: int) -> CallMaps:
    """Maps that are each of one grey, two levels from the next."""
    numbers = tuple(made.numbers(channel) for channel in range(channels))
    levels = np.tile((2 * np.arange(channels, dtype=np.uint8))[:, None, None], (1, 14, 14))
    return CallMaps(path, levels, numbers, None, path)


CHANNELS = (64, 128, 64, 128, 128, 128)
CALLS = [call(f"deep/conv_{place}", channels) for place, channels in enumerate(CHANNELS)]
HIGH = [each.path for each, channels in zip(CALLS, CHANNELS, strict=True) if channels == 128]


@pytest.fixture(scope="module")
def annex(tmp_path_factory: pytest.TempPathFactory) -> Path:
    evidence = made.evidence(samples=(made.sample(2),), activations=made.activations(*CALLS))
    return printed(tmp_path_factory.mktemp("annex"), evidence, maps.build(evidence))


def test_page_is_full_where_the_next_sheet_of_maps_is_high(annex: Path, tmp_path: Path) -> None:
    pages = paper.sheets(annex, tmp_path)
    assert len(pages) > 2
    assert paper.half_empty(pages, 0.75) == []


def test_page_that_begins_with_the_rest_of_a_sheet_says_of_which(annex: Path) -> None:
    found = []
    for words in _texts(annex):
        continued = re.findall(r"^(deep/conv_\d), continued: columns 0 to 15$", words, re.MULTILINE)
        named = re.findall(r"^(deep/conv_\d) 14|activation maps of (deep/conv_\d)", words, re.MULTILINE)
        # Where a caption comes before any head of a layer, the page begins inside that layer's sheet.
        assert continued == ([named[0][1]] if named[0][1] else [])
        assert words.count("continued") == len(continued)
        found += continued
    assert found, "no page begins inside a sheet: the test sees nothing"


def _texts(file: Path) -> list[str]:
    """The words of each page, in lines as they stand."""
    command = [tools.program("pdftotext"), "-layout", str(file), "-"]
    text = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    return text.replace("\u202f", "").split("\f")[:-1]


def test_every_map_is_whole_and_there_once(annex: Path, tmp_path: Path) -> None:
    subprocess.run([tools.program("pdftoppm"), "-r", "288", "-gray", str(annex), str(tmp_path / "page")], check=True)
    seen: Counter[int] = Counter()
    for file in sorted(tmp_path.glob("*.pgm")):
        seen.update(np.asarray(Image.open(file)).ravel().tolist())
    # Those that only the higher sheets have; edges of letters and of maps have some of their greys.
    areas = [seen[2 * channel] for channel in range(64, 120)]
    expected = len(HIGH) * (3 * 14 * 640 / (16 * 15 - 1)) ** 2
    assert min(areas) > 0.9 * expected
    assert np.median(areas) < 1.1 * expected


def test_each_piece_is_a_figure_with_words_of_its_own(annex: Path) -> None:
    root: Any = PdfReader(annex).root_object
    told = [alt.replace("\xa0", " ") for alt in _alternatives(root["/StructTreeRoot"]) if "of 8" in alt]
    assert told[1::2] == ["Rows 5 to 8 of 8 of the same maps."] * len(HIGH)
    for alt, path in zip(told[::2], HIGH, strict=True):
        assert alt.startswith(f"128 activation maps of {path} for sample 2, 14 by 14 positions each.")
        assert alt.endswith(" Rows 1 to 4 of 8.")


def _alternatives(element: Any) -> list[str]:
    """Text alternatives in the tag tree, in reading order."""
    element = element.get_object()
    if not isinstance(element, dict):
        return []
    kids = element.get("/K", [])
    found = [str(element["/Alt"])] if "/Alt" in element else []
    return found + [alt for kid in (kids if isinstance(kids, list) else [kids]) for alt in _alternatives(kid)]


def test_page_on_a_screen_has_each_sheet_as_one_picture() -> None:
    evidence = made.evidence(samples=(made.sample(2),), activations=made.activations(*CALLS))
    section = maps.build(evidence)
    assert section is not None
    page = html.document(Report("t", "s", evidence.model, evidence.run, (), (section,)), "screen")
    assert re.findall(r'preserveAspectRatio="([^"]*)"', page.partition('id="maps"')[2]) == ["none"] * len(CALLS)
    assert "continued" not in page


def test_answers_to_a_volume_stand_beside_it(tmp_path: Path) -> None:
    grid = Grid(("depth", "height", "width"), (16, 24, 24), (1, 1, 1))
    volume = np.full((16, 24, 24), 60, np.uint8)
    known = tuple(made.sample(place, image=volume, grid=grid) for place in range(3))
    evidence = made.evidence(samples=known)
    file = printed(tmp_path, evidence, samples.build(evidence), names.build(evidence))
    (tmp_path / "pages").mkdir()
    assert paper.half_empty(paper.sheets(file, tmp_path / "pages"), 0.75) == []
    # The table is in the lines beside the picture; the caption is below it.
    lines = [line for words in _texts(file) for line in words.splitlines()]
    starts = [place for place, line in enumerate(lines) if re.search(r"^ {20,}cat predictions for sample", line)]
    captions = [place for place, line in enumerate(lines) if re.match(r" *Sample \d$", line)]
    assert len(starts) == len(captions) == 3
    assert all(start < caption for start, caption in zip(starts, captions, strict=True))


def explained(*indices: int) -> Evidence:
    known = tuple(made.sample(place) for place in indices)
    results = [why_made.explanation(sample=place) for place in indices]
    return made.evidence(samples=known, why=why_made.why(*results))


def test_page_that_begins_inside_an_answer_says_which_it_is(tmp_path: Path) -> None:
    evidence = explained(*range(5))
    file = printed(tmp_path, evidence, why.build(evidence), names.build(evidence))
    found, answer = [], ""
    for words in _texts(file):
        continued = re.findall(r"^(Answer \d of 5), continued$", words, re.MULTILINE)
        heads = re.findall(r"^(Answer \d of 5) · ", words, re.MULTILINE)
        above = re.split(r"^Answer \d of 5 · ", words, flags=re.MULTILINE)[0]
        begins_inside = bool(answer) and bool(re.search(r"channels of conv|Channels:|Why not|How the maps did", above))
        assert continued == ([answer] if begins_inside else [])
        found += continued
        answer = (heads or [answer])[-1]
    assert found, "no page begins inside an answer: the test sees nothing"


def test_what_a_narrow_map_means_stands_beside_it_on_paper_and_below_it_on_a_screen() -> None:
    section = why.build(explained(2))
    assert section is not None
    evidence = made.evidence()
    report = Report("t", "s", evidence.model, evidence.run, (), (section,))
    beside = r'<div class="tested">(?:(?!</div>).)*<b>What each place adds:</b> Gradients at 32'
    below = r"<figcaption>Integrated gradients: amber for the answer, blue against it\. Gradients at 32"
    for medium, place, elsewhere in (("print", beside, below), ("screen", below, beside)):
        page = html.document(report, medium).replace("\xa0", " ")  # type: ignore[arg-type]
        assert len(re.findall(place, page, re.DOTALL)) == 1
        assert not re.search(elsewhere, page, re.DOTALL)


def test_why_a_demand_is_met_has_most_of_the_width(tmp_path: Path) -> None:
    message = "Never above zero on any of 1,000 images, so with 95 % confidence in under 0.3 % of such images. " * 4
    results = [Result(f"RG{401 + place}", "no-better-than-commonest", "pass", "failed", message) for place in range(20)]
    evidence = made.evidence(further={"policy": made.verdict(*results)})
    file = printed(tmp_path, evidence, policy.build(evidence), names.build(evidence))
    # Twenty times four lines; in half the width they took a third page.
    assert len(_texts(file)) == 2
