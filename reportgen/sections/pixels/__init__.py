"""The scores of picture-shaped answers -> classes, reconstructions or values pixel by pixel, and the worst images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.pixels import LEAST_IMAGES, ByClass, ByError, ClassByPixel, Estimate, PixelConfusion, PixelHead
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import inputs, pixel_maps
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.ties import Tie
from reportgen.language.vocabulary import Words, words
from reportgen.records.model import Shape
from reportgen.sections.pixels import panels
from reportgen.sections.pixels.panels import Panels
from reportgen.sections.summary import scope

TITLE = "How good is it, pixel by pixel?"
PART = "body"
NEEDS = ("predictions", "samples", "pixels")
MOST_WHOLE = 20
"""Up to so many classes the table has all of them; of more, so many with the lowest intersection over union."""
MOST_SQUARE = 9
"""Up to so many classes, the confusions are a table with a column for each."""
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Worst:
    """One of the images that are answered worst.

    Attributes:
        index: Its place in the data.
        name: Its file's name, or "".
        figure: The image as the network gets it.
        score: Its mean intersection over union, or its mean absolute error.
        panels: What is true, what was predicted and where they differ.
        anchor: Where the report looks at it closely, or "".
    """

    index: int
    name: str
    figure: Figure
    score: float
    panels: tuple[Panels, ...]
    anchor: str


@dataclass(frozen=True, slots=True)
class Head:
    """How good one output is.

    Attributes:
        name: The output, where there are several; else "".
        kind: "classes", "input" or "values".
        shape: Shape of one answer.
        num_nonfinite: Answers that hold NaN or infinity.
        by_class: Scores of classes; None of values.
        by_error: Scores of values; None of classes, and without true values.
        others: Which images the mean picture is the mean of, in words.
        distribution: How the images' errors are spread, as a picture; None without scores of values.
        error_map: Where it is wrong over all images; None where that is not known.
        error_map_top: What is drawn white in it: a share of wrong pixels, or an error.
        worst: The images that are answered worst.
        worst_tie: How many are as bad as the last one, where only some of these are shown, drawn at random; else None.
        seed: Seed of what is drawn among equals.
    """

    name: str
    kind: str
    shape: Shape
    num_nonfinite: int
    by_class: ByClass | None
    by_error: ByError | None
    others: str
    distribution: Figure | None
    error_map: Figure | None
    error_map_top: float
    worst: tuple[Worst, ...]
    worst_tie: Tie | None
    seed: int

    @property
    def at(self) -> str:
        """Which output it is, where there are several."""
        return f" at the output {self.name}" if self.name else ""

    @property
    def classes(self) -> tuple[ClassByPixel, ...]:
        """The classes that occur in masks or answers."""
        return (
            tuple(each for each in self.by_class.classes if each.num_true or each.num_answered) if self.by_class else ()
        )

    @property
    def shown(self) -> tuple[ClassByPixel, ...]:
        """Those that the table shows: all, or those that are found worst."""
        if len(self.classes) <= MOST_WHOLE:
            return self.classes
        known = sorted(
            (each for each in self.classes if each.iou), key=lambda each: each.iou.value if each.iou else 0.0
        )
        return tuple(known[:MOST_WHOLE]) or self.classes[:MOST_WHOLE]

    @property
    def absent(self) -> str:
        """Which classes the masks do not have: a sentence, or ""."""
        if self.by_class is None or self.by_class.accuracy is None:
            return ""
        names = [each.name for each in self.by_class.classes if not each.num_true]
        if not names:
            return ""
        told = [
            *names[:_MOST_NAMED],
            *([f"{number(len(names) - _MOST_NAMED)} more"] if len(names) > _MOST_NAMED else []),
        ]
        which = f"{'class' if len(names) == 1 else 'classes'} {listed(told)}"
        they, them = ("it is", "it") if len(names) == 1 else ("they are", "them")
        return (
            f"The masks have no pixel of the {which}: nothing can be said of how well {they} found, and the mean leaves"
            f" {them} out."
        )

    @property
    def unseen(self) -> int:
        """Classes that the output could answer, and that occur neither in masks nor in answers."""
        return len(self.by_class.classes) - len(self.classes) if self.by_class else 0

    @property
    def gain(self) -> str:
        """How much better or worse than the mean picture the network is: a sentence, or ""."""
        gain = self.by_error.gain if self.by_error else None
        if gain is None:
            return ""
        sign, word = (1, "smaller") if gain.value >= 0 else (-1, "larger")
        said = f"The network's is {number(abs(gain.value))} {word} than that of the mean picture"
        if gain.interval is None:
            return f"{said}."
        low, high = sorted(sign * end for end in gain.interval)
        return f"{said} (95 % interval {number(low)} to {number(high)})."

    @property
    def rows(self) -> tuple[tuple[ClassByPixel, tuple[float, ...]], ...]:
        """Of a small table of confusions: a true class, and the share of its pixels that got each answer."""
        if self.by_class is None or not self.by_class.confusions or len(self.classes) > MOST_SQUARE:
            return ()
        counts = {(each.label, each.answered): each.number for each in self.by_class.confusions}
        columns = [*(each.index for each in self.classes), *([None] if self.num_nonfinite else [])]
        return tuple(
            (each, tuple(counts.get((each.index, column), 0) / each.num_true for column in columns))
            for each in self.classes
            if each.num_true
        )

    @property
    def frequent(self) -> tuple[tuple[PixelConfusion, str, str], ...]:
        """The most frequent confusions of many classes, with the names of both."""
        if self.by_class is None or len(self.classes) <= MOST_SQUARE:
            return ()
        names = {each.index: each.name for each in self.by_class.classes}
        wrong = sorted(
            (each for each in self.by_class.confusions if each.label != each.answered), key=lambda each: -each.number
        )
        return tuple(
            (each, names[each.label], "no number" if each.answered is None else names[each.answered])
            for each in wrong[:MOST_WHOLE]
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        data: Name of the data.
        split: What the data may be called.
        num_images: Images in the data.
        scope: What a score on them must not be called: a whole sentence; "" without scores.
        heads: Every picture-shaped output.
    """

    data: str
    split: str
    num_images: int
    scope: str
    heads: tuple[Head, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without picture-shaped answers that are classes, or can be compared with what is true."""
    result, dataset = evidence.pixels, evidence.dataset
    if result is None or dataset is None or not any(head.by_class or head.by_error for head in result.heads):
        return None
    known = words(evidence.model)
    is_scored = any(head.is_scored for head in result.heads)
    content = Content(
        data=dataset.name,
        split=dataset.split,
        num_images=result.heads[0].num_images,
        scope=scope(dataset, known, "score") if is_scored else "",
        heads=tuple(_head(evidence, head, place) for place, head in enumerate(result.heads)),
    )
    told = [head for head in result.heads if head.by_class or head.by_error]
    first = next((head for head in told if head.is_scored), told[0])
    where = f" at the output {first.name}" if len(evidence.model.outputs) > 1 else ""
    answer = f"{said(first, known, where)}{_of_slices(result.heads)} {content.scope}".strip()
    return Section("pixels", TITLE, answer, content, _headline(first, where))


def _headline(head: PixelHead, where: str) -> str:
    if head.by_class is not None and head.by_class.accuracy is not None:
        return f"{percent(head.by_class.accuracy.value)} of the pixels are correct{where}"
    return f"Off by {number(head.by_error.errors.absolute.value)} on average{where}" if head.by_error else ""


def _of_slices(heads: Sequence[PixelHead]) -> str:
    """Say what a pixel is in a volume, and what is drawn of it."""
    most = max(head.num_slices for head in heads)
    if most == 1:
        return ""
    return f" Each position of a volume counts as a pixel; pictures show {number(most)} of its slices, spread evenly."


def said(head: PixelHead, known: Words, where: str) -> str:
    """Say how good an output is, in a sentence or three.

    Args:
        head: The output.
        known: The words for what the model reads.
        where: Which output it is, " at the output masks", where there are several.
    """
    over = plural(head.num_images, known.sample)
    if head.by_class is not None:
        return _said_of_classes(head.by_class, over, where)
    if head.by_error is None:
        return f"Nothing is known of what is true{where}, so there is no error: the values are drawn as they are."
    absolute, beside = head.by_error.errors.absolute, head.by_error.mean_picture
    what = (
        "The mean absolute error between the input and what comes out"
        if head.kind == "input"
        else "The mean absolute error"
    )
    sentence = f"{what}{where} is {number(absolute.value)} on {over}{in_words(absolute, percents=False)}."
    if beside is not None:
        sentence += (
            f" Always predicting the mean of {head.others(known.samples)} would give {number(beside.absolute.value)}."
        )
    return sentence


def _said_of_classes(scores: ByClass, over: str, where: str) -> str:
    if scores.accuracy is None or scores.mean_iou is None:
        most = max(scores.classes, key=lambda each: each.num_answered)
        share = percent(most.num_answered / max(scores.num_pixels, 1))
        return (
            f"There are no masks, so it is not known how many pixels are predicted correctly{where}. It predicts"
            f" {most.name} for {share} of the pixels of {over}, more than any other class."
        )
    sentence = (
        f"It predicts the right class for {percent(scores.accuracy.value)} of the pixels of {over}{where}"
        f"{in_words(scores.accuracy)}; the mean intersection over union is {percent(scores.mean_iou.value)}"
        f"{in_words(scores.mean_iou, short=True)}."
    )
    if scores.commonest is not None:
        sentence += (
            f" Always predicting {scores.commonest.name} would reach {percent(scores.commonest.accuracy)} and"
            f" {percent(scores.commonest.mean_iou)}."
        )
    return sentence


def in_words(estimate: Estimate, *, percents: bool = True, short: bool = False) -> str:
    """Return an interval in brackets, or why there is none.

    Args:
        estimate: The number.
        percents: Whether it is a share.
        short: Whether it was said before what is drawn at random.
    """
    if estimate.interval is None:
        return " (too few for an interval)" if estimate.num_images < LEAST_IMAGES and not short else ""
    low, high = (percent(end) if percents else number(end) for end in estimate.interval)
    return f" (95 % interval {low} to {high}{'' if short else ', if they were drawn at random'})"


def _head(evidence: Evidence, head: PixelHead, place: int) -> Head:
    known, several = words(evidence.model), len(evidence.model.outputs) > 1
    over = plural(head.num_images, known.sample)
    return Head(
        name=head.name if several else "",
        kind=head.kind,
        shape=head.shape,
        num_nonfinite=head.num_nonfinite,
        by_class=head.by_class,
        by_error=head.by_error,
        others=head.others(known.samples),
        distribution=(
            pixel_maps.distribution(f"pixel-errors-{place}", head.by_error, sample=known.sample)
            if head.by_error is not None and sum(head.by_error.counts) > 1
            else None
        ),
        error_map=None
        if head.error_map is None
        else pixel_maps.places(
            f"pixel-map-{place}",
            head.error_map,
            head.error_map_top,
            kind=head.kind,
            known=over,
            num_slices=head.num_slices,
        ),
        error_map_top=head.error_map_top,
        worst=tuple(
            _worst(evidence, sample, score, f"worst-{place}-{sample.index}")
            for sample, score in zip(head.worst, head.worst_scores, strict=True)
        ),
        worst_tie=head.worst_tie,
        seed=evidence.pixels.seed if evidence.pixels else 0,
    )


def _worst(evidence: Evidence, sample: SampleRecord, score: float, name: str) -> Worst:
    is_close = "samples" in evidence.chapters and any(each.index == sample.index for each in evidence.samples)
    return Worst(
        index=sample.index,
        name=sample.name,
        figure=inputs.draw(sample, f"{name}-image", what=words(evidence.model).sample),
        score=score,
        panels=panels.of_sample(evidence, sample, name),
        anchor=f"sample-{sample.index}" if is_close else "",
    )
