"""Maps of one call -> the tiles of a matrix, sheets of all its maps, and a tick for each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from reportgen.budget.constants import MOST_IN_SHEET
from reportgen.budget.most_active import most_active
from reportgen.document.report import Figure
from reportgen.evidence import Evidence, Levels
from reportgen.evidence.activations import CallMaps
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import evidence_maps, mosaic, seen_maps
from reportgen.figures.seen_maps import IN_A_STRIP
from reportgen.figures.ticks import Ticks, extremes
from reportgen.language.numerals import number, percent

_TILE = 168
_AT_THE_CAP = 0.5


@dataclass(frozen=True, slots=True)
class Tile:
    """Where one channel responds on one sample.

    Attributes:
        channel: Its number.
        figure: The response laid over the sample.
        peak: Its highest value.
        lit: Share of its points above zero, 0..1.
    """

    channel: int
    figure: Figure
    peak: float
    lit: float


@dataclass(frozen=True, slots=True)
class Numbered:
    """What stands below a map.

    Attributes:
        channel: Its number.
        state: "dead" (nothing above zero in any image), "no number", "constant", "capped" (at the cap in over half of
            its points) or "".
        is_framed: Whether it stands in the matrix.
    """

    channel: int
    state: str
    is_framed: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """Up to eight maps side by side.

    Attributes:
        figure: The picture.
        maps: What stands below each.
    """

    figure: Figure
    maps: tuple[Numbered, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One tick a channel.

    Attributes:
        title: What is measured.
        note: What it is, in a few words.
        ticks: The values.
    """

    title: str
    note: str
    ticks: Ticks


def tile(evidence: Evidence, sample: SampleRecord, call: CallMaps, channel: int, top: float) -> Tile:
    """Lay one map over its sample."""
    numbers = call.channels[channel]
    response = seen_maps.scaled(call, channel, _is_common(evidence), top)
    image = _ground(evidence, sample, call)
    if response.ndim > 2:
        response, image = _at_the_peak(evidence, sample, call, response)
    alt = (
        f"Channel {channel} of {call.path} on sample {sample.index}: up to {number(numbers.maximum)}, above 0 at"
        f" {percent(numbers.active_share, 0)} of its points{_where(response)}."
    )
    drawn = evidence_maps.lit(image, response, _TILE)
    name = f"sees-{sample.index}-{call.path}-{channel}"
    return Tile(channel, mosaic.coloured(name, drawn, alt=alt), numbers.maximum, numbers.active_share)


def _at_the_peak(
    evidence: Evidence, sample: SampleRecord, call: CallMaps, response: Levels
) -> tuple[Levels, Levels | None]:
    """The slice of a map in which it is highest, and the slice of the sample as far along, if it lies on one."""
    slices = response.reshape(-1, *response.shape[-2:])
    place = int(slices.max(axis=(1, 2)).argmax())
    record = next((each for each in evidence.model.layers if each.path == call.path), None)
    if record is None or not evidence.model.sees_main_input(record) or sample.grid is None or sample.image.ndim < 3:
        return slices[place], None
    return slices[place], sample.image[int((place + 0.5) / len(slices) * len(sample.image))]


