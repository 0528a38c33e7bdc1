"""What the network loses without single channels -> sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from reportgen.evidence.ablation import AblationResult, ChannelAblation, CopyAblation
from reportgen.evidence.channels import Channel, Counts
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural

FIRST_NEEDED = 3
"""How many needed channels are named."""


def layer_words(path: str, counts: Counts) -> Iterator[str]:
    """Say which channels of a layer the model needs, if any was measured again on other images."""
    if counts.needed:
        first = listed([f"{path}/{channel}" for channel in counts.needed[:FIRST_NEEDED]])
        more = len(counts.needed) - FIRST_NEEDED
        yield f"the network needs {first}{f' and {number(more)} more' if more > 0 else ''}"
    elif counts.confirmed:
        tested = (
            "the one tested is not" if counts.confirmed == 1 else f"none of the {number(counts.confirmed)} tested is"
        )
        yield f"{tested} needed beyond chance"


def chapter_words(ablation: AblationResult, sample: str) -> str:
    """Say which single channels the network needs, each measured on other images than those by which it was picked."""
    if not ablation.num_confirmed:
        return ""
    images = plural(ablation.num_confirming, sample)
    needed = sorted((each for each in ablation.channels if each.needed), key=_lost)
    if not needed:
        return f"No single channel's loss can be told from chance on {images}."
    named = [f"{each.path}/{each.channel} ({_loss(each)})" for each in needed[:FIRST_NEEDED]]
    more = len(needed) - len(named)
    also = f", and {number(more)} more" if more else ""
    means = "its mean" if len(needed) == 1 else "their means one at a time"
    return (
        f"The network needs {listed(named)}{also}: set to {means}, on {images} other than those that picked"
        f" {'it' if len(needed) == 1 else 'them'}."
    )


def most_needed(ablation: AblationResult | None) -> tuple[str, ...]:
    """Return the channels that the network needs, as "conv_1/7", what costs most without it first."""
    needed = sorted((each for each in (ablation.channels if ablation else ()) if each.needed), key=_lost)
    return tuple(f"{each.path}/{each.channel}" for each in needed)


def _lost(each: ChannelAblation) -> tuple[float, float]:
    return (each.accuracy_change or 0.0, each.log_probability_change)


def _loss(each: ChannelAblation) -> str:
    """What is lost without a channel, with its interval."""
    if each.accuracy_change is None or each.accuracy_interval is None:
        return f"log probability {_changed(each.log_probability_change, each.log_probability_interval)}"
    return f"accuracy {signed_points(each.accuracy_change)}, 95 % interval {_range(each.accuracy_interval)}"


def _range(interval: tuple[float, float]) -> str:
    """The ends of an interval in points, without the word."""
    low, high = (signed_points(bound).partition("\u00a0")[0] for bound in interval)
    return f"{low} to {high}"


def _changed(change: float, interval: tuple[float, float]) -> str:
    """A change with its sign, and its interval."""
    bounds = "" if not all(map(isfinite, interval)) else f" ({_signed(interval[0])} to {_signed(interval[1])})"
    return f"{_signed(change)}{bounds}"


def _signed(change: float) -> str:
    written = number(change, 2)
    return f"+{written}" if change > 0 else written


def copy_words(copy: CopyAblation) -> str:
    """Say what changes where a copy is replaced, and where it and the other are switched off together."""
    said = (
        f"Replaced by what follows from channel {number(copy.origin)},"
        f" {number(copy.num_replaced_changed)} of {number(copy.num_images)} predictions change"
    )
    if copy.both_accuracy_change is None or copy.both_accuracy_interval is None:
        return f"{said}; with both set to their means, {number(copy.num_both_changed)}."
    change = signed_points(copy.both_accuracy_change)
    return f"{said}; with both set to their means, accuracy {change} ({_range(copy.both_accuracy_interval)})."


def card_words(channel: Channel, samples: str) -> Iterator[str]:
    """Say what is lost without a channel, or by how much it moves the answers where it was not switched off."""
    lost = channel.ablation
    if lost is None:
        if channel.estimated_move is not None:
            yield f"Not switched off; by the gradient it moves the log-odds by {number(channel.estimated_move, 2)}."
        return
    accuracy = ""
    if lost.accuracy_change is not None and lost.accuracy_interval is not None:
        accuracy = f"accuracy {signed_points(lost.accuracy_change)} ({_range(lost.accuracy_interval)}), "
    tested = f", p = {number(lost.p_value, 2)}" if lost.p_value is not None else ""
    hit = ""
    if lost.class_hit is not None and lost.class_hit_change is not None:
        hit = f"; most for {lost.class_hit}, {signed_points(lost.class_hit_change)}"
    changed = plural(lost.num_changed, "prediction changes", "predictions change") if lost.num_changed else ""
    changed = changed or "no prediction changes"
    name = "Needed: set to its mean" if lost.needed else "Set to its mean"
    probability = _changed(lost.log_probability_change, lost.log_probability_interval)
    images = plural(lost.num_images, samples.removesuffix("s"))
    yield f"{name} on {images}: {accuracy}log probability {probability}{tested}{hit}; {changed}."


def lost_words(lost: ChannelAblation, samples: str) -> str:
    """Say in a few words what is lost without a channel that is needed, with its interval and on how many images."""
    on = f"{number(lost.num_images)} {samples}"
    if lost.accuracy_change is None or lost.accuracy_interval is None:
        low, high = (_signed(bound) for bound in lost.log_probability_interval)
        return f"log probability {_signed(lost.log_probability_change)} ({low} to {high}; {on})"
    return f"accuracy {signed_points(lost.accuracy_change)} ({_range(lost.accuracy_interval)}; {on})"


def points(change: float) -> str:
    r"""Write a difference of shares in percentage points, to a hundredth.

    >>> points(0.021), points(0.01), points(0.00001)
    ('2.1\xa0points', '1\xa0point', 'under 0.01\xa0points')
    """
    scaled = round(100 * change, 2)
    if not scaled and change:
        return "under 0.01\u00a0points"
    return f"{number(scaled)}\u00a0{'point' if scaled == 1 else 'points'}"


def signed_points(change: float) -> str:
    r"""Write a difference of shares in percentage points, a gain with its sign, too; a tiny one keeps its sign.

    >>> signed_points(-0.021), signed_points(0.003), signed_points(0.0), signed_points(-0.00001)
    ('−2.1\xa0points', '+0.3\xa0points', '±0\xa0points', '−0.001\xa0points')
    """
    written = points(abs(change))
    if written.startswith("under"):
        written = f"{number(100 * abs(change), 2)}\u00a0points"
    if change > 0:
        return f"+{written}"
    return f"−{written}" if change < 0 else f"±{written}"


def method_words(ablation: AblationResult, sample: str) -> str:
    """Say how it was found out whether channels matter."""
    start = f"accuracy {percent(ablation.accuracy)}, " if ablation.accuracy is not None else ""
    whose = "the true class" if ablation.accuracy is not None else "the predicted class"
    compared = f"{start}mean probability of {whose} {percent(ablation.probability)}"
    said = [
        (
            "Whether it matters: a channel is set to its mean over the data, and the network is compared with itself as"
            f" it is on the same {sample}s ({compared}). The {sample}s were drawn at random, each class by its share."
        )
    ]
    if ablation.num_ordering:
        said.append(
            f"One gradient each of {plural(ablation.num_ordering, sample)} put the channels in order, by the root mean"
            " square of g · (A − Ā)."
        )
    some = len(ablation.channels) < ablation.num_channels
    which = f"{number(len(ablation.channels))} of {plural(ablation.num_channels, 'channel')}"
    said.append(
        f"{which} were switched off one at a time on {plural(ablation.num_screening, sample)}"
        + (f", within {ablation.budget}." if some else ".")
    )
    if ablation.num_confirmed:
        test = "McNemar's exact test" if ablation.accuracy is not None else "a test of flipped signs"
        if ablation.num_confirmed == 1:
            those, were, them = "The one", "was", "it"
        else:
            those, were, them = f"Those {number(ablation.num_confirmed)}", "were", "them"
        said.append(
            f"{those} without which {whose} became least probable {were} switched off again on"
            f" {plural(ablation.num_confirming, sample)} that did not pick {them}: needed is what stands there"
            f" by {test} at {percent(ablation.level, 0)}, corrected for all {number(ablation.num_confirmed)} (Holm"
            " 1979)."
            " Intervals are 95 % (Agresti and Min 2005), each for itself."
        )
    return " ".join((*said, *ablation.notes))
