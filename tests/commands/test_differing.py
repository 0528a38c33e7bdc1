"""`reportgen diff`: what it prints and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import here
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
    report["model"]["layers"][0]["path"] = "<script>\u202e\n"
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
    assert len([line for line in shown.stdout.splitlines() if "<script>" in line]) == 1
    text = page.read_text("utf-8")
    assert not any(tag in text for tag in ("<b>\ufffd", "<script", "<img", "<i>"))
