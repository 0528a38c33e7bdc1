"""What a phone of 375 pixels shows of tables, sums and charts, by the report's own rules: the browser is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reportgen.renderers import templating
from tests.browser import Browser, Page

WIDTH = 375
_CHART = (
    '<div class="CLASS"><div><figure class="chart"><section class="wide">'
    '<img alt="" width="760" height="200" src="data:,"></section><figcaption>Recall</figcaption></figure></div></div>'
)
_BODY = """
<section class="wide" id="long"><table><caption>Table 1. {words}</caption>
<tbody><tr>{cells}</tr></tbody></table></section>
<div class="pooling"><figure id="map">map</figure><section class="wide" id="numbers">numbers</section></div>
<section class="wide"><table class="sum">
<thead class="unseen"><tr><th scope="col"><span class="hide">Quantity</span></th></tr></thead>
<tbody><tr><th scope="row"><span id="quantity">height</span></th>
<td><span class="rule">rule</span></td><td class="n">1</td></tr>
</tbody></table></section>
{alone}
<div class="dreams">made</div><details class="left-out"><summary id="measured">How</summary></details>
<ul class="checked"><li id="unchecked">not checked</li></ul>
<div class="provenance-columns"><p class="remark" id="options">39</p></div>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    chapters = ("calculations", "channels", "performance", "pooling", "provenance")
    sheets = ["report.css", *(f"sections/{chapter}.css" for chapter in chapters)]
    body = _BODY.format(
        words="what it says " * 30,
        cells="".join(f"<td>{'number' * 6}</td>" for _ in range(8)),
        alone=_CHART.replace("CLASS", "perf-alone"),
    )
    file: Path = tmp_path_factory.mktemp("narrow") / "page.html"
    rules = "".join(templating.stylesheet(sheet) for sheet in sheets)
    file.write_text(
        f'<!doctype html><html lang="en"><title>t</title><style>{rules}</style><body><main>{body}</main></body></html>',
        encoding="utf-8",
    )
    with Browser() as browser:
        yield browser.open(file.as_uri(), width=WIDTH)


def box(page: Page, selector: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
    return found


def test_caption_of_a_wide_table_is_read_whole_however_far_it_is_scrolled(page: Page) -> None:
    assert page.evaluate("document.querySelector('#long').scrollWidth") > 2 * WIDTH
    for scrolled in (0, WIDTH):
        page.evaluate(f"document.querySelector('#long').scrollLeft = {scrolled}")
        caption = box(page, "#long caption")
        assert caption["left"] >= 0, scrolled
        assert caption["right"] <= WIDTH, scrolled


def test_numbers_that_are_pooled_stand_below_their_map(page: Page) -> None:
    assert box(page, "#numbers")["top"] >= box(page, "#map")["bottom"]


def test_names_of_sums_begin_where_their_rules_do_below_a_heading_that_draws_no_line(page: Page) -> None:
    assert box(page, "#quantity")["left"] == box(page, ".rule")["left"]
    assert page.evaluate("getComputedStyle(document.querySelector('.sum thead th')).borderBottomWidth") == "0px"


def test_recall_alone_is_as_large_as_beside_a_matrix_and_is_scrolled(page: Page) -> None:
    assert box(page, ".perf-alone img")["width"] >= 26 * 16
    before = page.evaluate("getComputedStyle(document.querySelector('.perf-alone figcaption'), '::before').content")
    assert "Scroll" in before


def test_what_follows_pictures_and_lists_keeps_its_distance(page: Page) -> None:
    assert box(page, "#measured")["top"] - box(page, ".dreams")["bottom"] >= 16
    assert box(page, "#options")["top"] - box(page, "#unchecked")["bottom"] >= 12
