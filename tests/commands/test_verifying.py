"""`reportgen verify`: what comes out again is the same, and what was changed is found and named."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

from reportgen.evidence.answers import unpacked
from reportgen.renderers.pdf import Worker, warm
from tests.commands import Files, here, tampering

pytestmark = [pytest.mark.keras, pytest.mark.slow]
CHAPTERS = ("--section", "samples", "--section", "architecture", "--section", "provenance")


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


@pytest.fixture(scope="module")
def known() -> dict[tuple[object, ...], bytes]:
    """The PDFs that were set, by all that went into them."""
    return {}


@pytest.fixture
def set_once(known: dict[tuple[object, ...], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the same document set in type once for all tests that look at something else: it takes two seconds."""
    typeset = Worker.typeset

    def remembered(process: Worker, document: str, *shorter: str, attachment: bytes = b"") -> bytes:
        given = (document, shorter, attachment)
        if given not in known:
            known[given] = typeset(process, document, *shorter, attachment=attachment)
        return known[given]

    monkeypatch.setattr(Worker, "typeset", remembered)


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


def test_a_changed_digit_of_the_page_is_named_with_its_chapter(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "report", tmp_path / "copy")
    page = tmp_path / "copy" / "report.html"
    text = page.read_text(encoding="utf-8")
    start = text.index('<section class="chapter body" id="performance"')
    number = re.search(r"\b(\d+) of (\d+)\b", text[start:])
    assert number is not None
    page.write_text(text[:start] + text[start:].replace(number[0], number[0].replace(number[1], "88"), 1), "utf-8")
    code, lines = verified(made, page)
    assert code == 4
    assert lines[-2].startswith("RG711: the page is not the one that this report gives: it was changed after it was")
    assert lines[-1].startswith("  chapter performance, #")
    assert f"88 of {number[2]}" in lines[-1].partition(" in the report, ")[0]
    assert number[0] in lines[-1].partition(" in the report, ")[2]


def test_a_changed_picture_of_the_page_is_named(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "report", tmp_path / "copy")
    page = tmp_path / "copy" / "report.html"
    data = page.read_bytes()
    place = data.index(b"data:image/png;base64,") + 60
    page.write_bytes(data[:place] + (b"A" if data[place : place + 1] != b"A" else b"B") + data[place + 1 :])
    code, lines = verified(made, page)
    assert (code, "otherwise in 1\u00a0place." in lines[-2]) == (4, True)
    assert re.match(r"  chapter performance, #\S+: “<img alt=", lines[-1])


def test_a_changed_file_beside_the_page_is_named(made: Path, tmp_path: Path) -> None:
    options = (*CHAPTERS, "--assets-dir", "assets", "--format", "html", "--format", "json")
    shown = here("build", "tiny.keras", "--data", "images.npz", *options, "-o", "parted", cwd=made)
    assert shown.returncode == 0, shown.stderr
    assert verified(made, "parted/report.html")[0] == 0
    style = made / "parted" / "assets" / "report.css"
    style.write_bytes(style.read_bytes() + b"/**/")
    next(style.parent.glob("*.png")).unlink()
    code, lines = verified(made, "parted/report.html")
    assert (code, len(lines)) == (4, 6)
    assert any(line.startswith("  assets/report.css: SHA-256 ") for line in lines[-2:])
    assert any(re.match(r"  assets/[0-9a-f]{20}\.png: missing in the report, SHA-256 ", line) for line in lines[-2:])


@pytest.mark.usefixtures("set_once")
@pytest.mark.parametrize("appended", [False, True], ids=["packed-anew", "appended"])
def test_a_changed_digit_that_a_page_of_the_pdf_shows_is_named(made: Path, tmp_path: Path, appended: bool) -> None:
    data = (made / "report" / "report.pdf").read_bytes()
    wrong, before, after = tampering.with_another_digit(data, 1, appended=appended)
    assert wrong.startswith(data) == appended
    (tmp_path / "report.pdf").write_bytes(wrong)
    code, lines = verified(made, tmp_path / "report.pdf")
    assert code == 4
    claimed, _, found = lines[-1].partition(" in the report, ")
    assert claimed.startswith("  page 2: “")
    assert after in claimed
    assert before in found
    assert lines[-2].startswith("RG711: what was appended changes" if appended else "RG711: the PDF is not the one")


