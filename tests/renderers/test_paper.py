"""The measure of full pages, on documents whose pages are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.renderers import pdf
from tests import paper

pytestmark = pytest.mark.pdf

_STYLE = """
@page { size: A4; margin: 17mm 15mm }
html { font-size: 9pt } h1, h2 { margin: 0 }
.block { background: black } .full { height: 240mm } .little { height: 60mm }
.new { break-before: page }
"""


def made(folder: Path, body: str) -> Path:
    head = f'<!DOCTYPE html><html lang="en"><title>t</title><style>{_STYLE}</style>'
    document = f"{head}<body><h1>Report</h1>{body}</body></html>"
    with pdf.warm() as process:
        (folder / "report.pdf").write_bytes(process.typeset(document))
    return folder / "report.pdf"


def block(kind: str) -> str:
    return f'<div class="block {kind}"></div>'


def test_page_that_a_chapter_goes_on_after_must_be_full_and_the_last_of_a_chapter_need_not(tmp_path: Path) -> None:
    goes_on = f'<h2>One</h2>{block("little")}<div class="new">{block("full")}</div>'
    ends = f'<h2 class="new">Two</h2>{block("little")}<h2 class="new">Annexes</h2>{block("full")}'
    file = made(tmp_path, goes_on + ends)
    (tmp_path / "pages").mkdir()
    pages = paper.sheets(file, tmp_path / "pages")
    assert [page.chapters for page in pages] == [("Report", "One"), (), ("Two",), ("Annexes",)]
    assert paper.half_empty(pages) == [1]
    assert paper.body(pages) == 3
    assert [round(page.filled, 1) for page in pages] == [0.3, 0.9, 0.2, 0.9]
    paper.main(str(made(tmp_path, ends)), "3", "2")
    with pytest.raises(
        SystemExit, match="4 pages, 3 before the annexes: expected at most 3 and 2; page 1 is half empty"
    ):
        paper.main(str(made(tmp_path, goes_on + ends)), "3", "2")
