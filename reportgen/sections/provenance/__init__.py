"""The run facts -> how the report was made, what was checked, and how to make it again."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Fact, Section
from reportgen.evidence import Evidence
from reportgen.options import Options, words
from reportgen.records.data import DatasetRecord, TrainingRecord
from reportgen.sections.provenance.claims import Claim, claims
from reportgen.sections.provenance.unchecked import Unchecked, unchecked

TITLE = "How this was made"
PART = "annex"
NEEDS = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows besides the run facts.

    Attributes:
        dataset: The data, or None.
        training: How the default network was trained, or None for a model that was loaded.
        checked: What was compared with what, in whole sentences.
        claims: What was looked for, beside what chance shows.
        unchecked: What was not checked, and why.
        options: The options that differ from their default.
        num_defaults: How many others there are.
        by_hand: How the printed commands make the hashes again, in a whole sentence; "" where none is printed.
    """

    dataset: DatasetRecord | None
    training: TrainingRecord | None
    checked: tuple[str, ...]
    claims: tuple[Claim, ...]
    unchecked: tuple[Unchecked, ...]
    options: tuple[Fact, ...]
    num_defaults: int
    by_hand: str


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    changed = _changed(evidence.run.options)
    content = Content(
        dataset=evidence.dataset,
        training=evidence.training,
        checked=_checked(evidence),
        claims=claims(evidence),
        unchecked=unchecked(evidence),
        options=changed,
        num_defaults=len(evidence.run.options) - len(changed),
        by_hand=_by_hand(evidence.dataset),
    )
    made = "One command makes this report again"
    bits = "; on the same machine and with the same versions, the files are identical, byte for byte"
    return Section("provenance", TITLE, f"{made}{bits}.", content)


def _changed(options: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The options in force that are not as they come."""
    usual = {name: values or "the default" for name, values in words(Options()).items()}
    return tuple(fact for fact in options if fact.value != usual.get(fact.name, "the default"))


def _by_hand(dataset: DatasetRecord | None) -> str:
    command = dataset.hash_command if dataset else ""
    if command.startswith("import "):
        return (
            "The hash of the data is made again in Python, with the arrays that were given: images, and labels as the"
            " number of each image's class or as true values."
        )
    return (
        "The hashes by hand are made in a shell with GNU's tools, in the folder that holds the data." if command else ""
    )


def _checked(evidence: Evidence) -> tuple[str, ...]:
    said = [
        "Every output shape by formula against Keras's own shape rule, every parameter count against the model's own.",
        (
            "Every count of multiply-adds by formula against the kernels that are there, times the positions"
            " they are used at."
        ),
        "Every weight for NaN and infinity.",
    ]
    if evidence.activations:
        said.append("Every output shape by formula against the tensor that came out for a sample.")
    if evidence.pooling:
        said.append("The four poolings worked by hand against Keras's own pooling layers.")
    if evidence.names:
        said.append("The predictions before and after layers were renamed, bit by bit.")
    return tuple(said)
