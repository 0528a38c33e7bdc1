"""A report as an object: what it says of itself, and how it is saved and asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reportgen
from reportgen.errors import OptionsError, RenderError, UnknownNameError
from reportgen.pipeline.result import Report
from tests.models import toys

pytestmark = pytest.mark.keras
GOLDEN = Path(__file__).parents[1] / "golden" / "report.json"


def images() -> Any:
    return np.random.default_rng(0).random((6, 6, 6, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def report() -> Report:
    labels = [0, 1, 2, 0, 1, 2]
    return reportgen.explain(toys.sequential(), images(), labels, section=["summary", "channels"], title="One")


def test_it_says_in_one_line_what_it_is(report: Report) -> None:
    said = repr(report)
    assert said.startswith("<Report 'One': 2 chapters, ")
    assert said.endswith("accuracy 33.3% of 6 images>")
    assert "\n" not in said
    assert repr(reportgen.read(GOLDEN)).startswith("<Report 'What toy sees': ")


@pytest.mark.parametrize("name", ["one.html", "deep/below/one.json"])
def test_one_file_is_saved_under_its_own_name(report: Report, tmp_path: Path, name: str) -> None:
    assert report.save(tmp_path / name) == (tmp_path / name,)
    expected = report.to_html() if name.endswith("html") else report.to_json()
    assert (tmp_path / name).read_text(encoding="utf-8") == expected
    assert [path.name for path in (tmp_path / name).parent.iterdir()] == [Path(name).name]


def test_folder_gets_the_formats_that_are_asked_for(report: Report, tmp_path: Path) -> None:
    assert report.save(tmp_path / "folder", "json") == (tmp_path / "folder" / "report.json",)
    assert reportgen.write(report, tmp_path / "other", formats="html") == (tmp_path / "other" / "report.html",)


@pytest.mark.pdf
def test_pdf_is_saved_under_its_own_name(report: Report, tmp_path: Path) -> None:
    (path,) = report.save(tmp_path / "one.pdf")
    assert path.read_bytes().startswith(b"%PDF-")


def test_numbers_are_those_of_the_file(report: Report) -> None:
    assert report.to_dict() == json.loads(report.to_json())
    assert report.to_dict()["title"] == "One"
    assert "<title>One</title>" in report.to_html()


def test_channels_of_a_layer_are_found_by_its_name(report: Report) -> None:
    channels = report.channels("conv")
    assert [each.channel for each in channels] == [0, 1]
    assert all(each.count > 0 for each in channels)


def test_what_is_not_there_is_one_sentence(report: Report, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"There is no conv layer called 'cnov'\. Expected one of: conv"):
        report.channels("cnov")
    with pytest.raises(OptionsError, match="This report has no chapter on channels"):
        reportgen.explain(toys.sequential(), section="summary").channels("conv")
    with pytest.raises(UnknownNameError, match=r"There is no kind of file called '\.docx'"):
        report.save(tmp_path / "one.docx")
    with pytest.raises(OptionsError, match="Expected formats for a folder only"):
        report.save(tmp_path / "one.html", "pdf")
    with pytest.raises(RenderError, match="it was read from JSON"):
        reportgen.read(GOLDEN).to_html()


def test_steps_are_printed_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    reportgen.explain(toys.sequential(), images(), section="summary")
    assert capsys.readouterr().err == ""
    reportgen.explain(toys.sequential(), images(), section="summary", progress=True)
    assert "Running the network on every image …\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (
            {"skip_sections": "channels"},
            "no argument 'skip_sections'. Did you mean 'skip_section'\\? Expected one of: groups, pick",
        ),
        ({"class_name": ["a"]}, "no argument 'class_name'. Did you mean 'class_names'"),
        ({"classes": "names.txt"}, "explain got classes='names.txt'. Expected the names themselves. .* class_names="),
        ({"output": "there"}, "explain got output='there'. .* with reportgen.write or its method save"),
        ({"data": "digits"}, "explain got data='digits'. .* as the second argument"),
    ],
)
def test_choices_that_are_none_name_what_was_meant(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        reportgen.explain(toys.sequential(), images(), **choices)


def test_errors_name_arguments_as_python_spells_them() -> None:
    with pytest.raises(OptionsError) as caught:
        reportgen.explain(toys.sequential(), images(), section=["summary"], skip_section=["summary"])
    assert "Change section= or skip_section=." in str(caught.value)
