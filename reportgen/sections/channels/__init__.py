"""What every channel did over the data -> cards: its top patches, its class, its orientation, its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.budget.constants import CARD_BYTES
from reportgen.budget.plan import as_text, cards_bytes
from reportgen.document.lettering import CELL
from reportgen.document.plots import Plot
from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.channels import Counts, count, joined
from reportgen.evidence.dreams import Dream
from reportgen.evidence.responses import CallResponses, Patch, ResponsesResult, Thresholds
from reportgen.figures import mosaic, patches
from reportgen.language.cleaning import clean, shortened
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words
from reportgen.sections.channels import charts, lines, needs
from reportgen.sections.channels import sentences as told
from reportgen.sections.channels.drawn import Channel

TITLE = "What each channel looks for"
PART = "body"
NEEDS = ("responses", "ablation", "dreams", "edges")

PAPER_CARDS = 24
"""Most cards of a layer in a PDF."""
_PAPER_TOTAL = 160
_LEAST_PAPER = 3
_DREAM_SIDE = 64


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
        said: What is known of it, in sentences.
        patches: Its strongest responses, strongest first.
        strip: The patches side by side, or None where there is nothing to draw.
        kernels: Its kernel, or those of its strongest input channels; None where they are no pictures.
        kernel_inputs: These input channels, strongest first; () for a single kernel.
    """

    channel: int
    said: tuple[str, ...]
    patches: tuple[Seen, ...]
    strip: Figure | None
    kernels: Figure | None
    kernel_inputs: tuple[int, ...]

    @property
    def lines(self) -> tuple[str, str]:
        """The classes and the responses of the patches, each in a cell as wide as a patch."""
        labels = [shortened(clean(patch.label or ""), CELL - 1) for patch in self.patches]
        values = [number(patch.value, 2 if len(number(patch.value)) >= CELL else 3) for patch in self.patches]
        classes, responses = ("".join(f"{each:^{CELL}}" for each in row).rstrip() for row in (labels, values))
        return classes, responses


@dataclass(frozen=True, slots=True)
class Layer:
    """The channels of one conv call.

    Attributes:
        path: The call.
        place: Its place among the conv calls, from 1.
        judged_at: The call whose output was measured.
        answer: What its channels are, in two lines.
        words: Where it was judged, and how much of the input one position sees.
        counts: The numbers in the answer.
        quantile_shares: Shares that the channels' `quantiles` belong to.
        quantile_places: From how many places the quantiles are taken.
        quantile_error: What the share of responses below a quantile may be off by, 0..1.
        channels: What was measured of every channel, in order.
        dead: The numbers of the channels that are dead, which have no card.
        stuck: The numbers of those that are stuck, which have none either.
        silent: Which channels are dead and which are stuck, and which because all their weights are zero; "" where
            none is.
        cards: The channels that have a card, the most telling first.
        num_on_paper: How many of the cards are in a PDF.
        plot_axes: What the chart of the layer shows from left to right, and upwards.
        plot_alt: What the chart shows, for someone who cannot see it.
    """

    path: str
    place: int
    judged_at: str
    answer: str
    words: str
    counts: Counts
    quantile_shares: tuple[float, ...]
    quantile_places: int
    quantile_error: float
    channels: tuple[Channel, ...]
    dead: tuple[int, ...]
    stuck: tuple[int, ...]
    silent: str
    cards: tuple[Card, ...]
    num_on_paper: int
    plot_axes: tuple[str, str]
    plot_alt: str

    @property
    def plot(self) -> Plot:
        """The chart of the layer: every channel by what it means and what it matters."""
        return charts.plot(self.channels, self.plot_axes)

    @property
    def num_lively(self) -> int:
        """How many channels are neither dead nor stuck."""
        return len(self.channels) - len(self.dead) - len(self.stuck)


