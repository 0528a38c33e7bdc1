"""The web page: one file, a policy that holds, and names that stay names."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from reportgen import registry
from reportgen.document.report import Report, Section, TemplateFile
from reportgen.errors import RenderError
from reportgen.language import cleaning
from reportgen.renderers import html, json, templating
from reportgen.sections import glossary
from tests.renderers import reports
from tests.renderers.parsed import Page

ROOT = Path(__file__).resolve().parents[2]


def characters_by_family(style: str) -> dict[str, set[int]]:
    """The characters that each embedded family can show."""
    found: dict[str, set[int]] = {}
    for family, data in re.findall(r'@font-face\{font-family:"([^"]+)".*?base64,([^"]+)"', style):
        font = TTFont(io.BytesIO(base64.b64decode(data)))
        found.setdefault(family, set()).update(font.getBestCmap())
    return found


@pytest.mark.usefixtures("templates")
def test_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    page = Page(html.render(reports.report()))
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert page.policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        "font-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@pytest.mark.usefixtures("templates")
def test_style_sheet_stands_in_the_page_as_written() -> None:
    page = Page(html.render(reports.report()))
    assert page.style.endswith(reports.SCREEN_RULES.rstrip())
    assert "@page" not in page.style


@pytest.mark.usefixtures("templates")
def test_print_document_has_page_rules_and_no_fonts_inside() -> None:
    page = Page(html.document(reports.report(), "print").encode())
    assert page.style == "\n".join((templating.shared_rules(), reports.SCREEN_RULES, reports.PRINT_RULES)).strip()
    assert "@font-face" not in page.style


@pytest.mark.usefixtures("templates")
def test_hostile_names_stay_text() -> None:
    plain = Page(html.render(reports.report()))
    page = Page(html.render(reports.report(title=reports.HOSTILE, name=reports.HOSTILE)))

    def elements(of: Page) -> list[str]:
        return [tag for tag, _ in of.tags if tag not in ("wbr", "span")]

    assert elements(page) == elements(plain)
    shown = reports.SHOWN
    assert page.text["h1"] == shown
    assert page.named("img")[0]["alt"] == f"Maps of {shown}"
    assert page.named("tr")[1]["title"] == shown
    attributes = {name for _, attrs in page.tags for name in attrs}
    assert not {name for name in attributes if name.startswith("on")}
    assert page.style.endswith(reports.SCREEN_RULES.rstrip())


@pytest.mark.usefixtures("templates")
def test_a_name_cannot_take_the_place_of_the_style_sheet() -> None:
    page = html.render(reports.report(name=f"{html._STYLE_SLOT}{html._POLICY_SLOT}"))
    assert page.count(b"@font-face{font-family:") == page.count(b"@font-face")
    assert Page(page).named("tr")[1]["title"] == "\ufffdstyle\ufffd\ufffdpolicy\ufffd"


@pytest.mark.usefixtures("templates")
def test_every_character_of_the_page_has_a_glyph() -> None:
    text = "Größe ⌈26 × 26⌉ ≤ 1 − ½ · ⁻¹² ✕ ▲ ● → Ωμέγα и Ж"
    page = Page(html.render(reports.report(name=text)))
    glyphs = characters_by_family(page.style)
    # ▲ comes from an escape in the style sheet, ẞ-like capitals from text-transform.
    wanted = {ord(character) for character in text + text.upper() + "▲"}
    assert wanted <= glyphs["IBM Plex Sans"] | glyphs["DejaVu Sans"]
    assert wanted <= glyphs["IBM Plex Mono"] | glyphs["DejaVu Sans Mono"]
    assert glyphs["DejaVu Sans"].isdisjoint(glyphs["IBM Plex Sans"])


def test_a_style_sheet_that_ends_itself_is_refused(templates: Path) -> None:
    reports.write_templates(templates, rules="p::before { content: '</STYLE>' }")
    with pytest.raises(RenderError, match="</style"):
        html.render(reports.report())


def _render_in_a_new_process(templates: Path, seed: str) -> bytes:
    code = (
        "import sys, pathlib; from reportgen import registry; from reportgen.renderers import templating;"
        "from tests.renderers import reports;"
        f"templating._folder = lambda: pathlib.Path({str(templates)!r});"
        "sys.stdout.buffer.write(registry.load('renderers', 'html').render(reports.report(name='ä⌊✕')))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": seed}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True
    ).stdout


def test_two_processes_write_the_same_bytes(templates: Path) -> None:
    first = html.render(reports.report(name="ä⌊✕"))
    assert b"font/woff2" in first
    assert first == _render_in_a_new_process(templates, "1") == _render_in_a_new_process(templates, "2000000000")


def test_every_renderer_keeps_the_convention() -> None:
    suffixes = [registry.load("renderers", name).SUFFIX for name in registry.names("renderers")]
    assert suffixes == [
        ".html", ".pdf", ".json", "-summary.pdf", "-answers.npz", "-model-card.md", ".cdx.json", ".intoto.json",
    ]  # fmt: skip


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_the_real_template_keeps_hostile_names_as_text(medium: html.Medium) -> None:
    plain = Page(html.document(_without_chapters("a"), medium).encode())
    page = Page(html.document(_without_chapters(reports.HOSTILE), medium).encode())
    assert [tag for tag, _ in page.tags if tag not in ("wbr", "span")] == [
        tag for tag, _ in plain.tags if tag not in ("wbr", "span")
    ]
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "base")]
    assert not [attrs for _, attrs in page.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert reports.SHOWN in page.text["title"]
    everything = "".join(page.text.values()) + "".join(str(value) for _, each in page.tags for value in each.values())
    assert cleaning.clean(everything) == everything


def _without_chapters(name: str) -> Report:
    """A report for the real templates, whose chapters want contents of their own."""
    return dataclasses.replace(reports.report(title=name, name=name), sections=())


@pytest.mark.parametrize("title", ["One", "Another"])
def test_page_names_the_hash_of_the_report_that_belongs_to_it(title: str) -> None:
    report = dataclasses.replace(reports.report(title=title), sections=())
    written = hashlib.sha256(json.render(report)).hexdigest()
    for page in (html.render(report), html.parted(report, "assets").page):
        (told,) = [each["content"] for each in Page(page).named("meta") if each.get("name") == "dcterms.identifier"]
        assert told == f"report.json sha256:{written}"
    assert "dcterms.identifier" not in html.document(report, "print")


SECTIONS = (
    Section("edges", "Title of edges", "The answer.", glossary.Content(()), "Strokes, mostly upright"),
    Section("glossary", "Title of glossary", "The answer.", glossary.Content(()), part="annex"),
    Section("names", "Title of names", "The answer.", glossary.Content(()), part="annex"),
)


def chapters(medium: html.Medium, *annexes: str, sheets: tuple[TemplateFile, ...] = ()) -> str:
    """A page of one chapter of the body and two annexes, in the report's own frame."""
    empty = tuple(TemplateFile(f"sections/{each.name}.html", "0", "") for each in SECTIONS)
    made = dataclasses.replace(reports.report(), sections=SECTIONS, findings=(), pdf_annexes=annexes)
    return html.filled(dataclasses.replace(made, templates=(*empty, *sheets)), medium)


