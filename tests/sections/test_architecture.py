"""The chapter of the network as a page: where the boxes of the drawing lead, and what a reader without eyes is told."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import count

import pytest

from reportgen.document.report import Report, Section
from reportgen.figures import graph
from reportgen.language.cleaning import anchor
from reportgen.records.model import ModelRecord
from reportgen.renderers import html, templating
from reportgen.sections import architecture
from tests import made
from tests.figures.graphs import MODELS

each = pytest.mark.parametrize("record", MODELS.values(), ids=MODELS)


def page(record: ModelRecord, medium: html.Medium = "screen") -> str:
    # Without the chart of what each layer costs, which takes longer than all else here.
    content = architecture.Content(graph.draw(record), None, 0, 0, 0, adds_up=True)
    section = Section("architecture", architecture.TITLE, "", content)
    report = Report("A network", "A network", record, made.run(), (), (section,))
    numbers = {"figure": count(1).__next__, "table": count(1).__next__}
    return templating.render(
        "report.html", report=report, medium=medium, numbers=numbers, style="", policy="", record=""
    )


class Links(HTMLParser):
    """Ids of a page, and the addresses and names of the links in its drawings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.drawings: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if "id" in told:
            self.ids.append(told["id"])
        if tag == "svg":
            self.drawings.append([])
        elif self.drawings:
            self.drawings[-1].append(tag)
        if tag == "a" and self.drawings:
            self.links.append((told["href"].removeprefix("#"), ""))

    def handle_data(self, data: str) -> None:
        # The first text in a link is its title, or all that it shows.
        if self.links and not self.links[-1][1]:
            self.links[-1] = (self.links[-1][0], data.strip())


@each
def test_links_of_the_drawing_lead_somewhere(record: ModelRecord) -> None:
    found = Links(page(record))
    assert len(set(found.ids)) == len(found.ids)
    assert {target for target, _ in found.links} <= set(found.ids)
    assert all(name for _, name in found.links)


def test_every_box_leads_to_its_layer() -> None:
    record = MODELS["branch"]
    assert {target for target, _ in Links(page(record)).links} == {
        f"layer-{anchor(call.path)}" for call in record.layers
    }


def test_box_that_stands_for_others_leads_to_its_panel_and_its_last_line_to_the_layers() -> None:
    links = dict(reversed(Links(page(MODELS["siamese"])).links))
    assert links["drawing-model-encoder"] == "encoder: nested model, call 1 of 2, rows 1–2"
    assert links["layer-encoder-23-2--one"] == "rows 3–4"


@each
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_every_row_of_the_drawing_begins_with_its_alternative(record: ModelRecord, medium: html.Medium) -> None:
    found = Links(page(record, medium))
    assert found.drawings
    assert {tags[0] for tags in found.drawings} == {"title"}


@each
def test_print_has_no_links_in_drawings_for_the_typesetter_takes_them_for_text(record: ModelRecord) -> None:
    assert not re.search(r"<svg(?:(?!</svg>).)*<a ", page(record, "print"), flags=re.DOTALL)
