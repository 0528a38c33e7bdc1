"""The example that compares evidence maps with other libraries' runs where none of them is installed."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "compare_attributions.py"

pytestmark = pytest.mark.keras


@pytest.mark.numbers
def test_without_the_libraries_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = runpy.run_path(str(EXAMPLE))
    known = importlib.util.find_spec
    theirs = {module for needed, _ in example["LIBRARIES"].values() for module in needed}

    def found(name: str, *others: Any) -> Any:
        return None if name in theirs else known(name, *others)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    example["main"]()
    *first, last = capsys.readouterr().out.splitlines()
    assert last == "Not installed, so not compared: captum, pytorch-grad-cam, Xplique, Quantus."
    assert [line.partition(":")[0] for line in first] == ["flatten", "gap"]
    # What captum 0.9 gave on the same weights in PyTorch.
    assert ["0.099072" in first[0], "0.510387" in first[1]] == [True, True]
