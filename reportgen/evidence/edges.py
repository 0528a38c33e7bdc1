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
    """

    channel: int
    orientation: float
    selectivity: float
    pixels_per_cycle: float
    responses: tuple[float, ...]
    responds: bool


@dataclass(frozen=True, slots=True)
class EdgesResult:
    """The first conv layer's kernels and their answers to oriented gratings.

    Attributes:
        path: The layer.
        kernels: uint8 (channels, height, width) or (channels, height, width, 3): each kernel as a picture, zero at
            mid-grey; () shape (0, 0, 0) where kernels cannot be shown as pictures.
        orientations: Orientations of the gratings, degrees.
        frequencies: Their frequencies, cycles per pixel.
        num_phases: Phases per orientation and frequency.
        threshold: Selectivity from which a channel counts as preferring an orientation.
        tunings: One per channel.
        num_oriented: How many channels prefer an orientation.
        num_oriented_shuffled: The same after each kernel's weights were shuffled: what chance gives; None where that
            could not be computed.
        chance: How likely shuffled kernels reach as many, 0..1: the share of the trials that did, the one without
            shuffling counted among them (Phipson and Smyth 2010, "Permutation P-values should never be zero", Stat.
            Appl. Genet. Mol. Biol. 9); None as above.
        missing: Why there is no measurement, or "".
    """

    path: str
    kernels: Levels = field(repr=False)
    orientations: tuple[float, ...]
    frequencies: tuple[float, ...]
    num_phases: int
    threshold: float
    tunings: tuple[ChannelTuning, ...]
    num_oriented: int
    num_oriented_shuffled: float | None
    chance: float | None
    missing: str = ""
