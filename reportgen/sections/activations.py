"""The activation maps -> one contact sheet per sample and layer, with numbers for every channel."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document import ContactSheet, Mark, Section
from reportgen.evidence import CallMaps, ChannelNumbers, Evidence, Foreground
from reportgen.figures import mosaic
from reportgen.templating import number, plural

TITLE = "What each layer sees"
NEEDS = ("activations",)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's maps on one sample.

    Attributes:
        path: The call.
        shape: Its activation volume: height, width, channels.
        sheet: All its maps.
        channels: Numbers of every channel, in order.
        follower: The channel that follows the object, or None.
        constant: Channels whose map is constant.
        broken: Channels whose map holds values that are no numbers.
        note: The layer's maps in a few words.
    """

    path: str
    shape: tuple[int, ...]
    sheet: ContactSheet
    channels: tuple[ChannelNumbers, ...]
    follower: int | None
    constant: tuple[int, ...]
    broken: tuple[int, ...]
    note: str


@dataclass(frozen=True, slots=True)
class SampleLayers:
    """All layers on one sample.

    Attributes:
        sample: Its index.
        label: Its true class, or None.
        answer: The network's first answer, or None.
        found: Whether its object could be told from the background.
        how: How the object was looked for.
        share: Share of the image that the object covers.
        layers: One entry per conv and pooling call that was asked for.
    """

    sample: int
    label: str | None
    answer: str | None
    found: bool
    how: str
    share: float
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        samples: One entry per sample.
        scale: "own" or "common".
        num_maps: Maps shown for each sample.
        num_layers: Layers shown.
        num_seen_layers: Conv and pooling layers in the model.
        example: The volume that the words are explained on: its path and shape.
    """

    samples: tuple[SampleLayers, ...]
    scale: str
    num_maps: int
    num_layers: int
    num_seen_layers: int
    example: tuple[str, tuple[int, ...]] | None


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without samples."""
    result = evidence.activations
    if result is None or not result.samples:
        return None
    samples = tuple(
        SampleLayers(
            sample=maps.sample,
            label=evidence.samples[index].label,
            answer=evidence.samples[index].answers[0].name if evidence.samples[index].answers else None,
            found=maps.foreground.found,
            how=maps.foreground.how,
            share=maps.foreground.share,
            layers=tuple(_layer(evidence, index, call, maps.foreground) for call in maps.calls),
        )
        for index, maps in enumerate(result.samples)
    )
    first = samples[0].layers
    content = Content(
        samples=samples,
        scale=result.scale,
        num_maps=sum(len(layer.channels) for layer in first),
        num_layers=len(first),
        num_seen_layers=sum(call.role in {"conv", "pool"} for call in evidence.model.layers),
        example=(first[0].path, first[0].shape) if first else None,
    )
    return Section("activations", TITLE, _answer(content), content)


def sheet_of(evidence: Evidence, index: int, call: CallMaps, name: str = "") -> ContactSheet:
    """Draw all maps of one call on one sample.

    Args:
        evidence: Everything.
        index: Place of the sample among the chosen ones.
        call: The maps.
        name: Id of the figure, where it is not the one in the chapter.
    """
    sample = evidence.samples[index].index
    height, width = call.levels.shape[1:]
    broken = [channel for channel, numbers in enumerate(call.channels) if numbers.num_nonfinite]
    constant = [channel for channel, numbers in enumerate(call.channels) if numbers.constant]
    marks = [Mark(channel, "broken") for channel in broken]
    if call.follower is not None:
        marks.append(Mark(call.follower, "follows"))
    total = len(call.channels)
    alt = f"{plural(total, 'activation map')} of {call.path} for sample {sample}, {height} by {width} positions each"
    caption = (
        f"All {plural(total, 'activation map')} of {call.path} for sample {number(sample)}; channel = row + column. "
    )
    caption += _scale_words(evidence, call)
    if call.follower is not None:
        score = number(call.channels[call.follower].follows, 2)
        alt += f"; channel {call.follower} follows the object, correlation {score}"
        caption += (
            f" Framed: channel {call.follower}, the one that follows the object most closely (correlation {score})."
        )
    if constant:
        alt += f"; {plural(len(constant), 'map is', 'maps are')} constant"
        caption += f" {plural(len(constant), 'map is', 'maps are')} constant and drawn as plain grey."
    if broken:
        alt += f"; {plural(len(broken), 'map holds', 'maps hold')} values that are no numbers"
        caption += f" Crossed out: {plural(len(broken), 'map', 'maps')} with NaN or infinity."
    return mosaic.contact_sheet(
        name or f"maps-{sample}-{call.path}",
        call.levels,
        alt=f"{alt}.",
        caption=caption,
        colormap=evidence.colormap,
        marks=tuple(marks),
    )


def _scale_words(evidence: Evidence, call: CallMaps) -> str:
    dark, bright = ("black", "white") if evidence.colormap == "gray" else ("dark violet", "yellow")
    low = min(channel.minimum for channel in call.channels)
    high = max(channel.maximum for channel in call.channels)
    if evidence.activations and evidence.activations.scale == "common":
        return f"All maps share one scale, {dark} {number(low)} and {bright} {number(high)}."
    return (
        f"Each map has its own scale, {dark} its minimum and {bright} its maximum; over all maps values run from"
        f" {number(low)} to {number(high)}."
    )


def _layer(evidence: Evidence, index: int, call: CallMaps, found: Foreground) -> Layer:
    constant = tuple(channel for channel, numbers in enumerate(call.channels) if numbers.constant)
    return Layer(
        path=call.path,
        shape=(*call.levels.shape[1:3], call.levels.shape[0]),
        sheet=sheet_of(evidence, index, call),
        channels=call.channels,
        follower=call.follower,
        constant=constant,
        broken=tuple(channel for channel, numbers in enumerate(call.channels) if numbers.num_nonfinite),
        note=_note(call, constant, found),
    )


def _note(call: CallMaps, constant: tuple[int, ...], found: Foreground) -> str:
    mean = sum(numbers.active_share for numbers in call.channels) / max(len(call.channels), 1)
    parts = [f"on average {number(100 * mean, 2)} % of the positions are active"]
    if call.follower is not None:
        parts.append(f"channel {call.follower} follows the object")
    elif found.found and call.levels[0].size > 1:
        best = max((numbers.follows for numbers in call.channels if numbers.follows is not None), default=None)
        parts.append(
            "no channel follows the object" + (f" (the best reaches {number(best, 2)})" if best is not None else "")
        )
    if constant:
        parts.append(f"{plural(len(constant), 'map is', 'maps are')} constant")
    return "; ".join(parts)


def _answer(content: Content) -> str:
    layers = (
        "every conv and pooling layer"
        if content.num_layers == content.num_seen_layers
        else (f"{number(content.num_layers)} of {number(content.num_seen_layers)} conv and pooling layers")
    )
    following = sum(layer.follower is not None for sample in content.samples for layer in sample.layers)
    total = sum(len(sample.layers) for sample in content.samples)
    found = (
        ""
        if not any(sample.found for sample in content.samples)
        else (f" In {number(following)} of {plural(total, 'grid')} one channel follows the object, and is framed.")
    )
    return f"All {number(content.num_maps)} channels of {layers}, for {plural(len(content.samples), 'sample')}.{found}"
