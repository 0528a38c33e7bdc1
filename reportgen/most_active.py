"""Numbers of a call's channels -> the most active of them, and its maps reduced to those.

How active a channel is, is the root mean square of its map: the square root of mean² + deviation². It counts what is
far from zero on either side, and needs no further look at the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import hypot

from reportgen.document import Finding
from reportgen.evidence import ActivationsResult, CallMaps, ChannelNumbers
from reportgen.numerals import megabytes, number, plural
from reportgen.plan import FEWEST

_WITHIN = "so that the page stays within"
_MOST_NAMED = 8


def most_active(channels: Sequence[ChannelNumbers], count: int, follower: int | None = None) -> tuple[int, ...]:
    """Return the channels with the highest root mean square, the highest first; of equals the lower number.

    Args:
        channels: The numbers of every channel.
        count: How many to return; 1 or more.
        follower: The channel that follows the object, which takes the last place where it is not among them.
    """
    order = sorted(
        range(len(channels)), key=lambda place: (-hypot(channels[place].mean, channels[place].deviation), place)
    )
    chosen = order[:count]
    if follower is not None and follower not in chosen:
        chosen[-1] = follower
    return tuple(chosen)


def limited(maps: CallMaps, count: int) -> CallMaps:
    """Return a call's maps with as many as there is room for; the numbers of every channel stay.

    Args:
        maps: The maps; those of a call that is cut already are cut further.
        count: How many maps to keep, 1 or more; with as many as there are, nothing changes.
    """
    if count >= len(maps.shown):
        return maps
    places = {channel: place for place, channel in enumerate(maps.shown)}
    chosen = most_active(maps.channels, count, maps.follower)
    # A copy, so that the memory of the others is given back.
    levels = maps.levels[[places[channel] for channel in chosen]]
    return replace(maps, levels=levels, cut_to=chosen)


def cut_short(activations: ActivationsResult | None) -> tuple[Finding, ...]:
    """Say which maps a report leaves out, and why."""
    calls = [call for sample in activations.samples for call in sample.calls] if activations else []
    cut = [call for call in calls if call.cut_to is not None]
    if not activations or not cut:
        return ()
    every, shown = sum(len(call.channels) for call in calls), sum(len(call.shown) for call in calls)
    least = min(len(call.shown) for call in cut)
    gave_way = "the largest was halved, again and again, though never below 16 maps"
    if least < FEWEST:
        gave_way += ", and grids of the last samples went down to one map"
    layers = list(dict.fromkeys(call.path for call in cut))
    rest = f" and {number(len(layers) - _MOST_NAMED)} more" if len(layers) > _MOST_NAMED else ""
    return (
        Finding(
            "note",
            f"{number(shown)} of {number(every)} activation maps are shown, {_WITHIN}"
            f" {megabytes(activations.max_size_bytes)}.",
            f"{plural(len(cut), 'grid')} of {number(len(calls))} gave way: {gave_way}. Each shows its most active"
            f" channels and says how many there are: {', '.join(layers[:_MOST_NAMED])}{rest}. The numbers of all"
            " channels are in report.json. A larger --max-size shows more maps, and fewer samples (--pick) or layers"
            " (--layers) leave more room for each.",
            "activations",
        ),
    )


def says_so(finding: Finding) -> bool:
    """Return whether a finding is that of maps that are left out."""
    return _WITHIN in finding.title
