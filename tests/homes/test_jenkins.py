"""The report as Jenkins serves it: under its default policy nothing inside a page works, and files beside it do.

Policies: https://www.jenkins.io/doc/book/security/configuring-content-security-policy/ (the longer one is the older).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen import write
from reportgen.pipeline.result import Report
from tests.browser import Browser, Page, served

POLICIES = [
    "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';",
    "sandbox; default-src 'none'; img-src 'self'; style-src 'self';",
]
PICTURES = "[...document.images].map(image => image.naturalWidth)"

pytestmark = [pytest.mark.slow, pytest.mark.keras]


@pytest.fixture(scope="module")
def folder(explained: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with its assets beside it, and one that holds all."""
    place = tmp_path_factory.mktemp("artifacts")
    write(explained, place / "beside", "html", assets_dir="assets")
    write(explained, place / "inside", "html")
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def open_all(page: Page) -> None:
    """Unfold every layer, so that all pictures are asked for, and wait for them."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    page.evaluate("Promise.all([...document.images].map(image => image.decode()))")


@pytest.mark.parametrize("policy", POLICIES)
def test_styles_apply_and_every_picture_loads(browser: Browser, folder: Path, policy: str) -> None:
    with served(folder, Content_Security_Policy=policy) as address:
        page = browser.open(f"{address}/beside/report.html")
        open_all(page)
        widths = page.evaluate(PICTURES)
        assert widths
        assert min(widths) > 0
        # The style sheet says so, and the browser's own would not.
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
        assert page.evaluate("getComputedStyle(document.querySelector('.chapters .row')).display") == "flex"
        assert page.console == []
        wanted = set(
            re.findall(r' (?:src|href)="(assets/[^"]+)"', (folder / "beside" / "report.html").read_text("utf-8"))
        )
        loaded = {name.removeprefix(f"{address}/beside/") for name in page.loaded}
        assert loaded >= wanted
        assert len(wanted) > 3


def test_the_usual_page_shows_that_the_policy_is_in_force(browser: Browser, folder: Path) -> None:
    with served(folder, Content_Security_Policy=POLICIES[0]) as address:
        page = browser.open(f"{address}/inside/report.html")
        assert not any(page.evaluate(PICTURES))
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "8px"
        assert any("Content Security Policy" in line for line in page.console)


def test_it_opens_from_the_disk_as_well(browser: Browser, folder: Path) -> None:
    page = browser.open((folder / "beside" / "report.html").as_uri())
    open_all(page)
    assert min(page.evaluate(PICTURES)) > 0
    assert page.console == []
    assert all(address.startswith(folder.as_uri()) for address in page.requests)


def test_charts_look_alike_beside_and_inside(browser: Browser, folder: Path) -> None:
    """Their rules became attributes; what is drawn is the same to the pixel."""
    drawn = """Promise.all([...document.images].filter(image => image.closest('.chart')).map(async image => {
        await image.decode();
        const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
        [canvas.width, canvas.height] = [image.width, image.height];
        context.drawImage(image, 0, 0, image.width, image.height);
        return canvas.toDataURL();
    }))"""
    with served(folder) as address:
        beside, inside = (
            browser.open(f"{address}/{name}/report.html").evaluate(drawn) for name in ("beside", "inside")
        )
    assert len(beside) > 0
    assert beside == inside
