"""Which images move a channel most, and what is lost without it -> the title of its card, and two lines at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.evidence import Evidence
from reportgen.evidence.channels import Channel
from reportgen.evidence.responses import ChannelResponses, ResponsesResult
from reportgen.language.numerals import number, p_value, percent
from reportgen.language.vocabulary import words
from reportgen.sections.channels import needs

_LEAST_SHARE = 0.4
_LEAST_RATIO = 2.5
_LEAST_IMAGES = 10
_FEW = 0.005


@dataclass(frozen=True, slots=True)
class Common:
    """The class, or the kind of classes, that most of the images belong to that move a channel most.

    Attributes:
        name: What it is called.
        count: How many of these images belong to it.
        total: How many these images are.
        share: Share of all images that belong to it, 0..1.
        is_kind: Whether it is a kind of classes that the user named.
    """

    name: str
    count: int
    total: int
    share: float
    is_kind: bool

    @property
    def dominates(self) -> bool:
        """Whether more than 40 % of at least ten images are of it, and more than 2.5 times its share of all."""
        own = self.count / self.total
        return self.total >= _LEAST_IMAGES and own > _LEAST_SHARE and own > _LEAST_RATIO * self.share

    @property
    def title(self) -> str:
        """What a card is called for it."""
        return self.name if self.is_kind or not self.name.isdigit() else f"class {self.name}"


def kinds_of(evidence: Evidence, responses: ResponsesResult) -> tuple[str, ...]:
    """Return the kind of each class of `responses.classes`, "" where it has none; () where the user named none."""
    data = evidence.dataset
    if data is None or not any(data.kinds):
        return ()
    names = data.class_names or tuple(map(str, range(len(data.kinds))))
    known = dict(zip(names, data.kinds, strict=False))
    return tuple(known.get(name, "") for name in responses.classes)


def common(found: ChannelResponses, responses: ResponsesResult, kinds: tuple[str, ...]) -> Common | None:
    """Return what most of the strongest images are; a kind where one dominates, else the class; None without labels."""
    if not found.strongest or len(responses.classes) < 2:
        return None
    total = sum(responses.class_counts)
    of_class = Counter(found.strongest)
    place, count = min(of_class.items(), key=lambda each: (-each[1], each[0]))
    own = Common(
        responses.classes[place], count, len(found.strongest), responses.class_counts[place] / max(total, 1), False
    )
    if kinds and not own.dominates:
        of_kind = Counter(kinds[place] for place in found.strongest if kinds[place])
        if of_kind:
            name, count = min(of_kind.items(), key=lambda each: (-each[1], each[0]))
            images = sum(many for kind, many in zip(kinds, responses.class_counts, strict=True) if kind == name)
            return Common(name, count, len(found.strongest), images / max(total, 1), True)
    return own


def lines(channel: Channel, seen: Common | None, responses: ResponsesResult, evidence: Evidence) -> tuple[str, ...]:
    """Say in two lines at most what moves a channel and what matters of it.

    Args:
        channel: What was measured of it.
        seen: What most of its strongest images are, or None.
        responses: What it is part of.
        evidence: What the model reads.
    """
    said = []
    if seen is not None and seen.dominates:
        said.append(f"{number(seen.count)} of its {number(seen.total)} strongest: {_of_all(seen)}.")
    elif channel.speaks:
        said.append(_speaks(channel, responses))
    elif seen is not None and max(responses.class_counts) >= _LEAST_IMAGES:
        said.append(
            f"No class dominates: at most {number(seen.count)} of its {number(seen.total)} strongest ({seen.name})."
        )
    return (*said, next(_state(channel, words(evidence.model).samples)))


def _of_all(seen: Common) -> str:
    return f"{seen.title} ({percent(seen.share, 0 if seen.share >= _FEW else 1)} of all)"


def _speaks(channel: Channel, responses: ResponsesResult) -> str:
    tested = f" ({p_value(channel.chance, responses.num_permutations)})" if channel.chance is not None else ""
    return f"Speaks for {channel.favourite}: selectivity {number(channel.selectivity, 2)}{tested}."


def _state(channel: Channel, samples: str) -> Iterator[str]:
    """What matters most of a channel, first of all that something is wrong with it."""
    if channel.state == "nearly dead":
        yield f"Nearly dead: above 0 in {percent(channel.firing_share, 2)} of the {samples}."
    if channel.state == "no number":
        yield "Gives NaN or infinity."
    if channel.copy_of is not None:
        yield f"Does the same as channel {number(channel.copy_of)} (correlation {number(channel.copy_correlation, 3)})."
    lost = channel.ablation
    if lost is not None and channel.needed:
        yield f"Needed: without it, {needs.lost_words(lost, samples)}."
    lit = f"Above 0 at {percent(channel.positive_share, 0)} of its places"
    if lost is None:
        yield f"{lit}."
        return
    which = f"{number(lost.num_changed) if lost.num_changed else 'none'} of {number(lost.num_images)} predictions"
    yield f"{lit}; switched off, {which} {'change' if lost.num_changed > 1 else 'changes'}."
