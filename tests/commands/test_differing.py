"""`reportgen diff`: what it prints and writes, of two reports and of two models."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reportgen.commands.differing import sentences
from reportgen.document.likeness import MatchedLayer, Matching
from reportgen.policy import differing
from reportgen.renderers.difference import MOST_CLASSES, page
from tests.commands import Files, forked, here, run
from tests.policy.pairs import pair, several


def test_a_difference_is_printed_and_written(tmp_path: Path) -> None:
    old, new = pair(tmp_path, edit=several)
    page, facts = tmp_path / "diff.html", tmp_path / "diff.json"
    found = here(
        "diff",
        str(old),
        str(new),
        "--format",
        "text",
        "--format",
        f"html={page}",
        "--format",
        f"json={facts}",
        cwd=tmp_path,
    )
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == "Of 1 000 images 6 are now wrong and 16 now right."
    assert "  conv 1: copy became dead" in lines
    assert "  RG401 warning: Dead." in "\n".join(lines)
    plain = json.loads(facts.read_text("utf-8"))
    assert (plain["schema"], plain["answers"]["accuracy"]["lost"]) == ("reportgen-diff/1", 6)
    text = page.read_text("utf-8")
    assert "Of 1\u202f000\u00a0images 6 are now wrong" in text
    assert text.count('class="dumbbell"') == 3
    assert "<script" not in text
    assert "default-src 'none'" in text.replace("&#39;", "'")


@pytest.mark.parametrize("wanted", ["pdf", "docx", "html="])
def test_a_format_that_cannot_be_given_is_refused(tmp_path: Path, wanted: str) -> None:
    old, new = pair(tmp_path)
    found = here("diff", str(old), str(new), "--format", wanted, cwd=tmp_path)
    assert found.returncode == 2
    assert "Expected FORMAT or FORMAT=FILE" in found.stderr


@pytest.mark.pdf
def test_a_difference_becomes_a_pdf(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    found = here("diff", str(old), str(new), "--format", f"pdf={tmp_path / 'diff.pdf'}", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "diff.pdf").read_bytes().startswith(b"%PDF-")


def hostile(report: dict[str, Any]) -> None:
    report["model"]["name"] = "<b>\x1b[31m\nnet"
    report["model"]["layers"][0]["path"] = report["model"]["layers"][1]["inputs"][0] = "<script>\u202e\n"
    report["findings"][0].update(title="<i>\nx", where="\x1b[2J")
    for each in report["sections"]["performance"]["content"]["heads"][0]["classes"]:
        each["name"] = f"<img src=x>\n{each['index']}"


def test_names_from_outside_stay_text(tmp_path: Path) -> None:
    old, new = pair(tmp_path, lost=200, edit=hostile)
    page = tmp_path / "diff.html"
    shown = here("diff", str(old), str(new), "--format", "text", "--format", f"html={page}", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert len([line for line in shown.stdout.splitlines() if "<script>" in line]) == 2  # layer, finding
    text = page.read_text("utf-8")
    assert not any(tag in text for tag in ("<b>\ufffd", "<script", "<img", "<i>"))


@pytest.fixture(scope="module")
def models(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, one with other weights of its last layer, one with a layer more, and their images."""
    import keras
    import numpy as np

    folder = tmp_path_factory.mktemp("models")
    shutil.copyfile(files.model, folder / "old.keras")
    shutil.copyfile(files.data, folder / "images.npz")
    model = keras.models.load_model(files.model)
    more = keras.layers.Dropout(0.1, name="more")
    keras.Sequential([keras.Input(model.input_shape[1:]), model.layers[0], more, *model.layers[1:]]).save(
        folder / "more.keras"
    )
    last = model.layers[-1]
    kernel, *rest = last.get_weights()
    last.set_weights([kernel + np.random.default_rng(1).normal(0, kernel.std(), kernel.shape), *rest])
    model.save(folder / "new.keras")
    return folder


def difference(folder: Path, *arguments: str) -> tuple[list[str], dict[str, Any]]:
    """What is printed, and the facts."""
    found = here("diff", *arguments, "--format", "text", "--format", "json=diff.json", cwd=folder)
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines(), json.loads((folder / "diff.json").read_bytes())


