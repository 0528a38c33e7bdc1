"""The chosen samples -> each as the network gets it, with its label, the first answers and why it was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document import Figure, Section
from reportgen.evidence import Answer, ClassScore, Evidence, SampleRecord
from reportgen.figures import mosaic
from reportgen.records import Broken
from reportgen.templating import number, percent, plural, size

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
        notes: What was done to the images before the network got them, in whole sentences.
        broken: Images that cannot be read and are left out.
    """

    samples: tuple[Sample, ...]
    output: str
    data: str
    split: str
    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    per_class: tuple[ClassScore, ...]
    notes: tuple[str, ...]
    broken: tuple[Broken, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without data."""
    predictions, dataset = evidence.predictions, evidence.dataset
    if predictions is None or dataset is None or not evidence.samples:
        return None
    content = Content(
        samples=tuple(_sample(sample) for sample in evidence.samples),
        output=predictions.output,
        data=dataset.name,
        split=dataset.split,
        num_images=predictions.num_images,
        right=predictions.right,
        interval=predictions.interval,
        per_class=predictions.per_class,
        notes=dataset.notes,
        broken=dataset.broken,
    )
    return Section("samples", TITLE, _answer(content), content)


def _sample(sample: SampleRecord) -> Sample:
    height, width = sample.image.shape[:2]
    colour = "colour" if sample.image.ndim == 3 else "grey"
    label = f", labelled {sample.label}" if sample.label is not None else ""
    answered = f", answered {sample.answers[0].name}" if sample.answers else ""
    figure = mosaic.picture(
        f"sample-{sample.index}-image",
        sample.image,
        alt=f"Sample {sample.index}: {colour} image of {height} by {width} pixels{label}{answered}.",
    )
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


def _answer(content: Content) -> str:
    shown = f"{number(len(content.samples))} of {plural(content.num_images, 'image')} are looked at closely"
    first = content.samples[0].figure
    pixels = f", as the network gets them: {size((first.height_px, first.width_px))} pixels"
    if content.right is None:
        return f"{shown}{pixels}."
    return (
        f"{shown}{pixels}. Over all images the network is right in {percent(content.right / content.num_images)} of"
        " cases."
    )
