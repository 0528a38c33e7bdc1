"""The channels of a layer -> an index of them all by their best patch, in strips of eight with a number under each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence.responses import CallResponses
from reportgen.figures import gallery
from reportgen.figures.gallery import IN_A_STRIP
from reportgen.language.numerals import plural
from reportgen.sections.channels.drawn import Channel


@dataclass(frozen=True, slots=True)
class Entry:
    """One channel of the index.

    Attributes:
        channel: Its number.
        word: What is wrong with it, in a word, or "".
        has_card: Whether it has a card.
        framed: Whether this card is not folded, and in a PDF where the layer is.
    """

    channel: int
    word: str
    has_card: bool
    framed: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A strip of the index.

    Attributes:
        figure: The best patches of up to eight channels, side by side.
        entries: These channels.
    """

    figure: Figure
    entries: tuple[Entry, ...]


def strips(
    call: CallResponses, channels: Sequence[Channel], with_card: Collection[int], framed: Collection[int]
) -> tuple[Strip, ...]:
    """Draw the best patch of every channel that has one, and of those that are dead or stuck a cross.

    Args:
        call: The call.
        channels: What was measured of its channels, in their order.
        with_card: Numbers of those that have a card.
        framed: Numbers of those whose card is not folded.

    Returns:
        The strips; () where no channel has a patch with a picture.
    """
    best = {each.channel: each.best.picture for each in call.channels if each.best and each.best.picture is not None}
    if not best:
        return ()
    shown = [each for each in channels if each.channel in best or each.is_silent]
    tiles = [gallery.Tile(best.get(each.channel), each.channel in framed, each.is_silent) for each in shown]
    side = gallery.tile_side(tiles)
    found = []
    for start in range(0, len(shown), IN_A_STRIP):
        part = shown[start : start + IN_A_STRIP]
        entries = tuple(
            Entry(each.channel, _word(each), each.channel in with_card, each.channel in framed) for each in part
        )
        alt = _alt(call.path, entries)
        drawn = gallery.strip(
            f"index-{call.path}-{part[0].channel}", tiles[start : start + IN_A_STRIP], side=side, alt=alt
        )
        found.append(Strip(drawn, entries))
    return tuple(found)


def selected(
    call: CallResponses, channels: Sequence[Channel], with_card: Sequence[int], framed: Collection[int], most: int
) -> tuple[Strip, ...]:
    """Draw strips of some channels: of those that have a card, and of the first others, by their numbers.

    Args:
        call: The call.
        channels: What was measured of its channels, in their order.
        with_card: Numbers of those that have a card, the most telling first.
        framed: Numbers of those whose card is not folded.
        most: How many strips there may be.

    Returns:
        The strips; () where there may be none, or all channels have room.
    """
    shown = {each.channel for each in call.channels if each.best and each.best.picture is not None}
    shown |= {each.channel for each in channels if each.is_silent}
    if not 0 < most * IN_A_STRIP < len(shown):
        return ()
    order = dict.fromkeys((*with_card, *(each.channel for each in channels)))
    chosen = set([each for each in order if each in shown][: most * IN_A_STRIP])
    return strips(call, [each for each in channels if each.channel in chosen], with_card, framed)


def _word(channel: Channel) -> str:
    """What is wrong with a channel, in a word."""
    if channel.state == "no number":
        return "NaN"
    return "copy" if not channel.state and channel.copy_of is not None else channel.state


def _alt(path: str, entries: Sequence[Entry]) -> str:
    numbers = f"{entries[0].channel} to {entries[-1].channel}" if len(entries) > 1 else f"{entries[0].channel}"
    named = "; ".join(f"{each.channel} {each.word}" for each in entries if each.word)
    count = plural(len(entries), "channel")
    return f"Best patch of {count} of {path}, {numbers}{f'; {named}' if named else ''}."
