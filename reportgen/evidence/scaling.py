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
        gain: Mean change of the log-probability of the true class from the way in use to this one, each at its best
            temperature, in nats; None for the way in use and without labels.
        gain_interval: Its 95 % interval.
        visible: The smallest gain that would have been found in four of five such sets of images.
        p_value: How likely a change as far from 0 is by chance alone, 0..1: paired, by sign flips, corrected for all
            ways that were compared (Holm).
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
    gain: float | None = None
    gain_interval: tuple[float, float] | None = None
    visible: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """The same images under each scaling that makes sense for their values.

    Attributes:
        num_images: How many images.
        num_classes: How many classes the model tells apart.
        num_flips: How often the signs of the changes were drawn; 0 without labels.
        ways: The answers each way; the way in use first.
    """

    num_images: int
    num_classes: int
    num_flips: int
    ways: tuple[ScaledAnswers, ...]

    @property
    def num_trials(self) -> int:
        """Draws of signs for each comparison, so that a corrected p-value of 1 / (trials + 1) is the smallest."""
        return (self.num_flips + 1) // max(len(self.ways) - 1, 1) - 1 if self.num_flips else 0

    @property
    def visible(self) -> float | None:
        """The smallest gain that would have been found whichever way has it, in four of five cases; None: untested."""
        return max((way.visible for way in self.ways if way.visible is not None), default=None)

    @property
    def saturated_above(self) -> float:
        """The probability above which a prediction counts as saturated."""
        return SATURATED
