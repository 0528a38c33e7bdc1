"""What only the owner of a model can say, field by field. None of it can be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["text", "list", "yes or no", "day"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a card.

    Attributes:
        key: Its place in the file: "model.intended-purpose".
        label: What it is called in the report.
        form: What it holds: a text, a list of texts, true or false, a day.
    """

    key: str
    label: str
    form: Form = "text"

    @property
    def table(self) -> str:
        """The table that it stands in: "data.training"."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Its key in that table."""
        return self.key.rpartition(".")[2]


TABLES: dict[str, str] = {
    "model": "The model",
    "development": "How it was developed",
    "data.training": "The training data",
    "data.evaluation": "The evaluation data",
    "oversight": "Human oversight",
    "limits": "Limits",
    "responsible": "Who answers for it",
}
"""The tables of a card, and what each is called in the report."""


def _of_data(table: str) -> tuple[Field, ...]:
    return (
        Field(f"{table}.name", "Name"),
        Field(f"{table}.provenance", "Provenance"),
        Field(f"{table}.collection", "Collection"),
        Field(f"{table}.labelling", "Labelling"),
        Field(f"{table}.cleaning", "Cleaning"),
        Field(f"{table}.license", "License"),
        Field(f"{table}.personal-data", "Personal data", "yes or no"),
        Field(f"{table}.groups", "Groups of people"),
    )


FIELDS: tuple[Field, ...] = (
    Field("model.name", "Name"),
    Field("model.version", "Version"),
    Field("model.previous-version", "Previous version"),
    Field("model.changes", "Changes since then"),
    Field("model.provider", "Provider"),
    Field("model.contact", "Contact"),
    Field("model.license", "License"),
    Field("model.tags", "Tags", "list"),
    Field("model.intended-purpose", "Intended purpose"),
    Field("model.intended-users", "Intended users"),
    Field("model.out-of-scope", "Out of scope", "list"),
    Field("model.hardware", "Intended hardware"),
    Field("model.risk-class", "Risk class"),
    Field("model.risk-class-reason", "Reason for the risk class"),
    Field("development.steps", "Steps"),
    Field("development.rationale", "Reasons for the design"),
    Field("development.resources", "Computing resources"),
    *_of_data("data.training"),
    *_of_data("data.evaluation"),
    Field("oversight.measures", "Measures"),
    Field("oversight.interpretation", "How to read the outputs"),
    Field("limits.known", "Known limits", "list"),
    Field("limits.groups", "Accuracy by groups of people"),
    Field("limits.metrics-why", "Why these metrics"),
    Field("limits.foreseeable-misuse", "Foreseeable misuse"),
    Field("responsible.name", "Name"),
    Field("responsible.role", "Role"),
    Field("responsible.approved", "Approved on", "day"),
)
"""All fields, in the order of the report. Each may be left out."""
KEYS: tuple[str, ...] = tuple(field.key for field in FIELDS)


@dataclass(frozen=True, slots=True)
class Statement:
    """A field of a card, and what the owner stated.

    Attributes:
        key: Its place in the file: "model.intended-purpose".
        label: What it is called.
        values: What was stated, of a list each item, of a day "2026-11-27", of true and false "yes" and "no"; () where
            nothing was.
        source: Name of the file that it was taken from, where that is not the card; else "".
    """

    key: str
    label: str
    values: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What the owner of a model stated. Nothing of it is checked.

    Attributes:
        file: Name of its file.
        statements: Every field, in the order of `FIELDS`.
    """

    file: str
    statements: tuple[Statement, ...]

    def of(self, key: str) -> tuple[str, ...]:
        """Return what was stated in a field; () where nothing was."""
        return next(each.values for each in self.statements if each.key == key)