@pytest.mark.keras
@pytest.mark.slow
def test_two_models_differ_as_their_reports_do(models: Path) -> None:
    for name in ("old", "new"):
        chapters = [part for each in ("performance", "channels", "provenance") for part in ("--section", each)]
        found = here(
            "build", f"{name}.keras", "--data", "images.npz", "--keep-answers", *chapters, "--dream-steps", "1",
            "--format", "json", "-o", name, cwd=models,
        )  # fmt: skip
        assert found.returncode in (0, 3), found.stderr
    _, of_reports = difference(models, "old/report.json", "new/report.json")
    lines, of_models = difference(models, "old.keras", "new.keras", "--data", "images.npz")
    assert any("correlation 1.00 (untrained " in line for line in lines)
    assert (of_models["old"]["kind"], of_models["old"]["file"]) == ("model", "old.keras")
    assert of_models["answers"]["changed"] > 0
    assert all(each["picture"]["media_type"] == "image/png" for each in of_models["answers"]["lost"])
    assert all(each["picture"]["size_bytes"] > 0 for each in of_models["answers"]["lost"])
    for each in (*of_models["answers"]["lost"], *of_reports["answers"]["lost"]):
        for own in ("name", "picture", "old_marked", "new_marked"):
            each.pop(own)
    for part in ("answers", "layers", "costs", "channels", "dead", "findings", "facts", "same_weights", "headline"):
        assert of_models[part] == of_reports[part], part
    # The conv layer has the weights that it had.
    assert of_reports["matching"] is None
    (layer,) = of_models["matching"]["layers"]
    assert layer["at_their_number"] == layer["matched"]
    assert layer["correlation"] == pytest.approx(1)
    assert layer["similarity"] == pytest.approx(1)
    assert layer["correlation_untrained"] < 1 - 1e-3


@pytest.mark.keras
@pytest.mark.slow
def test_no_chart_is_drawn_for_reports_that_nobody_sees(models: Path) -> None:
    program = (
        "import sys; from reportgen.commands.cli import main\n"
        "try: main(prog_name='reportgen')\n"
        "finally: print(*(name for name in ('tensorflow', 'matplotlib.backends.backend_svg') if name in sys.modules))"
    )
    found = run("diff", "old.keras", "new.keras", "--data", "images.npz", cwd=models, command=forked(program))
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[-1] == "tensorflow"


@pytest.mark.keras
@pytest.mark.slow
def test_models_without_data_are_compared_as_networks(models: Path) -> None:
    lines, facts = difference(models, "old.keras", "more.keras")
    assert lines[:2] == ["The weights are the same.", "No data were given with --data, so nothing on data is compared."]
    assert [(each["change"], each["path"]) for each in facts["layers"]] == [("added", "more")]


def test_a_report_and_a_model_are_not_compared(tmp_path: Path) -> None:
    old, _ = pair(tmp_path)
    (tmp_path / "new.keras").write_bytes(b"PK")
    found = here("diff", str(old), "new.keras", "--data", "digits", cwd=tmp_path)
    assert found.returncode == 2
    assert "'report.json' is a report, and 'new.keras' is none." in found.stderr


@pytest.mark.parametrize("option", ["--limit", "--yardstick"])
def test_options_of_a_run_are_refused_of_reports(tmp_path: Path, option: str) -> None:
    old, new = pair(tmp_path)
    found = here("diff", str(old), str(new), option, "3", cwd=tmp_path)
    assert found.returncode == 2
    assert f"{option} says how two models are run" in found.stderr


def test_what_is_no_model_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "old.keras").write_bytes(b"nothing")
    found = here("diff", "old.keras", "old.keras", cwd=tmp_path)
    assert found.returncode == 1
    assert "Starting" not in found.stderr


def test_of_very_many_classes_those_that_changed_most_stand_in_the_table(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    found = differing.differ(differing.read(old), differing.read(new))
    assert found.answers is not None
    first = found.answers.classes[0]
    many = tuple(replace(first, name=f"class {place}") for place in range(75))
    found = replace(found, answers=replace(found.answers, classes=many))
    text = page(found, sentences(found)).decode("utf-8")
    assert text.count('class="dumbbell"') == MOST_CLASSES
    assert "15\u00a0classes between them are in the JSON" in text
    assert "class 29<" in text
    assert "class 30<" not in text
    assert "class 45<" in text


def test_matched_channels_are_drawn_beside_an_untrained_network(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    layer = MatchedLayer("conv", "conv", 4, 4, 3, 2, 0.9, None, 0.8, 0.5, -0.25, (-0.1, 0.8, 1.0))
    found = replace(differing.differ(differing.read(old), differing.read(new)), matching=Matching(20, 400, (layer,)))
    told = sentences(found)
    text = page(found, told).decode("utf-8")
    (line,) = re.findall(r'<polyline class="alike" points="([^"]+)"', text)
    assert line == "3.0,33.0 60.0,9.0 117.0,3.0"  # from 0 at the bottom to 1 at the top
    assert '<line class="bare" x1="0" y1="18.0"' in text
    assert "−0.25" in text
    assert "–" in text
    assert told["matching"][1].startswith("In conv partners are least alike: their median correlation is 0.80")
