"""Channels without a card, and patches drawn at random among equal ones -> a line that says so."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.evidence.channels import Channel
from reportgen.language.numerals import number

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
        said.append(f"Dead, never above zero: {_listed(dead)}.")
    if stuck:
        said.append(f"Stuck: {_listed(stuck)}.")
    return " ".join(said)


def drawn_words(channel: Channel, values: Sequence[float], num_at_last: int, samples: str) -> str:
    """Say that patches were drawn at random among images of the same response; "" where none was.

    Args:
        channel: What was measured of the channel.
        values: The responses of its patches, highest first.
        num_at_last: How many images have the last of them.
        samples: What the data consist of: "images".
    """
    num_drawn = list(values).count(values[-1]) if values else 0
    if not num_drawn or num_at_last <= num_drawn:
        return ""
    if num_drawn == len(values):
        return (
            f"{number(channel.num_at_maximum)} {samples} reach its highest value, {number(channel.maximum)}; those"
            " shown are drawn at random."
        )
    last = "one shown is" if num_drawn == 1 else f"{number(num_drawn)} shown are"
    return f"{number(num_at_last)} {samples} reach {number(values[-1])}; the last {last} drawn from them at random."


def _listed(names: Sequence[str]) -> str:
    """Write names one after the other, of many the first and how many more there are."""
    rest = len(names) - _MOST_LISTED
    if rest > 1:
        return f"{', '.join(names[:_MOST_LISTED])} and {number(rest)} more (report.json lists all)"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
