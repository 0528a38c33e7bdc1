"""A report in a notebook: it shows itself when it is the last thing in a cell, in a frame that nothing leaks from."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.browser import Browser, Page, served
from tests.commands import environment
from tests.renderers.parsed import Page as Parsed

CODE = """
import keras, numpy as np, reportgen
FEW = {"section": ["summary", "architecture", "samples", "edges", "glossary"], "pick": "index:0"}
keras.utils.set_random_seed(1)
model = keras.Sequential([
    keras.Input((12, 12, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(3)], name="noted")
report = reportgen.explain(model, np.random.rand(4, 12, 12, 1), **FEW, title="A <report> & \\"more\\"")
report
"""
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in sys.argv[2:]])
nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""
# A neighbour whose colours are nowhere in a report, and whose rules would be seen in one.
HOST = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Notebook</title>'
    "<style>body { margin: 40px; background: #f0f } h1, p { color: #ff0; font: 30px monospace }</style>"
    '<h1 class="title">Cell</h1><p class="answer">In [1]</p>'
)
MAGENTA = (255, 0, 255)
PAPER = (252, 252, 250)

pytestmark = [pytest.mark.slow, pytest.mark.keras]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the notebook holds after it has run, of its one cell."""
    folder = tmp_path_factory.mktemp("notebook")
    shown = subprocess.run(
        [sys.executable, "-c", RUN, "made.ipynb", CODE],
        cwd=folder, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    notebook = json.loads((folder / "made.ipynb").read_text(encoding="utf-8"))
    (found,) = [each for each in notebook["cells"][0]["outputs"] if each["output_type"] == "execute_result"]
    data: dict[str, Any] = found["data"]
    return data


@pytest.fixture(scope="module")
def frame(output: dict[str, Any]) -> str:
    return "".join(output["text/html"])


def test_the_output_is_one_frame_with_the_whole_page_inside(frame: str) -> None:
    (outside,) = Parsed(frame.encode()).named("iframe")
    assert outside["sandbox"] is None
    assert outside["title"] == 'A <report> & "more"'
    inside = Parsed(str(outside["srcdoc"]).encode())
    assert inside.text["title"].startswith('A <report> & "more"')
    assert "'none'" in inside.policy
    assert not inside.named("script")


def pixels(page: Page) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(page.picture())).convert("RGB"))


def share(area: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> float:
    return float((area == colour).all(axis=-1).mean())


def changed(area: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8]) -> float:
    return float((area != before).any(axis=-1).mean())


def test_nothing_leaks_from_the_frame_or_into_it(frame: str, tmp_path: Path) -> None:
    (tmp_path / "with.html").write_text(HOST + frame, encoding="utf-8")
    (tmp_path / "without.html").write_text(HOST, encoding="utf-8")
    with served(tmp_path) as address, Browser() as browser:
        page = browser.open(f"{address}/with.html")
        place = page.evaluate("JSON.parse(JSON.stringify(document.querySelector('iframe').getBoundingClientRect()))")
        left, top, right, bottom = (int(place[side]) for side in ("left", "top", "right", "bottom"))
        seen, alone = pixels(page), pixels(browser.open(f"{address}/without.html"))
        # Above and left of the frame the neighbour looks as it does without it.
        assert np.array_equal(seen[:top], alone[:top])
        assert np.array_equal(seen[top:, :left], alone[top:, :left])
        assert share(seen[:top], MAGENTA) > 0.5
        inside = np.s_[top + 2 : min(bottom, 900) - 2, left + 2 : right - 2]
        assert share(seen[inside], MAGENTA) == 0
        assert share(seen[inside], (255, 255, 0)) == 0
        assert share(seen[inside], PAPER) > 0.5
        assert page.console == []
        assert {request.rpartition("/")[2] for request in page.requests} <= {"with.html", "favicon.ico"}

        # A link to a chapter moves the page in the frame, and opens nothing in its place.
        page.click(left + 190, top + 20)
        end = time.monotonic() + 30
        moved = seen
        while changed(moved[inside], seen[inside]) < 0.02 and time.monotonic() < end:
            time.sleep(0.1)
            moved = pixels(page)
        assert changed(moved[inside], seen[inside]) >= 0.02
        assert share(moved[inside], MAGENTA) == 0
        assert share(moved[inside], PAPER) > 0.5
        assert {request.rpartition("/")[2] for request in page.requests} <= {"with.html", "favicon.ico"}
