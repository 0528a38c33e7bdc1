"""Where pages end on paper: what belongs together is not parted, however full the page before it is."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from reportgen.renderers import pdf, templating

_FACTS = (
    '<table class="facts"><caption>Table 1. The model.</caption><tbody>'
    "<tr><th>model</th><td>first-row</td></tr><tr><th>hash</th><td>second-row</td></tr></tbody></table>"
)
_CHAPTER = (
    '<section class="chapter" id="NAME"><h2>What it sees</h2><p class="answer">answer</p><p>first-row</p>'
    '<section class="layer-channels"><div class="whole">second-row</div></section></section>'
)


@pytest.mark.parametrize(
    ("sheet", "body"),
    [
        ("provenance", _FACTS),
        ("activations", _CHAPTER.replace("NAME", "activations")),
        ("channels", _CHAPTER.replace("NAME", "channels")),
    ],
)
def test_beginning_stands_on_the_page_of_what_it_begins(sheet: str, body: str) -> None:
    rules = "".join(templating.stylesheet(name) for name in ("report.css", "print.css", f"sections/{sheet}.css"))
    # A page that is filled to another height each time: from room for all of it to room for nothing.
    heights = range(214, 262, 3)
    filled = "".join(
        f'<div style="break-before: page; height: {height}mm">before</div>'
        + body.replace("first-row", f"first{height}row").replace("second-row", f"second{height}row")
        for height in heights
    )
    with pdf.warm() as worker:
        printed = worker.typeset(
            f'<!doctype html><html lang="en"><head><title>t</title><style>{rules}'
            f".whole {{ break-inside: avoid; height: 30mm }}</style></head><body><main>{filled}</main></body></html>"
        )
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages]
    for height in heights:
        first, second = (
            [page for page, text in enumerate(pages) if f"{row}{height}row" in text] for row in ("first", "second")
        )
        assert first == second != [], height
