"""Explanations -> what page one shows of them: one answer in one picture, and how many of the pictures hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.why import Explanation
from reportgen.figures import evidence_maps
from reportgen.language.vocabulary import words
from reportgen.sections.why import drawn, sentences

# The first of these that a sample has is the one to show: a picture that holds is worth more than one that does not.
_ORDER = ("supported", "not specific", "weak", "not supported", "no verdict")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One answer in one picture.

    Attributes:
        sample: The sample.
        anchor: Where the chapter shows it.
        title: The answer, how sure it is, and whether it is right.
        word: The verdict.
        mark: The mark beside it.
        said: What painting over the outlined part does.
        picture: The image with the outline.
        summed_up: For how many samples the picture is supported.
    """

    sample: int
    anchor: str
    title: str
    word: str
    mark: str
    said: str
    picture: Figure
    summed_up: str


def glimpse(evidence: Evidence) -> Glimpse | None:
    """Return what page one shows; None where no answer was explained, or the chapter is left out."""
    result, known = evidence.why, words(evidence.model)
    samples = {sample.index: sample for sample in evidence.samples}
    one = _chosen(result.explanations if result else (), samples.keys())
    if result is None or one is None or "why" not in evidence.chapters:
        return None
    main, sample = one.main, samples[one.sample]
    assert main is not None, "it was chosen for its verdict"
    assert main.verdict is not None, "it was chosen for its verdict"
    image = evidence_maps.as_picture(sample.image, sample.grid, main.levels.shape)
    return Glimpse(
        sample=one.sample,
        anchor=f"why-{one.sample}",
        title=sentences.title(one, sample.label),
        word=main.verdict.word,
        mark=sentences.MARKS[main.verdict.word],
        said=sentences.outlined(one, known.sample),
        picture=drawn.picture(one, image, main.levels.ndim, "answer", known),
        summed_up=sentences.answer(result.explanations, known.sample),
    )


def _chosen(explanations: Sequence[Explanation], known: Collection[int]) -> Explanation | None:
    """The first of those with the best verdict, one with an outline before one without."""
    tested = [
        one for one in explanations if one.sample in known and one.main is not None and one.main.verdict is not None
    ]

    def rank(one: Explanation) -> tuple[bool, int]:
        verdict = one.main.verdict if one.main else None
        return one.outline is None, _ORDER.index(verdict.word) if verdict else len(_ORDER)

    return min(tested, key=rank, default=None)
