"""What the owner states stands apart, and where frameworks are mapped nothing is claimed that is not there."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from reportgen import registry
from reportgen.document.report import Report
from reportgen.records.card import FIELDS, KEYS, TABLES
from reportgen.renderers import pdf
from reportgen.sections import NAMES, card, technical
from reportgen.sections.technical.frameworks import FRAMEWORKS
from tests import made


def test_the_chapter_counts_what_is_filled_in_and_says_whose_words_these_are() -> None:
    section = card.build(made.evidence())
    assert section is not None
    assert section.answer == (
        "2 of 42 fields are filled in. All of it is stated by the owner in card.toml, and not checked by reportgen."
    )
    content = section.content
    assert isinstance(content, card.Content)
    assert [each for table in content.tables for each in table.statements] == list(made.card().statements)
    assert [each.title for each in content.tables] == list(TABLES.values())


def test_an_empty_card_has_a_chapter_and_no_card_none() -> None:
    section = card.build(made.evidence(card=made.card(model_name=())))
    assert section is not None
    assert section.answer.startswith("No field is filled in. ")
    assert card.build(made.bare()) is technical.build(made.bare()) is None


def mapped(**others: object) -> dict[str, technical.Point]:
    section = technical.build(made.evidence(**others))
    assert section is not None
    assert isinstance(section.content, technical.Content)
    return {point.number: point for framework in section.content.frameworks for point in framework.points}


def test_only_chapters_that_are_there_are_said_to_hold_something() -> None:
    points = mapped(built=("summary", "provenance"))
    assert {each.chapter for point in points.values() for each in point.here} == {"summary", "provenance"}
    assert points["2(g)"].here == (technical.Held("what was tested against chance", "provenance"),)
    assert not any(point.here for point in mapped(built=()).values())
    assert {each.chapter for point in mapped(built=NAMES).values() for each in point.here} <= set(NAMES)


def test_fields_are_stated_or_missing_and_never_both() -> None:
    point = mapped(card=made.card(data_training_name="MNIST", data_training_cleaning="None."))["2(d)"]
    assert point.stated == ("training data: name, cleaning",)
    assert point.missing == (
        "training data: provenance, collection, labelling, license, personal data, groups of people",
        "evaluation data: name, provenance, collection, labelling, cleaning, license, personal data, groups of people",
    )
    for asked in (asked for _, points in FRAMEWORKS for asked in points):
        known = {*KEYS, *(field.table for field in FIELDS)}
        assert set(asked.card) <= known, asked.number
        assert {chapter for _, chapter in asked.here} <= set(NAMES), asked.number


def test_every_field_that_an_auditor_asks_for_is_mapped_somewhere() -> None:
    asked = {key for _, points in FRAMEWORKS for point in points for key in point.card}
    left = {field.key for field in FIELDS if field.key not in asked and field.table not in asked}
    # What identifies the model, and what the owner says of its class of risk.
    assert left == {
        "model.name", "model.contact", "model.license", "model.tags", "model.risk-class", "model.risk-class-reason",
    }  # fmt: skip


def test_nothing_is_said_to_comply() -> None:
    section = technical.build(made.evidence())
    assert section is not None
    said = " ".join((section.answer, *(f"{point.asks} {point.remark}" for point in mapped().values())))
    assert "contains information for" in said
    assert not re.search(r"compl(y|ies|iant)|conforms|fulfil", said)


def test_who_answers_for_it_is_named_above_the_line() -> None:
    section = technical.build(made.evidence(card=made.card(responsible_name="A. Person", responsible_role="Owner")))
    assert section is not None
    assert isinstance(section.content, technical.Content)
    assert section.content.responsible == ("A. Person", "Owner")


@pytest.mark.pdf
def test_on_paper_pages_are_those_that_are_named_and_there_is_a_line_to_sign_on() -> None:
    names = ("summary", "provenance", "glossary", "card", "technical")
    seen = made.evidence(built=names, findings=())
    modules = [registry.load("sections", name) for name in names]
    chapters = tuple(replace(module.build(seen), part=module.PART) for module in modules)
    printed = pdf.render(Report(seen.title, "What toy sees", seen.model, seen.run, (), chapters))
    reader = PdfReader(io.BytesIO(printed))
    texts = [" ".join(page.extract_text().split()) for page in reader.pages]
    entries: list[Any] = [each for part in reader.outline if isinstance(part, list) for each in part]
    entries += [each for part in entries if isinstance(part, list) for each in part]
    pages = {
        str(each.title): (reader.get_destination_page_number(each) or 0) + 1
        for each in entries
        if not isinstance(each, list)
    }
    (contents,) = (text.partition("Contents")[2] for text in texts if "Contents" in text)
    for chapter in chapters[1:]:
        assert re.search(rf"{chapter.title} {pages[chapter.title]}\b", contents), (chapter.title, pages, contents)
    last = texts[-1]
    assert f"what each term means, page {pages['Glossary']}" in last.replace("\xa0", " ")
    assert re.search(r"Signature For the report .* Date Name Signature", last)
    attached = reader.attachments["report.json"][0]
    assert hashlib.sha256(attached).hexdigest() in last.replace(" ", "")
