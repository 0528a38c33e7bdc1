"""What the model loses without single channels, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ChannelAblation:
    """What the model loses where one channel is set to its mean over the data, on the same images with and without it.

    What is called the truth is the true class, without labels the class predicted at first; where an image has several
    labels, each label's true yes or no.

    Attributes:
        path: The conv call.
        channel: The channel.
        num_images: How many images it was measured on.
        log_probability_change: Mean of the logarithm of the truth's probability without it less that with it.
        log_probability_interval: 95 % interval of that.
        probability_change: The same of the probability itself, −1..1.
        accuracy_change: Accuracy without it less that with it, −1..1; None without labels.
        accuracy_interval: 95 % interval of that (Agresti and Min 2005); None without labels.
        num_changed: Images whose predicted class changes.
        class_hit: Name of the class that loses most, where that can be told from chance; None else.
        class_hit_change: The change of its recall; None as above.
        confirmed: Whether these images are others than those by which the channel was picked.
        p_value: How likely a channel that does not matter loses as much, corrected for all that were confirmed: of the
            accuracy (McNemar's exact test), without labels of the logarithm of the probability (signs flipped). None
            where it was not confirmed.
        needed: Whether that is at most `AblationResult.level`, and something is lost.
    """

    path: str
    channel: int
    num_images: int
    log_probability_change: float
    log_probability_interval: Interval
    probability_change: float
    accuracy_change: float | None
    accuracy_interval: Interval | None
    num_changed: int
    class_hit: str | None = None
    class_hit_change: float | None = None
    confirmed: bool = False
    p_value: float | None = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class CopyAblation:
    """What changes where a copy is replaced by the channel that it is a copy of, and where both are set to their means.

    Attributes:
        path: The conv call.
        channel: The copy.
        origin: The channel that it is a copy of.
        num_images: How many images it was measured on.
        num_replaced_changed: Images whose predicted class changes where the copy is replaced by the line through its
            responses against those of the other.
        num_both_changed: Images whose predicted class changes where both are set to their means.
        both_accuracy_change: The change of the accuracy then; None without labels.
        both_accuracy_interval: 95 % interval of that; None without labels.
    """

    path: str
    channel: int
    origin: int
    num_images: int
    num_replaced_changed: int
    num_both_changed: int
    both_accuracy_change: float | None
    both_accuracy_interval: Interval | None


@dataclass(frozen=True, slots=True, eq=False)
class AblationResult:
    """What the model loses without single channels.

    Attributes:
        num_available: Images in the data.
        num_ordering: Images over which one gradient each put the channels in order; 0 where there is no gradient.
        screening: Indices of the images on which channels were switched off to find the few that matter most, int64.
        confirming: Those of the other images, on which these few were switched off again.
        accuracy: Accuracy with all channels, on all of these images; None without labels.
        probability: Mean probability of the truth with all channels, on these images.
        budget: What limited the number of channels and images, in words: "60 s", "500 forward passes".
        num_channels: How many channels the conv calls of the model have in all.
        level: Highest p-value at which a channel is said to be needed.
        channels: What was measured: call by call, within a call by number.
        estimates: By path of the conv call, how far each channel moves the log-odds of the truth by the gradient, root
            mean square over the images; NaN where that is no number. () where there is no gradient.
        copies: What copies were found to do, in the order of the calls.
        missing: Why nothing was measured, a whole sentence, or "".
        notes: Which channels were left out and why, in whole sentences.
    """

    num_available: int
    num_ordering: int
    screening: npt.NDArray[np.int64] = field(repr=False)
    confirming: npt.NDArray[np.int64] = field(repr=False)
    accuracy: float | None
    probability: float
    budget: str
    num_channels: int
    level: float
    channels: tuple[ChannelAblation, ...]
    estimates: tuple[tuple[str, tuple[float, ...]], ...] = ()
    copies: tuple[CopyAblation, ...] = ()
    missing: str = ""
    notes: tuple[str, ...] = ()

    @property
    def num_screening(self) -> int:
        """On how many images channels were switched off."""
        return len(self.screening)

    @property
    def num_confirming(self) -> int:
        """On how many other images the few were switched off again."""
        return len(self.confirming)

    @property
    def num_confirmed(self) -> int:
        """How many channels were measured again on other images."""
        return sum(each.confirmed for each in self.channels)
