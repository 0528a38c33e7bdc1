"""The one convention: a member of each room from a package of its own appears everywhere, nothing else touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reportgen import registry
from reportgen.errors import OptionsError, UnknownNameError
from reportgen.options import chapters, make
from tests.commands import forked

ROOT = Path(__file__).resolve().parents[1]

# The room of each module, as in the package itself.
MEMBERS = {
    "layers": "toy_house.turning",
    "sources": "toy_house.checkerboard",
    "probes": "toy_house.brightness",
    "findings": "toy_house.lamps",
    "sections": "toy_house.light",
    "renderers": "toy_house.text",
}
FILES = {
    "__init__.py": "",
    "turning.py": """
from reportgen.records.model import Arithmetic

KINDS = frozenset({"Flip"})


def work_out(kind, config, input_shapes):
    (shape,) = input_shapes
    return Arithmetic(shape, 0, 0, (), (), notes=("Every value is moved once.",))
""",
    "checkerboard.py": """
import numpy as np

from reportgen.sources.memory import from_arrays

ACCEPTED = "checkerboard for a board of 8 by 8 and its negative"
IN_SHORT = "checkerboard"


def accepts(spec):
    return spec == IN_SHORT


def open(spec, shape=None, reading=None):
    board = np.indices((8, 8)).sum(axis=0)[..., None] % 2.0
    return from_arrays(np.stack([board, 1 - board]), [0, 1], name="two boards", source=spec)
""",
    "brightness.py": """
from dataclasses import dataclass

from reportgen.budget.work import Work

NEEDS = ("samples",)


@dataclass(frozen=True, slots=True)
class BrightnessResult:
    means: tuple[float, ...]


def run(subject, options, progress):
    samples = subject.earlier["samples"]
    assert samples == subject.samples
    return BrightnessResult(tuple(float(subject.images([each.index]).mean()) for each in samples))


def forecast(record, dataset, options, plan):
    return Work("how bright the samples are", seconds=plan.num_samples)
""",
    "lamps.py": """
from reportgen.document.rules import Rule

GREY = Rule(
    code="TOY1",
    name="grey-samples",
    severity="warning",
    since="0.1.0",
    title="The samples are neither dark nor bright",
    means="Half of every sample is white.",
    why="Nothing stands out.",
    measured="The mean value of each sample.",
    cannot_tell="It knows no colours.",
    mend="Turn the lamps on.",
)
RULES = (GREY,)


def judge(evidence):
    brightness = evidence.further.get("brightness")
    if brightness is not None and set(brightness.means) == {0.5}:
        yield GREY.finding("All samples are grey.", "Lamps help.", "light", facts={"num_grey": len(brightness.means)})
""",
    "light.py": """
from dataclasses import dataclass

from reportgen.document.report import Section

TITLE = "Light"
PART = "annex"
NEEDS = ("brightness",)


@dataclass(frozen=True, slots=True)
class Content:
    \"\"\"What the chapter shows.

    Attributes:
        means: Mean value of each sample.
    \"\"\"

    means: tuple[float, ...]


def build(evidence):
    return Section("light", TITLE, "The samples are grey.", Content(evidence.further["brightness"].means))
""",
    "light.html": "<p>{% for mean in section.content.means %}As bright as {{ mean|number }}. {% endfor %}</p>\n",
    "light.css": ".light-only { color: inherit }\n",
    "text.py": """
SUFFIX = ".txt"


def estimate(plan):
    return 5_000_000


def render(report, tools):
    return "\\n".join(section.title for section in report.sections).encode("utf-8")
""",
}
# A package of the user's own would be brought in by a few such lines.
REGISTER = f"""
import importlib
for room, module in {MEMBERS!r}.items():
    package = importlib.import_module(f"reportgen.{{room}}")
    package.NAMES = (*package.NAMES, module)
"""
# Keras knows the operation, and no formula of ours does.
MODEL = """
import keras

image = keras.Input((8, 8, 1))
maps = keras.ops.flip(keras.layers.Conv2D(2, 3, name="conv")(image), axis=1)
keras.Model(image, keras.layers.Dense(2, "softmax")(keras.layers.Flatten()(maps))).save("toy.keras")
"""
COMMANDS = """
from reportgen.commands.cli import main

