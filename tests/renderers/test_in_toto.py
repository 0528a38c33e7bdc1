"""The statement about the files of a report, before a library that is not ours: the same that `check` gives of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from reportgen import registry
from reportgen.document.report import Fact, Report
from reportgen.document.verdict import Verdict
from reportgen.errors import OptionsError, RenderError
from reportgen.renderers import in_toto
from reportgen.renderers.tools import Tools
from reportgen.writing import check, write
from reportgen.writing.ours import check_ours
from tests import made
from tests.verdicts.made import MANY, rendered

CHAPTERS = ("summary", "policy", "provenance")
WRITTEN = {"report.html": "a" * 64, "report.json": "b" * 64}
MODEL = (Fact("file", "net.keras"), Fact("SHA-256 of the file", "d" * 64))


def report(verdict: Verdict | None, model: tuple[Fact, ...] = MODEL) -> Report:
    seen = made.evidence(run=replace(made.run(), model=model), further={"policy": verdict} if verdict else {})
    chapters = (registry.load("sections", name).build(seen) for name in CHAPTERS)
    return Report(seen.title, "What toy sees", seen.model, seen.run, (), tuple(each for each in chapters if each))


def statement(what: Report, written: dict[str, str]) -> dict[str, Any]:
    """The statement, which in-toto's own library has read and found right."""
    text = in_toto.render(what, Tools().with_written(written))
    read = json_format.Parse(text, statement_pb2.Statement())
    Statement(list(read.subject), read.predicate_type, read.predicate).validate()
    return dict(json.loads(text))


@pytest.mark.parametrize("place", range(len(MANY)))
def test_it_is_what_check_says_of_the_finished_report(place: int) -> None:
    verdict = replace(MANY[place], model_file="net.keras", model_sha256="d" * 64, report="report.json")
    whole = statement(report(verdict), {"report.json": verdict.report_sha256})
    assert whole == json.loads(rendered("in-toto", verdict))
    assert bool(whole["predicate"]["failedTests"]) == (verdict.exit_code != 0)


def test_its_subjects_are_the_model_and_every_file_and_in_toto_refuses_none() -> None:
    digests = {each["name"]: each["digest"]["sha256"] for each in statement(report(MANY[0]), WRITTEN)["subject"]}
    assert digests == {"net.keras": "d" * 64, **WRITTEN}
    in_memory = statement(report(MANY[0], (Fact("model", "a model in memory"),)), WRITTEN)
    assert [each["name"] for each in in_memory["subject"]] == list(WRITTEN)
    with pytest.raises(ValueError, match="subject"):
        Statement([], in_memory["predicateType"], in_memory["predicate"]).validate()


def test_what_has_no_verdict_or_no_file_is_refused_in_a_sentence() -> None:
    with pytest.raises(RenderError, match=r"no chapter 'policy'\. Expected a policy, .*\. Give --policy"):
        in_toto.render(report(None), Tools().with_written(WRITTEN))
    with pytest.raises(RenderError, match=r"none was written\. Expected another format"):
        in_toto.render(report(MANY[0]), Tools())


def test_it_names_the_files_as_they_were_written(tmp_path: Path) -> None:
    formats = ("in-toto", "json", "model-card", "html")
    paths = write(report(MANY[0]), tmp_path / "made", formats, assets_dir="assets")
    assert [path.name for path in paths] == [
        "report.intoto.json", "report.json", "report-model-card.md", "report.html",
    ]  # fmt: skip
    found = json.loads(paths[0].read_bytes())["subject"]
    written = {path.relative_to(tmp_path / "made").as_posix(): path for path in (tmp_path / "made").rglob("*.*")}
    del written["report.intoto.json"]
    expected = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in written.items()}
    assert {each["name"]: each["digest"]["sha256"] for each in found} == {"net.keras": "d" * 64, **expected}
    assert "assets/report.css" in expected
    names = [each["name"] for each in found]
    assert names[:4] == ["net.keras", "report.json", "report-model-card.md", "report.html"]
    before = paths[0].read_bytes()
    assert write(report(MANY[0]), tmp_path / "made", formats, assets_dir="assets") == paths
    assert paths[0].read_bytes() == before
    check_ours(paths[0])
    assert in_toto.estimate(None) >= len(before)  # type: ignore[arg-type]


def test_nothing_is_written_where_it_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="no chapter 'policy'"):
        write(report(None), tmp_path / "new", ("json", "in-toto"))
    with pytest.raises(OptionsError, match=r"in-toto is about the files of the others.*Add for example --format json"):
        write(report(MANY[0]), tmp_path / "new", "in-toto")
    with pytest.raises(RenderError, match="no chapter 'policy'"):
        check(tmp_path / "new", ("json", "in-toto"), chapters=("summary",))
    assert not (tmp_path / "new").exists()
