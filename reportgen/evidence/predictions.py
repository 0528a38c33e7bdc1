"""What the model predicts for all images, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.evidence.confidences import Confidences, FirstImages, Kept
from reportgen.records.model import Shape

ANSWERED_ABOVE = 0.5
"""Of a multi-label output: a class is predicted above this probability, as `keras.metrics.BinaryAccuracy` counts."""

MANY_CLASSES = 20
"""From so many classes on it is counted how often the true class is among the first five, too."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How often a multi-label output named one class.

    Attributes:
        name: The class.
        present: How many images belong to it.
        found: For how many of these it was predicted.
        wrongly: For how many others it was predicted.
    """

    name: str
    present: int
    found: int
    wrongly: int


@dataclass(frozen=True, slots=True)
class ErrorMoments:
    """How the errors of an output that predicts values spread over the images.

    Attributes:
        count: Images whose error is a number, 1 or more.
        mean: Mean over them of the mean absolute error of each.
        deviation: Their standard deviation; 0 of one image.
        skewness: Their third central moment over the cube of that; 0 where all errors are equal.
    """

    count: int
    mean: float
    deviation: float
    skewness: float


@dataclass(frozen=True, slots=True)
class Errors:
    """How far the values of an output are off: of each image, the mean absolute difference from the true ones.

    Attributes:
        moments: Mean, deviation and skewness, of exact sums; None where no error is a number.
        spread: Below which error half of the images lie, and 95 in 100, and the largest. The first two are exact for up
            to 16,384 different errors. Beyond, errors are counted in bins, less than one per cent of their value wide
            where they span at most 19 powers of ten, and the place in a bin is interpolated: right to about 1 in 2,000.
            None where no error is a number.
        largest: The images with the largest; keys are errors times −1, equals are drawn.
    """

    moments: ErrorMoments | None
    spread: tuple[float, float, float] | None
    largest: FirstImages


@dataclass(frozen=True, slots=True)
class PredictionsResult:
    """The answers of one output on the whole data.

    Attributes:
        num_images: How many images went through the model.
        right: How many were classified correctly, at a multi-label output with exactly their true classes; None where
            no true classes are known.
        interval: 95 % interval of the accuracy (Wilson 1927), or None.
        output: What the answers are: "probabilities", "logits", "multi-label" (yes or no for each class) or "values".
        num_nonfinite: How many answers hold NaN or infinity.
        name: The output.
        shape: Shape of one answer.
        value_range: Lowest and highest finite value that it gave, or None.
        mean_error: Mean of the absolute difference between its values and the true ones; None where they are not known.
        others: The same for the model's further outputs, in its order.
        counts: Answers of a multi-label output class by class.
        sure: How sure it is of its answers, and which are the surest; None without classes.
        confusions: int64 (pairs, 3): every pair of true class and predicted class that occurs, and how often; −1 for an
            answer that is not finite. None of a multi-label output, and where no true classes are known.
        places: int64 (places): of how many images the true class stands at each place among the classes by their
            values, from the first, behind all that are as high; None of fewer than `MANY_CLASSES` classes, and where no
            true classes are known.
        kept: Its answers to some images, one by one; None without classes.
        errors: How far its values are off, by image; None where the true ones are not known.
        sha256: Of the output looked at closely, the hash of what was used: over the sum of a hash of each image as the
            model got it, scaled and with its place in the data, and over the true classes or values. It does not
            depend on how the data were cut. "" for further outputs.
    """

    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    output: str
    num_nonfinite: int = 0
    name: str = ""
    shape: Shape = ()
    value_range: tuple[float, float] | None = None
    mean_error: float | None = None
    others: tuple[PredictionsResult, ...] = ()
    counts: tuple[ClassCounts, ...] = ()
    sure: Confidences | None = field(default=None, repr=False)
    confusions: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    places: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    kept: Kept | None = field(default=None, repr=False)
    errors: Errors | None = field(default=None, repr=False)
    sha256: str = ""

    @property
    def names_one_class(self) -> bool:
        """Whether it predicts one class for each image."""
        return self.sure is not None and self.output != "multi-label"

    def num_sure(self, low: float, high: float) -> int:
        """Return how many answers have a confidence from `low` on and below `high`; up to 1 where that is 1.

        Those that hold NaN or infinity have a confidence of 0.
        """
        if self.sure is None:
            return 0
        return self.sure.between(low, high).total + (self.num_nonfinite if low <= 0 else 0)
