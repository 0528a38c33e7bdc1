"""What is written for other places than the reader's disk, before the same checkers of others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reportgen import write
from reportgen.pipeline.result import Report
from tests.checks import tools

pytestmark = [
    pytest.mark.keras,
    pytest.mark.pdf,
    pytest.mark.slow,
    pytest.mark.skipif(tools.skipped(), reason=f"{tools.SKIP}=1: no checker looks at the reports"),
]


@pytest.fixture(scope="module")
def folder(explained: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("checked")
    write(explained, place, ("html", "pdf-summary"), assets_dir="assets")
    return place


@pytest.fixture(scope="module")
def verdicts(folder: Path) -> dict[tuple[Path, str], tools.Verdict]:
    return tools.verapdf([folder / "report-summary.pdf"])


@pytest.mark.parametrize(("profile", "rules"), [("PDFUA-1", 106), ("PDFA-3A", 155)])
def test_page_one_alone_passes_the_machine_checks_of_verapdf(
    folder: Path, verdicts: dict[tuple[Path, str], tools.Verdict], profile: str, rules: int
) -> None:
    verdict = verdicts[folder / "report-summary.pdf", profile]
    assert verdict.failures == ()
    assert verdict.rules == rules


def test_page_with_its_assets_beside_it_passes_the_checkers_of_html(folder: Path) -> None:
    file = folder / "report.html"
    assert tools.w3c([file])[file] == []
    assert tools.html_validate([file])[file] == []


def test_nothing_is_inside_the_page_that_jenkins_blocks(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""<style|<script|\sstyle=|(=|url\()["']?data:|\son\w+=""", page)
    charts = list((folder / "assets").glob("*.svg"))
    assert charts
    assert not [chart for chart in charts if re.search(r"<style|\sstyle=", chart.read_text(encoding="utf-8"))]
