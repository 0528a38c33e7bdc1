"""Which images move a channel most, and what is lost without it -> the title of its card, and two lines at most."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.evidence import Evidence
from reportgen.evidence.channels import Channel
from reportgen.evidence.common import LEAST_IMAGES, Common
from reportgen.evidence.responses import ResponsesResult
from reportgen.language.numerals import number, p_value, percent
from reportgen.language.vocabulary import words
from reportgen.sections.channels import needs
from reportgen.sections.channels.sentences import correlation

_FEW = 0.005


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
    elif seen is not None and max(responses.class_counts) >= LEAST_IMAGES:
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
    lost = channel.ablation
    needed = f"Needed: without it, {needs.lost_words(lost, samples)}." if lost is not None and channel.needed else ""
    if channel.copy_of is not None:
        same = (
            f"Does the same as channel {number(channel.copy_of)} (correlation {correlation(channel.copy_correlation)})."
        )
        yield f"{same} {needed}".rstrip()
    if needed:
        yield needed
    lit = f"Above 0 at {percent(channel.positive_share, 0)} of its places"
    if lost is None:
        yield f"{lit}."
        return
    which = f"{number(lost.num_changed) if lost.num_changed else 'none'} of {number(lost.num_images)} predictions"
    yield f"{lit}; switched off, {which} {'change' if lost.num_changed > 1 else 'changes'}."
