"""Templates and style sheets as people read them: short lines, and one list of colours for everything."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from reportgen.document import colours
from reportgen.renderers import templating

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
MODULES = sorted((ROOT / "reportgen").rglob("*.py"))
LIST = ROOT / "reportgen" / "document" / "colours.py"
HEX = re.compile(r"(?<![\w&/])#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_line_of_a_template_is_longer_than_160_characters(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [place for place, line in enumerate(lines, 1) if len(line) > 160] == []


def test_no_colour_stands_outside_the_list() -> None:
    outside = [path for path in (*TEMPLATES, *MODULES) if path != LIST]
    found = {name_of(path): HEX.findall(path.read_text(encoding="utf-8")) for path in outside}
    assert {name: there for name, there in found.items() if there} == {}


def test_no_colour_of_the_list_is_written_again_as_three_numbers() -> None:
    known = {colours.rgb(each) for pair in colours.ON_PAGES.values() for each in pair}
    known |= {colours.rgb(each) for each in colours.EVERYWHERE.values()}
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) == 3:
                values = tuple(each.value for each in node.elts if isinstance(each, ast.Constant))
                found += [(name_of(path), values)] if values in known else []
    assert found == []


def test_nothing_floats() -> None:
    # Where floats move to the next page, WeasyPrint draws them again on a later one, over what stands there.
    sheets = [path for path in TEMPLATES if path.suffix == ".css"]
    assert {name_of(path) for path in sheets if re.search(r"float:\s*(left|right)", path.read_text("utf-8"))} == set()


def test_style_sheets_read_only_properties_that_they_are_given() -> None:
    given = set(re.findall(r"(--[a-z-]+):", templating.shared_rules()))
    rules = templating.stylesheet("report.css") + templating.stylesheet("print.css")
    read = set(re.findall(r"var\((--[a-z-]+)\)", rules))
    assert read - given == set()


def test_dark_pages_have_a_colour_for_each_that_light_ones_have_of_their_own() -> None:
    light, dark = templating.shared_rules().split("@media (prefers-color-scheme: dark)")
    names = {name.replace("_", "-") for name in colours.ON_PAGES}
    assert set(re.findall(r"--([a-z-]+): #", dark)) == names
    assert set(re.findall(r"--([a-z-]+): #", light)) == names | {name.replace("_", "-") for name in colours.EVERYWHERE}
