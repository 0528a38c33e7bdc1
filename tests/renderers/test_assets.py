"""A page whose style sheet and pictures are files: nothing is inside it, and they are what it held otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reportgen.document.report import Section
from reportgen.errors import RenderError
from reportgen.renderers import assets, html, templating
from tests import charted
from tests.renderers import reports
from tests.renderers.parsed import Page

FIGURE = charted.bars("shares", "a")


@pytest.mark.usefixtures("templates")
def test_page_holds_no_style_no_policy_and_no_picture() -> None:
    made = html.parted(reports.report(title=reports.HOSTILE, name=reports.HOSTILE), "assets")
    page = Page(made.page)
    assert page.named("link") == [{"rel": "stylesheet", "href": "assets/report.css"}]
    assert not page.named("style")
    assert not [each for each in page.named("meta") if "http-equiv" in each]
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert b"data:" not in made.page
    assert {each["src"] for each in page.named("img")} | {"assets/report.css"} == {
        f"assets/{name}" for name in made.files
    }


@pytest.mark.usefixtures("templates")
def test_files_are_the_pictures_and_the_rules_without_fonts() -> None:
    files = html.parted(reports.report(), "assets").files
    picture = reports.png()
    assert files == {
        "report.css": assets.MARK + f"{templating.shared_rules()}\n{reports.SCREEN_RULES}".encode(),
        f"{hashlib.sha256(picture).hexdigest()[:20]}.png": picture,
    }


@pytest.mark.usefixtures("templates")
def test_rest_of_the_page_is_that_of_the_usual_one() -> None:
    usual = re.sub(r"(?s)<style>.*?</style>|<meta http-equiv.*?>\n", "", html.render(reports.report()).decode())
    beside = html.parted(reports.report(), "assets").page.decode()
    usual, beside = (re.sub(r'<link rel.*?>|src="[^"]*"', "", page) for page in (usual, beside))
    assert beside == usual


@pytest.mark.usefixtures("templates")
def test_charts_keep_their_look_as_attributes() -> None:
    section = Section("activations", "T", "A.", reports.Content((FIGURE,), None))
    files = html.parted(dataclasses.replace(reports.report(), sections=(section,)), "assets").files
    svg = next(data for name, data in files.items() if name.endswith(".svg"))
    before, after = (list(ElementTree.fromstring(data).iter()) for data in (FIGURE.data, svg))
    assert not [each for each in after if each.tag.endswith("}style") or "style" in each.attrib]
    styled = [each for each in before if "style" in each.attrib]
    shown = [each for each in after if {"fill", "stroke"} & set(each.attrib)]
    assert styled
    assert len(styled) == len(shown)
    for was, is_ in zip(styled, shown, strict=True):
        rules = dict(rule.split(": ") for rule in was.attrib["style"].split("; "))
        assert {name: is_.attrib[name] for name in rules} == rules
    assert (after[0].attrib["stroke-linejoin"], after[0].attrib["stroke-linecap"]) == ("round", "butt")


def test_a_file_is_ours_by_what_it_holds_alone() -> None:
    name = f"{hashlib.sha256(b'x').hexdigest()[:20]}.png"
    assert assets.is_ours(name, b"x")
    assert not assets.is_ours(name, b"y")
    assert not assets.is_ours("logo.png", b"x")
    assert not assets.is_ours(name.replace(".png", ".exe"), b"x")
    assert assets.is_ours("report.css", assets.MARK + b"p {}")
    assert not assets.is_ours("report.css", b"p {}")


def test_a_template_with_its_style_elsewhere_is_one_sentence(templates: Path) -> None:
    reports.write_templates(templates, reports.TEMPLATE.replace("<style>", '<style media="all">'))
    with pytest.raises(RenderError, match=r"cannot be made a file of its own.* Expected <style>.* Write them so"):
        html.parted(reports.report(), "assets")
