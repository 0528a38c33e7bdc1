"""A channel that is shown -> its card: patches in their images, their average, its peaks, two lines, all the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.common import Common, common
from reportgen.evidence.responses import CallResponses, ChannelResponses, Patch, Peaks, ResponsesResult
from reportgen.figures import gallery, looks, patches
from reportgen.figures.spread import Spread, spread
from reportgen.language.cleaning import clean
from reportgen.language.listing import listed
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import Words, words
from reportgen.sections.channels import lines, titles
from reportgen.sections.channels import sentences as told
from reportgen.sections.channels.drawn import Channel

_SMALL_FIELD = 5
"""An average says something where a field is under a fifth of the image: things in it stand alike."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A strong response of a channel.

    Attributes:
        image: Index of the image in the data.
        label: Name of its true class, or None.
        value: The response.
        position: Place in the channel's map.
        box: First row, first column, end row and end column of what it sees there, pixels of the model's input, parts
            of which may lie outside the image; () for what is no picture.
    """

    image: int
    label: str | None
    value: float
    position: tuple[int, ...]
    box: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One channel as the reader meets it.

    Attributes:
        channel: Its number.
        title: The class, or the kind, that most of its strongest images belong to; "" where none dominates.
        common: How many of its strongest images belong to the commonest class or kind, or None without labels.
        lines: What moves it and what matters of it, in two sentences at most.
        said: All that is known of it, in sentences.
        patches: Its strongest responses, strongest first.
        block: The patches inside their images, or None where there is nothing to draw.
        average: The average of the patches, or None where the channel sees too much for one to say anything.
        kernels: Its kernel, or those of its strongest input channels; None where they are no pictures.
        kernel_inputs: These input channels, strongest first; () for a single kernel.
        peaks: How high it rises on single images, or None.
        cap: From where on its activation lets nothing more through, or None.
    """

    channel: int
    title: str
    common: Common | None
    lines: tuple[str, ...]
    said: tuple[str, ...]
    patches: tuple[Seen, ...]
    block: Figure | None
    average: Figure | None
    kernels: Figure | None
    kernel_inputs: tuple[int, ...]
    peaks: Peaks | None
    cap: float | None

    @property
    def strongest(self) -> str:
        """Its highest responses and the classes of what they are to, in a sentence; "" without any."""
        if not self.patches:
            return ""
        counts = Counter(clean(patch.label) for patch in self.patches if patch.label is not None)
        of_each = listed([f"{name} ({number(count)})" for name, count in counts.most_common()])
        highest, lowest = (number(patch.value, 3) for patch in (self.patches[0], self.patches[-1]))
        values = highest if highest == lowest else f"{highest} to {lowest}"
        return f"Highest responses: {values}{', to ' if of_each else ''}{of_each}."

    @property
    def spread(self) -> Spread | None:
        """Its peaks, drawn."""
        shown_from = min((patch.value for patch in self.patches), default=None)
        return spread(self.peaks, shown_from, self.cap) if self.peaks else None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Its pictures."""
        return tuple(each for each in (self.block, self.average, self.kernels) if each is not None)


def card(
    evidence: Evidence, responses: ResponsesResult, call: CallResponses, channel: Channel, kinds: tuple[str, ...]
) -> Card:
    """Make the card of a channel; `kinds` as from `kinds_of`."""
    found, known = call.channels[channel.channel], words(evidence.model)
    name, seen = f"{call.path}-{channel.channel}", common(found.strongest, responses, kinds)
    mean = gallery.mean(found.patches) if small_field(call, found.patches) else None
    view = looks.looks(mean) if mean is not None else ""
    kernels, inputs = None, call.kernel_inputs[channel.channel] if call.kernel_inputs else ()
    if call.kernels is not None:
        pictures = list(call.kernels[channel.channel]) if inputs else [call.kernels[channel.channel]]
        over = f", over input channels {', '.join(map(str, inputs))}" if inputs else ""
        alt = f"{plural(len(pictures), 'kernel')} of channel {channel.channel}{over}: {looks.each(pictures)}."
        kernels = patches.kernels(f"kernels-{name}", pictures, alt=alt)
    return Card(
        channel=channel.channel,
        title=seen.title if seen is not None and seen.dominates else "",
        common=seen,
        lines=titles.lines(channel, seen, responses, evidence),
        said=_said(responses, call, channel, found, known.samples),
        patches=tuple(Seen(each.image, each.label, each.value, each.position, each.box) for each in found.patches),
        block=gallery.block(f"patches-{name}", found.patches, alt=block_alt(call.path, found, view, known)),
        average=None
        if mean is None
        else gallery.average(f"average-{name}", mean, alt=f"Average of these patches: {view or looks.PLAIN}."),
        kernels=kernels,
        kernel_inputs=inputs,
        peaks=found.peaks,
        cap=call.cap,
    )


def _said(
    responses: ResponsesResult, call: CallResponses, channel: Channel, found: ChannelResponses, samples: str
) -> tuple[str, ...]:
    """All that is known of a channel."""
    said = told.card_words(channel, responses, samples)
    drawn = lines.drawn_words(channel, samples, capped=call.capped) if found.patches else ""
    summary = told.class_summary([patch.label for patch in found.patches])
    return (*said, *filter(None, (drawn, f"Patches: {summary}." if summary else "")))


def small_field(call: CallResponses, found: Sequence[Patch]) -> bool:
    """Whether one position of a call sees less than a fifth of the image along both axes."""
    size = next((patch.size for patch in found if patch.picture is not None), (0, 0))
    if len(call.receptive_field) != len(size):
        return False
    return all(_SMALL_FIELD * seen < long for seen, long in zip(call.receptive_field, size, strict=True))


def block_alt(path: str, found: ChannelResponses, view: str, known: Words) -> str:
    """What a block shows: "Channel 30 of conv_1: 9 patches, bright above, dark below; from 3s and 5s"."""
    drawn = [patch for patch in found.patches if patch.context is not None]
    outside = sum(
        patch.picture is not None and patch.inside != (0, 0, *map(int, patch.picture.shape[:2])) for patch in drawn
    )
    lit = [patch for patch in drawn if patch.lit is not None]
    if lit:
        share = sum(float(patch.lit.mean()) for patch in lit if patch.lit is not None) / len(lit)
        view = f"lit at {number(100 * share, 2)} % of the places on average"
    said = [
        f"{plural(len(drawn), 'patch', 'patches')} in {'its' if len(drawn) == 1 else 'their'}"
        f" {known.sample if len(drawn) == 1 else known.samples}",
        *([view] if view else []),
    ]
    parts = (
        ", ".join(said),
        looks.sources([patch.label for patch in drawn]),
        f"{plural(outside, 'reaches', 'reach')} outside the {known.sample}" if outside and not lit else "",
    )
    return f"Channel {found.channel} of {path}: {'; '.join(filter(None, parts))}."
