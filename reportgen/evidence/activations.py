"""The maps of every chosen call on every sample, and the numbers of every channel, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.grids import Grid
from reportgen.evidence.samples import Levels as Levels
from reportgen.records.model import Check


@dataclass(frozen=True, slots=True)
class ChannelNumbers:
    """What one channel did on one sample.

    Attributes:
        channel: Its number, from 0.
        minimum: Lowest finite value.
        maximum: Highest finite value.
        mean: Mean over all positions.
        deviation: Standard deviation over all positions.
        active_share: Share of positions above zero, 0..1.
        follows: Correlation of its map with the sample's object, −1..1; None where there is no object or no signal.
        constant: Whether all positions, of which there are several, hold one value: their values differ by at most a
            millionth of the range of the layer's.
        num_nonfinite: How many positions hold NaN or infinity.
    """

    channel: int
    minimum: float
    maximum: float
    mean: float
    deviation: float
    active_share: float
    follows: float | None
    constant: bool
    num_nonfinite: int


@dataclass(frozen=True, slots=True)
class Closest:
    """The channel whose map follows the sample's object most closely, beside copies with shuffled weights.

    Where no object can be told from the background, the outlined evidence for the answer stands in its place.

    Attributes:
        channel: Its number.
        correlation: Correlation of its map with the object, −1..1.
        shuffled_mean: The highest correlation that a channel of this layer has, in the mean over the copies.
        shuffled_highest: The same in the copy where it is highest.
        p_value: Share of the copies, this network among them, with a grid that stands out as much; corrected over all
            grids that were compared, 0..1.
        follows: Whether the channel is said to follow the object.
        target: What it follows: "object" or "outlined evidence".
    """

    channel: int
    correlation: float
    shuffled_mean: float
    shuffled_highest: float
    p_value: float
    follows: bool
    target: str = "object"


@dataclass(frozen=True, slots=True)
class Following:
    """How it was tested whether channels follow the objects.

    Attributes:
        num_copies: Copies of the network with shuffled weights; 0 where nothing was compared.
        num_grids: Grids, a sample and a layer each, that were compared.
        level: Largest p-value at which a channel is said to follow the object.
        why_not: Why nothing was compared though an object was found, after a colon, or "".
    """

    num_copies: int
    num_grids: int
    level: float
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class CallMaps:
    """All maps of one call on one sample.

    Attributes:
        path: The call.
        levels: uint8 (channels, height, width): every map on its scale, 0..255; a constant map is 128 everywhere. With
            a grid, the axes are the grid's, as long as they are drawn. Of a call that is cut short, those in `cut_to`.
        channels: One record per channel, in order.
        closest: The channel that follows the object most closely; None where that was not compared.
        judged_at: The call whose output is drawn: this one, or the activation that follows it.
        grid: How the maps are drawn, for maps that are no pictures of height and width.
        cut_to: Channels of the maps that there is room for, the most active first; None where all maps are there.
    """

    path: str
    levels: Levels = field(repr=False)
    channels: tuple[ChannelNumbers, ...]
    closest: Closest | None
    judged_at: str
    grid: Grid | None = None
    cut_to: tuple[int, ...] | None = None

    @property
    def follower(self) -> int | None:
        """The channel that follows the object more closely than with shuffled weights, or None."""
        return self.closest.channel if self.closest and self.closest.follows else None

    @property
    def shown(self) -> tuple[int, ...]:
        """Channel of each map, in the order of the maps."""
        return tuple(range(len(self.channels))) if self.cut_to is None else self.cut_to

    @property
    def sizes(self) -> tuple[int, ...]:
        """Positions along each axis of one map, drawn or not."""
        return self.grid.sizes if self.grid else tuple(map(int, self.levels.shape[1:]))

    @property
    def axes(self) -> tuple[str, ...]:
        """What they are called."""
        return self.grid.axes if self.grid else ("height", "width")


@dataclass(frozen=True, slots=True)
class Foreground:
    """The object in a sample, as far as it could be told from the background.

    Attributes:
        found: Whether there is one.
        share: Share of the image that it covers, 0..1.
        how: How it was looked for, and why none was found if so: a whole sentence.
        mask: uint8 (height, width), 255 where the object is.
        is_evidence: Whether it is no object, but the outlined evidence for the answer, which stands in its place.
    """

    found: bool
    share: float
    how: str
    mask: Levels = field(repr=False)
    is_evidence: bool = False

    @property
    def target(self) -> str:
        """What channels may follow: "object" or "outlined evidence"."""
        return "outlined evidence" if self.is_evidence else "object"


@dataclass(frozen=True, slots=True)
class SampleMaps:
    """All maps of all chosen calls on one sample."""

    sample: int
    foreground: Foreground
    calls: tuple[CallMaps, ...]


@dataclass(frozen=True, slots=True)
class ActivationsResult:
    """The activation maps of every chosen call on every sample.

    Attributes:
        samples: One entry per sample, in the order of the samples.
        scale: "own" (each map from its own minimum to its own maximum) or "common" (one scale for a call).
        following: How it was tested whether channels follow the objects.
        checks: Output shapes by formula against the tensors that came out, one per call of the model, keyed by path.
        max_size_bytes: Most that the web page may have, to which maps may be cut.
        pdf_channels: Most maps of a call on paper, or None.
    """

    samples: tuple[SampleMaps, ...]
    scale: str
    following: Following
    checks: tuple[tuple[str, Check], ...]
    max_size_bytes: int = 25_000_000
    pdf_channels: int | None = None
