"""A card and the chapters that are there -> where they hold information that frameworks of AI ask for.

It says "contains information for" and never "complies with": what is enough is for people to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.records.card import FIELDS, Card, Field
from reportgen.sections.technical.frameworks import FRAMEWORKS, Asked

TITLE = "For the technical file"
PART = "annex"
NEEDS = ()
_ABOUT = {"data.training": "training data: ", "data.evaluation": "evaluation data: ", "responsible": "person: "}


@dataclass(frozen=True, slots=True)
class Held:
    """What a chapter of this report contains.

    Attributes:
        what: What it is.
        chapter: Name of the chapter.
    """

    what: str
    chapter: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a framework.

    Attributes:
        number: Its number there: "2(d)".
        asks: What it asks for.
        here: What this report contains for it; () for nothing.
        stated: Fields of the card for it that the owner filled in, by their labels, those of a table together.
        missing: Fields of the card for it that are not provided, likewise.
        remark: What is neither here nor in the card, or how far it goes; "" where there is nothing to add.
    """

    number: str
    asks: str
    here: tuple[Held, ...]
    stated: tuple[str, ...]
    missing: tuple[str, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework.

    Attributes:
        name: Its name.
        points: Its points.
    """

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        frameworks: Each framework with its points.
        responsible: Who answers for the model, as the owner states it: name and role; () where it is not provided.
    """

    frameworks: tuple[Framework, ...]
    responsible: tuple[str, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where no card was given."""
    card = evidence.card
    if card is None:
        return None
    frameworks = tuple(
        Framework(name, tuple(_point(asked, card, evidence.built) for asked in points)) for name, points in FRAMEWORKS
    )
    responsible = (*card.of("responsible.name"), *card.of("responsible.role"))
    answer = (
        "Where a chapter or a field of the card is named, this report contains information for the point. Whether that"
        " is enough, and which points apply, is for people to judge."
    )
    return Section("technical", TITLE, answer, Content(frameworks, responsible))


def _point(asked: Asked, card: Card, built: tuple[str, ...]) -> Point:
    fields = [field for field in FIELDS if field.key in asked.card or field.table in asked.card]
    return Point(
        asked.number,
        asked.asks,
        tuple(Held(what, chapter) for what, chapter in asked.here if chapter in built),
        _labels([field for field in fields if card.of(field.key)]),
        _labels([field for field in fields if not card.of(field.key)]),
        asked.remark,
    )


def _labels(fields: Sequence[Field]) -> tuple[str, ...]:
    """The fields of each table in one piece of a sentence."""
    pieces = []
    for table, alike in groupby(fields, lambda field: field.table):
        labels = [f"{field.label[:1].lower()}{field.label[1:]}" for field in alike]
        pieces.append(f"{_ABOUT.get(table, '')}{', '.join(labels)}")
    return tuple(pieces)
