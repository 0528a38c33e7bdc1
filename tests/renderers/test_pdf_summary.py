"""Page one alone: one page of A4, whatever the report holds, and what is not on it is counted."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reportgen.errors import RenderError
from reportgen.renderers import pdf_summary
from reportgen.writing import write
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
        pytest.param({"tiles": (1, 64)}, id="tall-picture"),
        pytest.param({"tiles": (64, 1)}, id="wide-picture"),
        pytest.param({"findings": 300}, id="many-findings"),
        pytest.param({"findings": 40, "detail": "A reason, and another one. " * 60}, id="long-findings"),
        pytest.param({"name": "block_1/" * 500}, id="long-names"),
        pytest.param({"name": "word " * 500, "findings": 40, "tiles": (8, 64), "detail": "W" * 3000}, id="everything"),
        pytest.param({"name": reports.HOSTILE}, id="hostile-names"),
    ],
)
def test_it_is_one_page_of_a4_and_counts_what_it_leaves_out(given: dict[str, Any]) -> None:
    made = report(**given)
    (page,) = pages(pdf_summary.render(made))
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    text = " ".join(page.extract_text().split())
    assert "What this report can say" in text
    assert "What each layer sees" not in text
    shown = len(set(re.findall(r"Finding (\d+) of", text)))
    more = re.search(r"And (\d+) more findings? in the report", text)
    assert shown + int(more[1] if more else 0) == len(made.findings)
    assert shown > 0 or not made.findings


def test_nothing_is_left_out_where_there_is_room() -> None:
    (page,) = pages(pdf_summary.render(report(findings=8)))
    text = page.extract_text()
    assert all(f"Finding {place} of toy." in text for place in range(8))
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