@dataclass(frozen=True, slots=True)
class Made:
    """An image made for a channel.

    Attributes:
        path: The conv call.
        channel: The channel.
        figure: The image; its caption says that it is synthetic.
        patches: The channel's top patches from real images, or None.
        activation: The channel's highest response to the image.
        best_real: Its highest response to any image of the data, or None.
        num_steps: Steps of gradient ascent.
        seed: Seed of its beginning.
    """

    path: str
    channel: int
    figure: Figure
    patches: Figure | None
    activation: float
    best_real: float | None
    num_steps: int
    seed: int


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        methods: How the channels were measured, in whole sentences.
        limits: What is not known and why, in whole sentences.
        num_images: Images that went through the model; 0 without data.
        num_available: Images in the data.
        seed: Seed of the sample of them, and of all else that was drawn at random.
        classes: Names of the true classes; () without labels.
        class_counts: How many images each has.
        thresholds: From where on a channel counts as something; None without data.
        num_permutations: How many permutations of the labels were tried.
        num_permuted: On how many of the images.
        accuracy: Accuracy with all channels, on the images that channels were switched off on; None where not known.
        probability: Mean probability of the true class, or without labels of the predicted class.
        num_ordering: Images over which a gradient each put the channels in order.
        num_screening: Images that channels were switched off on.
        num_confirming: Other images, that the few which matter most were switched off on again.
        num_confirmed: How many channels these are: p-values are corrected for all of them.
        budget: What limited the number of channels that were switched off; "" where none was.
        trend: Three shares by depth, or None where there is one layer only.
        layers: The conv calls.
        dreams: Images made for channels.
        dreams_asked: Whether the user chose these channels.
    """

    methods: tuple[str, ...]
    limits: tuple[str, ...]
    num_images: int
    num_available: int
    seed: int
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    thresholds: Thresholds | None
    num_permutations: int
    num_permuted: int
    accuracy: float | None
    probability: float | None
    num_ordering: int
    num_screening: int
    num_confirming: int
    num_confirmed: int
    budget: str
    trend: Figure | None
    layers: tuple[Layer, ...]
    dreams: tuple[Made, ...]
    dreams_asked: bool


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where no channel was measured and no image made."""
    responses, ablation, dreams = evidence.responses, evidence.ablation, evidence.dreams
    made = tuple(_made(dream, responses) for dream in dreams.dreams) if dreams else ()
    if (responses is None or not responses.calls) and not made:
        return None
    layers = _layers(evidence, responses) if responses else ()
    measured = ablation if ablation and not ablation.missing else None
    content = Content(
        methods=told.methods(evidence),
        limits=told.limits(evidence),
        num_images=responses.num_images if responses else 0,
        num_available=responses.num_available if responses else 0,
        seed=responses.seed if responses else 0,
        classes=responses.classes if responses else (),
        class_counts=responses.class_counts if responses else (),
        thresholds=responses.thresholds if responses else None,
        num_permutations=responses.num_permutations if responses else 0,
        num_permuted=responses.num_permuted if responses else 0,
        accuracy=measured.accuracy if measured else None,
        probability=measured.probability if measured else None,
        num_ordering=measured.num_ordering if measured else 0,
        num_screening=measured.num_screening if measured else 0,
        num_confirming=measured.num_confirming if measured else 0,
        num_confirmed=measured.num_confirmed if measured else 0,
        budget=measured.budget if measured else "",
        trend=charts.trend([layer.channels for layer in layers]) if len(layers) > 1 else None,
        layers=layers,
        dreams=made,
        dreams_asked=dreams.asked if dreams else False,
    )
    if responses is None or not layers:
        answer = f"Images were made to excite {plural(len(made), 'channel')}."
    else:
        counted = [(layer.path, layer.counts) for layer in layers]
        answer = told.chapter_answer(counted, responses, measured, words(evidence.model).sample)
    return Section("channels", TITLE, answer, content)


