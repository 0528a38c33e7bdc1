"""What every channel did over the data -> cards: its top patches, its class, its orientation, its weight."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.budget.constants import CARD_BYTES, STRIP_BYTES
from reportgen.budget.plan import as_text, cards_bytes
from reportgen.document.plots import Plot
from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.channels import Counts, count, joined
from reportgen.evidence.common import kinds_of
from reportgen.evidence.responses import CallResponses, ResponsesResult, Thresholds
from reportgen.figures.gallery import IN_A_ROW
from reportgen.figures.patches import has_inset
from reportgen.language.cleaning import channel_anchor, fold_anchor
from reportgen.language.numerals import plural
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord
from reportgen.sections.channels import charts, dreamt, lines, needs, stages
from reportgen.sections.channels import sentences as told
from reportgen.sections.channels.cards import Card, card
from reportgen.sections.channels.drawn import Channel
from reportgen.sections.channels.dreamt import Made
from reportgen.sections.channels.index import Strip, selected, strips

TITLE = "What each channel looks for"
PART = "body"
NEEDS = ("responses", "ablation", "dreams", "edges")

PAPER_CARDS = 12
"""Most cards of a layer in a PDF: of the only one. Of several each has a row."""
# Strips of a layer on paper, by how many layers are in the body.
_PAPER_STRIPS = {True: 8, False: 4}
# What of a layer is not folded on a screen, where nothing of it is on paper.
_ON_SCREEN = 6


@dataclass(frozen=True, slots=True)
class Layer:
    """The channels of one conv call.

    Attributes:
        path: The call.
        place: Its place among the conv calls, from 1.
        in_body: Whether the body shows it: all of a few, of more the last at every resolution.
        judged_at: The call whose output was measured.
        answer: What its channels are, in two lines.
        words: Where it was judged.
        facts: Its maps, its channels and what one position sees, in a line.
        counts: The numbers in the answer.
        quantile_shares: Shares that the channels' `quantiles` belong to.
        quantile_places: From how many places the quantiles are taken.
        quantile_error: What the share of responses below a quantile may be off by, 0..1.
        channels: What was measured of every channel, in order.
        dead: The numbers of the channels that are dead, which have no card.
        stuck: The numbers of those that are stuck, which have none either.
        silent: Which channels are dead and which are stuck, and which because all their weights are zero; "" where
            none is.
        cards: The channels that have a card: class-specific, then needed, then faulty, then by selectivity; those that
            are in a PDF first.
        num_on_paper: How many of the cards are in a PDF.
        num_first: How many are not folded on a screen.
        index: All channels that have a patch with a picture, and the dead and stuck ones, in strips.
        num_strips_on_paper: How many strips are in a PDF.
        chosen_on_paper: These strips, where that is not all: of the channels with a card, and the first others.
        has_plot: Whether a chart of its channels says something.
        has_averages: Whether cards show averages.
        has_insets: Whether patches are shown again, enlarged, in a corner.
        has_boxes: Whether patches are framed by what one position sees.
        has_places: Whether patches show the places that respond, in a layer that sees most of an image.
        plot_axes: What the chart of the layer shows from left to right, and upwards.
        plot_alt: What the chart shows, for someone who cannot see it.
    """

    path: str
    place: int
    in_body: bool
    judged_at: str
    answer: str
    words: str
    facts: str
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
    num_first: int
    index: tuple[Strip, ...]
    num_strips_on_paper: int
    chosen_on_paper: tuple[Strip, ...]
    has_plot: bool
    has_averages: bool
    has_insets: bool
    has_boxes: bool
    has_places: bool
    plot_axes: tuple[str, str]
    plot_alt: str

    @property
    def plot(self) -> Plot:
        """The chart of the layer: every channel by what it means and what it matters."""
        return charts.plot(self.channels, self.plot_axes)

    @property
    def index_on_paper(self) -> tuple[Strip, ...]:
        """The strips in a PDF."""
        return self.chosen_on_paper or self.index[: self.num_strips_on_paper]

    @property
    def anchored(self) -> tuple[int, ...]:
        """The channels that have a place of their own in the page: those with a card, and those of the index."""
        return (*(each.channel for each in self.cards), *(each.channel for one in self.index for each in one.entries))

    @property
    def anchored_on_paper(self) -> tuple[int, ...]:
        """Those that have one in a PDF."""
        if not self.in_body:
            return ()
        listed = (each.channel for one in self.index_on_paper for each in one.entries)
        return (*(each.channel for each in self.cards[: self.num_on_paper]), *listed)

    @property
    def num_lively(self) -> int:
        """How many channels are neither dead nor stuck."""
        return len(self.channels) - len(self.dead) - len(self.stuck)


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
        num_peaks: Images that the histograms of peaks rest on.
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
    num_peaks: int
    num_confirmed: int
    budget: str
    trend: Figure | None
    layers: tuple[Layer, ...]
    dreams: tuple[Made, ...]
    dreams_asked: bool

    @property
    def anchors(self) -> frozenset[str]:
        """The ids of layers and channels in the page."""
        return _anchors((layer.path, layer.anchored) for layer in self.layers)

    @property
    def anchors_on_paper(self) -> frozenset[str]:
        """Those in a PDF."""
        return _anchors((layer.path, layer.anchored_on_paper) for layer in self.layers)


def _anchors(layers: Iterable[tuple[str, tuple[int, ...]]]) -> frozenset[str]:
    found: set[str] = set()
    for path, channels in layers:
        found |= {fold_anchor(path), *(channel_anchor(path, each) for each in channels)}
    return frozenset(found)


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None where no channel was measured and no image made."""
    responses, ablation, dreams = evidence.responses, evidence.ablation, evidence.dreams
    made = tuple(dreamt.made(dream, responses) for dream in dreams.dreams) if dreams else ()
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
        num_peaks=responses.num_peaks if responses else 0,
        num_confirmed=measured.num_confirmed if measured else 0,
        budget=measured.budget if measured else "",
        trend=charts.trend([layer.channels for layer in layers]) if len(layers) >= charts.LEAST_FOR_TREND else None,
        layers=layers,
        dreams=made,
        dreams_asked=dreams.asked if dreams else False,
    )
    if responses is None or not layers:
        answer, counted = f"Images were made to excite {plural(len(made), 'channel')}.", []
    else:
        counted = [(layer.path, layer.counts) for layer in layers]
        answer = told.chapter_answer(counted, responses, measured, words(evidence.model).sample)
    return Section("channels", TITLE, answer, content, headline=told.headline(counted, measured))


