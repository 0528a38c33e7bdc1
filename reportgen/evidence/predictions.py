"""What the model predicts for all images, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

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
        hits: bool (images): whether each image was classified correctly; None where no true classes are known.
        confidence: float64 (images): the probability of the predicted class, 0..1, of a multi-label output its mean
            over the classes; None without classes.
        places: int64 (images): at which place the true class stands among the classes by their values, from 1, behind
            all that are as high; None of fewer than `MANY_CLASSES` classes, and where no true classes are known.
        answered: int64 (images): the predicted class, −1 where the output is not finite; None without classes, and of a
            multi-label output.
        errors: float64 (images): the mean absolute difference between the values of each image and the true ones, NaN
            where none of them is finite; None where they are not known.
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
    hits: npt.NDArray[np.bool_] | None = field(default=None, repr=False)
    confidence: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    answered: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    places: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    errors: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    sha256: str = ""

    @property
    def error_spread(self) -> tuple[float, float, float] | None:
        """Below which error half of the images lie, and 95 in 100, and the largest; None where it is not known."""
        if self.errors is None or not np.isfinite(self.errors).any():
            return None
        finite = self.errors[np.isfinite(self.errors)]
        half, most, largest = (float(each) for each in np.quantile(finite, (0.5, 0.95, 1.0)))
        return half, most, largest

    @property
    def error_moments(self) -> ErrorMoments | None:
        """How the errors spread over the images; None where none of them is known."""
        if self.errors is None or not np.isfinite(self.errors).any():
            return None
        finite = self.errors[np.isfinite(self.errors)]
        mean = float(finite.mean())
        deviation = float(finite.std(ddof=1)) if finite.size > 1 else 0.0
        skewness = float((((finite - mean) / deviation) ** 3).mean()) if deviation > 0 else 0.0
        return ErrorMoments(int(finite.size), mean, deviation, skewness)

    def num_sure(self, low: float, high: float) -> int:
        """Return how many answers have a confidence from `low` on and below `high`; up to 1 where that is 1."""
        if self.confidence is None:
            return 0
        return int(((self.confidence >= low) & ((self.confidence < high) | (high >= 1))).sum())
