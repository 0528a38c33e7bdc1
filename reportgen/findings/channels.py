"""Findings about channels: dead, stuck, copied, not finite, constant on the samples shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.document.report import Finding, Severity
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.evidence.inference import most_missed
from reportgen.evidence.responses import CallResponses, ChannelResponses
from reportgen.language.cleaning import fold_anchor
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words

_MANY = 0.1
"""Share of a layer's channels from which on dead or stuck ones are a warning."""
_MOST_NAMED = 8
_MOST_LAYERS = 4

_WATCHED = (
    "Every image of the data goes through the model, or as many as `--limit` says, and every channel of every conv "
    "layer is watched: after the activation that follows the layer if there is one, otherwise at the output of the "
    "layer itself. "
)
NOT_FINITE = Rule(
    code="RG104",
    name="channels-not-finite",
    severity="failed",
    since="0.1.0",
    title="Channels give NaN or infinity",
    means="On at least one image of the data, a channel of a conv layer came out with NaN or infinity.",
    why="What the next layers compute from it means nothing, and an activation such as ReLU may hide it as a zero.",
    measured=_WATCHED + "Values before and after the activation are counted.",
    cannot_tell="Only these images are searched. Layers other than conv layers are not watched.",
    mend=(
        "Look for weights that are not finite first (`RG101`). Otherwise check how the images are scaled (`RG201`), "
        "and whether the model computes in float16, which overflows above 65,504."
    ),
)
DEAD = Rule(
    code="RG401",
    name="dead-channels",
    severity="note",
    since="0.1.0",
    title="Channels are dead",
    means=(
        "A channel was never above zero, at any position of any image. It is a warning if such channels are a tenth "
        "or more of their layer."
    ),
    why=(
        "A dead channel takes memory and arithmetic and adds nothing, and training can no longer move it: behind a "
        "ReLU its gradient is zero."
    ),
    measured=(
        _WATCHED
        + "Dead means that the largest value is not above zero. It is asked only of channels that pass through an "
        "activation without negative values, such as ReLU. Whether that is so for every picture, and not only for "
        "those seen, is worked out from the weights: interval bounds go from the range of pixels through convolutions, "
        "batch normalizations and activations."
    ),
    cannot_tell=(
        "A channel may fire on images that are not in the data. If it fired on none of n images, it fires in fewer "
        "than about 3/n of all such images (95 % confidence): after 30 images, that may still be one in ten."
    ),
    mend=(
        "Lower the learning rate, use He initialisation, put a batch normalisation before the activation, or use a "
        "leaky ReLU, and train again. In a finished model the channels can be pruned. A channel all of whose weights "
        "are zero was pruned already: build the layer without it, and the zeros take no memory and time any more."
    ),
)
NEARLY_DEAD = Rule(
    code="RG402",
    name="nearly-dead-channels",
    severity="note",
    since="0.1.0",
    title="Channels hardly ever fire",
    means="A channel was above zero in very few of the images, but in some.",
    why=(
        "It may watch for something rare and important, or be on its way to dying. Either way, what the report says "
        "of it rests on few images."
    ),
    measured=(
        _WATCHED
        + "It counts if the share of the images in which any position is above zero is below `--nearly-dead`, 0.1 % by "
        "default. Like `RG401`, it is asked only behind an activation without negative values."
    ),
    cannot_tell="With 1,000 images or fewer and the default bound, no channel can be nearly dead without being dead.",
    mend="Look at the patches that the channel does fire on. If they have nothing in common, treat it like a dead one.",
)
STUCK = Rule(
    code="RG403",
    name="stuck-channels",
    severity="note",
    since="0.1.0",
    title="Channels always give the same value",
    means=(
        "A channel has the same value at every position of every image, and it is not dead (`RG401`). It is a warning "
        "if such channels are a tenth or more of their layer."
    ),
    why="It acts as a constant, like a bias, and tells the next layer nothing about the image.",
    measured=_WATCHED + "Stuck means that the smallest and the largest value are equal.",
    cannot_tell=(
        "A channel may move on images that are not in the data. One that was seen at a single position is not judged."
    ),
    mend=(
        "Look whether its weights are all zero, or so large that a sigmoid or tanh saturates. Check the scaling of "
        "the images (`RG201`). In a finished model the channel can be folded into the next layer's bias."
    ),
)
COPIED = Rule(
    code="RG405",
    name="copied-channels",
    severity="note",
    since="0.1.0",
    title="Channels do the same job",
    means=(
        "Two channels of one layer respond in the same places by proportional amounts. The one with the higher number "
        "counts as the copy."
    ),
    why=(
        "The copy may be one that the network could do without; or later layers compare the two, and need both. The "
        "channel's card says how many predictions change when the copy is replaced by what follows from the other."
    ),
    measured=(
        _WATCHED
        + "Two Pearson correlations must be above `--copy-correlation`, 0.99 by default: at random places of the data, "
        "and of the means over single images. Besides, the two must share one of their strongest responses."
    ),
    cannot_tell=(
        "On uniform data, different channels can look alike. Equal responses need not mean equal weights: what the "
        "channels would do on other images is not known."
    ),
    mend=(
        "Train with fewer channels in this layer, or prune one of the two and let the outgoing weights of the other "
        "make up for it."
    ),
)
CONSTANT = Rule(
    code="RG406",
    name="constant-maps",
    severity="note",
    since="0.1.0",
    title="Channels are constant on the samples shown",
    means="The activation map of a channel has one value everywhere, on every sample that is shown.",
    why="Such a map has nothing to see in it. It is drawn mid-grey, so that it is not taken for a weak pattern.",
    measured=(
        "The largest and the smallest value of each map of the samples shown are compared. `--pick` chooses the "
        "samples, `--layers` the layers. Maps of a single position are left out."
    ),
    cannot_tell="A few samples do not prove that a channel is dead. `RG401` and `RG403` say that over all images.",
    mend="Pick more samples with `--pick`, and read the chapter on channels.",
)
RULES = (NOT_FINITE, DEAD, STUCK, NEARLY_DEAD, COPIED, CONSTANT)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the channels, over all images and on the samples shown."""
    yield from _faults(evidence)
    yield from _silent_channels(evidence)


def _faults(evidence: Evidence) -> Iterator[Finding]:
    responses, sample = evidence.responses, words(evidence.model).sample
    if responses is None:
        return
    every = plural(responses.num_images, sample)
    anywhere = f"any of {every}" if responses.num_images > 1 else f"the only {sample}"
    rare = percent(responses.thresholds.nearly_dead)
    most = most_missed(responses.num_images)
    seldom = f", so with 95 % confidence in under {percent(most)} of such {words(evidence.model).samples}"
    seldom = seldom if responses.num_images > 1 else ""
    states = {
        "no number": (NOT_FINITE, "gives NaN or infinity", "give NaN or infinity", ""),
        "dead": (DEAD, "is dead", "are dead", f"Never above zero on {anywhere}{seldom}. "),
        "stuck": (
            STUCK,
            "is stuck",
            "are stuck",
            f"The same value everywhere on {anywhere.replace('any', 'all', 1)}. ",
        ),
        "nearly dead": (NEARLY_DEAD, "is nearly dead", "are nearly dead", f"Above zero in under {rare} of {every}. "),
    }
    for state, (rule, one, several, meaning) in states.items():
        # What a depthwise layer makes of a dead channel, and a further call of a shared layer, is the same fault.
        rows = [
            (call, [each for each in call.channels if each.state == state and not each.origin])
            for call in responses.calls
        ]
        yield from _fault(rule, rows, (one, several), meaning + _proof(rows) + _pruned(rows, evidence))
    rows = [
        (call, [each for each in call.channels if each.copy_of is not None and not each.state])
        for call in responses.calls
    ]
    meaning = f"Their responses correlate above {number(responses.thresholds.copy)} with those of another channel. "
    meaning += _substituted(evidence)
    yield from _fault(COPIED, rows, ("does the same as another", "do the same as others"), meaning)


def _substituted(evidence: Evidence) -> str:
    """What replacing copies by the channels that they are copies of showed."""
    copies = evidence.ablation.copies if evidence.ablation else ()
    if not copies:
        return ""
    most = max(each.num_replaced_changed / max(each.num_images, 1) for each in copies)
    which = "it is" if len(copies) == 1 else "each is"
    return (
        f"Where {which} replaced by what follows from the other,"
        f" {'no prediction changes' if not most else f'at most {percent(most)} of the predictions change'}. "
    )


def _proof(rows: list[tuple[CallResponses, list[ChannelResponses]]]) -> str:
    """How many of these channels have one value on any image, by the bounds that their weights set."""
    channels = [each for _, some in rows for each in some]
    proven = sum(each.proven for each in channels)
    if not proven:
        return ""
    if proven == len(channels):
        return f"By {'their' if proven > 1 else 'its'} weights, that is so for every picture, seen or not. "
    which = f"{number(proven)} of them {'has' if proven == 1 else 'have'}"
    return f"By their weights, {which} one value for every picture, seen or not. "


def _pruned(rows: list[tuple[CallResponses, list[ChannelResponses]]], evidence: Evidence) -> str:
    """How many of these channels are silent because all their weights are zero."""
    zero = {call.path: set(call.zero_kernels) for call in evidence.model.layers}
    silent = [
        each.channel in zero.get(call.path, ())
        for call, some in rows
        for each in some
        if each.state in {"dead", "stuck"}
    ]
    many = sum(silent)
    if not many:
        return ""
    if many == len(silent):
        whose = "Its weights are" if many == 1 else "The weights of all of them are"
    else:
        whose = f"The weights of {number(many)} of them are"
    return f"{whose} all zero, as pruning leaves them. "


def _fault(
    rule: Rule, rows: list[tuple[CallResponses, list[ChannelResponses]]], verbs: tuple[str, str], meaning: str
) -> Iterator[Finding]:
    rows = [(call, channels) for call, channels in rows if channels]
    if not rows:
        return
    count = sum(len(channels) for _, channels in rows)
    severity: Severity = rule.severity
    if rule in {DEAD, STUCK} and any(len(some) >= _MANY * len(call.channels) for call, some in rows):
        severity = "warning"
    listed = _first_layers([_which_channels(call, channels) for call, channels in rows])
    yield rule.finding(
        _alike(*rows[0]) if rule is COPIED and count == 1 else f"{plural(count, 'channel')} {verbs[count > 1]}.",
        f"{meaning}{listed}.",
        fold_anchor(rows[0][0].path),
        severity=severity,
        where=rows[0][0].path if len(rows) == 1 else "",
        facts={
            "num_channels": count,
            "total_channels": sum(len(call.channels) for call, _ in rows),
            "num_layers": len(rows),
        }
        | ({"num_proven": sum(each.proven for _, some in rows for each in some)} if rule in {DEAD, STUCK} else {}),
    )


def _first_layers(said: Sequence[str]) -> str:
    """List what is said of the first layers, and how many more there are: the chapter names all."""
    more = len(said) - _MOST_LAYERS
    further = [f"and in {plural(more, 'more layer', 'more layers')}"] if more > 0 else []
    return "; ".join([*said[:_MOST_LAYERS], *further])


def _alike(call: CallResponses, channels: list[ChannelResponses]) -> str:
    """Name the two channels of the only pair."""
    (copy,) = channels
    return (
        f"Channels {number(copy.copy_of)} and {number(copy.channel)} of {call.path} do the same job (correlation"
        f" {number(copy.copy_correlation)})."
    )


def _which_channels(call: CallResponses, channels: list[ChannelResponses]) -> str:
    """The channels of a layer by number, the first of many; a copy with what it is a copy of."""
    names = [
        number(each.channel) + ("" if each.state or each.copy_of is None else f" like {number(each.copy_of)}")
        for each in channels[:_MOST_NAMED]
    ]
    rest = len(channels) - _MOST_NAMED
    names += [f"{number(rest)} more"] if rest > 0 else []
    after = f", measured after {call.judged_at}" if call.judged_at != call.path else ""
    which = "channel" if len(channels) == 1 else "channels"
    return f"{call.path}: {number(len(channels))} of {number(len(call.channels))} ({which} {', '.join(names)}){after}"


def _silent_channels(evidence: Evidence) -> Iterator[Finding]:
    activations, known = evidence.activations, words(evidence.model)
    if activations is None or not activations.samples:
        return
    still: dict[str, tuple[int, int]] = {}
    for position, call in enumerate(activations.samples[0].calls):
        rows = [sample.calls[position].channels for sample in activations.samples]
        constant = sum(all(row[channel].constant for row in rows) for channel in range(len(call.channels)))
        if constant and call.levels[0].size > 1:
            still[call.path] = (constant, len(call.channels))
    if still:
        listed = _first_layers([f"{path}: {number(count)} of {number(all_)}" for path, (count, all_) in still.items()])
        count, num_samples = sum(count for count, _ in still.values()), len(activations.samples)
        many = "both" if num_samples == 2 else f"all {number(num_samples)}"
        shown = f"the {known.sample} shown" if num_samples == 1 else f"{many} {known.samples} shown"
        yield CONSTANT.finding(
            f"{plural(count, 'channel is', 'channels are')} constant on {shown}.",
            f"{listed}. Their maps are drawn mid-grey. A few {known.samples} do not prove that a channel is dead.",
            "activations",
            where=next(iter(still)) if len(still) == 1 else "",
            facts={"num_channels": count, "num_layers": len(still), "num_samples": num_samples},
        )