def _layers(evidence: Evidence, responses: ResponsesResult) -> tuple[Layer, ...]:
    samples = evidence.activations.samples if evidence.activations else ()
    # All maps, not those that are shown: else cards would take the room that maps have given up.
    maps = [call.levels[0].size * len(call.channels) for each in samples for call in each.calls]
    left = cards_bytes(sum(maps), evidence.activations.max_size_bytes if evidence.activations else 0)
    body = stages.in_body(responses.calls, evidence.model.layers)
    # Those that the body shows choose first; a third is kept for the others, whose cards are folded.
    order = sorted(enumerate(responses.calls, 1), key=lambda each: (each[1].path not in body, each[0]))
    kept, found = left // 3 if len(body) < len(order) else 0, {}
    for done, (place, call) in enumerate(order):
        in_body = call.path in body
        rest, among = (left - kept, len(body) - done) if in_body else (left, len(order) - done)
        found[place], used = _layer(evidence, responses, call, _Place(place, in_body, len(body), rest // among))
        left = max(0, left - used)
    return tuple(found[place] for place in sorted(found))


def _records(evidence: Evidence, responses: ResponsesResult) -> list[LayerRecord]:
    known = {layer.path: layer for layer in evidence.model.layers}
    return [known[call.path] for call in responses.calls if call.path in known]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a layer stands in the chapter, and how many bytes its pictures may take."""

    number: int
    in_body: bool
    num_in_body: int
    room: int


def _layer(evidence: Evidence, responses: ResponsesResult, call: CallResponses, place: _Place) -> tuple[Layer, int]:
    """A layer, and how many bytes its pictures take in the page: not more than there is room for, but for the first."""
    channels = joined(call, responses, evidence.ablation, evidence.edges, Channel)
    counts = count(channels, labelled=not responses.unlabelled and not responses.untestable)
    data = evidence.dataset
    kinds = kinds_of(data.class_names, data.kinds, responses) if data else ()
    found: list[Card] = []
    used, least = 0, _least_cards(call, counts)
    for number_ in call.shown:
        made = card(evidence, responses, call, channels[number_], kinds)
        size = CARD_BYTES + sum(as_text(len(figure.data)) for figure in made.figures)
        if len(found) >= least and used + size > place.room:
            break
        found.append(made)
        used += size
    paper = _on_paper(evidence, place, len(found))
    first = max(paper, _ON_SCREEN)
    numbers = [each.channel for each in found]
    indexed = strips(call, channels, numbers, numbers[:first])
    index_bytes = sum(STRIP_BYTES + as_text(len(each.figure.data)) for each in indexed)
    if not place.in_body and used + index_bytes > place.room:
        indexed, index_bytes = (), 0
    num_strips = min(len(indexed), _PAPER_STRIPS[place.num_in_body <= stages.MOST_WHOLE]) if paper else 0
    axes, record = (
        charts.axes(channels),
        next((each for each in _records(evidence, responses) if each.path == call.path), None),
    )
    known = [patch for each in found for patch in call.channels[each.channel].patches]
    return Layer(
        path=call.path,
        place=place.number,
        in_body=place.in_body,
        judged_at=call.judged_at,
        answer=told.layer_answer(call.path, counts),
        words=told.layer_words(call),
        facts=told.layer_facts(record, call, words(evidence.model).points) if record else "",
        counts=counts,
        quantile_shares=call.quantile_shares,
        quantile_places=call.quantile_places,
        quantile_error=call.quantile_error,
        channels=channels,
        dead=tuple(each.channel for each in channels if each.state == "dead"),
        stuck=tuple(each.channel for each in channels if each.state == "stuck"),
        silent=" ".join(
            filter(None, (lines.silent_words(channels), lines.zero_words(channels, record) if record else ""))
        ),
        cards=_ordered(found, channels, (paper, first)),
        num_on_paper=paper,
        num_first=min(first, len(found)),
        index=indexed,
        num_strips_on_paper=num_strips,
        chosen_on_paper=selected(call, channels, numbers, numbers[:first], num_strips),
        has_plot=charts.says_something(channels, axes),
        has_insets=any(map(has_inset, known)),
        has_averages=any(each.average is not None for each in found),
        has_boxes=any(patch.context is not None and patch.lit is None for patch in known),
        has_places=any(patch.lit is not None for patch in known),
        plot_axes=axes,
        plot_alt=charts.plot_alt(call.path, channels, axes),
    ), used + index_bytes


def _on_paper(evidence: Evidence, place: _Place, num_cards: int) -> int:
    """How many cards of a layer are in a PDF: whole rows, of the layers that the body shows."""
    if not place.in_body:
        return 0
    whole = PAPER_CARDS if place.num_in_body == 1 else IN_A_ROW
    most = evidence.activations.pdf_channels if evidence.activations else None
    return min(whole, num_cards, *([most] if most else []))


def _ordered(found: Sequence[Card], channels: Sequence[Channel], ends: tuple[int, int]) -> tuple[Card, ...]:
    """Put cards in order: class-specific, then needed, then faulty, then by selectivity.

    Those before each end, which are the most telling in turn, stay in front of the others.
    """

    def key(each: Card) -> tuple[bool, bool, float, bool, float, int]:
        channel = channels[each.channel]
        specific = channel.speaks or bool(each.title)
        return (
            not specific, not channel.needed, -channel.loss if channel.needed else 0.0, not channel.health,
            -(channel.selectivity or 0.0), each.channel,
        )  # fmt: skip

    parts = [found[start:end] for start, end in itertools.pairwise((0, *ends, len(found)))]
    return tuple(each for part in parts for each in sorted(part, key=key))


def _least_cards(call: CallResponses, counts: Counts) -> int:
    """How many cards a layer has however little room there is: up to those of the channels that its answer names."""
    named = set(counts.needed[: needs.FIRST_NEEDED])
    return max((place for place, channel in enumerate(call.shown, 1) if channel in named), default=1)
