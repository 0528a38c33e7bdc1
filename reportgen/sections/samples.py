"""The chosen samples -> each as the network gets it, with its label, the top predictions and why it was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.predictions import ErrorMoments, PredictionsResult
from reportgen.evidence.samples import Answer, HeadAnswer, SampleRecord
from reportgen.evidence.scaling import ScalingResult
from reportgen.figures import inputs, mosaic
from reportgen.findings.doubts import doubts
from reportgen.language.numerals import number, percent, plural, shape, size
from reportgen.language.vocabulary import Words, words
from reportgen.records.data import Broken, Doubt, Reason
from reportgen.records.model import Shape, product
from reportgen.sections.pixels import panels
from reportgen.sections.pixels.panels import Panels

TITLE = "The samples"
PART = "annex"
NEEDS = ("predictions", "pixels", "samples", "scaling")


@dataclass(frozen=True, slots=True)
class Input:
    """What a further input got for one sample.

    Attributes:
        name: The input.
        shape: Shape of what it got.
        values: Its values, or the first ones of many.
        num_values: How many it got.
        value_range: Lowest and highest of them.
        figure: The picture, where it is one; else None.
    """

    name: str
    shape: Shape
    values: tuple[float, ...]
    num_values: int
    value_range: tuple[float, float]
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class Head:
    """An output's predictions on all images.

    Attributes:
        name: The output.
        shape: Shape of one prediction.
        output: What the predictions are: "probabilities", "logits", "multi-label" or "values".
        right: How many were classified correctly; None where no true classes are known.
        interval: 95 % interval of the accuracy, or None.
        value_range: Lowest and highest finite value that came out, or None.
        mean_error: Mean absolute error of the values, or None.
        errors: How the errors of single images spread, or None.
    """

    name: str
    shape: Shape
    output: str
    right: int | None
    interval: tuple[float, float] | None
    value_range: tuple[float, float] | None
    mean_error: float | None
    errors: ErrorMoments | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One chosen sample.

    Attributes:
        index: Its place in the data.
        name: Its file's name, or "".
        figure: The image as the network gets it.
        reason: Why it was chosen.
        label: Its true class or classes, or None.
        answered: The predicted class or classes; None where the output is values, or holds NaN.
        correct: Whether that is correct; None where that is not known.
        answers: The top predictions.
        value_range: Lowest and highest value of the image as the network gets it.
        heads: What each output predicted, in the model's order.
        inputs: What the further inputs got.
        pixels: What each picture-shaped output predicted, drawn.
    """

    index: int
    name: str
    figure: Figure
    reason: str
    label: str | None
    answered: str | None
    correct: bool | None
    answers: tuple[Answer, ...]
    value_range: tuple[float, float]
    heads: tuple[HeadAnswer, ...]
    inputs: tuple[Input, ...]
    pixels: tuple[Panels, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        samples: The chosen samples.
        output: What the predictions are: "probabilities", "logits", "multi-label" or "values".
        data: Name of the data.
        split: What the data may be called.
        num_images: Images in the data.
        right: How many were classified correctly, or None.
        interval: 95 % interval of the accuracy, or None.
        mean_error: Mean absolute error of an output that predicts values, or None.
        errors: How the errors of single images spread, or None.
        head: Name of the output that all of this is about.
        others: The same of the model's further outputs.
        scaling: Predictions under each plausible scaling of the pixel values, or None.
        scaling_doubts: What speaks against the scaling in use.
        notes: What was done to the images before the network got them, in whole sentences.
        broken: Images that cannot be read and are left out: the first ones, by name.
        num_broken: How many there are in all.
        broken_reasons: How many there are of each reason, the most common first; together they are all.
    """

    samples: tuple[Sample, ...]
    output: str
    data: str
    split: str
    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    mean_error: float | None
    errors: ErrorMoments | None
    head: str
    others: tuple[Head, ...]
    scaling: ScalingResult | None
    scaling_doubts: tuple[Doubt, ...]
    notes: tuple[str, ...]
    broken: tuple[Broken, ...]
    num_broken: int
    broken_reasons: tuple[Reason, ...]

    @property
    def num_unnamed(self) -> int:
        """Images that cannot be read and are counted only."""
        return self.num_broken - len(self.broken)


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without data."""
    predictions, dataset = evidence.predictions, evidence.dataset
    if predictions is None or dataset is None or not evidence.samples:
        return None
    content = Content(
        samples=tuple(_sample(evidence, sample) for sample in evidence.samples),
        output=predictions.output,
        data=dataset.name,
        split=dataset.split,
        num_images=predictions.num_images,
        right=predictions.right,
        interval=predictions.interval,
        mean_error=predictions.mean_error,
        errors=predictions.errors.moments if predictions.errors else None,
        head=predictions.name,
        others=tuple(_head(other) for other in predictions.others),
        scaling=evidence.scaling,
        scaling_doubts=doubts(evidence.scaling, dataset.doubts),
        notes=(*dataset.notes, *_one_class_each(predictions, evidence)),
        broken=dataset.broken,
        num_broken=sum(reason.number for reason in dataset.broken_reasons),
        broken_reasons=dataset.broken_reasons,
    )
    return Section("samples", TITLE, _answer(content, evidence), content)


def _one_class_each(predictions: PredictionsResult, evidence: Evidence) -> Iterator[str]:
    """Say it where an output could name several classes, and the labels name one for each image."""
    known = words(evidence.model)
    activations = {output.name: output.activation for output in evidence.model.outputs}
    for result in (predictions, *predictions.others):
        is_yes_or_no = activations.get(result.name) == "sigmoid" and (product(result.shape) or 0) > 1
        if is_yes_or_no and result.right is not None and result.output == "probabilities":
            yield (
                f"The output {result.name} decides yes or no for each of {number(product(result.shape))} classes, but"
                f" the labels name exactly one class for each of the {known.samples}. So they were read as plain"
                " classes: a prediction is correct if the true class has the largest probability, whatever the other"
                " classes have."
            )


def _head(result: PredictionsResult) -> Head:
    return Head(
        name=result.name,
        shape=result.shape,
        output=result.output,
        right=result.right,
        interval=result.interval,
        value_range=result.value_range,
        mean_error=result.mean_error,
        errors=result.errors.moments if result.errors else None,
    )


def _input(sample: SampleRecord, place: int) -> Input:
    given = sample.inputs[place]
    figure = None
    if given.image is not None:
        figure = mosaic.picture(
            f"sample-{sample.index}-input-{place}",
            given.image,
            alt=f"Sample {sample.index}: what the input {given.name} gets, {size(given.image.shape)} pixels.",
        )
    return Input(given.name, given.shape, given.values, product(given.shape) or 1, given.value_range, figure)


def _sample(evidence: Evidence, sample: SampleRecord) -> Sample:
    what = words(evidence.model).sample
    label = f", labelled {sample.label}" if sample.label is not None else ""
    answered = f", predicted {sample.answered}" if sample.answered is not None else ""
    figure = inputs.draw(sample, f"sample-{sample.index}-image", what=what, said=f"{label}{answered}")
    return Sample(
        index=sample.index,
        name=sample.name,
        figure=figure,
        reason=sample.reason,
        label=sample.label,
        answered=sample.answered,
        correct=sample.correct,
        answers=sample.answers,
        value_range=sample.value_range,
        heads=sample.heads,
        inputs=tuple(_input(sample, place) for place in range(len(sample.inputs))),
        pixels=panels.of_sample(evidence, sample, f"sample-{sample.index}-pixels"),
    )


def _answer(content: Content, evidence: Evidence) -> str:
    known = words(evidence.model)
    verb = "is" if len(content.samples) == 1 else "are"
    shown = f"{number(len(content.samples))} of {plural(content.num_images, known.sample)} {verb} shown in detail"
    extent = f", as the network gets them: {_extent(content, evidence, known)}"
    if content.right is None:
        return f"{shown}{extent}."
    where = f" at its output {content.head}" if content.others else ""
    if content.output == "multi-label":
        return (
            f"{shown}{extent}. For {percent(content.right / content.num_images)} of all {known.samples} the network"
            f" predicts exactly the true classes{where}."
        )
    accuracy = percent(content.right / content.num_images)
    return f"{shown}{extent}. Over all {known.samples} the accuracy{where} is {accuracy}."


def _extent(content: Content, evidence: Evidence, known: Words) -> str:
    first, grid = content.samples[0].figure, evidence.samples[0].grid
    if grid is None:
        return f"{size((first.height_px, first.width_px))} pixels"
    return f"{shape(grid.sizes)} {known.points}"
