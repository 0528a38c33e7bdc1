"""The run facts -> how the report was made, what was checked, and how to make it again."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.language.numerals import plural
from reportgen.records.data import DatasetRecord, TrainingRecord
from reportgen.sections.provenance.claims import Claim, claims

TITLE = "How this was made"
NEEDS = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows besides the run facts.

    Attributes:
        dataset: The data, or None.
        training: How the default network was trained, or None for a model that was loaded.
        checked: What was compared with what, in whole sentences.
        claims: What was looked for, beside what chance shows.
    """

    dataset: DatasetRecord | None
    training: TrainingRecord | None
    checked: tuple[str, ...]
    claims: tuple[Claim, ...]


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    content = Content(evidence.dataset, evidence.training, _checked(evidence), claims(evidence))
    made = "One command makes this report again"
    bits = "; on the same machine and with the same versions, the files are identical, byte for byte"
    return Section("provenance", TITLE, f"{made}{bits}.", content)


def _checked(evidence: Evidence) -> tuple[str, ...]:
    said = [
        "Every output shape by formula against Keras's own shape rule, every parameter count against the model's own.",
        (
            "Every count of multiply-adds by formula against the kernels that are there, times the positions"
            " they are used at."
        ),
        "Every weight for NaN and infinity.",
    ]
    unknown = len(evidence.model.unknown_calls)
    if unknown:
        said.append(
            f"Not checked: {plural(unknown, 'layer')} without a formula. Only the model's own numbers are known there."
        )
    if evidence.activations:
        said.append("Every output shape by formula against the tensor that came out for a sample.")
    if evidence.pooling:
        said.append("The four poolings worked by hand against Keras's own pooling layers.")
    if evidence.names:
        said.append("The predictions before and after layers were renamed, bit by bit.")
    said.append(
        "Receptive fields and jumps follow from the windows by formula; the model has no number to compare them with."
    )
    return tuple(said)
