"""A report of many grids opens without drawing those that are not seen: the browser is asked, without any script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import Browser
from tests.commands import Files, run

pytestmark = [pytest.mark.slow, pytest.mark.keras]

# What stands below the fold and is skipped has no rendered content; what is folded has no box at all.
_SKIPPED = """[...document.querySelectorAll("details.layer")].map(layer => {
  const sheet = layer.querySelector("svg");
  return [layer.open, sheet.checkVisibility({contentVisibilityAuto: true})];
})"""

_SEEN_IN_TIME = """new Promise(done => {
  const sheet = document.querySelector("details.layer svg");
  const look = left => sheet.checkVisibility({contentVisibilityAuto: true}) || !left
    ? done(left > 0) : setTimeout(look, 50, left - 1);
  look(100);
})"""


def test_grids_out_of_sight_are_not_laid_out_and_folded_ones_are_not_drawn(files: Files, tmp_path: Path) -> None:
    arguments = ("--data", files.data, "--pick", "index:0,1,2", "--format", "html", "-o", tmp_path)
    shown = run("build", files.model, *arguments, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    with Browser() as browser:
        page = browser.open((tmp_path / "report.html").as_uri())
        layers = page.evaluate(_SKIPPED)
        # Those of the first sample are unfolded, yet far below what is seen first.
        assert [unfolded for unfolded, _ in layers] == [True] * (len(layers) // 3) + [False] * (len(layers) * 2 // 3)
        assert not any(drawn for _, drawn in layers)
        page.evaluate("document.querySelector('details.layer').scrollIntoView()")
        assert page.evaluate(_SEEN_IN_TIME)
