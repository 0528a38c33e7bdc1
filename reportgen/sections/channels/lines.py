"""Channels without a card, and patches drawn at random among equal ones -> a line that says so."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.evidence.channels import Channel
from reportgen.evidence.responses import MOST_PATCHES
from reportgen.language.listing import listed
from reportgen.language.numerals import number
from reportgen.records.model import LayerRecord

_MOST_LISTED = 20


def silent_words(channels: Sequence[Channel]) -> str:
    """Say in one line which channels of a layer are dead and which are stuck, the first of many; "" where none is.

    Args:
        channels: All channels of the layer.
    """
    dead = [number(each.channel) for each in channels if each.state == "dead"]
    stuck = [f"{number(each.channel)} (always {number(each.mean)})" for each in channels if each.state == "stuck"]
    said = []
    if len(dead) == len(channels) > 1:
        said.append(f"All {number(len(dead))} channels are dead: none is ever above zero.")
    elif dead:
        said.append(f"Never above zero: {_first_of(dead)}.")
    if stuck:
        said.append(f"Stuck: {_first_of(stuck)}.")
    return " ".join(said)


def zero_words(channels: Sequence[Channel], layer: LayerRecord) -> str:
    """Say which dead and stuck channels of a layer are so because all their weights are zero; "" where none is.

    Args:
        channels: All channels of the layer.
        layer: The conv layer.
    """
    states = {each.channel: each.state for each in channels if each.is_silent and each.channel in layer.zero_kernels}
    if not states:
        return ""
    kinds = " or ".join(sorted(set(states.values())))
    each_has = number(layer.kernel_weights // max(len(channels), 1))
    if len(states) == 1:
        return f"Channel {number(next(iter(states)))} is {kinds} because its {each_has} weights are all zero."
    which = listed([number(each) for each in states])
    if len(states) == len(channels):
        which = "All"
    elif len(states) > _MOST_LISTED:
        which = f"{number(len(states))} channels"
    else:
        which = f"Channels {which}"
    return f"{which} are {kinds} because the {each_has} weights of each are all zero."


def drawn_words(channel: Channel, samples: str, *, capped: bool) -> str:
    """Say how patches were chosen of a channel whose highest value is reached by more images than are shown; "" else.

    Args:
        channel: What was measured of it.
        samples: What the data consist of: "images".
        capped: Whether they are ranked by what goes into its activation, which has a cap.
    """
    if channel.num_at_maximum <= MOST_PATCHES:
        return ""
    if capped:
        many = f"{number(channel.num_at_maximum)} {samples} reach the cap of {number(channel.maximum)}"
        return f"{many}; patches are ranked by what goes into the activation."
    many = f"{number(channel.num_at_maximum)} {samples} reach its highest value, {number(channel.maximum)}"
    return f"{many}; those shown are drawn at random."


def _first_of(names: Sequence[str]) -> str:
    """Write names one after the other, of many the first and how many more there are."""
    rest = len(names) - _MOST_LISTED
    if rest > 1:
        return f"{', '.join(names[:_MOST_LISTED])} and {number(rest)} more (report.json lists all)"
    return listed(names)
