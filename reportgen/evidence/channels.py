"""Responses, ablations and tunings -> what is known of every channel, which tell most, and which are not in order.

Which channels are shown is chosen here, once everything is measured (`shown`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from types import MappingProxyType
from typing import Any, TypeVar

from reportgen.evidence.ablation import AblationResult, ChannelAblation, CopyAblation
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.evidence.responses import CallResponses, Measured, ResponsesResult, most_shown


@dataclass(frozen=True, slots=True)
class Channel(Measured):
    """Everything that was measured of one channel.

    Attributes:
        favourite: Name of the class with the highest mean response; None without labels or where the channel never
            fires.
        orientation: Orientation of the edges that it prefers beyond chance, degrees; None where it prefers none, or
            was not asked.
        orientation_selectivity: Orientation selectivity index, 0..1; None where it was not asked.
        orientation_p_value: How likely chance makes it as selective, 0..1; None where that is not known.
        ablation: What the model loses where it is set to its mean; None where that was not measured.
        estimated_move: How far it moves the log-odds by the gradient, root mean square; None where there is none.
        replaced: What changes where it, a copy, is replaced by the channel that it is a copy of; None else.
    """

    favourite: str | None
    orientation: float | None
    orientation_selectivity: float | None
    orientation_p_value: float | None
    ablation: ChannelAblation | None
    estimated_move: float | None
    replaced: CopyAblation | None

    @property
    def health(self) -> str:
        """What is wrong with it, in a word or two, or ""."""
        if self.state or self.copy_of is None:
            return self.state
        return f"copy of {self.copy_of}"

    @property
    def needed(self) -> bool:
        """Whether it was found to be needed, on other images than those by which it was picked."""
        return self.ablation is not None and self.ablation.needed

    @property
    def loss(self) -> float:
        """How much less probable the truth becomes without it, in its logarithm; 0 where that was not measured."""
        return 0.0 if self.ablation is None else -self.ablation.log_probability_change

    @property
    def is_silent(self) -> bool:
        """Whether it is dead or stuck, so that there is nothing to show of it."""
        return self.state in {"dead", "stuck"}


Kind = TypeVar("Kind", bound=Channel)


def joined(
    call: CallResponses,
    responses: ResponsesResult,
    ablation: AblationResult | None,
    edges: EdgesResult | None,
    kind: type[Kind],
) -> tuple[Kind, ...]:
    """Return everything that was measured of a call's channels, in their order.

    Args:
        call: The call.
        responses: What it is part of.
        ablation: What the model loses without single channels, or None.
        edges: The tuning of the first conv call's channels, or None; of another call nothing is taken from it.
        kind: `Channel`, or what a chapter makes of it.
    """
    lost = {each.channel: each for each in ablation.channels if each.path == call.path} if ablation else {}
    copied = {each.channel: each for each in ablation.copies if each.path == call.path} if ablation else {}
    estimates = dict(ablation.estimates).get(call.path, ()) if ablation else ()
    tuned = edges is not None and not edges.missing and edges.path == call.path
    tunings = {each.channel: each for each in edges.tunings} if edges is not None and tuned else {}
    known = ({name.name: getattr(each, name.name) for name in fields(Measured)} for each in call.channels)
    return tuple(
        kind(
            **measured,
            **_oriented(tunings.get(each.channel)),
            favourite=None if each.favourite is None else responses.classes[each.favourite],
            ablation=lost.get(each.channel),
            estimated_move=_finite(estimates[each.channel]) if estimates else None,
            replaced=copied.get(each.channel),
        )
        for each, measured in zip(call.channels, known, strict=True)
    )


def _oriented(tuning: ChannelTuning | None) -> dict[str, Any]:
    return {
        "orientation": tuning.orientation if tuning and tuning.prefers else None,
        "orientation_selectivity": tuning.selectivity if tuning else None,
        "orientation_p_value": tuning.p_value if tuning else None,
    }


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def shown(
    call: CallResponses,
    responses: ResponsesResult,
    ablation: AblationResult | None,
    edges: EdgesResult | None,
    dominated: Mapping[int, float] = MappingProxyType({}),
) -> tuple[int, ...]:
    """Return the channels of a call that are shown, the most telling first.

    Args:
        call: The call; this and the next three as of `joined`.
        responses: What it is part of.
        ablation: What is lost without channels.
        edges: Which orientations they prefer.
        dominated: Of the channels whose strongest images are mostly of one class or kind, by how much.
    """
    channels = joined(call, responses, ablation, edges, Channel)
    places = ranked(channels, dominated)[: most_shown(len(responses.calls))]
    return tuple(channels[place].channel for place in places)


def ranked(channels: Sequence[Channel], dominated: Mapping[int, float] = MappingProxyType({})) -> tuple[int, ...]:
    """Return the places of channels, the most telling first, without those that are dead or stuck.

    Turn by turn comes the next that speaks for a class, the next that the model needs, the next whose strongest images
    are mostly of one class or kind, the next that is not in order, and the next in selectivity; of equal ones the
    lower. Channels that were not found to be needed come by how much less probable the truth becomes without them.
    """
    places = [place for place, channel in enumerate(channels) if not channel.is_silent]

    def ordered(asked: Callable[[Channel], bool], key: Callable[[Channel], tuple[float, ...]]) -> list[int]:
        return sorted((place for place in places if asked(channels[place])), key=lambda place: key(channels[place]))

    turns = [
        ordered(lambda each: each.speaks, lambda each: (-(each.selectivity or 0.0),)),
        ordered(lambda each: each.needed or each.loss > 0, lambda each: (not each.needed, -each.loss)),
        ordered(lambda each: each.channel in dominated, lambda each: (-dominated[each.channel],)),
        ordered(lambda each: bool(each.health), lambda each: (_STATES.index(each.state),)),
        ordered(lambda _: True, lambda each: (-(each.selectivity or 0.0), -each.positive_share)),
    ]
    found: dict[int, None] = {}
    for turn in range(len(channels)):
        for row in turns:
            if turn < len(row):
                found.setdefault(row[turn])
    return tuple(found)


_STATES = ("no number", "nearly dead", "")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many channels of a layer are of which kind, and which the model needs most.

    Attributes:
        channels: All of them.
        oriented: Those that prefer an orientation of edges beyond chance; None where that was not asked.
        dead: Those that are never above zero, by themselves.
        nearly_dead: Those that fire in hardly any image.
        stuck: Those of one value everywhere, by themselves.
        following: Those that are dead or stuck because a channel before them is.
        no_number: Those with NaN or infinity.
        copies: Those that are copies of another, and nothing of the above.
        speaking: Those that speak for one class; None without labels.
        ablated: Those of which it was measured what the model loses without them.
        confirmed: Those of which it was measured again on other images.
        needed: The numbers of those that were found to be needed there, the largest loss first.
    """

    channels: int
    oriented: int | None
    dead: int
    nearly_dead: int
    stuck: int
    following: int
    no_number: int
    copies: int
    speaking: int | None
    ablated: int
    confirmed: int
    needed: tuple[int, ...]


def count(channels: Sequence[Channel], *, labelled: bool) -> Counts:
    """Count the channels of a layer by kind; `labelled` says whether true classes are known."""
    states = [each.state for each in channels if not each.origin]
    ablated = [each.ablation for each in channels if each.ablation is not None]
    needed = sorted((each for each in ablated if each.needed), key=_size)
    return Counts(
        channels=len(channels),
        oriented=(
            sum(each.orientation is not None for each in channels)
            if any(each.orientation_p_value is not None for each in channels)
            else None
        ),
        dead=states.count("dead"),
        nearly_dead=states.count("nearly dead"),
        stuck=states.count("stuck"),
        following=sum(bool(each.origin) for each in channels),
        no_number=states.count("no number"),
        copies=sum(each.copy_of is not None and not each.state for each in channels),
        speaking=sum(each.speaks for each in channels) if labelled else None,
        ablated=len(ablated),
        confirmed=sum(each.confirmed for each in ablated),
        needed=tuple(each.channel for each in needed),
    )


def _size(lost: ChannelAblation) -> tuple[float, float]:
    return (lost.accuracy_change or 0.0, lost.log_probability_change)
