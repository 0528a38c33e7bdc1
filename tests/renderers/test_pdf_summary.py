"""Page one alone: one page of A4, whatever the report holds, and what is not on it is counted."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reportgen.document.report import Finding, Report, Severity
from reportgen.errors import RenderError
from reportgen.renderers import fonts, pdf_summary
from reportgen.writing import write
from tests import typefaces
from tests.renderers import reports
from tests.renderers.page_one import report

pytestmark = pytest.mark.pdf


def pages(data: bytes) -> list[Any]:
    return list(PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="usual"),
        pytest.param({"tiles": None, "findings": 0}, id="without-picture-and-findings"),
        pytest.param({"tiles": (20, 800)}, id="tall-picture"),
        pytest.param({"tiles": (800, 20)}, id="wide-picture"),
        pytest.param({"findings": 300}, id="many-findings"),
        pytest.param({"findings": 40, "detail": "A reason, and another one. " * 60}, id="long-findings"),
        pytest.param({"name": "block_1/" * 500}, id="long-names"),
        pytest.param(
            {"name": "word " * 500, "findings": 40, "tiles": (80, 800), "detail": "W" * 3000}, id="everything"
        ),
        pytest.param({"name": reports.HOSTILE}, id="hostile-names"),
    ],
)
def test_it_is_one_page_of_a4_and_counts_what_it_leaves_out(given: dict[str, Any]) -> None:
    made = report(**given)
    (page,) = pages(pdf_summary.render(made))
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    text = " ".join(page.extract_text().split())
    assert "Question limits?" in text
    assert "What each layer sees" not in text
    shown = len(set(re.findall(r"Finding (\d+) of", text)))
    more = re.search(r"(\d+) (more )?warnings? in the report", text)
    assert shown + int(more[1] if more else 0) == len(made.findings)
    # One of more words than half the page has room for is counted, not shown.
    assert shown > 0 or not made.findings or len(made.findings[0].title + made.findings[0].detail) > 1500


WORDS = "猫犬鳥魚馬牛羊豚象虎龍狐狼兎鼠猿熊鹿蛇亀"
ADVICE = "Channel 3 fired on 2 of 1,000 images, both of class 7; train with a smaller step so that it is not lost. "


def advised(*findings: tuple[Severity, str, str]) -> Report:
    """A report with these findings: severity, title, detail."""
    return dataclasses.replace(report(findings=0), findings=tuple(Finding("RG000", *each) for each in findings))


def read(made: Report) -> str:
    """The text of the page without its spaces."""
    (page,) = pages(pdf_summary.render(made))
    return "".join(page.extract_text().split())


@pytest.mark.parametrize(
    ("length", "others"),
    [
        pytest.param(1, 14, id="all"),
        pytest.param(12, 14, id="long"),
        pytest.param(60, 3, id="longer-than-the-page"),
    ],
)
def test_advice_is_whole_or_is_left_out_and_counted(length: int, others: int) -> None:
    made = advised(
        ("failed", "The sums do not agree.", "Look at conv_1."),
        ("warning", "A channel is dead.", ADVICE * length),
        *(("note", f"Note {place}.", f"Beginning of {place}. {ADVICE * 4} End of {place}.") for place in range(others)),
    )
    text, shown = read(made), 0
    for finding in made.findings:
        title, whole = ("".join(part.split()) for part in (finding.title, finding.title + finding.detail))
        assert (title in text) is (whole in text)
        shown += whole in text
    left_out = len(made.findings) - shown
    assert left_out > 0
    assert re.search(f"And{left_out}more(warning|finding)s?inthereport", text)
    assert "…" not in text
    assert "Thesumsdonotagree.Lookatconv_1." in text


def test_what_is_left_out_is_called_what_it_is() -> None:
    endless = "W" * 9000
    assert "2warningsinthereport." in read(advised(("warning", "One.", endless), ("warning", "Two.", endless)))
    mixed = read(advised(("failed", "One.", "It is."), ("failed", "Two.", endless), ("note", "Three.", endless)))
    assert "And2morefindingsinthereport,amongthem1failedcheck." in mixed


def test_chinese_names_are_whole_in_advice_and_keep_to_their_places(tmp_path: Path) -> None:
    typefaces.save(f"{WORDS} .,:×…", tmp_path / "squares.ttf")
    name = WORDS * 3
    found = tuple(Finding("RG000", "warning", f"{name}.", f"{WORDS[::-1] * 3}{WORDS[place]}") for place in range(20))
    made = dataclasses.replace(report(findings=0), findings=found, fonts=fonts.given((tmp_path,)))
    (page,) = pages(pdf_summary.render(made))
    text = "".join(page.extract_text().split())
    shown = [finding for finding in found if f"{finding.title}{finding.detail}" in text]
    assert list(found[: len(shown)]) == shown
    assert 0 < len(shown) < 20
    assert f"And{20 - len(shown)}morewarning" in text


def test_nothing_is_left_out_where_there_is_room() -> None:
    (page,) = pages(pdf_summary.render(report(findings=3)))
    text = page.extract_text()
    assert all(f"Finding {place} of toy." in text for place in range(3))
    assert "more finding" not in text
    assert "…" not in text


def test_the_title_is_that_of_the_report() -> None:
    metadata = PdfReader(io.BytesIO(pdf_summary.render(report()))).metadata
    assert metadata is not None
    assert metadata.title == "What toy sees"


def test_a_report_without_page_one_is_one_sentence() -> None:
    with pytest.raises(
        RenderError, match=r"'summary' is left out of this report. Expected .* Choose it with --section"
    ):
        pdf_summary.render(reports.report())


def test_both_pdfs_come_from_one_run(tmp_path: Path) -> None:
    made = report()
    page_one = dataclasses.replace(made, sections=made.sections[:1])
    files = write(page_one, tmp_path, ("pdf-summary", "json", "pdf"))
    assert [file.name for file in files] == ["report-summary.pdf", "report.json", "report.pdf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in files)
    summary, whole = (PdfReader(file) for file in (files[0], files[2]))
    assert len(summary.pages) == 1
    assert summary.attachments == {}
    assert whole.attachments == {"report.json": [files[1].read_bytes()]}
    # Ours, and so replaced.
    assert write(page_one, tmp_path, ("pdf-summary",)) == files[:1]
