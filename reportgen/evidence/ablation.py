"""What the model loses without single channels, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelAblation:
    """What the model loses where one channel is set to its mean over the data.

    Attributes:
        path: The conv call.
        channel: The channel.
        accuracy_change: Accuracy without it less that with it, −1..1; None without labels.
        probability_change: Mean probability of the true class (without labels, of the class predicted at first;
            where an image has several labels, of each label's true yes or no) without it less that with it, −1..1.
        class_changes: The change of the recall of each class, in the order of `AblationResult.classes`;
            () without labels.
        num_changed: Images whose predicted class changes.
    """

    path: str
    channel: int
    accuracy_change: float | None
    probability_change: float
    class_changes: tuple[float, ...]
    num_changed: int


@dataclass(frozen=True, slots=True)
class AblationResult:
    """What the model loses without single channels.

    Attributes:
        num_images: Images that every ablation was measured on, evenly spaced where these are not all.
        num_available: Images in the data.
        accuracy: Accuracy with all channels, on these images; None without labels.
        probability: Mean probability of the true class (without labels, of the predicted class; where an image has
            several labels, of each label's true yes or no) with all channels.
        classes: Names of the classes that `class_changes` belong to.
        budget: What limited the number of channels, in words: "60 s", "500 forward passes".
        num_channels: How many channels the conv calls of the model have in all.
        channels: What was measured: call by call, within a call by number.
        missing: Why nothing was measured, a whole sentence, or "".
        notes: Which channels were left out and why, in whole sentences.
    """

    num_images: int
    num_available: int
    accuracy: float | None
    probability: float
    classes: tuple[str, ...]
    budget: str
    num_channels: int
    channels: tuple[ChannelAblation, ...]
    missing: str = ""
    notes: tuple[str, ...] = ()