for more in (("--help",), ("--dry-run",), ()):
    given = ("toy.keras", "--data", "checkerboard", "--pick", "index:0,1")
    shown = ("--section", "summary", "--section", "light", "-o", "made")
    wanted = (*shown, "--format", "html", "--format", "json", "--format", "text")
    main(("build", *(() if more == ("--help",) else (*given, *wanted)), *more), standalone_mode=False)
    print("=====", flush=True)
for word in ((), ("grey-samples",), ("toy1",)):
    main(("rule", *word), standalone_mode=False)
    print("=====", flush=True)

import json
from reportgen import registry
from reportgen.findings.pages import rules_markdown
from reportgen.renderers.schema import schema

print(rules_markdown(), flush=True)
print("=====", flush=True)
print(json.dumps(schema({name: registry.load("sections", name).Content for name in registry.names("sections")})))
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with a package that has one module for each room."""
    folder = tmp_path / "toy_house"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def members(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same modules registered in this process."""
    monkeypatch.syspath_prepend(str(house))
    for room, module in MEMBERS.items():
        package = sys.modules.get(f"reportgen.{room}") or __import__(f"reportgen.{room}", fromlist=["NAMES"])
        monkeypatch.setattr(package, "NAMES", (*package.NAMES, module))


def run(start: list[str], folder: Path) -> str:
    path = os.pathsep.join([str(ROOT), str(folder)])
    shown = subprocess.run(
        start,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


@pytest.mark.usefixtures("members")
def test_last_part_of_a_path_is_the_name_of_a_member_from_elsewhere(house: Path) -> None:
    assert registry.names("renderers")[-1] == "text"
    assert registry.load("renderers", "text").__name__ == "toy_house.text"
    assert registry.elsewhere("sections") == (house / "toy_house" / "light.py",)
    with pytest.raises(UnknownNameError, match="text"):
        registry.load("renderers", "toy_house.text")


@pytest.mark.usefixtures("members")
def test_options_know_a_chapter_and_a_format_from_elsewhere() -> None:
    assert make({"format": "text"}).format == ("text",)
    assert chapters(make({"section": ["light", "summary"]})) == ("summary", "light")
    before = registry.names("renderers")[-2]
    with pytest.raises(OptionsError, match=f"{before!r} or 'text'"):
        make({"format": "texts"})


@pytest.mark.keras
def test_a_member_of_each_room_appears_in_help_forecast_report_and_schema(house: Path) -> None:
    run(forked(MODEL), house)
    start = [sys.executable, "-W", "ignore", "-c", f"{REGISTER}\n{COMMANDS}"]
    usage, dry, _, rules, by_name, by_code, guide, schema = run(start, house).split("=====\n")

    flowing = " ".join(usage.split())
    assert f"[{'|'.join(registry.names('renderers'))}|text]" in flowing
    assert f"{registry.names('sections')[-1]}, light;" in flowing
    assert "or checkerboard." in flowing

    rows = {tuple(cell.strip() for cell in line.split("  ") if cell.strip())[:2] for line in dry.splitlines()}
    assert ("seconds, how bright the samples are", "about 2") in rows
    assert any(row[0] == "bytes of text, at most" and row[1].startswith("5") for row in rows if len(row) == 2)

    made: dict[str, Any] = json.loads((house / "made" / "report.json").read_text(encoding="utf-8"))
    assert made["sections"]["light"]["content"] == {"means": [0.5, 0.5]}  # as many white squares as black ones
    (turned,) = (call for call in made["model"]["layers"] if call["kind"] == "Flip")
    assert (turned["macs"], turned["notes"]) == (0, ["Every value is moved once."])
    assert (house / "made" / "report.txt").read_text(encoding="utf-8") == "At a glance\nLight"
    page = (house / "made" / "report.html").read_text(encoding="utf-8")
    assert "As bright as 0.5." in page
    assert ".light-only { color: inherit }" in page
    assert "Annex A" in page
    jsonschema.validate(made, json.loads(schema))
    assert "light" not in json.loads((ROOT / "reportgen" / "schema.json").read_bytes())["properties"]["sections"]

    assert "| TOY1 | grey-samples | The samples are neither dark nor bright |" in rules
    assert by_name == by_code
    assert "Turn the lamps on." in by_name
    assert "## From other packages\n\n### TOY1 grey-samples\n" in guide
    (grey,) = (finding for finding in made["findings"] if finding["code"] == "TOY1")
    assert (grey["severity"], grey["facts"]) == ("warning", [{"name": "num_grey", "value": 2}])
    assert "All samples are grey." in page
