"""How good picture-shaped answers are, pixel by pixel, as plain data: classes, reconstructions, maps of values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.document.report import Score
from reportgen.evidence.confidences import FirstImages
from reportgen.evidence.inference import t_quantile
from reportgen.evidence.samples import Levels, SampleRecord
from reportgen.language.numerals import number
from reportgen.language.ties import Tie
from reportgen.records.model import Shape

LEAST_IMAGES = 5
"""From fewer images no interval is given: how much they differ cannot be told from so few."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that was measured over images.

    Attributes:
        value: The number.
        interval: 95 % interval, the images taken for a random draw from many; None of fewer than `LEAST_IMAGES`, and
            where all are alike, so that nothing shows how others would differ.
        num_images: How many images it rests on.
    """

    value: float
    interval: tuple[float, float] | None
    num_images: int


@dataclass(frozen=True, slots=True)
class ClassByPixel:
    """How the pixels of one class are found.

    Attributes:
        index: Its index.
        name: Its name, or its index where it has none.
        num_true: Pixels of this class; None without masks.
        num_answered: Pixels that were predicted as this class, of those that are not left out.
        num_both: Pixels of this class that were predicted as it; None without masks.
        num_images: Images with pixels of this class; None without masks.
        iou: Intersection over union, 0..1: pixels that are of this class and predicted as it, over those that are
            either, of all images together; None where the masks have no pixel of it.
    """

    index: int
    name: str
    num_true: int | None
    num_answered: int
    num_both: int | None
    num_images: int | None
    iou: Estimate | None


@dataclass(frozen=True, slots=True)
class PixelConfusion:
    """How many pixels of one class were predicted as one class; both are the same where that is correct.

    Attributes:
        label: Index of the true class.
        answered: Index of the predicted class; None for NaN or infinity.
        number: How many pixels.
    """

    label: int
    answered: int | None
    number: int


@dataclass(frozen=True, slots=True)
class SameClass:
    """What predicting the commonest class for every pixel would reach.

    Attributes:
        name: The class.
        accuracy: Share of its pixels, 0..1.
        mean_iou: Mean over the classes that the masks have, 0..1.
        gain: How much the network's pixel accuracy is above it.
    """

    name: str
    accuracy: float
    mean_iou: float
    gain: Estimate


@dataclass(frozen=True, slots=True)
class ByClass:
    """How good an output is that gives every pixel a class.

    Attributes:
        classes: Every class that the output can answer, by index.
        num_pixels: Pixels that were counted.
        num_left_out: Pixels that the masks leave out.
        accuracy: Share of the counted pixels that are predicted correctly, of all images together; None without masks.
        mean_iou: Mean of the intersection over union of the classes that the masks have; None without masks.
        confusions: Every pair of true and predicted class that occurs.
        commonest: What always the same class would reach; None without masks.
    """

    classes: tuple[ClassByPixel, ...]
    num_pixels: int
    num_left_out: int
    accuracy: Estimate | None = None
    mean_iou: Estimate | None = None
    confusions: tuple[PixelConfusion, ...] = ()
    commonest: SameClass | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """How far values are off.

    Attributes:
        absolute: Mean absolute error.
        squared: Mean squared error.
    """

    absolute: Estimate
    squared: Estimate

    @property
    def root(self) -> Estimate:
        """Root of the mean squared error."""
        low, high = self.squared.interval or (0.0, 0.0)
        interval = (math.sqrt(max(low, 0.0)), math.sqrt(high)) if self.squared.interval else None
        return Estimate(math.sqrt(self.squared.value), interval, self.squared.num_images)


@dataclass(frozen=True, slots=True)
class ByError:
    """How good an output is that answers with a value for every pixel. Each image counts as much as any other.

    Attributes:
        errors: How far its values are off; each image's error is the mean over its pixels.
        mean_picture: The same for an answer that is always the mean of the other images; None of a single image.
        gain: How much smaller the network's absolute error is than that; None of a single image.
        quantiles: Of the images' absolute errors: lowest, 5 %, 25 %, median, 75 %, 95 %, highest.
        edges: Ends of bins of equal width over the images' absolute errors.
        counts: Images in each bin.
        num_left_out: Pixels that hold no true value.
        num_averaged: Images whose mean the mean picture is: all, or as many as were drawn.
    """

    errors: Errors
    mean_picture: Errors | None
    gain: Estimate | None
    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    num_left_out: int
    num_averaged: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """How well single images are answered: their losses, which are mean errors, or mean overlaps times −1.

    Attributes:
        best: The images with the lowest losses, equals in the order of the data.
        worst: Those with the highest, likewise; their keys are losses times −1.
        drawn_worst: The same, but equals are drawn.
        images: int64 (kept): images of which the losses are kept, rising: all, or as many as were drawn.
        losses: float64 (kept): their losses, NaN where one is not known.
    """

    best: FirstImages
    worst: FirstImages
    drawn_worst: FirstImages
    images: npt.NDArray[np.int64]
    losses: npt.NDArray[np.float64]

    def median(self) -> int:
        """Return the image in the middle of those that are kept, the lower one of two."""
        known = np.flatnonzero(np.isfinite(self.losses))
        order = known[np.argsort(self.losses[known], kind="stable")]
        return int(self.images[order[(len(order) - 1) // 2]])


@dataclass(frozen=True, slots=True)
class PixelHead:
    """How good one picture-shaped output is.

    Attributes:
        name: The output.
        kind: "classes", "input" or "values".
        shape: Shape of one answer.
        num_images: Images that were answered.
        num_nonfinite: Answers that hold NaN or infinity: such pixels count as wrong, such values are left out.
        threshold: Of one channel that tells two classes: the value above which a pixel is of the second.
        scale: Value drawn black and value drawn white, of answers and true values that are no classes.
        error_top: Absolute error drawn white: half of the images have no larger one anywhere.
        by_class: Scores of classes; None of values.
        by_error: Scores of values; None of classes, and without true values.
        error_map: uint8 (rows, columns): of classes how often each place is wrong, of values the mean absolute error
            there, 0 black; None where nothing is known.
        error_map_top: What is drawn white in it.
        num_slices: Of volumes, how many slices the map shows, in rows of two; 1 of pictures.
        worst: The images that are answered worst.
        worst_scores: Mean intersection over union, or mean absolute error, of each.
        worst_tie: How many images are as bad as the last one chosen, where only some of these were, at random.
        scored: How well single images are answered; None without truth.
    """

    name: str
    kind: str
    shape: Shape
    num_images: int
    num_nonfinite: int = 0
    threshold: float = 0.5
    scale: tuple[float, float] = (0.0, 1.0)
    error_top: float = 0.0
    by_class: ByClass | None = None
    by_error: ByError | None = None
    error_map: Levels | None = field(default=None, repr=False)
    error_map_top: float = 0.0
    num_slices: int = 1
    worst: tuple[SampleRecord, ...] = ()
    worst_scores: tuple[float, ...] = ()
    worst_tie: Tie | None = None
    scored: Scored | None = field(default=None, repr=False)

    @property
    def is_scored(self) -> bool:
        """Whether it is known what is true."""
        return self.by_error is not None or (self.by_class is not None and self.by_class.accuracy is not None)

    def others(self, samples: str) -> str:
        """Say which images the mean picture is the mean of: "the other images", or some that were drawn.

        Args:
            samples: What the images are called.
        """
        if self.by_error is None or self.by_error.num_averaged >= self.num_images:
            return f"the other {samples}"
        return f"{number(self.by_error.num_averaged)} other {samples} drawn at random"


@dataclass(frozen=True, slots=True)
class PixelsResult:
    """How good the picture-shaped outputs of a model are.

    Attributes:
        heads: Each of them, in the model's order.
        seed: Seed of what is drawn among equals.
    """

    heads: tuple[PixelHead, ...]
    seed: int = 0


def known(found: PixelsResult | None) -> tuple[Score, ...]:
    """Return how well each picture-shaped output does of which it is known what is true."""
    return tuple(_score(head) for head in (found.heads if found else ()) if head.is_scored)


def _score(head: PixelHead) -> Score:
    scores = head.by_class
    if scores is None or scores.accuracy is None or scores.mean_iou is None:
        error = head.by_error.errors.absolute.value if head.by_error else None
        return Score(head.name, head.kind, head.num_images, None, None, error)
    accuracy = scores.accuracy
    return Score(
        head.name, head.kind, head.num_images, None, accuracy.interval, None, accuracy.value, scores.mean_iou.value
    )


def mean_of(number: int, mean: float, squares: float) -> Estimate:
    """Return the mean of one number for each image, with its interval by Student's t.

    Args:
        number: How many images.
        mean: The mean.
        squares: Sum of the squared differences from it.

    >>> tuple(round(end, 3) for end in mean_of(5, 3.0, 10.0).interval)
    (1.037, 4.963)
    """
    spread = math.sqrt(squares / (number - 1)) if number > 1 else 0.0
    return Estimate(mean, _interval(mean, spread / math.sqrt(number), number), number)


def share_of(mean: float, variance: float, num_images: int, bounds: tuple[float, float] = (0.0, 1.0)) -> Estimate:
    """Return a share that was counted over the pixels of many images, with its interval.

    Args:
        mean: The share.
        variance: Of it, if the images are drawn again; see `probes.pixels.classes`.
        num_images: How many images have pixels that it counts.
        bounds: What it cannot leave.
    """
    interval = _interval(mean, math.sqrt(max(variance, 0.0)), num_images)
    if interval is not None:
        interval = max(bounds[0], interval[0]), min(bounds[1], interval[1])
    return Estimate(mean, interval, num_images)


def _interval(mean: float, error: float, num_images: int) -> tuple[float, float] | None:
    # What is left of a variance of nothing after rounding is no spread.
    if num_images < LEAST_IMAGES or error <= 1e-9 * max(abs(mean), 1e-9):
        return None
    half = t_quantile(num_images - 1) * error
    return mean - half, mean + half
