"""How alike two models are inside, as plain data: their channels, and what their answers hang on."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Figure


@dataclass(frozen=True, slots=True)
class Marked:
    """What an answer to an image hangs on.

    Attributes:
        figure: The image, dark but for what is outlined; where nothing is, the image.
        share: Share of the image that is outlined; None where no part of at most a third of it halves the answer.
        left: The probability of the answer when it is painted over, 0..1; None likewise.
    """

    figure: Figure
    share: float | None
    left: float | None


@dataclass(frozen=True, slots=True)
class MatchedLayer:
    """How alike a conv layer is in two models, channel by channel.

    Attributes:
        old_path: Its path in the old model.
        path: Its path in the new one.
        old_channels: How many channels it had.
        channels: How many it has.
        matched: Channels with a partner: those that vary in the old model, as many as the new one has partners for.
        at_their_number: How many of them have the partner of the same number; None where there are more or fewer
            channels than before.
        similarity: Linear centred kernel alignment of both, 1 for the same; None where one of them is constant.
        similarity_untrained: The same of the old one with the new one before any training.
        correlation: Median correlation of a channel with its partner, −1..1.
        correlation_untrained: The same with partners in the new model before any training.
        same_number: Median correlation of a channel with that of the same number; None as above.
        correlations: Those of single channels, lowest first, in equal steps of their order.
    """

    old_path: str
    path: str
    old_channels: int
    channels: int
    matched: int
    at_their_number: int | None
    similarity: float | None
    similarity_untrained: float | None
    correlation: float
    correlation_untrained: float
    same_number: float | None
    correlations: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Channels of two models, matched by what they respond to.

    Attributes:
        images: On how many images.
        places: At how many places of them, at most: of small maps and few images there are fewer.
        layers: The conv layers that are one another, in the order of computation.
    """

    images: int
    places: int
    layers: tuple[MatchedLayer, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Does the evidence still lie where it lay, on images that both models answer alike?

    Attributes:
        method: How the maps were made: "integrated-gradients" or "occlusion".
        images: On how many images.
        share: Share of an image that is compared: what a map ranks highest of it.
        overlap: Overlap of the old model's region with the new one's, intersection over union, 0..1: the mean.
        least: The smallest.
        others: The mean overlap of the old model's region in one image with the new one's in another: what is alike
            wherever the evidence lies.
        others_high: The ninety-fifth percentile of that.
        above: In how many images the overlap is larger.
        trainings: The mean overlap of the old model's region with that of another training of it, on those of these
            images that it answers alike; None without one.
    """

    method: str
    images: int
    share: float
    overlap: float
    least: float
    others: float
    others_high: float
    above: int
    trainings: float | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How far another training of the old model differs from it, on the same images.

    Attributes:
        file: Its file.
        lost: Images that only the old one gets right; None where answers to single images are not known.
        won: Images that only this one gets right; None likewise.
        changed: Images that are answered otherwise; None likewise.
    """

    file: str
    lost: int | None
    won: int | None
    changed: int | None
