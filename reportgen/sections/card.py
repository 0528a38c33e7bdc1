"""A card -> what the owner of the model stated, set apart from what reportgen measured."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.records.card import TABLES, Statement

TITLE = "What the owner states"
PART = "annex"
NEEDS = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The statements of one table of the card.

    Attributes:
        title: What the table is called.
        statements: Its fields, also those that are not provided.
    """

    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        file: Name of the card's file.
        num_stated: How many fields the owner filled in.
        num_fields: How many there are.
        tables: What was stated, table by table.
    """

    file: str
    num_stated: int
    num_fields: int
    tables: tuple[Table, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where no card was given."""
    card = evidence.card
    if card is None:
        return None
    tables = tuple(
        Table(title, tuple(each for each in card.statements if each.key.rpartition(".")[0] == name))
        for name, title in TABLES.items()
    )
    stated = sum(bool(each.values) for each in card.statements)
    content = Content(card.file, stated, len(card.statements), tables)
    filled = f"{stated} of {len(card.statements)} fields are filled in" if stated else "No field is filled in"
    answer = f"{filled}. All of it is stated by the owner in {card.file}, and not checked by reportgen."
    return Section("card", TITLE, answer, content)
