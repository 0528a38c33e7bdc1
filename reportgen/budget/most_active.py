"""Numbers of a call's channels -> the most active of them, and its maps reduced to those.

How active a channel is, is the root mean square of its map: the square root of mean² + deviation². It counts what is
far from zero on either side, and needs no further look at the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import hypot

from reportgen.evidence.activations import CallMaps, ChannelNumbers


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