def _layers(evidence: Evidence, responses: ResponsesResult) -> tuple[Layer, ...]:
    samples = evidence.activations.samples if evidence.activations else ()
    # All maps, not those that are shown: else cards would take the room that maps have given up.
    maps = [call.levels[0].size * len(call.channels) for each in samples for call in each.calls]
    found, left = [], cards_bytes(sum(maps), evidence.activations.max_size_bytes if evidence.activations else 0)
    for place, call in enumerate(responses.calls, 1):
        layer, used = _layer(evidence, responses, call, place, left // (len(responses.calls) - place + 1))
        found.append(layer)
        left = max(0, left - used)
    return tuple(found)


def _layer(
    evidence: Evidence, responses: ResponsesResult, call: CallResponses, place: int, room: int
) -> tuple[Layer, int]:
    """A layer, and how many bytes its cards take in the page: not more than there is room for, but for the first."""
    channels = joined(call, responses, evidence.ablation, evidence.edges, Channel)
    counts = count(channels, labelled=not responses.unlabelled and not responses.untestable)
    cards: list[Card] = []
    used, least = 0, _least_cards(call, counts)
    for index in call.shown:
        card = _card(evidence, responses, call, channels[index])
        size = CARD_BYTES + sum(as_text(len(figure.data)) for figure in (card.strip, card.kernels) if figure)
        if len(cards) >= least and used + size > room:
            break
        cards.append(card)
        used += size
    axes, layers = charts.axes(channels), [each for each in evidence.model.layers if each.path == call.path]
    paper = min(PAPER_CARDS, max(_LEAST_PAPER, _PAPER_TOTAL // len(responses.calls)), len(cards))
    return Layer(
        path=call.path,
        place=place,
        judged_at=call.judged_at,
        answer=told.layer_answer(call.path, counts),
        words=told.layer_words(call, words(evidence.model).points),
        counts=counts,
        quantile_shares=call.quantile_shares,
        quantile_places=call.quantile_places,
        quantile_error=call.quantile_error,
        channels=channels,
        dead=tuple(each.channel for each in channels if each.state == "dead"),
        stuck=tuple(each.channel for each in channels if each.state == "stuck"),
        silent=" ".join(
            filter(None, (lines.silent_words(channels), *(lines.zero_words(channels, each) for each in layers)))
        ),
        cards=tuple(cards),
        num_on_paper=paper,
        plot_axes=axes,
        plot_alt=charts.plot_alt(call.path, channels, axes),
    ), used


def _least_cards(call: CallResponses, counts: Counts) -> int:
    """How many cards a layer has however little room there is: up to those of the channels that its answer names."""
    named = set(counts.needed[: needs.FIRST_NEEDED])
    return max((place for place, channel in enumerate(call.shown, 1) if channel in named), default=1)


def _card(evidence: Evidence, responses: ResponsesResult, call: CallResponses, channel: Channel) -> Card:
    place, samples = channel.channel, words(evidence.model).samples
    said = told.card_words(channel, responses, samples)
    known = call.channels[place].patches
    labels = [patch.label for patch in known]
    drawn = lines.drawn_words(channel, samples, capped=call.capped) if known else ""
    said += (drawn,) if drawn else ()
    if any(len(label or "") >= CELL for label in labels):
        said += (f"Patches: {told.class_summary(labels)}.",)
    name = f"{call.path}-{channel.channel}"
    kernels, inputs = None, call.kernel_inputs[place] if call.kernel_inputs else ()
    if call.kernels is not None:
        pictures = list(call.kernels[place]) if inputs else [call.kernels[place]]
        over = f", over input channels {', '.join(map(str, inputs))}" if inputs else ""
        alt = f"{plural(len(pictures), 'kernel')} of channel {channel.channel}{over}."
        kernels = patches.kernels(f"kernels-{name}", pictures, alt=alt)
    return Card(
        channel=channel.channel,
        said=said,
        patches=tuple(Seen(each.image, each.label, each.value, each.position, each.box) for each in known),
        strip=patches.strip(f"patches-{name}", known, alt=_patches_alt(call.path, channel.channel, known)),
        kernels=kernels,
        kernel_inputs=inputs,
    )


def _patches_alt(path: str, channel: int, known: Sequence[Patch]) -> str:
    """What a strip shows; which class and which response each patch has stands below it."""
    outside = sum(
        patch.picture is not None and patch.inside != (0, 0, *map(int, patch.picture.shape[:2])) for patch in known
    )
    beyond = f"; {plural(outside, 'reaches', 'reach')} outside the image" if outside else ""
    return f"{plural(len(known), 'top patch', 'top patches')} of channel {channel} of {path}{beyond}."


def _made(dream: Dream, responses: ResponsesResult | None) -> Made:
    calls = [call for call in responses.calls if call.path == dream.path] if responses else []
    known = [each.patches for call in calls for each in call.channels if each.channel == dream.channel]
    real = known[0] if known else ()
    name = f"dream-{dream.path}-{dream.channel}"
    strip = patches.strip(f"{name}-patches", real, alt=_patches_alt(dream.path, dream.channel, real), side=_DREAM_SIDE)
    height, width = dream.picture.shape[:2]
    figure = mosaic.picture(
        name,
        dream.picture,
        alt=(
            f"Image of {height} by {width} pixels made for channel {dream.channel} of {dream.path}; activation"
            f" {number(dream.activation)}."
        ),
        caption=told.dream_caption(dream, [patch.label for patch in real], beside=strip is not None),
    )
    return Made(
        path=dream.path,
        channel=dream.channel,
        figure=figure,
        patches=strip,
        activation=dream.activation,
        best_real=dream.best_real,
        num_steps=dream.num_steps,
        seed=dream.seed,
    )