def _where(response: Levels) -> str:
    if response.ndim != 2 or not response.any():
        return ""
    row, column = divmod(int(response.argmax()), response.shape[1])
    down = ("upper", "middle", "lower")[3 * row // response.shape[0]]
    across = ("left", "middle", "right")[3 * column // response.shape[1]]
    return f", most in the {down if down == across else f'{down} {across}'}"


def _ground(evidence: Evidence, sample: SampleRecord, call: CallMaps) -> Levels | None:
    """The sample as it lies below its maps; None where they do not lie on it."""
    record = next((each for each in evidence.model.layers if each.path == call.path), None)
    if record is None or not evidence.model.sees_main_input(record):
        return None
    if call.grid is None:
        return sample.image if sample.grid is None else None
    if sample.grid is None or len(sample.grid.sizes) != 1 or len(call.sizes) != 1:
        return None
    return evidence_maps.as_picture(sample.image, sample.grid, sample.grid.sizes)


def sheet(evidence: Evidence, index: int, call: CallMaps, framed: Sequence[int], top: float) -> tuple[Strip, ...]:
    """Draw the maps of one call on one sample in strips, all on one scale.

    Args:
        evidence: Everything.
        index: Place of the sample among the chosen ones.
        call: Its maps.
        framed: Channels that are framed.
        top: The value that is drawn brightest.
    """
    order = call.shown
    if len(order) > MOST_IN_SHEET:
        active = most_active(call.channels, len(call.channels))
        order = tuple(dict.fromkeys([*framed, *(each for each in active if each in call.shown)]))[:MOST_IN_SHEET]
    order = tuple(sorted(order))
    states, is_common = _states(evidence, call), _is_common(evidence)
    found = []
    for start in range(0, len(order), IN_A_STRIP):
        part = order[start : start + IN_A_STRIP]
        figure = seen_maps.strip(
            f"strip-{evidence.samples[index].index}-{call.path}-{start // IN_A_STRIP}",
            [seen_maps.scaled(call, channel, is_common, top) for channel in part],
            [place for place, channel in enumerate(part) if channel in framed],
            alt=f"Maps of channels {part[0]} to {part[-1]} of {call.path} on sample {evidence.samples[index].index}.",
        )
        below = tuple(Numbered(channel, states.get(channel, ""), channel in framed) for channel in part)
        found.append(Strip(figure, below))
    return tuple(found)


def _states(evidence: Evidence, call: CallMaps) -> dict[int, str]:
    known = evidence.responses.calls if evidence.responses else ()
    measured = next(
        (each for each in known if each.path == call.path and len(each.channels) == len(call.channels)), None
    )
    cap = max((each.maximum for each in call.channels), default=0.0)
    found = {}
    for place, numbers in enumerate(call.channels):
        if numbers.num_nonfinite:
            found[place] = "no number"
        elif measured and measured.channels[place].state == "dead":
            found[place] = "dead"
        elif numbers.constant:
            found[place] = "constant"
        elif measured and measured.capped and numbers.maximum == cap > 0 and place in call.shown:
            at_the_cap = seen_maps.share_at(call, place, _is_common(evidence), cap)
            found |= {place: "capped"} if at_the_cap > _AT_THE_CAP else {}
    return found


def _is_common(evidence: Evidence) -> bool:
    return evidence.activations is not None and evidence.activations.scale == "common"


def lines(
    call: CallMaps, falls: Mapping[int, float], over: str, target: str, known: str = "the true class"
) -> tuple[Line, ...]:
    """Return what each channel does on one sample as ticks, and what the network loses without it.

    Args:
        call: The maps of the sample.
        falls: By how much the log-probability of that class falls without a channel, as far as that was measured.
        over: On at least how many samples that was: "60 volumes".
        target: What channels may follow: "object" or "outlined evidence".
        known: Whose probability falls: "the true class", or "the predicted class" where no labels are known.
    """
    sound = [numbers for numbers in call.channels if not numbers.num_nonfinite]
    if len(sound) < 2:
        return ()
    lit = {numbers.channel: numbers.active_share for numbers in sound}
    peak = {numbers.channel: numbers.maximum for numbers in sound}
    follows = {numbers.channel: numbers.follows for numbers in sound if numbers.follows is not None}
    found = [Line("Lit", "share of points above 0", _ticks(lit, 0.0, 1.0, is_share=True))]
    if max(peak.values()) > min(peak.values()):
        found.append(Line("Peak", "highest value", _ticks(peak, min(0.0, *peak.values()), max(peak.values()))))
    if len(follows) > 1:
        low = min(0.0, *follows.values())
        found.append(Line(f"Follows the {target}", "correlation with it", _ticks(follows, low, 1.0)))
    if len(falls) > 1 and max(falls.values()) > min(falls.values()):
        note = f"fall of {known}'s log probability without it; {number(len(falls))} channels, {over}"
        found.append(Line("Needed", note, _ticks(dict(falls), min(0.0, *falls.values()), max(falls.values()))))
    return tuple(found)


def _ticks(named: dict[int, float], low: float, high: float, is_share: bool = False) -> Ticks:
    found = extremes(named, low, high)
    return Ticks(tuple(named.values()), low, high, found, float(median(named.values())), is_share)
