"""The chapter of the network as a page: where the boxes of the drawing lead, and what a reader without eyes is told."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import count

import pytest

from reportgen.document.report import Report
from reportgen.language.cleaning import anchor
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.records.precision import Precision
from reportgen.renderers import html, templating
from reportgen.sections import architecture
from tests import made
from tests.figures.graphs import MODELS

each = pytest.mark.parametrize("record", MODELS.values(), ids=MODELS)


def page(record: ModelRecord, medium: html.Medium = "screen") -> str:
    section = architecture.build(made.bare(model=record))
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
        if tag == "svg" and told.get("role") == "group":
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
    assert found.drawings or medium == "print"  # of a chain, paper has the stages alone
    assert {tags[0] for tags in found.drawings} <= {"title"}


@each
def test_print_has_no_links_in_drawings_for_the_typesetter_takes_them_for_text(record: ModelRecord) -> None:
    assert not re.search(r"<svg(?:(?!</svg>).)*<a ", page(record, "print"), flags=re.DOTALL)


def chapter(*layers: LayerRecord, medium: html.Medium = "screen") -> str:
    """The words of the whole chapter, but for the drawing."""
    evidence = made.evidence(model=made.model(*layers))
    report = Report("t", "t", evidence.model, evidence.run, (), (architecture.build(evidence),))
    document = re.sub(r"<svg.*?</svg>", "", html.document(report, medium), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", document)).split())


HALF = Precision("float16", ("float32",), weight_bytes=40)
WHOLE = Precision("float32", ("float32",), weight_bytes=24)
BYTES = Precision("int8", ("int8", "float32"), quantized="int8", weight_bytes=27)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (WHOLE, WHOLE, "All layers compute in float32 and store their weights in it."),
        (HALF, HALF, "All layers compute in float16 and store their weights in float32."),
        (HALF, WHOLE, "Number formats: of the multiply-adds, 92 % in float16 and 8 % in float32."),
        (WHOLE, BYTES, "1 of 2 layers with weights is quantized to int8: scores. A weight takes one byte"),
    ],
    ids=["usual", "mixed alike", "mixed", "quantized"],
)
def test_number_formats_are_a_line_and_stand_beside_each_layer_only_where_they_differ(
    first: Precision, last: Precision, said: str
) -> None:
    shown = chapter(made.conv(precision=first), made.pool(), made.dense(precision=last))
    assert said in shown
    assert ("Below the kind:" in shown) == (first != last)
    assert ("float16 / float32" in shown) == ((first, last) == (HALF, WHOLE))


def test_large_network_on_paper_has_formats_and_zeros_in_its_lines() -> None:
    more = {"precision": HALF, "kernel_weights": 9, "zero_weights": 3}
    layers = [made.conv(f"conv_{n}", index=n, inputs=(f"conv_{n - 1}" if n else "",), **more) for n in range(61)]
    shown = chapter(*layers, made.dense(precision=WHOLE, inputs=("conv_60",)), medium="print")
    assert "61 layers conv_ 0 to conv_ 60 Conv2D 3 × 3 float16 / float32; 33.3 % zero" in shown


@pytest.mark.parametrize(("zero", "is_shown"), [(0, False), (49, False), (50, True), (1000, True)])
def test_zero_weights_stand_beside_each_layer_where_one_has_many(zero: int, is_shown: bool) -> None:
    shown = chapter(made.conv(kernel_weights=1000, zero_weights=zero), made.dense(kernel_weights=3000))
    assert ("Below the parameters" in shown) == is_shown
    said = {
        50: "1 % of the kernel weights are zero: 50 of 4 000.",
        1000: "25 % of the kernel weights are zero: 1 000 of",
    }
    assert said.get(zero, "Every call") in shown


def test_zero_kernels_are_counted_by_layer() -> None:
    shown = chapter(made.conv(kernel_weights=9, zero_weights=9, zero_kernels=(0,)), made.dense())
    assert (
        "All weights of some output channels are zero: 1 of 1 in conv. Whatever the input, such a channel has" in shown
    )


def test_multiply_adds_that_could_not_be_counted_are_no_part_of_a_share() -> None:
    shown = chapter(made.conv(), made.layer("own", "Own", macs=None, has_formula=False), made.dense())
    assert "shares of all learned numbers and of all multiply-adds that were counted" in shown
    assert "nor 1 layer without a count" in shown
