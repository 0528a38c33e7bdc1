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
    Passing,
    Share,
    Sureness,
    share,
)
from reportgen.evidence.predictions import ANSWERED_ABOVE
from reportgen.figures import inputs
from reportgen.figures.class_labels import Labels
from reportgen.findings.weak_classes import WeakClasses, weak_classes
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.ties import Tie
from reportgen.language.vocabulary import Words, words
from reportgen.sections.performance import confusions, drawn
from reportgen.sections.performance.confusions import Pair
from reportgen.sections.performance.drawn import LEAST_TOLD, MOST_WHOLE
from reportgen.sections.summary import scope

TITLE = "How often is it right?"
PART = "body"
NEEDS = ("predictions", "samples", "performance")
MOST_LISTED = 12
"""Most pairs in a list of confusions."""
WIDEST_BESIDE = 560
"""Up to so many CSS pixels, a matrix stands beside the recalls."""
SURE_ABOVE = 0.9
"""Confidence above which a prediction counts as very sure."""
_HALF = 0.5
_MOST_NAMED = 3
_MOST_BOUNDS = 3


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
class Band:
    """The predictions of some confidences.

    Attributes:
        low: Confidence that they are above, 0..1.
        high: Confidence that they are at most.
        right: The correct ones of them.
        share: Their share of all predictions, 0..1.
    """

    low: float
    high: float
    right: Share
    share: float

    @property
    def right_share(self) -> float:
        """The share of all predictions that are in it and correct, 0..1."""
        return self.share * self.right.value


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
        recalls: How often each class is recognised, as a picture: of all classes, or of those that are recognised least
            often; None where no class has enough images.
        matrix: The mistakes as a picture; None of many classes, without mistakes, and for a multi-label output.
        bands: How often it is right where it is very sure, fairly sure and unsure.
        passing: What it would bring to pass what is unsure to a person.
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
    recalls: Figure | None
    matrix: Figure | None
    bands: tuple[Band, ...]
    passing: tuple[Passing, ...]
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
        if max(sizes) == 1:
            many = plural(len(sizes), "class", "classes")
            return f"There is one image of each of {many}: no class can be judged by itself."
        few = number(sizes[0]) if min(sizes) == max(sizes) else f"{number(min(sizes))} to {number(max(sizes))}"
        always = sum(each.recall.part == each.recall.whole for each in self.classes if each.recall)
        never = sum(not each.recall.part for each in self.classes if each.recall)
        return (
            f"There are {few} per class, too few to tell how well a single class is recognised:"
            f" {number(always)} of {plural(len(sizes), 'class', 'classes')} are recognised every time, and"
            f" {number(never)} never."
        )

    @property
    def labels(self) -> Labels:
        """What stands for the classes."""
        return drawn.labels_of(self.classes, self.num_nonfinite)

    @property
    def wrong(self) -> tuple[Pair, ...]:
        """What is taken for what, the most frequent first."""
        return confusions.pairs(self.classes, self.confusions, self.labels.names)

    @property
    def is_wide(self) -> bool:
        """Whether the matrix is too wide to stand beside another picture."""
        return self.matrix is not None and self.matrix.width_px > WIDEST_BESIDE

    @property
    def is_listed(self) -> bool:
        """Whether confusions are worth a list: of many classes, some of which are confused more than once."""
        return not self.is_whole and bool(self.wrong) and self.wrong[0].number > 1

    @property
    def most_frequent(self) -> str:
        """Which pairs are confused most often, in a sentence."""
        return confusions.most_frequent(self.wrong)

    @property
    def frequent(self) -> tuple[Pair, ...]:
        """The most frequent of these."""
        return confusions.frequent(self.wrong, MOST_LISTED, self.seed)[0]

    @property
    def frequent_caption(self) -> str:
        """What of all confusions those are."""
        found = self.wrong
        shown, tie = confusions.frequent(found, MOST_LISTED, self.seed)
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
        weak: The classes of the first output that are worse than chance would make them.
        heads: Every output that predicts classes and has labels.
    """

    data: str
    split: str
    num_images: int
    scope: str
    weak: WeakClasses
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
        weak=weak_classes(result.heads[0]),
        heads=tuple(_head(evidence, head, place) for place, head in enumerate(result.heads)),
    )
    return Section("performance", TITLE, _answer(content, words(evidence.model)), content, _headline(content))


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
        recalls=drawn.recalls(evidence, head, f"recalls{after}", at),
        matrix=drawn.matrix(evidence, head, f"confusions{after}", at),
        bands=_bands(head.calibration),
        passing=_told(head.passing, head.right.whole),
        calibration=head.calibration,
        reliability=drawn.reliability(head.calibration, f"reliability{after}", at, known) if head.calibration else None,
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
    if "maps" in evidence.chapters and any(each.sample == index for each in maps):
        return f"maps-of-sample-{index}"
    if "samples" in evidence.chapters and any(each.index == index for each in evidence.samples):
        return f"sample-{index}"
    return ""


def _bands(calibration: Calibration | None) -> tuple[Band, ...]:
    """Predictions that it is very sure of, fairly sure, and unsure; those that there are."""
    if calibration is None:
        return ()
    found = []
    for low, high in ((SURE_ABOVE, 1.0), (_HALF, SURE_ABOVE), (0.0, _HALF)):
        inside = [each.right for each in calibration.bins if each.right and low <= (each.low + each.high) / 2 < high]
        right = share(sum(each.part for each in inside), sum(each.whole for each in inside))
        if right is not None:
            found.append(Band(low, high, right, right.whole / calibration.right.whole))
    return tuple(found)


def _told(passing: tuple[Passing, ...], total: int) -> tuple[Passing, ...]:
    """The bounds to tell of: the highest that pass on less than half of all predictions; else the lowest."""
    bearable = [each for each in passing if each.passed < _HALF * total]
    return tuple(bearable[-_MOST_BOUNDS:] if bearable else passing[:_MOST_BOUNDS])


def _headline(content: Content) -> str:
    """Say in one line where it goes wrong, as far as that can be said."""
    head = content.heads[0]
    wrong = head.right.whole - head.right.part
    if not wrong:
        return "Not one mistake" if head.right.whole > 1 else ""
    found = content.weak
    if found.num_tested == 0:
        return f"{number(head.right.part)} of {number(head.right.whole)} correct"
    names = [name for name, _, _ in found.found]
    if not names:
        return "No class stands out as weak"
    if len(names) > _MOST_NAMED:
        return f"Where it goes wrong: {number(len(names))} of {plural(found.num_tested, 'class', 'classes')}"
    return f"Where it goes wrong: {listed([f'“{name}”' for name in names])}"


def _answer(content: Content, known: Words) -> str:
    head = content.heads[0]
    low, high = head.right.interval
    where = f" at its output {head.name}" if head.name else ""
    what = "is" if head.right.part == 1 else "are"
    of = f"{number(head.right.part)} of {plural(head.right.whole, known.sample)} {what}"
    if head.right.whole == 1:
        of = f"The only {known.sample} is{'' if head.right.part else ' not'}"
    how = "classified correctly" if head.commonest is not None else "given exactly the true classes"
    said = f"{of} {how}{where}: {percent(head.right.value)}"
    said += f" (95 % interval {percent(low)} to {percent(high)}, if they were drawn at random)."
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
