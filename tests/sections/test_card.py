"""What the owner states stands apart, and where frameworks are mapped nothing is claimed that is not there."""

from __future__ import annotations

import re

from reportgen.records.card import FIELDS, KEYS, TABLES
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
