"""The first conv layer's responses to gratings -> whether it looks for edges."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document import colours
from reportgen.document.report import Figure, Section
from reportgen.document.sheets import ContactSheet
from reportgen.evidence import Evidence
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.figures import charts, mosaic
from reportgen.language import numerals
from reportgen.language.numerals import number, plural

TITLE = "Does it look for edges?"
PART = "body"
NEEDS = ("edges",)

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
        num_selective: Channels that are selective for one orientation.
        num_selective_by_chance: The same with shuffled kernels, on average, or None.
        num_preferring: Those that are so beyond chance, corrected for all of them, or None.
        num_shuffles: How often the weights inside each kernel were shuffled.
        chance: How likely shuffled kernels have as many selective channels, 0..1, or None.
        level: Share of false ones that is allowed among those that are said to prefer an orientation, 0..1.
        threshold: Selectivity from which a channel counts as selective.
        orientations: Orientations of the gratings, degrees.
        frequencies: Their frequencies, cycles per pixel.
    """

    path: str
    kernels: ContactSheet | None
    curves: Figure
    tunings: tuple[ChannelTuning, ...]
    num_selective: int
    num_selective_by_chance: float | None
    num_preferring: int | None
    num_shuffles: int
    chance: float | None
    level: float
    threshold: float
    orientations: tuple[float, ...]
    frequencies: tuple[float, ...]


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
        num_selective=result.num_selective,
        num_selective_by_chance=result.num_selective_by_chance,
        num_preferring=result.num_preferring,
        num_shuffles=result.num_shuffles,
        chance=result.chance,
        level=result.level,
        threshold=result.threshold,
        orientations=result.orientations,
        frequencies=result.frequencies,
    )
    return Section("edges", TITLE, _answer(result), content)


def _answer(result: EdgesResult) -> str:
    total, selective = len(result.tunings), result.num_selective
    found = f"{number(selective)} of {plural(total, 'channel')} of {result.path}"
    measured = f"{found} {'is' if selective == 1 else 'are'} selective for edges of one orientation"
    if result.chance is None or result.num_selective_by_chance is None:
        return f"{measured}; chance was not measured, because the layer is no plain convolution."
    p_of_layer = numerals.p_value(result.chance, result.num_shuffles)
    shuffled = f"with the weights inside each kernel shuffled, {number(result.num_selective_by_chance)} are on average"
    preferring = number(result.num_preferring) if result.num_preferring else "none"
    beyond = f"Taken one by one, and corrected for all {total}, {preferring} can be told from chance."
    more = "more than chance gives" if result.chance <= result.level else "no more than chance gives"
    return f"{measured}; {shuffled}: {more} ({p_of_layer}). {beyond}"


def _kernels(result: EdgesResult) -> ContactSheet | None:
    if not result.kernels.size:
        return None
    total, height, width = result.kernels.shape[:3]
    enlarged = result.kernels.repeat(_ENLARGED, axis=1).repeat(_ENLARGED, axis=2)
    label = mosaic.Label(
        "kernels",
        alt=f"{plural(total, 'kernel')} of {result.path}, {height} by {width} weights each.",
        caption=f"All {plural(total, 'kernel')} of {result.path}. {_numbered(total, height, width)} {_scale(result)}",
    )
    return mosaic.contact_sheet(label, mosaic.Maps(enlarged, line=_LINE))


def _numbered(total: int, height: int, width: int) -> str:
    """Say where the number of a kernel stands."""
    columns = mosaic.num_columns(total, height * _ENLARGED, width * _ENLARGED)
    return "Above each: its channel." if total <= columns else "The channel is the number of the row plus that above."


def _scale(result: EdgesResult) -> str:
    """Say what the colours of kernels mean."""
    own = "each kernel has its own scale"
    if result.kernels.ndim > 3:
        return (
            "The weights for red, green and blue are drawn in these colours: mid-grey is zero for all three, a colour"
            f" stronger than grey a positive weight, one weaker a negative; {own}."
        )
    return f"Mid-grey is zero, white the largest weight of the kernel and black its negative: {own}."


def _most_selective(result: EdgesResult) -> str:
    highest = max(tuning.selectivity for tuning in result.tunings)
    most = [tuning for tuning in result.tunings if tuning.selectivity == highest]
    if len(most) > 1:
        return f"{number(len(most))} channels share the highest selectivity, {number(highest, 2)}"
    (one,) = most
    selectivity = f"channel {one.channel} is the most selective, index {number(highest, 2)}"
    return f"{selectivity}, for edges at {number(round(one.orientation) % 180)} degrees"


def _curves(result: EdgesResult) -> Figure:
    silent = sum(not tuning.responds for tuning in result.tunings)
    mute = f" {plural(silent, 'channel responds', 'channels respond')} to no grating." if silent else ""
    # Orientation goes round: each curve is turned to its own peak, so that none is cut at 0°.
    ordered = sorted(result.tunings, key=lambda each: (not each.prefers, each.orientation, each.channel))
    return charts.tuning(
        "tuning",
        [_turned(tuning.responses) for tuning in ordered],
        result.orientations,
        alt=(f"{plural(len(result.tunings), 'tuning curve')}; {_most_selective(result)}.{mute}"),
        caption=(
            "Response to gratings by orientation, one curve per channel with its number. Each is turned so that its"
            " best orientation stands in the middle and the one across it at both ends, and scaled to its own highest"
            " response. One clear hump means that the channel responds to edges of one orientation. Order: channels"
            f" that prefer an orientation first, from 0° (horizontal) upwards.{mute}"
        ),
        names=[str(tuning.channel) for tuning in ordered],
    )


def _turned(responses: tuple[float, ...]) -> tuple[float, ...]:
    """Turn responses to orientations, which go round, so that the highest stands in the middle."""
    start = (responses.index(max(responses)) - len(responses) // 2) % len(responses)
    return (*responses[start:], *responses[:start])
