"""Single images of all -> pictures for page one: the surest mistakes, the largest errors, the surest and least sure."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.performance import HeadScores
from reportgen.evidence.pixels import PixelHead
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import journey as drawing
from reportgen.language.numerals import number, percent, plural
from reportgen.language.ties import Tie
from reportgen.language.vocabulary import Words, words
from reportgen.sections.summary.keys import scored_pixels
from reportgen.sections.summary.verdict import main_scores

MOST = 8
_SIDE = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """One image.

    Attributes:
        sample: Its index in the data.
        figure: The image.
        label: What it is, or what is true of it; "" where that is not known.
        answered: What was predicted.
        measure: How sure, or how far off: "96 %".
        anchor: Where the report looks at it closely, or "".
    """

    sample: int
    figure: Figure
    label: str
    answered: str
    measure: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Some images.

    Attributes:
        title: What they are.
        lead: A sentence above them, or "".
        items: The images.
        caption: What they are, of how many.
    """

    title: str
    lead: str
    items: tuple[Picture, ...]
    caption: str


def pictures(evidence: Evidence) -> Pictures | None:
    """Return the images to show; None where there is nothing to tell of single ones."""
    head = main_scores(evidence)
    if head is not None:
        return _mistakes(evidence, head) if head.mistakes else None
    scored = scored_pixels(evidence)
    if scored is not None:
        return _worst(evidence, scored) if scored.worst else None
    return _extremes(evidence)


def _mistakes(evidence: Evidence, head: HeadScores) -> Pictures:
    known, items = words(evidence.model), []
    for sample, confidence in list(zip(head.mistakes, head.confidences, strict=True))[:MOST]:
        answer = next((each for each in sample.heads if each.name == head.name), None)
        label, answered = (answer.label, answer.answered) if answer else (sample.label, sample.answered)
        items.append(_picture(evidence, sample, label or "", answered or "", percent(confidence, 0)))
    which = f"The {number(len(items))} surest of {plural(head.num_mistakes, 'mistake')}"
    if len(items) == head.num_mistakes:
        which = "Its only mistake" if len(items) == 1 else f"All {number(len(items))} mistakes, the surest first"
    caption = (
        f"What the label says → what was predicted, and how sure it was. {which}{_tied(head.mistakes_tie, head.seed)}."
    )
    return Pictures("The mistakes it was surest of", "", tuple(items), caption + _first_of(known))


def _worst(evidence: Evidence, head: PixelHead) -> Pictures:
    known = words(evidence.model)
    items = []
    for sample, score in list(zip(head.worst, head.worst_scores, strict=True))[:MOST]:
        measure = percent(score) if head.kind == "classes" else number(score)
        items.append(_picture(evidence, sample, f"{known.sample} {number(sample.index)}", "", measure))
    what = "mean intersection over union" if head.kind == "classes" else "mean absolute error"
    caption = (
        f"The {plural(len(items), known.sample)} of {number(head.num_images)} that it answers worst, by the {what}."
    )
    return Pictures(f"The {known.samples} that it answers worst", "", tuple(items), caption)


def _extremes(evidence: Evidence) -> Pictures | None:
    result, found, known = evidence.journey, evidence.predictions, words(evidence.model)
    if result is None or found is None or not result.extremes:
        return None
    items = []
    for sample, measure in zip(result.extremes, result.measures, strict=True):
        if found.errors is not None:
            label, answered = _values(sample, found.name)
            items.append(_picture(evidence, sample, label, answered, f"off by {number(measure)}"))
        else:
            items.append(_picture(evidence, sample, "", sample.answered or "", percent(measure, 0)))
    total = plural(found.num_images, known.sample)
    if found.errors is not None:
        caption = f"What is true → what was predicted. The {number(len(items))} largest errors of {total}."
        return Pictures("The largest errors", "", tuple(items), caption)
    half = len(items) // 2
    caption = (
        f"What was predicted, and how sure it was: the {number(half)} surest of {total}, then the {number(half)} least"
        " sure. Without labels, nobody knows which are right."
    )
    return Pictures("What it is surest and least sure of", "", tuple(items), caption)


def _values(sample: SampleRecord, name: str) -> tuple[str, str]:
    """The true values and the predicted ones, where they are few."""
    head = next((each for each in sample.heads if each.name == name), None)
    if head is None or not head.targets or len(head.targets) > 2:
        return f"sample {number(sample.index)}", ""
    true = ", ".join(number(value) for value in head.targets)
    return true, ", ".join(number(each.value) for each in head.answers[: len(head.targets)])


def _picture(evidence: Evidence, sample: SampleRecord, label: str, answered: str, measure: str) -> Picture:
    what = words(evidence.model).sample
    said = f", labelled {label}" if label else ""
    said += f", predicted {answered} ({measure})" if answered else f" ({measure})"
    alt = f"{what[:1].upper()}{what[1:]} {sample.index}{said}."
    figure = drawing.picture(f"glance-{sample.index}", drawing.base(sample), _SIDE, alt)
    return Picture(sample.index, figure, label, answered, measure, _anchor(evidence, sample.index))


def _anchor(evidence: Evidence, index: int) -> str:
    if "samples" in evidence.chapters and any(each.index == index for each in evidence.samples):
        return f"sample-{index}"
    return ""


def _tied(tie: Tie | None, seed: int) -> str:
    if tie is None:
        return ""
    return f"; {number(tie.shown)} of them drawn at random (seed {seed}) from {number(tie.total)} that are equally sure"


def _first_of(known: Words) -> str:
    return f" A label can be wrong, too: look at the {known.samples}."
