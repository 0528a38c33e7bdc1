"""The chosen samples -> each as the network gets it, with its label, the first answers and why it was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document import Figure, Section
from reportgen.evidence import Answer, ClassScore, Evidence, SampleRecord
from reportgen.figures import inputs
from reportgen.templating import number, percent, plural, shape, size
from reportgen.vocabulary import Words, words

TITLE = "The samples"
NEEDS = ("predictions",)


@dataclass(frozen=True, slots=True)
class Sample:
    """One chosen sample.

    Attributes:
        index: Its place in the data.
        name: Its file's name, or "".
        figure: The image as the network gets it.
        reason: Why it was chosen.
        label: Its true class, or None.
        correct: Whether the first answer is the true class; None where that cannot be said.
        answers: The first answers.
        value_range: Lowest and highest value of the image as the network gets it.
    """

    index: int
    name: str
    figure: Figure
    reason: str
    label: str | None
    correct: bool | None
    answers: tuple[Answer, ...]
    value_range: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        samples: The chosen samples.
        output: What the answers are: "probabilities", "logits" or "values".
        data: Name of the data.
        split: What the data may be called.
        num_images: Images in the data.
        right: How many were answered rightly, or None.
        interval: 95 % interval of the share of right answers, or None.
        per_class: Right answers by class.
    """

    samples: tuple[Sample, ...]
    output: str
    data: str
    split: str
    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    per_class: tuple[ClassScore, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without data."""
    predictions, dataset = evidence.predictions, evidence.dataset
    if predictions is None or dataset is None or not evidence.samples:
        return None
    content = Content(
        samples=tuple(_sample(sample, words(evidence.model).sample) for sample in evidence.samples),
        output=predictions.output,
        data=dataset.name,
        split=dataset.split,
        num_images=predictions.num_images,
        right=predictions.right,
        interval=predictions.interval,
        per_class=predictions.per_class,
    )
    return Section("samples", TITLE, _answer(content, evidence), content)


def _sample(sample: SampleRecord, what: str) -> Sample:
    label = f", labelled {sample.label}" if sample.label is not None else ""
    answered = f", answered {sample.answers[0].name}" if sample.answers else ""
    figure = inputs.draw(sample, f"sample-{sample.index}-image", what=what, said=f"{label}{answered}")
    return Sample(
        index=sample.index,
        name=sample.name,
        figure=figure,
        reason=sample.reason,
        label=sample.label,
        correct=sample.correct,
        answers=sample.answers,
        value_range=sample.value_range,
    )


def _answer(content: Content, evidence: Evidence) -> str:
    known = words(evidence.model)
    shown = f"{number(len(content.samples))} of {plural(content.num_images, known.sample)} are looked at closely"
    extent = f", as the network gets them: {_extent(content, evidence, known)}"
    if content.right is None:
        return f"{shown}{extent}."
    return (
        f"{shown}{extent}. Over all {known.samples} the network is right in"
        f" {percent(content.right / content.num_images)} of cases."
    )


def _extent(content: Content, evidence: Evidence, known: Words) -> str:
    first, grid = content.samples[0].figure, evidence.samples[0].grid
    if grid is None:
        return f"{size((first.height_px, first.width_px))} pixels"
    return f"{shape(grid.sizes)} {known.points}"
