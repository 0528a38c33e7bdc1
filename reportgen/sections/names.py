"""The model's predictions under other names -> the proof that names are labels."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Section
from reportgen.evidence import Evidence
from reportgen.language.numerals import number, plural

TITLE = "Names are labels"
PART = "annex"
NEEDS = ("names",)


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        renamed: Old and new names.
        trial: Whether the names were changed for a trial only.
        num_images: Images that went through the model both times.
        largest_difference: Largest absolute difference of the predictions.
        identical: Whether they agree to the last bit.
        repeats: Whether the model gives the same predictions twice under the same names.
    """

    renamed: tuple[tuple[str, str], ...]
    trial: bool
    num_images: int
    largest_difference: float
    identical: bool
    repeats: bool


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where nothing could be compared."""
    result = evidence.names
    if result is None:
        return None
    content = Content(
        result.renamed, result.trial, result.num_images, result.largest_difference, result.identical, result.repeats
    )
    what = (
        "every layer was given another name for a trial"
        if result.trial
        else f"{plural(len(result.renamed), 'layer was', 'layers were')} renamed"
    )
    outcome = (
        "the predictions are identical, to the last bit"
        if result.identical
        else f"the predictions differ by up to {number(result.largest_difference)}"
    )
    answer = f"Changing a layer's name changes nothing else: {what}, and {outcome}."
    if not result.repeats:
        answer = (
            "It cannot be seen here whether names change anything: the network gives different predictions for the"
            " same input, under the same names too."
        )
    elif not result.identical:
        answer = f"Changing a layer's name should change nothing else, but it did: {what}, and {outcome}."
    return Section("names", TITLE, answer, content)