def test_a_chapter_is_headed_by_what_is_seen_and_counted_apart_from_annexes() -> None:
    page = chapters("screen", "none")
    heads = re.findall(r"<span>([^<]*)</span>(?:<a[^>]*>[^<]*</a>)?</p>\s*<h2[^>]*>([^<]*)</h2>", page)
    assert heads == [
        ("1 · Title of edges", "Strokes, mostly upright"),
        ("Annex A", "Title of glossary"),
        ("Annex B", "Title of names"),
    ]
    assert page.count('id="annexes"') == 1
    assert page.index('id="edges"') < page.index('id="annexes"') < page.index('id="glossary"')


@pytest.mark.parametrize(
    ("annexes", "expected"),
    [
        (("all",), ["edges", "glossary", "names"]),
        (("none",), ["edges"]),
        (("names",), ["edges", "names"]),
    ],
    ids=["all", "none", "some"],
)
def test_paper_has_the_annexes_that_were_chosen(annexes: tuple[str, ...], expected: list[str]) -> None:
    def present(medium: html.Medium) -> list[str]:
        return re.findall(r'<section class="chapter \w+" id="(\w+)"', chapters(medium, *annexes))

    assert present("print") == expected
    assert present("screen") == ["edges", "glossary", "names"]
    assert ('id="annexes"' in chapters("print", *annexes)) == (len(expected) > 1)


def test_a_chapters_own_rules_are_there_where_the_chapter_is() -> None:
    sheet = TemplateFile("sections/edges.css", "0", ".only-edges { color: red }")
    assert ".only-edges" in chapters("screen", sheets=(sheet,))
    away = TemplateFile("sections/channels.css", "0", ".only-channels { color: red }")
    assert ".only-channels" not in chapters("screen", sheets=(away,))


def test_paper_has_no_link_to_what_only_a_screen_has() -> None:
    text = (
        '<p><a href="#edges">there</a> <a class="map" href="#away">gone</a>'
        ' <a class="on-page" href="#edges">Page </a> <a class="on-page" href="#away">Page </a></p>'
    )
    given = TemplateFile("sections/edges.html", "0", text)
    page = html.filled(
        dataclasses.replace(reports.report(), sections=SECTIONS[:1], findings=(), templates=(given,)),
        "print",
    )
    assert '<a href="#edges">there</a> <a class="map">gone</a> <a class="on-page" href="#edges">Page </a></p>' in page
