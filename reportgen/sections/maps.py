"""The activation maps -> one contact sheet per sample and layer, with numbers for every channel."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate

from reportgen.budget.most_active import limited
from reportgen.document.report import Figure, Section
from reportgen.document.sheets import ContactSheet
from reportgen.evidence import Evidence
from reportgen.evidence.activations import ActivationsResult, CallMaps, ChannelNumbers, Closest, Following, Foreground
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import inputs
from reportgen.figures.map_sheets import sheets_of, single
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import volume, words

TITLE = "All maps"
PART = "annex"
NEEDS = ("activations",)

# Most maps that are laid out when the page opens.
_MOST_OPEN = 1024


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's maps on one sample.

    Attributes:
        path: The call.
        shape: Its activation volume: height, width, channels; of what is no picture its own axes, channels last.
        sheets: All its maps, or as many as there is room for, on as many sheets as they need.
        channels: Numbers of every channel, in order.
        follower: The channel that follows the object, or None.
        constant: Channels whose map is constant.
        broken: Channels whose map holds NaN or infinity.
        note: The layer's maps in a few words.
        judged_at: The call whose output is drawn: the layer's own, or the activation that follows it.
        shown: Channels whose maps and numbers the page has, the most active first; None: all.
        shown_on_paper: Those that the PDF has.
        sheets_on_paper: Sheets of the PDF, where they are not those of the page.
    """

    path: str
    shape: tuple[int, ...]
    sheets: tuple[ContactSheet, ...]
    channels: tuple[ChannelNumbers, ...]
    follower: int | None
    constant: tuple[int, ...]
    broken: tuple[int, ...]
    note: str
    judged_at: str
    shown: tuple[int, ...] | None = None
    shown_on_paper: tuple[int, ...] | None = None
    sheets_on_paper: tuple[ContactSheet, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleLayers:
    """All layers on one sample.

    Attributes:
        sample: Its index.
        label: Its true class, or None.
        answer: The network's prediction, or None.
        found: Whether its object could be told from the background.
        how: How the object was looked for, what it covers, and what was compared with it.
        layers: One entry per conv and pooling call that was asked for.
        curves: The sample itself, above its strips, for a signal.
    """

    sample: int
    label: str | None
    answer: str | None
    found: bool
    how: str
    layers: tuple[Layer, ...]
    curves: Figure | None


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        samples: One entry per sample.
        scale: "own" or "common".
        num_maps: Maps of each sample.
        num_layers: Layers shown.
        num_seen_layers: Conv and pooling layers in the model.
        example: The volume that the words are explained on: its path and shape.
        example_axes: What the axes of that volume are.
        following: How it was tested whether channels follow the objects.
        targets: What they were compared with: "object", "outlined evidence" or both.
        activated: Whether some maps are drawn after an activation layer, and not at the layer's own output.
        num_shown: Maps that the page shows, of all samples.
    """

    samples: tuple[SampleLayers, ...]
    scale: str
    num_maps: int
    num_layers: int
    num_seen_layers: int
    example: tuple[str, tuple[int, ...]] | None
    example_axes: str
    following: Following
    targets: tuple[str, ...]
    activated: bool
    num_shown: int = 0

    @property
    def num_open(self) -> int:
        """How many layers of the first sample stand open on the page: the first ones, of so many maps together.

        What is folded costs a browser nothing until it is unfolded.
        """
        sums = accumulate(len(layer.channels) for layer in self.samples[0].layers)
        return max(1, sum(maps <= _MOST_OPEN for maps in sums))


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without samples."""
    result = evidence.activations
    if result is None or not result.samples:
        return None
    layers = _layers(evidence, result)
    samples = tuple(
        SampleLayers(
            sample=maps.sample,
            label=evidence.samples[index].label,
            answer=evidence.samples[index].answered,
            found=maps.foreground.found,
            how=_how(maps.foreground, result.following),
            layers=layers[index],
            curves=_curves(evidence, evidence.samples[index]),
        )
        for index, maps in enumerate(result.samples)
    )
    first = samples[0].layers
    content = Content(
        samples=samples,
        scale=result.scale,
        num_maps=sum(len(layer.channels) for layer in first),
        num_layers=len(first),
        num_seen_layers=len(evidence.model.seen_calls),
        example=(first[0].path, first[0].shape) if first else None,
        example_axes=volume(result.samples[0].calls[0].axes) if first else "",
        following=result.following,
        targets=tuple(dict.fromkeys(maps.foreground.target for maps in result.samples if maps.foreground.found)),
        activated=any(layer.judged_at != layer.path for layer in first),
        num_shown=sum(len(call.shown) for maps in result.samples for call in maps.calls),
    )
    return Section("maps", TITLE, _answer(content), content)


def _curves(evidence: Evidence, sample: SampleRecord) -> Figure | None:
    """The sample itself, where it is a signal: drawn as wide as the strips below it."""
    if sample.signal is None or sample.grid is None:
        return None
    figure = inputs.draw(sample, f"input-{sample.index}", what=words(evidence.model).sample)
    ends = f"from {sample.grid.axes[0]} 0 (left) to {number(sample.signal.length - 1)} (right)"
    told = f"The input: sample {number(sample.index)}, {ends}. {figure.caption}"
    return replace(figure, caption=told.strip())


def _layers(evidence: Evidence, result: ActivationsResult) -> list[tuple[Layer, ...]]:
    """Draw all layers of each sample; most of that is compressing, for which Pillow lets other threads run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = [
            [pool.submit(_layer, evidence, index, call) for call in maps.calls]
            for index, maps in enumerate(result.samples)
        ]
        return [tuple(layer.result() for layer in layers) for layers in started]


def _layer(evidence: Evidence, index: int, call: CallMaps) -> Layer:
    constant = tuple(channel for channel, numbers in enumerate(call.channels) if numbers.constant)
    paper, most = call, evidence.activations.pdf_channels if evidence.activations else None
    if most is not None:
        paper = limited(call, most)
    name = f"maps-{evidence.samples[index].index}-{call.path}-paper"
    elsewhere = f"; {'all' if call.cut_to is None else number(len(call.cut_to))} in the HTML"
    return Layer(
        path=call.path,
        shape=(*call.sizes, len(call.channels)),
        sheets=sheets_of(evidence, index, call),
        channels=call.channels,
        follower=call.follower,
        constant=constant,
        broken=tuple(channel for channel, numbers in enumerate(call.channels) if numbers.num_nonfinite),
        note=_note(call, constant),
        judged_at=call.judged_at,
        shown=call.cut_to,
        shown_on_paper=paper.cut_to,
        sheets_on_paper=() if paper is call else sheets_of(evidence, index, paper, name, elsewhere=elsewhere),
    )


def _note(call: CallMaps, constant: tuple[int, ...]) -> str:
    mean = sum(numbers.active_share for numbers in call.channels) / max(len(call.channels), 1)
    if single(call):
        above = sum(numbers.active_share > 0 for numbers in call.channels)
        parts = [f"{number(above)} of {plural(len(call.channels), 'channel')} above zero"]
    else:
        parts = [f"on average {number(100 * mean, 2)} % of the positions are active"]
    if call.closest is not None:
        parts.append(_followed(call.closest))
    if constant:
        parts.append(f"{plural(len(constant), 'map is', 'maps are')} constant")
    return "; ".join(parts)


def _followed(closest: Closest) -> str:
    """The closest channel, beside the same network with shuffled weights."""
    compared = f"correlation {number(closest.correlation, 2)}, shuffled weights {number(closest.shuffled_mean, 2)}"
    if closest.follows:
        return f"channel {closest.channel} follows the {closest.target} ({compared})"
    return f"no channel measurably follows the {closest.target} ({compared})"


def _how(found: Foreground, following: Following) -> str:
    """How the object was looked for, what it covers, and what was compared with it."""
    if not found.found:
        return found.how
    compared = (
        "In each layer the channel that follows it most closely is compared with that of"
        f" {number(following.num_copies)} copies of the network with shuffled weights: a map can look like a bright"
        " object without any training."
        if following.num_copies
        else f"Whether channels follow it was not compared with shuffled weights: {following.why_not}."
    )
    circular = (
        " The copies are compared with this same outline. It was found by asking this network, which gives its own"
        " channels an advantage: a channel that follows it is where the evidence is, and no more is said."
        if found.is_evidence
        else ""
    )
    return f"{found.how} It covers {percent(found.share, 0)} of the image. {compared}{circular}"


def _following_words(content: Content) -> str:
    """In how many of the grids that were compared a channel follows the object, in a sentence; "" without any."""
    following = sum(layer.follower is not None for sample in content.samples for layer in sample.layers)
    total, more = content.following.num_grids, "more closely than with shuffled weights"
    if not total:
        return ""
    what = " or ".join(f"the {target}" for target in ("object", "outlined evidence") if target in content.targets)
    if following:
        where = "In the one grid" if total == 1 else f"In {number(following)} of the {number(total)} grids"
        return f" {where} compared, a framed channel follows {what} {more}."
    where = "In the one grid compared, no" if total == 1 else f"In none of the {number(total)} grids compared does a"
    return f" {where} channel {'follows' if total == 1 else 'follow'} {what} measurably {more}."


def _answer(content: Content) -> str:
    layers = (
        "every conv and pooling layer"
        if content.num_layers == content.num_seen_layers
        else (f"{number(content.num_layers)} of {number(content.num_seen_layers)} conv and pooling layers")
    )
    found = _following_words(content)
    samples = plural(len(content.samples), "sample")
    every = content.num_maps * len(content.samples)
    if content.num_shown < every:
        return (
            f"{number(content.num_shown)} of {number(every)} maps of {layers}, for {samples}: the most active.{found}"
        )
    return f"All {number(content.num_maps)} channels of {layers}, for {samples}.{found}"
