"""The first conv layer's responses to gratings -> whether it looks for edges."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document import colours
from reportgen.document.report import Figure, Section
from reportgen.document.sheets import ContactSheet
from reportgen.evidence import Evidence
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.figures import charts, mosaic
from reportgen.language.numerals import number, plural

TITLE = "Does it look for edges?"
NEEDS = ("edges",)

LEVEL = 0.05
"""Highest chance at which the layer is said to look for edges."""

# Weights are drawn as squares of this many pixels, so that the lines between kernels can be thin; white is a weight
# here, so the lines have the report's accent colour.
_ENLARGED = 8
_LINE = colours.rgb(colours.ON_PAGES["accent"][0])


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        path: The first conv layer.
        kernels: Each kernel as a picture, or None where kernels are no pictures.
        curves: Response against orientation, one small curve per channel.
        tunings: One per channel.
        num_oriented: Channels that prefer an orientation.
        num_shuffled: The same with shuffled kernels, on average, or None.
        chance: How likely shuffled kernels reach as many, 0..1, or None.
        threshold: Selectivity from which a channel counts.
        orientations: Orientations shown, degrees.
        frequencies: Frequencies shown, cycles per pixel.
        num_phases: Phases of each.
    """

    path: str
    kernels: ContactSheet | None
    curves: Figure
    tunings: tuple[ChannelTuning, ...]
    num_oriented: int
    num_shuffled: float | None
    chance: float | None
    threshold: float
    orientations: tuple[float, ...]
    frequencies: tuple[float, ...]
    num_phases: int


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None for a network whose first conv layer cannot be shown gratings."""
    result = evidence.edges
    if result is None or result.missing:
        return None
    content = Content(
        path=result.path,
        kernels=_kernels(result),
        curves=_curves(result),
        tunings=result.tunings,
        num_oriented=result.num_oriented,
        num_shuffled=result.num_oriented_shuffled,
        chance=result.chance,
        threshold=result.threshold,
        orientations=result.orientations,
        frequencies=result.frequencies,
        num_phases=result.num_phases,
    )
    return Section("edges", TITLE, _answer(result), content)


def _answer(result: EdgesResult) -> str:
    total = len(result.tunings)
    found = f"{number(result.num_oriented)} of {plural(total, 'channel')} of {result.path}"
    measured = f"{found} {'prefers' if result.num_oriented == 1 else 'prefer'} edges of one orientation."
    if result.num_oriented_shuffled is None or result.chance is None:
        return measured
    shuffled = f"With the weights inside each kernel shuffled, {number(result.num_oriented_shuffled)} do on average"
    said = f"{measured} {shuffled} (p = {number(result.chance, 2)}): this layer looks for edges"
    return f"{said} more than chance would." if result.chance <= LEVEL else f"{said} no more than chance would."


def _kernels(result: EdgesResult) -> ContactSheet | None:
    if not result.kernels.size:
        return None
    total, height, width = result.kernels.shape[:3]
    enlarged = result.kernels.repeat(_ENLARGED, axis=1).repeat(_ENLARGED, axis=2)
    label = mosaic.Label(
        "kernels",
        alt=f"{plural(total, 'kernel')} of {result.path}, {height} by {width} weights each.",
        caption=(
            f"All {plural(total, 'kernel')} of {result.path}; channel = row + column. Mid-grey is zero, white the"
            " largest weight of the kernel and black its negative: each kernel has its own scale."
        ),
    )
    return mosaic.contact_sheet(label, mosaic.Maps(enlarged, line=_LINE))


def _most_selective(result: EdgesResult) -> str:
    highest = max(tuning.selectivity for tuning in result.tunings)
    most = [tuning for tuning in result.tunings if tuning.selectivity == highest]
    if len(most) > 1:
        return f"{number(len(most))} channels share the highest selectivity, {number(highest, 2)}"
    (one,) = most
    selectivity = f"channel {one.channel} is the most selective, index {number(highest, 2)}"
    return f"{selectivity}, for edges at {number(round(one.orientation))} degrees"


def _curves(result: EdgesResult) -> Figure:
    silent = sum(not tuning.responds for tuning in result.tunings)
    mute = f" {plural(silent, 'channel responds', 'channels respond')} to no grating." if silent else ""
    return charts.tuning(
        "tuning",
        [tuning.responses for tuning in result.tunings],
        result.orientations,
        alt=(f"{plural(len(result.tunings), 'tuning curve')}; {_most_selective(result)}.{mute}"),
        caption=(
            "Response to gratings by orientation, one curve per channel with its number: from 0° (left, horizontal "
            "edges) through 90° (vertical) to 180° (right). Each curve is scaled to its own highest response. A curve "
            f"with one clear hump belongs to a channel that looks for edges of that orientation.{mute}"
        ),
    )