@pytest.mark.usefixtures("set_once")
@pytest.mark.parametrize("fields", [1, 0])
def test_a_signed_pdf_is_the_same_and_says_what_was_appended(made: Path, tmp_path: Path, fields: int) -> None:
    data = (made / "report" / "report.pdf").read_bytes()
    signed = tampering.signed(data) if fields else data + b"\n"
    (tmp_path / "signed.pdf").write_bytes(signed)
    code, lines = verified(made, tmp_path / "signed.pdf")
    assert (code, lines[0]) == (0, "signed.pdf: the same."), lines
    said = (
        f"The first {len(data):,} bytes of the PDF are the same, byte for byte; {len(signed) - len(data):,} bytes were"
    )
    assert lines[3].startswith(said)
    assert ("1\u00a0field for a signature (“Signature”). " in lines[3]) == bool(fields)
    assert lines[3].endswith("Whether the signature is valid was not looked at.") == bool(fields)
    assert "They change nothing that its pages show." in lines[3]


def seen(data: bytes) -> bytes:
    return tampering.signed(data, at=(100, 700, 140, 720), page=1)


@pytest.mark.usefixtures("set_once")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (seen, "  page 2: “signature at 100 700 140 720” in the report, missing now"),
        (
            lambda data: tampering.painted_over(data, 0),
            "  page 1: “freetext at 100 700 200 720” in the",
        ),
        (tampering.with_another_font, "  page 1: another /Resources/Font/"),
    ],
    ids=["a-signature-that-shows", "a-note-over-words", "letters-drawn-otherwise"],
)
def test_what_is_appended_and_shows_is_named(
    made: Path, tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    data = (made / "report" / "report.pdf").read_bytes()
    (tmp_path / "signed.pdf").write_bytes(change(data))
    code, lines = verified(made, tmp_path / "signed.pdf")
    assert (code, lines[0]) == (4, "signed.pdf: different.")
    assert lines[3].startswith(f"The first {len(data):,} bytes of the PDF are the same, byte for byte; ")
    assert lines[4].startswith("RG711: what was appended changes what the PDF shows: 1\u00a0place.")
    assert lines[5].startswith(said)


@pytest.mark.usefixtures("set_once")
def test_a_pdf_that_was_only_packed_anew_says_so(made: Path, tmp_path: Path) -> None:
    file = io.BytesIO()
    PdfWriter(clone_from=made / "report" / "report.pdf").write(file)
    (tmp_path / "report.pdf").write_bytes(file.getvalue())
    code, lines = verified(made, tmp_path / "report.pdf")
    assert code == 4
    assert lines[-1].startswith("RG711: the PDF is not the one")
    assert lines[-1].endswith("no word, picture or drawing in it is another, so that it was only packed anew.")


@pytest.mark.usefixtures("set_once")
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


@pytest.mark.parametrize("option", ["policy", "config"])
def test_a_policy_and_a_config_file_have_to_be_given_again(made: Path, tmp_path: Path, option: str) -> None:
    text = {"policy": "version = 1\n[cost]\nparameters = { max = 10 }\n", "config": 'title = "Mine"\n'}[option]
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    given = (f"--{option}", str(tmp_path / "mine.toml"))
    shown_in = ("--format", "html", "--format", "json")
    chosen = ("--section", "summary", "--section", "policy", "--section", "provenance", *shown_in, *given, "-o", option)
    shown = here("build", "tiny.keras", "--data", "images.npz", *chosen, cwd=made)
    assert shown.returncode == (4 if option == "policy" else 0), shown.stderr
    code, lines = verified(made, f"{option}/report.json")
    assert (code, f"Give it with --{option}." in " ".join(lines)) == (2, True), lines
    for name in ("report.json", "report.html"):
        code, lines = verified(made, f"{option}/{name}", *given)
        assert (code, lines[0]) == (0, f"{name}: the same."), lines
    (tmp_path / "mine.toml").write_text(text.replace("10", "11").replace("Mine", "Yours"), encoding="utf-8")
    code, lines = verified(made, f"{option}/report.json", *given)
    assert code == 4
    assert any("/run/options/" in line for line in lines), lines


def test_a_changed_digit_of_the_command_or_of_an_option_is_named(made: Path, tmp_path: Path) -> None:
    path = altered(made, tmp_path, b"reportgen build tiny.keras", b"reportgen build tiny2.keras")
    code, lines = verified(made, path)
    assert code == 4
    assert lines[-1].startswith("  /run/command: 'reportgen build tiny2.keras")


def test_a_digit_too_far_behind_the_point_to_change_a_number_is_named(made: Path, tmp_path: Path) -> None:
    text = (made / "report" / "report.json").read_text(encoding="utf-8")
    number = re.search(r"0\.\d{16,}", text)
    assert number is not None
    longer = f"{number[0]}0"
    assert float(longer) == float(number[0])
    code, lines = verified(made, altered(made, tmp_path, number[0].encode(), longer.encode()))
    assert (code, lines[0]) == (4, "report.json: different.")
    assert lines[3].startswith("RG711: no fact is another, but the file is not written as reportgen writes it.")
    assert lines[4].startswith("  line ")
    assert longer in lines[4]


@pytest.mark.parametrize("suffix", ["html", "pdf"])
def test_elsewhere_a_page_has_to_say_what_its_json_says(made: Path, tmp_path: Path, suffix: str) -> None:
    shutil.copytree(made / "report", tmp_path / "copy")
    path = tmp_path / "copy" / f"report.{suffix}"
    elsewhere = {"OMP_NUM_THREADS": "7"}  # one of the facts of the machine
    shown = here("verify", path, "tiny.keras", "--data", "images.npz", cwd=made, **elsewhere)
    lines = shown.stdout.splitlines()
    assert (shown.returncode, lines[0]) == (0, f"report.{suffix}: the same within rounding."), shown.stderr
    assert lines[1] == "Machine and versions differ in: environment variables."
    assert lines[3].endswith("says what its report.json says; another machine may draw its pictures otherwise.")
    if suffix == "pdf":
        wrong, before, after = tampering.with_another_digit(path.read_bytes(), 0)
    else:
        before = re.findall(r"\b\d{1,2} of \d{2}\b", path.read_text("utf-8"))[0]
        after = before.replace(" of ", "1 of ")
        wrong = path.read_bytes().replace(before.encode(), after.encode(), 1)
    path.write_bytes(wrong)
    shown = here("verify", path, "tiny.keras", "--data", "images.npz", cwd=made, **elsewhere)
    lines = shown.stdout.splitlines()
    assert shown.returncode == 4
    assert re.match(r"RG711: the \w+ does not say what its report\.json says, in 1\W", lines[3])
    assert after in lines[4].partition(" in the report, ")[0]
    assert before in lines[4].partition(" in the report, ")[2]


def test_a_report_that_names_no_file_or_no_data_is_one_sentence(made: Path, tmp_path: Path) -> None:
    report = json.loads((made / "report" / "report.json").read_bytes())
    report["run"]["options"] = [each for each in report["run"]["options"] if each["name"] != "data"]
    for part, said in (("data", "was made without data. Expected none."), ("model", "it names no file. Expected a")):
        report["run"][part] = []
        (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
        code, lines = verified(made, tmp_path / "report.json")
        assert code == {"data": 2, "model": 1}[part]
        assert said in " ".join(" ".join(lines).split())
