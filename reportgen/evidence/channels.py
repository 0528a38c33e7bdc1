"""Responses, ablations and tunings -> what is known of every channel, which tell most, and which are not in order.

Which channels are shown is chosen here, once everything is measured (`shown`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from reportgen.evidence.ablation import AblationResult, ChannelAblation
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.evidence.responses import CallResponses, ChannelResponses, Measured, ResponsesResult, most_shown


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
        accuracy_change: Accuracy without it less that with it; None where that was not measured.
        probability_change: The same of the mean probability of the true class, or of the predicted class.
        num_changed: Images whose predicted class changes without it; None where that was not measured.
        class_hit: The class whose recall falls most without it; None where none loses any.
        class_hit_change: The change of its recall; None as above.
    """

    favourite: str | None
    orientation: float | None
    orientation_selectivity: float | None
    orientation_p_value: float | None
    accuracy_change: float | None
    probability_change: float | None
    num_changed: int | None
    class_hit: str | None
    class_hit_change: float | None

    @property
    def health(self) -> str:
        """What is wrong with it, in a word or two, or ""."""
        if self.state or self.copy_of is None:
            return self.state
        return f"copy of {self.copy_of}"

    @property
    def loss(self) -> tuple[float, float]:
        """How much it matters: what is lost without it in accuracy, then in probability; 0 where not measured."""
        return -(self.accuracy_change or 0.0), -(self.probability_change or 0.0)

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
    tuned = edges is not None and not edges.missing and edges.path == call.path
    tunings = {each.channel: each for each in edges.tunings} if edges is not None and tuned else {}
    return tuple(
        _joined(
            each,
            responses.classes,
            (lost.get(each.channel), ablation.classes if ablation else ()),
            tunings.get(each.channel),
            kind,
        )
        for each in call.channels
    )


def _joined(
    known: ChannelResponses,
    classes: tuple[str, ...],
    ablated: tuple[ChannelAblation | None, tuple[str, ...]],
    tuning: ChannelTuning | None,
    kind: type[Kind],
) -> Kind:
    loss = ablated[0]
    worst = min(range(len(loss.class_changes)), key=loss.class_changes.__getitem__, default=None) if loss else None
    hit = loss.class_changes[worst] if loss is not None and worst is not None else 0.0
    return kind(
        **{each.name: getattr(known, each.name) for each in fields(Measured)},
        favourite=None if known.favourite is None else classes[known.favourite],
        orientation=tuning.orientation if tuning and tuning.prefers else None,
        orientation_selectivity=tuning.selectivity if tuning else None,
        orientation_p_value=tuning.p_value if tuning else None,
        accuracy_change=loss.accuracy_change if loss else None,
        probability_change=loss.probability_change if loss else None,
        num_changed=loss.num_changed if loss else None,
        class_hit=ablated[1][worst] if worst is not None and hit < 0 else None,
        class_hit_change=hit if hit < 0 else None,
    )


def shown(
    call: CallResponses, responses: ResponsesResult, ablation: AblationResult | None, edges: EdgesResult | None
) -> tuple[int, ...]:
    """Return the channels of a call that are shown, the most telling first; the arguments as of `joined`."""
    channels = joined(call, responses, ablation, edges, Channel)
    places = ranked(channels)[: most_shown(len(responses.calls))]
    return tuple(channels[place].channel for place in places)


def ranked(channels: Sequence[Channel]) -> tuple[int, ...]:
    """Return the places of channels, the most telling first, without those that are dead or stuck.

    Turn by turn comes the next that speaks for a class, the next that the model needs, the next that is not in order,
    and the next in selectivity; of equal ones the lower. So the first two hold the most selective that speaks for a
    class and the one that is needed most; where two are needed alike, the first three hold both.
    """
    places = [place for place, channel in enumerate(channels) if not channel.is_silent]

    def ordered(asked: Callable[[Channel], bool], key: Callable[[Channel], tuple[float, ...]]) -> list[int]:
        return sorted((place for place in places if asked(channels[place])), key=lambda place: key(channels[place]))

    place_of = {channels[place].channel: place for place in places}
    by_need = _needed([channels[place] for place in places])
    needed = [place_of[each.channel] for each in by_need]
    turns = [
        ordered(lambda each: each.speaks, lambda each: (-(each.selectivity or 0.0),)),
        needed,
        needed[1:2] if len(_alike(by_need)) == 2 else [],
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


def _needed(channels: Sequence[Channel]) -> list[Channel]:
    """Return the channels that the model needs, the most needed first.

    What counts is how much accuracy is lost, then how much probability; where no accuracy is lost without any
    of them, probability alone.
    """
    if any(each.loss[0] > 0 for each in channels):
        return sorted((each for each in channels if each.loss > (0.0, 0.0)), key=lambda each: each.loss, reverse=True)
    return sorted((each for each in channels if each.loss[1] > 0), key=lambda each: each.loss[1], reverse=True)


def _alike(needed: Sequence[Channel]) -> list[Channel]:
    """Return those that are needed as much as the first: in accuracy, or in probability if no accuracy is lost."""
    if not needed:
        return []
    counted = 0 if needed[0].loss[0] > 0 else 1
    return [each for each in needed if each.loss[counted] == needed[0].loss[counted]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many channels of a layer are of which kind, and which the model needs most.

    Attributes:
        channels: All of them.
        oriented: Those that prefer an orientation of edges beyond chance; None where that was not asked.
        dead: Those that are never above zero.
        nearly_dead: Those that fire in hardly any image.
        stuck: Those of one value everywhere.
        no_number: Those with NaN or infinity.
        copies: Those that are copies of another, and nothing of the above.
        speaking: Those that speak for one class; None without labels.
        ablated: Those of which it was measured what the model loses without them.
        needed: The number of the one that the model needs most: for accuracy, then for probability; None where
            nothing is lost without any.
        tied: The numbers of the others without which as much accuracy is lost, or, where no accuracy is lost
            without any, as much probability.
        accuracy_change: The change of the accuracy without that one; None where not measured.
        probability_change: The same of the mean probability of the true class, or of the predicted class.
    """

    channels: int
    oriented: int | None
    dead: int
    nearly_dead: int
    stuck: int
    no_number: int
    copies: int
    speaking: int | None
    ablated: int
    needed: int | None
    tied: tuple[int, ...]
    accuracy_change: float | None
    probability_change: float | None


def count(channels: Sequence[Channel], *, labelled: bool) -> Counts:
    """Count the channels of a layer by kind; `labelled` says whether true classes are known."""
    states = [each.state for each in channels]
    ablated = [each for each in channels if each.probability_change is not None]
    # A constant that is set to its mean loses nothing but bits by rounding.
    costly = _needed([each for each in ablated if not each.is_silent])
    needed, tied = next(iter(costly), None), _alike(costly)[1:]
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
        no_number=states.count("no number"),
        copies=sum(each.copy_of is not None and not each.state for each in channels),
        speaking=sum(each.speaks for each in channels) if labelled else None,
        ablated=len(ablated),
        needed=needed.channel if needed else None,
        tied=tuple(each.channel for each in tied),
        accuracy_change=needed.accuracy_change if needed else None,
        probability_change=needed.probability_change if needed else None,
    )
