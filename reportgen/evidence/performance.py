"""How often the model is right, where true classes are known, as plain data: confusions, calibration, mistakes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reportgen.document.report import Score
from reportgen.evidence.inference import Z
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import SampleRecord
from reportgen.language.ties import Tie

_TAIL = 0.025
NUM_MISTAKES = 8
"""How many of the most confident mistakes are shown."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of something that was counted.

    Attributes:
        part: How many of them.
        whole: How many there are.
        value: The share, 0..1.
        interval: The shares that are compatible with it: 95 % interval (Wilson 1927).
    """

    part: int
    whole: int
    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """How one class is predicted.

    Attributes:
        index: Its index.
        name: Its name, or its index where it has none.
        recall: Of the images of this class, those that were predicted as it; None without images of it.
        precision: Of the images that were predicted as this class, those of it; None where it is never predicted.
    """

    index: int
    name: str
    recall: Share | None
    precision: Share | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often images of one class were predicted as one class; both are the same where the prediction is correct.

    Attributes:
        label: Index of the true class.
        answered: Index of the predicted class; None for a prediction that holds NaN or infinity.
        number: How many images.
    """

    label: int
    answered: int | None
    number: int


@dataclass(frozen=True, slots=True)
class Commonest:
    """The class that most images belong to: what an answer that is always the same would reach.

    Attributes:
        names: Its name; several where as many images belong to each of several classes.
        share: The images of one of them.
    """

    names: tuple[str, ...]
    share: Share


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers that are about equally confident.

    Attributes:
        low: Confidence that they are above, 0..1.
        high: Confidence that they are at most.
        confidence: Mean of it; None without answers.
        right: How many of them are right; None without answers.
    """

    low: float
    high: float
    confidence: float | None
    right: Share | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the model is right as often as it is confident.

    Attributes:
        bins: Predictions by confidence, the probability of the predicted class, in bins of equal width.
        right: Right ones of all these answers; those that hold NaN or infinity have no confidence.
        confidence: Mean confidence of them, 0..1.
        error: Expected calibration error: mean over the predictions of the distance between the accuracy in their bin
            and the mean confidence there.
        error_interval: 95 % interval of it, by bootstrap from the bins; the error is biased upwards, the more so the
            fewer predictions there are, which the lower end takes into account (basic bootstrap).
        error_by_chance: What a network shows whose confidence is right in every bin, on as many predictions: the
            median, and what it stays below in 97.5 of 100 draws.
        num_draws: How many draws both come from.
    """

    bins: tuple[Bin, ...]
    right: Share
    confidence: float
    error: float
    error_interval: tuple[float, float]
    error_by_chance: tuple[float, float]
    num_draws: int

    @property
    def is_off(self) -> bool:
        """Whether the error is more than chance gives a network whose confidence is right."""
        return self.error > self.error_by_chance[1]


@dataclass(frozen=True, slots=True)
class Sureness:
    """How often the model is right where it is sure, and where it is not.

    Attributes:
        above: Confidence from which on it counts as sure, 0..1.
        sure: Correct ones of the predictions that are more confident; None where there are none.
        unsure: Correct ones of the others; None where there are none.
    """

    above: float
    sure: Share | None
    unsure: Share | None


@dataclass(frozen=True, slots=True)
class Passing:
    """What it would bring to pass every prediction that is less sure to a person.

    Attributes:
        above: Confidence above which a prediction is kept, 0..1.
        passed: How many predictions that passes on.
        caught: The mistakes among them, of all mistakes; None without mistakes.
        kept: Correct ones of the predictions that are kept; None where all are passed on.
    """

    above: float
    passed: int
    caught: Share | None
    kept: Share | None


@dataclass(frozen=True, slots=True)
class HeadScores:
    """How often one output is right.

    Attributes:
        name: The output.
        output: What its answers are: "probabilities", "logits" or "multi-label".
        num_classes: How many classes it can answer.
        right: Images that are classified correctly, of a multi-label output with exactly their true classes.
        among_five: Images whose true class is among the five that the model thinks most probable; None of few classes.
        sureness: How often it is right where it is sure; None for a multi-label output.
        commonest: The class that most images belong to, or several; None for a multi-label output.
        num_nonfinite: How many answers hold NaN or infinity; they are counted as wrong.
        classes: Every class that the data hold or the model answers, by index.
        confusions: Every pair of true class and answer that occurs, by their indices; () for a multi-label output.
        calibration: Confidence against accuracy; None for a multi-label output, or where no prediction is finite.
        num_mistakes: How many wrong answers there are that are numbers.
        mistakes: The most confident of these.
        confidences: How confident each of them is, 0..1.
        mistakes_tie: How many wrong answers are as confident as the last one that was chosen, where only some of these
            were, at random; else None.
        seed: Seed of what is drawn among equals.
        passing: What it would bring to pass what is unsure to a person, for some bounds from the lowest; () for a
            multi-label output.
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
    calibration: Calibration | None
    num_mistakes: int
    mistakes: tuple[SampleRecord, ...]
    confidences: tuple[float, ...]
    mistakes_tie: Tie | None = None
    seed: int = 0
    passing: tuple[Passing, ...] = ()


@dataclass(frozen=True, slots=True)
class PerformanceResult:
    """How often the model is right over the whole data.

    Attributes:
        heads: Each output that predicts classes and has labels, the one that is looked at closely first.
    """

    heads: tuple[HeadScores, ...]


def known(found: PredictionsResult | None) -> tuple[Score, ...]:
    """Return how well each output does whose true classes or values are known, the one looked at closely first."""
    return tuple(
        Score(head.name, head.output, head.num_images, head.right, head.interval, head.mean_error)
        for head in ((found, *found.others) if found else ())
        if head.right is not None or head.mean_error is not None
    )


def share(part: int, whole: int) -> Share | None:
    """Return a share with its interval; None of nothing.

    >>> share(0, 0) is None, share(1, 2).value
    (True, 0.5)
    """
    return Share(part, whole, part / whole, wilson(part, whole)) if whole else None


def wilson(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.

    >>> [round(bound, 3) for bound in wilson(962, 1000)]
    [0.948, 0.972]
    """
    middle = right / total + Z * Z / (2 * total)
    half = Z * math.sqrt(right / total * (1 - right / total) / total + Z * Z / (4 * total * total))
    scale = 1 + Z * Z / total
    # At either end rounding would leave a trace of a bound that is exactly 0 or 1.
    return (middle - half) / scale if right else 0.0, (middle + half) / scale if right < total else 1.0


def by_chance(confidence: float, total: int) -> tuple[float, float]:
    """Return the shares that 95 of 100 networks would show that are right exactly as often as they are confident.

    Args:
        confidence: How often that is, 0..1.
        total: On how many predictions.

    Returns:
        The 2.5 and the 97.5 per cent quantile of the binomial distribution, as shares.

    >>> by_chance(0.5, 10), by_chance(1.0, 3)
    ((0.2, 0.8), (1.0, 1.0))
    """
    if not 0 < confidence < 1:
        return confidence, confidence
    logs = (math.log(confidence), math.log1p(-confidence))
    low = None
    held = 0.0
    for part in range(total + 1):
        ways = math.lgamma(total + 1) - math.lgamma(part + 1) - math.lgamma(total - part + 1)
        held += math.exp(ways + part * logs[0] + (total - part) * logs[1])
        if low is None and held >= _TAIL:
            low = part
        if held >= 1 - _TAIL:
            return (part if low is None else low) / total, part / total
    return (total if low is None else low) / total, 1.0
