"""`reportgen.read`: the file that `write` wrote, without TensorFlow, and what cannot be made from it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

import reportgen
from reportgen.errors import RenderError
from reportgen.renderers import finished, html, markdown, pdf
from reportgen.renderers import json as renderer
from tests.renderers import drawn

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "report.json"


@pytest.fixture(scope="module")
def golden() -> reportgen.Report:
    return reportgen.read(GOLDEN)


def test_a_file_is_read_by_its_path_or_its_name(golden: reportgen.Report) -> None:
    assert isinstance(golden, reportgen.Report)
    assert golden.title == "What toy sees"
    assert repr(reportgen.read(str(GOLDEN))) == repr(golden)


def test_reading_loads_no_library_that_makes_reports() -> None:
    code = (
        "import sys, reportgen; reportgen.read(sys.argv[1])\n"
        "print({'tensorflow', 'keras', 'matplotlib', 'weasyprint'} & set(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(GOLDEN)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "set()"


def test_a_page_or_a_pdf_without_its_pictures_is_refused(golden: reportgen.Report, tmp_path: Path) -> None:
    message = "it was read from JSON, which describes pictures and does not hold them. Expected a report as explain"
    with pytest.raises(RenderError, match=message):
        html.render(golden)
    with pytest.raises(RenderError, match=message):
        html.parted(golden, "report.css")
    with pytest.raises(RenderError, match=message):
        pdf.render(golden)
    with pytest.raises(RenderError, match=message):
        reportgen.write(golden, tmp_path, formats=("html",))
    assert list(tmp_path.iterdir()) == []


def test_json_and_the_summary_of_a_run_need_no_pictures(golden: reportgen.Report, tmp_path: Path) -> None:
    (written,) = reportgen.write(golden, tmp_path, formats=("json",))
    assert written.read_bytes() == GOLDEN.read_bytes()
    assert "What toy sees" in markdown.render(golden, {}, markdown.MOST_BYTES).decode()


def test_a_notebook_shows_the_title_of_what_was_read(golden: reportgen.Report) -> None:
    assert golden._repr_html_() == "<p>What toy sees: a report without its pictures, read from JSON</p>"
    hostile = dataclasses.replace(golden, title="<script>alert(1)</script>\x1b\u202e")
    shown = hostile._repr_html_()
    assert "<script" not in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_a_folder_a_missing_and_a_large_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"is a folder. Expected a file. Give the report.json in it."):
        reportgen.read(tmp_path)
    with pytest.raises(RenderError, match=r"report.json' cannot be read: No such file or directory. Expected"):
        reportgen.read(tmp_path / "report.json")
    large = tmp_path / "large.json"
    large.touch()
    os.truncate(large, finished.MOST_BYTES + 1)
    with pytest.raises(RenderError, match=r"large.json' takes more than 512.0\u202fMiB. Expected a report.json"):
        reportgen.read(large)


@pytest.mark.keras
def test_a_report_of_a_model_is_read_as_it_was_explained(tmp_path: Path) -> None:
    import numpy as np

    from tests.models import toys

    images = (np.arange(6 * 36) * 7 % 16 / 16).reshape(6, 6, 6, 1).astype(np.float32)
    names = ["ant", "bee", "cät \u202e"]
    report = reportgen.explain(toys.sequential(), images, [0, 1, 2, 0, 1, 2], class_names=names, **toys.SHORT)
    (written,) = reportgen.write(report, tmp_path, formats=("json",))
    found = reportgen.read(written)
    kept = reportgen.Report(report.title, report.subject, report.model, report.run, report.findings, report.sections)
    assert report.scores
    assert drawn.differences(kept, found) == []
    assert renderer.render(found) == written.read_bytes()
