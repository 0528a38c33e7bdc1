"""How the first conv layer answers to gratings, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.samples import Levels as Levels


@dataclass(frozen=True, slots=True)
class ChannelTuning:
    """How one channel of the first conv layer answers to gratings.

    Attributes:
        channel: Its number.
        orientation: Orientation of the edges that it answers to most, degrees 0..180 from horizontal, anticlockwise.
        selectivity: Orientation selectivity index 0..1: 0, all orientations alike; 1, one orientation only.
        pixels_per_cycle: Width of the grating that it answers to most, from stripe to stripe.
        responses: Response at each orientation, at that frequency.
        responds: Whether it answers to any grating at all.
        p_value: Share of shuffles of its own kernel, the kernel as it is counted among them, with which it is at least
            as selective; None where it does not respond or chance is not known.
        prefers: Whether it is selective for one orientation, beyond chance among all channels.
    """

    channel: int
    orientation: float
    selectivity: float
    pixels_per_cycle: float
    responses: tuple[float, ...]
    responds: bool
    p_value: float | None = None
    prefers: bool = False


@dataclass(frozen=True, slots=True)
class EdgesResult:
    """The first conv layer's kernels and their answers to oriented gratings.

    Attributes:
        path: The layer.
        kernels: uint8 (channels, height, width) or (channels, height, width, 3): each kernel as a picture, zero at
            mid-grey; () shape (0, 0, 0) where kernels cannot be shown as pictures.
        orientations: Orientations of the gratings, degrees.
        frequencies: Their frequencies, cycles per pixel.
        threshold: Selectivity from which a channel counts as selective for one orientation.
        level: Share of false ones that is allowed among those that are said to prefer an orientation, 0..1.
        tunings: One per channel.
        num_shuffles: How often the weights inside each kernel were shuffled; 0 where that tells nothing, because the
            layer is no plain convolution.
        num_selective_by_chance: How many channels are selective with shuffled weights, on average; None as above.
        chance: How likely shuffled kernels have at least as many selective channels, 0..1: the share of the shuffles
            that did, the kernels as they are counted among them (Phipson and Smyth 2010, "Permutation P-values should
            never be zero", Stat. Appl. Genet. Mol. Biol. 9); None as above.
        missing: Why there is no measurement, or "".
    """

    path: str
    kernels: Levels = field(repr=False)
    orientations: tuple[float, ...]
    frequencies: tuple[float, ...]
    threshold: float
    level: float
    tunings: tuple[ChannelTuning, ...]
    num_shuffles: int
    num_selective_by_chance: float | None
    chance: float | None
    missing: str = ""

    @property
    def num_selective(self) -> int:
        """How many channels are selective for one orientation, whatever chance gives."""
        return sum(each.responds and each.selectivity >= self.threshold for each in self.tunings)

    @property
    def num_preferring(self) -> int | None:
        """How many of them are so beyond chance; None where chance is not known."""
        return sum(each.prefers for each in self.tunings) if self.num_shuffles else None
