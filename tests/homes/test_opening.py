"""A report of many grids opens fast and is found one's way in: the browser is asked."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen import write
from reportgen.pipeline.result import Report
from tests.benchmark.opening import opening
from tests.browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.keras]

# What is folded has no box at all, so that nothing of it is laid out or decoded.
_LAYERS = """[...document.querySelectorAll("#activations details.layer")].map(layer => {
  const sheet = layer.querySelector("svg");
  return [layer.open, sheet.checkVisibility()];
})"""

# Where each link of the contents leads: how far its chapter then is from the top of the window, CSS pixels.
_LANDINGS = """(async () => {
  const found = [];
  for (const link of document.querySelectorAll("nav a[href^='#']")) {
    link.click();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const chapter = document.getElementById(link.hash.slice(1)).getBoundingClientRect();
    const end = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
    found.push([link.hash, chapter.top, end]);
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def file(explained: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report on three samples."""
    (page,) = write(explained, tmp_path_factory.mktemp("opened"), "html")
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 360])
def test_folded_grids_are_not_drawn_and_links_lead_to_their_chapters(browser: Browser, file: Path, width: int) -> None:
    # A reader who wants no motion is taken to a chapter at once; others see the page glide there.
    page = browser.open(file.as_uri(), width=width, still=True)
    layers = page.evaluate(_LAYERS)
    third = len(layers) // 3
    assert [unfolded for unfolded, _ in layers] == [True] * third + [False] * 2 * third
    assert [drawn for _, drawn in layers] == [unfolded for unfolded, _ in layers]
    landings = page.evaluate(_LANDINGS)
    assert len(landings) >= 10
    for chapter, top, end in landings:
        # Below the bar that stays at the top of the window; the last chapters may be too short to reach it.
        assert abs(top) < 80 or end < 1, (chapter, top, end)


def picture(seed: int) -> str:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 40), dtype=np.uint8)).save(file, "PNG")
    return f'<img alt="noise" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'


@pytest.mark.parametrize(
    ("seen", "folded"),
    [
        (2, 3),
        *(pytest.param(*each, marks=pytest.mark.exhaustive) for each in ((0, 2), (3, 0))),
    ],
)
def test_benchmark_counts_the_pictures_that_a_page_decodes_and_no_others(
    browser: Browser, tmp_path: Path, seen: int, folded: int
) -> None:
    pictures = [picture(seed) for seed in range(seen + folded)]
    page = tmp_path / "page.html"
    page.write_text(
        f"<!DOCTYPE html><title>t</title><p>{''.join(pictures[:seen])}. {''.join(pictures[:seen])}</p>"
        f"<details><summary>more</summary>{''.join(pictures[seen:])}</details>",
        encoding="utf-8",
    )
    assert opening(browser, page).decoded == seen
