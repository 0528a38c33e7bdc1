"""`reportgen verify`: what comes out again is the same, and what was changed is found and named."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reportgen.evidence.answers import unpacked
from reportgen.renderers.pdf import warm
from tests.commands import Files, here

pytestmark = [pytest.mark.keras, pytest.mark.slow]
CHAPTERS = ("--section", "summary", "--section", "architecture", "--section", "provenance")


@pytest.fixture(scope="module")
def made(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, its images and a report on both."""
    folder = tmp_path_factory.mktemp("verified")
    shutil.copyfile(files.model, folder / "tiny.keras")
    shutil.copyfile(files.data, folder / "images.npz")
    options = (*CHAPTERS, "--section", "performance", "--keep-answers")
    shown = here("build", "tiny.keras", "--data", "images.npz", *options, "-o", "report", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    return folder


def verified(folder: Path, report: Path | str, *options: str, model: str = "tiny.keras") -> tuple[int, list[str]]:
    shown = here("verify", report, model, "--data", "images.npz", *options, cwd=folder)
    return shown.returncode, (shown.stdout or shown.stderr).splitlines()


def altered(made: Path, folder: Path, old: bytes, new: bytes) -> Path:
    """A copy of the report in which a text of the JSON is another."""
    shutil.copytree(made / "report", folder / "copy")
    path = folder / "copy" / "report.json"
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


@pytest.mark.parametrize("suffix", ["json", "html", "pdf"])
def test_what_was_not_touched_is_the_same(made: Path, suffix: str) -> None:
    code, lines = verified(made, f"report/report.{suffix}")
    assert (code, lines[0]) == (0, f"report.{suffix}: the same."), lines
    assert lines[1] == "Machine and versions are those of the report."
    assert lines[2].endswith(" facts are the same.")
    assert len(lines) == (3 if suffix == "json" else 4)


def test_kept_answers_are_those_that_the_report_counts(made: Path) -> None:
    report = json.loads((made / "report" / "report.json").read_bytes())
    data = (made / "report" / "report-answers.npz").read_bytes()
    claimed = {each["name"]: each["value"] for each in report["run"]["data"]}["SHA-256 of the answers"]
    assert hashlib.sha256(data).hexdigest() == claimed
    found = unpacked(data, "report-answers.npz")
    (head,) = report["sections"]["performance"]["content"]["heads"]
    assert int((found.answered == found.labels).sum()) == head["right"]["part"]
    assert len(found.answered) == head["right"]["whole"]
    shown = here("diff", "report/report.json", "report/report.json", cwd=made)
    assert shown.stdout.startswith(f"All {head['right']['whole']} answers are as before.")


def test_a_changed_digit_of_the_json_is_named(made: Path, tmp_path: Path) -> None:
    parameters = json.loads((made / "report" / "report.json").read_bytes())["model"]["parameters"]
    path = altered(made, tmp_path, f'"parameters": {parameters}'.encode(), f'"parameters": {parameters + 1}'.encode())
    code, lines = verified(made, path)
    assert (code, lines[0]) == (4, "report.json: different.")
    assert lines[2].startswith("RG714: 1 of ")
    assert lines[3].endswith(f"{parameters + 1} in the report, {parameters} now")


def test_a_page_beside_another_json_is_refused(made: Path, tmp_path: Path) -> None:
    path = altered(made, tmp_path, b'"seed"', b'"sead"')
    code, lines = verified(made, path.with_suffix(".html"))
    assert code == 1
    assert "'report.json' is not the one that 'report.html' was written with" in lines[0]


def test_a_changed_word_of_the_page_is_found(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "report", tmp_path / "copy")
    page = tmp_path / "copy" / "report.html"
    page.write_bytes(page.read_bytes().replace(b"Explainability report", b"Explainability rapport", 1))
    code, lines = verified(made, page)
    assert code == 4
    assert lines[-1].startswith("RG711: the page is not the one")


def test_a_changed_digit_of_the_pdf_is_found(made: Path, tmp_path: Path) -> None:
    plain = (made / "report" / "report.json").read_bytes()
    parameters = json.loads(plain)["model"]["parameters"]
    wrong = plain.replace(f'"parameters": {parameters}'.encode(), f'"parameters": {parameters + 7}'.encode(), 1)
    with warm() as process:
        (tmp_path / "report.pdf").write_bytes(process.typeset('<html lang="en"><title>t</title><p>x', attachment=wrong))
    code, lines = verified(made, tmp_path / "report.pdf")
    assert code == 4
    assert any(f"{parameters + 7} in the report, {parameters} now" in line for line in lines)


def test_another_model_or_other_data_are_named_before_anything_is_made(made: Path, tmp_path: Path) -> None:
    import keras

    model: Any = keras.saving.load_model(made / "tiny.keras")
    model.layers[0].bias.assign(model.layers[0].bias + 1)
    model.save(tmp_path / "tiny.keras")
    code, lines = verified(made, "report/report.json", model=str(tmp_path / "tiny.keras"))
    assert code == 4
    assert lines[1].startswith("RG712: the model is another: SHA-256 ")
    shown = here("verify", "report/report.json", "tiny.keras", "--data", "digits", cwd=made)
    assert shown.returncode in (1, 4)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("gone.json", None, "cannot be read: No such file"),
        ("cut.json", b"{", "cannot be read"),
        ("other.json", b'{"schema": "reportgen/1"}', "does not have the format 'reportgen/2', but 'reportgen/1'"),
        ("plain.html", b"<p>hello", "does not say which report.json belongs to it"),
        ("broken.pdf", b"%PDF-1.7 nothing", "cannot be read as a PDF"),
    ],
)
def test_what_is_no_report_is_one_sentence(
    made: Path, tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    code, lines = verified(made, tmp_path / name)
    assert code == 1
    assert said in lines[-1]
    assert len(lines) == 1


def test_data_that_are_not_given_again_are_asked_for(made: Path) -> None:
    shown = here("verify", "report/report.json", "tiny.keras", cwd=made)
    assert shown.returncode == 2
    assert "The report was made with --data images.npz. Expected the same again." in " ".join(shown.stderr.split())


def test_a_card_has_to_be_given_again_and_one_that_says_something_else_is_found(made: Path) -> None:
    card = made / "card.toml"
    card.write_text('version = 1\n[model]\nprovider = "Example GmbH"\n', encoding="utf-8")
    options = (*CHAPTERS, "--section", "card", "--section", "technical", "--card", "card.toml")
    shown = here("build", "tiny.keras", "--data", "images.npz", *options, "-o", "owned", cwd=made)
    assert shown.returncode == 0, shown.stderr
    code, lines = verified(made, "owned/report.pdf")
    assert (code, "The report was made with --card card.toml." in " ".join(lines)) == (2, True), lines
    code, lines = verified(made, "owned/report.pdf", "--card", "card.toml")
    assert (code, lines[0]) == (0, "report.pdf: the same."), lines
    card.write_text('version = 1\n[model]\nprovider = "Another GmbH"\n', encoding="utf-8")
    code, lines = verified(made, "owned/report.json", "--card", "card.toml")
    assert code == 4
    assert any("Example GmbH" in line and "Another GmbH" in line for line in lines), lines
