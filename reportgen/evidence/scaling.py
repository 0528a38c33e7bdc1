"""What the model predicts under each scaling of pixel values, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

SATURATED = 0.9999
"""A prediction counts as saturated above this probability."""


@dataclass(frozen=True, slots=True)
class ScaledAnswers:
    """The model's predictions on some images, their values brought to its range in one way.

    Attributes:
        way: The way, as after `--preprocess`.
        low: Lowest value that the model got.
        high: Highest value that it got.
        right: How many were classified correctly; None where no true classes are known.
        confidence: Mean of the largest probability, 0..1.
        spread: Standard deviation of the largest probability.
        saturated: Share of images whose largest probability is above SATURATED, 0..1.
        num_answered: How many different classes were predicted.
        commonest: Share of images that got the commonest prediction, 0..1.
        gained: How many images are right this way and wrong in the way in use; None where that cannot be said.
        lost: How many are wrong this way and right in the way in use.
        p_value: How likely a difference of `gained` and `lost` as large as this one is by chance alone, 0..1 (exact
            McNemar test, two-sided).
    """

    way: str
    low: float
    high: float
    right: int | None
    confidence: float
    spread: float
    saturated: float
    num_answered: int
    commonest: float
    gained: int | None = None
    lost: int | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """The same images under each scaling that makes sense for their values.

    Attributes:
        num_images: How many images.
        num_classes: How many classes the model tells apart.
        ways: The answers each way; the way in use first.
    """

    num_images: int
    num_classes: int
    ways: tuple[ScaledAnswers, ...]

    @property
    def saturated_above(self) -> float:
        """The probability above which a prediction counts as saturated."""
        return SATURATED
