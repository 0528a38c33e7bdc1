"""Images made for channels by gradient ascent, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.samples import Levels


@dataclass(frozen=True, slots=True)
class Dream:
    """An image made to excite a channel, by gradient ascent.

    Attributes:
        path: The conv call.
        channel: The channel.
        picture: uint8 (height, width) or (height, width, 3).
        activation: Highest response of the channel to this image, at any position.
        best_real: Highest response to any image of the data; None without data.
        num_steps: Steps of the ascent.
        seed: Seed of its beginning and of its transformations.
    """

    path: str
    channel: int
    picture: Levels = field(repr=False)
    activation: float
    best_real: float | None
    num_steps: int
    seed: int


@dataclass(frozen=True, slots=True)
class DreamsResult:
    """Images made to excite channels (Olah et al. 2017, "Feature Visualization", Distill).

    Attributes:
        dreams: One per channel that was asked for.
        asked: Whether the user named the channels (`--dream`); else they are the most important of the last conv call.
        missing: Why there are none, a whole sentence, or "".
        notes: What the reader should know of single ones, such as that a channel stayed silent, in whole sentences.
    """

    dreams: tuple[Dream, ...]
    asked: bool
    missing: str = ""
    notes: tuple[str, ...] = ()
