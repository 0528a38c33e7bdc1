"""The scores of all images -> the accuracy, the confusions, and the most confident mistakes."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.performance import (
    Calibration,
    ClassAccuracy,
    Commonest,
    Confusion,
    HeadScores,
    Share,
    Sureness,
)
from reportgen.evidence.predictions import ANSWERED_ABOVE
from reportgen.figures import inputs
from reportgen.figures import scores as figures
from reportgen.figures.class_labels import Labels, labels
from reportgen.language.numerals import number, percent, plural
from reportgen.language.ties import Tie, first
from reportgen.language.vocabulary import Words, words
from reportgen.sections.performance import confusions
from reportgen.sections.performance.confusions import Pair
from reportgen.sections.summary import scope

TITLE = "How often is it right?"
PART = "body"
NEEDS = ("predictions", "samples", "performance")
MOST_WHOLE = 20
"""Up to so many classes, the matrix has numbers and the classes are shown whole; of more, so many rows."""
LEAST_TOLD = 5
"""Of many classes, none is told of by itself where the largest has fewer images."""
MOST_SQUARE = 9
"""Up to so many classes, the confusions are a table with a column for each class; of more, a list."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong prediction.

    Attributes:
        index: Place of the image in the data.
        name: Its file's name, or "".
        figure: The image as the network gets it.
        label: Its true class or classes.
        answered: The predicted class or classes.
        confidence: How confident the prediction is, 0..1.
        anchor: Where the report looks at it closely: "maps-of-sample-7", "sample-7", or "".
    """

    index: int
    name: str
    figure: Figure
    label: str | None
    answered: str | None
    confidence: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Head:
    """How good one output is.

    Attributes:
        name: The output, where there are several; else "".
        output: What its predictions are: "probabilities", "logits" or "multi-label".
        num_classes: How many classes it can predict.
        right: Images that are classified correctly.
        among_five: Images whose true class is among the five most probable ones; None of few classes.
        sureness: How often it is right where it is sure, and where it is not; None for a multi-label output.
        commonest: The class that most images belong to, or several; None for a multi-label output.
        num_nonfinite: How many predictions hold NaN or infinity; they are counted as wrong.
        classes: Recall and precision of every class that the data hold or the network predicts.
        confusions: Every pair of true and predicted class that occurs, with its number.
        matrix: The same as a picture; None for a multi-label output.
        calibration: Confidence against accuracy, in bins; None for a multi-label output.
        reliability: The same as a picture.
        num_mistakes: How many wrong predictions there are, without those that hold NaN or infinity.
        mistakes: The most confident of these.
        mistakes_tie: How many wrong predictions are as confident as the last one shown, where only some of these are
            shown, drawn at random; else None.
        seed: Seed of what is drawn among equals.
    """

    name: str
    output: str
    num_classes: int
    right: Share
    among_five: Share | None
    sureness: Sureness | None
    commonest: Commonest | None
    num_nonfinite: int
    classes: tuple[ClassAccuracy, ...]
    confusions: tuple[Confusion, ...]
    matrix: Figure | None
    calibration: Calibration | None
    reliability: Figure | None
    num_mistakes: int
    mistakes: tuple[Mistake, ...]
    mistakes_tie: Tie | None
    seed: int

    @property
    def at(self) -> str:
        """Which output it is, where there are several."""
        return f" at the output {self.name}" if self.name else ""

    @property
    def answered_above(self) -> float:
        """The probability above which a class of a multi-label output counts as predicted."""
        return ANSWERED_ABOVE

    @property
    def is_whole(self) -> bool:
        """Whether there are so few classes that all are shown."""
        return len(self.classes) <= MOST_WHOLE

    @property
    def too_few_words(self) -> str:
        """What can be said of single classes where there are many of them and each has few images; else ""."""
        sizes = [each.recall.whole for each in self.classes if each.recall]
        if self.is_whole or max(sizes, default=LEAST_TOLD) >= LEAST_TOLD:
            return ""
        few = number(sizes[0]) if min(sizes) == max(sizes) else f"{number(min(sizes))} to {number(max(sizes))}"
        always = sum(each.recall.part == each.recall.whole for each in self.classes if each.recall)
        never = sum(not each.recall.part for each in self.classes if each.recall)
        return (
            f"There are {few} per class, too few to tell how well a single class is recognised:"
            f" {number(always)} of {plural(len(sizes), 'class', 'classes')} are recognised every time, and"
            f" {number(never)} never."
        )

    @property
    def is_square(self) -> bool:
        """Whether there are so few classes that a table has a column for each."""
        return len(self.classes) <= MOST_SQUARE

    @property
    def shown(self) -> tuple[ClassAccuracy, ...]:
        """The classes to show first: all, or those that are found least often, among them the largest first."""
        return self.classes if self.is_whole else _least_found(self.classes, self.seed)[0]

    @property
    def shown_caption(self) -> str:
        """What of all classes those are: a sentence without its end."""
        shown, tie = _least_found(self.classes, self.seed)
        of = f"{number(len(shown))} of {plural(len(self.classes), 'class', 'classes')}{self.at}"
        if tie is None:
            return f"The {of} with the lowest recall, among equals the larger first"
        drawn = f"drawn at random with seed {self.seed}"
        if tie.total == sum(each.recall is not None for each in self.classes):
            return f"{of}, {drawn}, as all have the same recall and the same size"
        if tie.shown == len(shown):
            return f"{of}, {drawn} from {number(tie.total)} with the lowest recall and the same size"
        return (
            f"The {of} with the lowest recall, among equals the larger first; of {number(tie.total)} with the same"
            f" recall and the same size, {number(tie.shown)} {'is' if tie.shown == 1 else 'are'} shown, {drawn}"
        )

    @property
    def labels(self) -> Labels:
        """What stands for the classes."""
        return _labels(self.classes, self.num_nonfinite)

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of a small table: for every class, and at the end for answers that are no number."""
        return (*self.labels.heads, *((confusions.NO_NUMBER,) if self.num_nonfinite else ()))

    @property
    def rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The rows of a small table: the true class, and how often it was given each answer."""
        table = _counts(self.classes, self.confusions, self.num_nonfinite).tolist()
        return tuple((name, tuple(row)) for name, row in zip(self.labels.names, table, strict=True))

    @property
    def wrong(self) -> tuple[Pair, ...]:
        """What is taken for what, the most frequent first."""
        return confusions.pairs(self.classes, self.confusions, self.labels.names)

    @property
    def frequent(self) -> tuple[Pair, ...]:
        """The most frequent of these."""
        return confusions.frequent(self.wrong, MOST_WHOLE, self.seed)[0]

    @property
    def frequent_caption(self) -> str:
        """What of all confusions those are."""
        found = self.wrong
        shown, tie = confusions.frequent(found, MOST_WHOLE, self.seed)
        said = confusions.caption(found, shown, tie, self.seed)
        return f"Confusions{self.at}: {said}{self.labels.left_out}"


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        data: Name of the data.
        split: What the data may be called.
        num_images: Images in the data.
        scope: What a score on them must not be called: a whole sentence.
        heads: Every output that predicts classes and has labels.
    """

    data: str
    split: str
    num_images: int
    scope: str
    heads: tuple[Head, ...]


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without classes whose true ones are known."""
    result, dataset = evidence.performance, evidence.dataset
    if result is None or dataset is None:
        return None
    content = Content(
        data=dataset.name,
        split=dataset.split,
        num_images=result.heads[0].right.whole,
        scope=scope(dataset, words(evidence.model)),
        heads=tuple(_head(evidence, head, place) for place, head in enumerate(result.heads)),
    )
    return Section("performance", TITLE, _answer(content, words(evidence.model)), content)


def _head(evidence: Evidence, head: HeadScores, place: int) -> Head:
    several = len(evidence.model.outputs) > 1
    after = f"-{place}" if place else ""
    at = f" at the output {head.name}" if several else ""
    known = words(evidence.model)
    return Head(
        name=head.name if several else "",
        output=head.output,
        num_classes=head.num_classes,
        right=head.right,
        among_five=head.among_five,
        sureness=head.sureness,
        commonest=head.commonest,
        num_nonfinite=head.num_nonfinite,
        classes=head.classes,
        confusions=head.confusions,
        matrix=_matrix(evidence, head, f"confusions{after}", at) if head.confusions else None,
        calibration=head.calibration,
        reliability=_reliability(head.calibration, f"reliability{after}", at, known) if head.calibration else None,
        num_mistakes=head.num_mistakes,
        mistakes=tuple(_mistake(evidence, head, number, after) for number in range(len(head.mistakes))),
        mistakes_tie=head.mistakes_tie,
        seed=head.seed,
    )


def _mistake(evidence: Evidence, head: HeadScores, place: int, after: str) -> Mistake:
    sample = head.mistakes[place]
    answer = next((each for each in sample.heads if each.name == head.name), None)
    label, answered = (answer.label, answer.answered) if answer else (sample.label, sample.answered)
    said = f", labelled {label}, predicted {answered}"
    figure = inputs.draw(sample, f"mistake-{sample.index}{after}", what=words(evidence.model).sample, said=said)
    return Mistake(
        index=sample.index,
        name=sample.name,
        figure=figure,
        label=label,
        answered=answered,
        confidence=head.confidences[place],
        anchor=_anchor(evidence, sample.index),
    )


def _anchor(evidence: Evidence, index: int) -> str:
    """Where an image is looked at closely."""
    maps = evidence.activations.samples if evidence.activations else ()
    if "activations" in evidence.chapters and any(each.sample == index for each in maps):
        return f"maps-of-sample-{index}"
    if "samples" in evidence.chapters and any(each.index == index for each in evidence.samples):
        return f"sample-{index}"
    return ""


def _least_found(classes: tuple[ClassAccuracy, ...], seed: int) -> tuple[tuple[ClassAccuracy, ...], Tie | None]:
    known = [each for each in classes if each.recall]
    return first(
        known,
        MOST_WHOLE,
        seed,
        key=lambda each: (each.recall.value, -each.recall.whole) if each.recall else (0.0, 0),
    )


def _labels(classes: tuple[ClassAccuracy, ...], num_nonfinite: int) -> Labels:
    return labels([(each.index, each.name) for each in classes], len(classes) + (num_nonfinite > 0))


def _counts(classes: tuple[ClassAccuracy, ...], cells: tuple[Confusion, ...], num_nonfinite: int) -> figures.Counts:
    """Put the counts into a matrix, one row per true class, answers that are no number in a last column."""
    places = {each.index: place for place, each in enumerate(classes)}
    return figures.counted(
        (len(classes), len(classes) + (num_nonfinite > 0)),
        [
            (places[each.label], len(classes) if each.answered is None else places[each.answered], each.number)
            for each in cells
        ],
    )


def _matrix(evidence: Evidence, head: HeadScores, name: str, at: str) -> Figure:
    known = words(evidence.model)
    classes, num_nonfinite = head.classes, head.num_nonfinite
    counts = _counts(classes, head.confusions, num_nonfinite)
    short = _labels(classes, num_nonfinite)
    names = short.names if len(classes) <= MOST_WHOLE else [each.name for each in classes]
    commonest = confusions.most_frequent(confusions.pairs(classes, head.confusions, names))
    alt = (
        f"Confusion matrix of {plural(len(classes), 'class', 'classes')}{at}: {number(head.right.part)} of"
        f" {plural(head.right.whole, known.sample)} on the diagonal. {commonest}"
    )
    how = (
        f"Confusions{at}: one row for each true class, one column for each predicted class; correct predictions are on"
        f" the diagonal. The shade is the square root of the share of the row, so that rare mistakes show. {commonest}"
    )
    if len(classes) <= MOST_WHOLE:
        how += f"{' The columns are numbered like the rows.' if short.numbered else ''}{short.left_out}"
        fonts = [font.path for font in evidence.fonts]
        return figures.numbered_matrix(name, counts, short, alt=alt, caption=how, fonts=fonts)
    block = -(-len(classes) // figures.MOST_POINTS)
    if num_nonfinite:
        counts = counts[:, :-1]
        how += f" Not drawn: {plural(num_nonfinite, 'prediction')} with NaN or infinity."
    if block > 1:
        how += f" Each point stands for {number(block)} × {number(block)} neighbouring classes."
    how += f" The axes count the {plural(len(classes), 'class', 'classes')} that occur, in their order, from 0."
    return figures.plain_matrix(name, figures.blocks(counts, block), block, alt=alt, caption=how)


def _reliability(calibration: Calibration, name: str, at: str, known: Words) -> Figure:
    error = percent(calibration.error)
    by_chance = percent(calibration.error_by_chance[0])
    alt = (
        f"Reliability diagram{at}: {plural(calibration.right.whole, 'prediction')} in {len(calibration.bins)} bins;"
        f" expected calibration error {error}, by chance {by_chance}."
    )
    caption = (
        f"Confidence against accuracy{at}, over {plural(calibration.right.whole, 'prediction')} in"
        f" {len(calibration.bins)} bins of equal width. Bars: accuracy, with its 95 % interval; dots: mean confidence"
        " of the bin; dashed: where accuracy would equal confidence. Below: predictions in each bin; one with few"
        f" {known.samples} says little."
    )
    return figures.reliability(name, calibration, alt=alt, caption=caption)


def _answer(content: Content, known: Words) -> str:
    head = content.heads[0]
    low, high = head.right.interval
    where = f" at its output {head.name}" if head.name else ""
    over = (
        f"over all {plural(content.num_images, known.sample)}"
        if content.num_images > 1
        else f"on the only {known.sample}"
    )
    what = (
        f"The accuracy{where} {over} is {percent(head.right.value)}"
        if head.commonest is not None
        else f"The share of predictions{where} with exactly the true classes, {over}, is {percent(head.right.value)}"
    )
    said = f"{what} (95 % interval {percent(low)} to {percent(high)}, if they were drawn at random)."
    if head.among_five is not None:
        said += f" Among the five most probable classes the true one is in {percent(head.among_five.value)}."
    if head.commonest is not None:
        names, share = head.commonest.names, percent(head.commonest.share.value)
        said += (
            f" Always predicting {names[0]} would reach {share}."
            if len(names) == 1
            else f" Always predicting the same class would reach at most {share}."
        )
    return f"{said} {content.scope}"
