"""The calls to look at and how many samples -> how many maps of each there is room for, and what the files will take.

The budget is that of the web page. What gives way, and in which order:

0. The cards of channels: they take what `cards_bytes` leaves them, the most telling first, and of each layer at least
   as many as it takes to show the channel that is needed most.
1. The grid of maps (one sample, one layer) that takes the most is halved, again and again, but never below 16 maps.
2. Where that is not enough, the grids of the last sample go down to one map each, then those of the sample before it,
   and the first sample's last of all.

In each grid the most active channels stay (`most_active`), and the numbers of those alone are in the page's table; the
numbers of all channels are in report.json.

Sizes are estimated from above: a map takes a byte for every position, which is as much as PNG takes for noise, and a
third more in the page, which holds its pictures as text (base64, RFC 4648, section 4).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

from reportgen import sections
from reportgen.budget.constants import (
    BLOCK_BYTES,
    CARD_BYTES,
    CHART,
    FEWEST,
    FIRST_CARDS,
    INDEX_BYTES,
    JSON_PAGE,
    JSON_PER_CALL,
    JSON_PER_CARD,
    JSON_PER_CHANNEL,
    JSON_PER_CLASS,
    JSON_PER_GRID,
    JSON_PER_MEAN,
    JSON_PER_PAIR,
    JSON_PER_PATCH,
    JSON_PER_PIXEL,
    JSON_PER_PLACE,
    JSON_PER_RESPONSE,
    JSON_PERFORMANCE,
    JSON_REASON,
    LEAST_CARDS,
    MAPS_AND_CARDS,
    MARGIN,
    MISTAKES,
    MOST_CARDS,
    MOST_IN_SHEET,
    MOST_LAYERS,
    MOST_PLACES,
    MOST_ROWS,
    MOST_TILE,
    MOST_TILES,
    PAGE,
    PAGE_PER_CALL,
    PAGE_PER_GRID,
    PAGE_PER_MAP,
    PANELS,
    PATCH_SIDE,
    PDF,
    PDF_PER_CALL,
    PDF_PER_MAP,
    PERFORMANCE,
    PERFORMANCE_PER_CLASS,
    REASON,
    SHARE_OF_CARDS,
    SMALL_MAP,
    TILE,
    TILE_SHARE,
    WORST,
)
from reportgen.budget.extent import Extent
from reportgen.evidence.responses import CONTEXT_PIXELS, MOST_CLASS_MEANS, MOST_PATCHES, most_shown
from reportgen.options import Options, chapters
from reportgen.records.model import LayerRecord

# Points along a map that is no picture: as many as a page shows, see `probes.drawing`.
_MOST_POINTS = 1280
_MOST_SLICES = 16


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    """The maps of one call for one sample.

    Attributes:
        path: The call.
        sample: Place of the sample among the chosen ones.
        channels: How many maps the call has.
        shown: How many of them the page shows.
        map_bytes: What one map takes as a picture, bytes.
        patch_side: Pixels along a side of a patch of its channels, as it is drawn; 0 for a call without cards.
    """

    path: str
    sample: int
    channels: int
    shown: int
    map_bytes: int
    patch_side: int = PATCH_SIDE

    @property
    def page_bytes(self) -> int:
        """What the grid takes in the page, with its numbers."""
        return PAGE_PER_GRID + self.shown * (as_text(self.map_bytes) + PAGE_PER_MAP)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a report will show, and what it will take.

    Attributes:
        grids: Every grid, samples one after the other.
        num_samples: How many samples are looked at.
        num_calls: How many calls the model has.
        max_size_bytes: Most that the page may take.
        pdf_channels: Most maps of a call on paper, or None.
        has_chapter: Whether the chapter with the grids is written; without it the page has one grid at most.
        has_cards: Whether the chapter with the cards of channels is.
        has_scores: Whether the chapter is that says how often the network is right.
        has_reasons: Whether the chapter is that says why the samples were answered as they were.
        has_pixels: Whether the chapter is that says how good answers are pixel by pixel.
        has_layers: Whether the chapter is that shows a few channels of each layer on the samples.
        extent: How much there is to say of the data.
    """

    grids: tuple[PlannedGrid, ...]
    num_samples: int
    num_calls: int
    max_size_bytes: int
    pdf_channels: int | None
    has_chapter: bool = True
    has_cards: bool = False
    has_scores: bool = False
    has_reasons: bool = False
    has_pixels: bool = False
    has_layers: bool = False
    extent: Extent = field(default_factory=Extent)

    @property
    def maps(self) -> int:
        """Maps that are computed."""
        return sum(grid.channels for grid in self.grids)

    @property
    def shown(self) -> int:
        """Maps that the page shows."""
        return sum(grid.shown for grid in self.grids)

    @property
    def on_paper(self) -> int:
        """Maps in the PDF's annex of maps: those of the first sample."""
        return sum(number for _, number in self._on_paper)

    @property
    def _on_paper(self) -> tuple[tuple[PlannedGrid, int], ...]:
        """The grids in the PDF, each with how many maps of it."""
        first = (grid for grid in self.grids if grid.sample == 0)
        return tuple((grid, min(grid.shown, self.pdf_channels or grid.shown)) for grid in first)

    @property
    def cuts(self) -> tuple[PlannedGrid, ...]:
        """The grids that are cut short."""
        return tuple(grid for grid in self.grids if grid.shown < grid.channels)

    @property
    def html_bytes(self) -> int:
        """What the web page takes, estimated from above."""
        grids = sum(grid.page_bytes for grid in self.grids) if self.has_chapter else 0
        picture = _picture_bytes([grid for grid in self.grids if grid.sample == 0])
        rest = PAGE + self.num_calls * PAGE_PER_CALL + self._pictures_bytes + self._pixels_bytes
        scores = (PERFORMANCE + self.extent.classes * PERFORMANCE_PER_CLASS) * self.has_scores
        whole = rest + grids + picture + self.cards_bytes + scores + self._reasons_bytes + self._layers_bytes
        return whole + whole // MARGIN

    @property
    def cards_bytes(self) -> int:
        """What the cards of channels take in the page, at most."""
        if not self.has_cards:
            return 0
        room = cards_bytes(sum(grid.channels * grid.map_bytes for grid in self.grids), self.max_size_bytes)
        return min(max(room, len(self._with_cards) * FIRST_CARDS), sum(map(self._call_bytes, self._with_cards)))

    @property
    def num_cards(self) -> int:
        """Channels that get a card, at most."""
        return sum(map(self._shown_cards, self._with_cards))

    @property
    def _with_cards(self) -> tuple[PlannedGrid, ...]:
        """Each call that has cards, once."""
        return tuple(grid for grid in self.grids if grid.sample == 0 and grid.patch_side) if self.has_cards else ()

    def _shown_cards(self, grid: PlannedGrid) -> int:
        return min(grid.channels, most_shown(len(self._with_cards)))

    def _call_bytes(self, grid: PlannedGrid) -> int:
        """The cards of a call, with kernels and averages, and its index."""
        pixels = min(self.extent.picture_bytes // self.extent.colours or CONTEXT_PIXELS**2, CONTEXT_PIXELS**2)
        block = round(min(MOST_PATCHES, self.extent.num_images or MOST_PATCHES) * pixels * BLOCK_BYTES)
        card = CARD_BYTES + as_text(block + 2 * grid.patch_side**2 * self.extent.colours)
        return self._shown_cards(grid) * card + grid.channels * as_text(INDEX_BYTES)

    @property
    def _pictures_bytes(self) -> int:
        """The samples, with what is the object on them, and the most confident mistakes."""
        pictures = 2 * self.num_samples + min(MISTAKES, self.extent.num_images) * self.has_scores
        return pictures * as_text(self.extent.picture_bytes)

    @property
    def _pixels_bytes(self) -> int:
        """Masks or values: what is true, what is predicted, where they differ, beside samples and worst images."""
        if not self.extent.pixel_bytes:
            return 0
        worst = min(WORST, self.extent.num_images) * self.has_pixels
        pictures = worst * self.extent.picture_bytes + PANELS * (self.num_samples + worst) * self.extent.pixel_bytes
        chart = CHART + as_text(self.extent.pixel_bytes)
        return as_text(pictures) + chart * self.has_pixels

    @property
    def _reasons_bytes(self) -> int:
        """What explaining the samples takes: the outline and the painted image, and four maps."""
        picture, pixels = self.extent.picture_bytes, self.extent.picture_bytes // self.extent.colours
        return self.num_samples * (REASON + as_text(2 * picture + 4 * pixels)) * self.has_reasons

    @property
    def _layers_bytes(self) -> int:
        """What the chapter on layers takes: of each one for each of the first samples large pictures and a sheet."""
        tiles = MOST_TILES * (TILE + min(self.extent.picture_bytes // TILE_SHARE, MOST_TILE))
        sheets = sorted(min(grid.channels, MOST_IN_SHEET) * SMALL_MAP for grid in self.grids if grid.sample == 0)
        shown = sum(as_text(tiles + sheet) for sheet in sheets[-MOST_LAYERS:])
        return min(self.num_samples, MOST_ROWS) * shown * self.has_layers

    @property
    def _json_of_reasons(self) -> int:
        pixels = self.extent.picture_bytes // self.extent.colours
        places = min(self.extent.num_answers, MOST_PLACES) * JSON_PER_PLACE
        return (self.num_samples * (JSON_REASON + pixels * JSON_PER_PIXEL) + places) * self.has_reasons

    @property
    def pdf_bytes(self) -> int:
        """What the PDF takes, estimated from above; report.json is in it, compressed to an eighth."""
        shown = self._on_paper
        grids = sum(number * (grid.map_bytes + PDF_PER_MAP) for grid, number in shown) if self.has_chapter else 0
        picture = max((grid.map_bytes * number for grid, number in shown), default=0)
        cards = self.cards_bytes * 3 // 4
        layers = self._reasons_bytes // 2 + self._layers_bytes // 2
        pictures = (self._pictures_bytes + self._pixels_bytes + layers) * 3 // 4
        return PDF + self.num_calls * PDF_PER_CALL + grids + picture + cards + pictures + self.json_bytes // 8

    @property
    def json_bytes(self) -> int:
        """What report.json takes."""
        grids = sum(JSON_PER_GRID + grid.channels * JSON_PER_CHANNEL for grid in self.grids) * self.has_chapter
        rest = self._json_of_channels + self._json_of_scores + self._json_of_reasons
        return JSON_PAGE + self.num_calls * JSON_PER_CALL + grids + rest

    @property
    def _json_of_channels(self) -> int:
        """What every channel did over the data: numbers, means of classes, and the patches of those with a card."""
        channels = sum(grid.channels for grid in self._with_cards)
        shown = self.num_cards
        patches = min(MOST_PATCHES, self.extent.num_images or MOST_PATCHES)
        means = (
            next((known for known in (channels, shown) if known * self.extent.num_classes <= MOST_CLASS_MEANS), 0)
            * self.extent.num_classes
        )
        cards = shown * (JSON_PER_CARD + patches * JSON_PER_PATCH)
        return channels * JSON_PER_RESPONSE + means * JSON_PER_MEAN + cards

    @property
    def _json_of_scores(self) -> int:
        """How often the network is right: each class, and each pair of classes that may occur."""
        classes, images = self.extent.classes, self.extent.num_images
        pairs = min(self.extent.num_classes * classes, images)
        return (JSON_PERFORMANCE + classes * JSON_PER_CLASS + pairs * JSON_PER_PAIR) * self.has_scores

    @property
    def fits(self) -> bool:
        """Whether the page keeps to its budget, by estimate."""
        return self.html_bytes <= self.max_size_bytes

    def room(self) -> dict[tuple[int, str], int]:
        """Return how many maps are shown, by the place of the sample and the call."""
        return {(grid.sample, grid.path): grid.shown for grid in self.grids}


def make(
    calls: Sequence[LayerRecord], num_samples: int, options: Options, num_calls: int, seen: Extent | None = None
) -> Plan:
    """Plan a report.

    Args:
        calls: The conv and pooling calls to look at.
        num_samples: How many samples.
        options: What to show.
        num_calls: How many calls the model has in all.
        seen: How much there is to say of the data; None where that is not known.

    Raises:
        OptionsError: No chapter is left to write.
    """
    grids = tuple(
        PlannedGrid(call.path, sample, channels, channels, map_bytes, _patch_side(call))
        for sample in range(num_samples)
        for call in calls
        for channels, map_bytes in (_sizes(call),)
    )
    chosen = chapters(options)
    plan = Plan(
        grids,
        num_samples,
        num_calls,
        options.max_size,
        options.pdf_channels,
        has_chapter=sections.MAPS in chosen,
        has_cards=sections.CARDS in chosen and num_samples > 0,
        has_scores=sections.SCORES in chosen and seen is not None and seen.num_classes > 0,
        has_reasons=sections.REASONS in chosen and num_samples > 0,
        has_pixels=sections.PIXELS in chosen and num_samples > 0,
        has_layers=sections.LAYERS in chosen and num_samples > 0,
        extent=seen or Extent(),
    )
    return cut(plan, options.max_size)


def cut(plan: Plan, html_bytes: int) -> Plan:
    """Return a plan whose page takes at most a number of bytes, by estimate, or the least that there is."""
    if not plan.has_chapter or plan.html_bytes <= html_bytes:
        return plan
    grids = list(plan.grids)
    largest = [(-grid.page_bytes, place) for place, grid in enumerate(grids) if grid.shown > FEWEST]
    heapq.heapify(largest)
    first = sum(grid.sample == 0 for grid in grids)
    without_picture = plan.html_bytes - _picture_bytes(grids[:first])
    while largest and without_picture + _picture_bytes(grids[:first]) > html_bytes:
        _, place = heapq.heappop(largest)
        before = grids[place]
        grids[place] = replace(before, shown=max(FEWEST, before.shown // 2))
        without_picture -= before.page_bytes - grids[place].page_bytes
        if grids[place].shown > FEWEST:
            heapq.heappush(largest, (-grids[place].page_bytes, place))
    for sample in reversed(range(plan.num_samples)):
        found = replace(plan, grids=tuple(grids))
        if found.html_bytes <= html_bytes:
            return found
        grids = [replace(grid, shown=1) if grid.sample == sample else grid for grid in grids]
    return replace(plan, grids=tuple(grids))


def _picture_bytes(grids: Sequence[PlannedGrid]) -> int:
    """The grid of the first sample that page one shows, too: any of them."""
    return max((as_text(grid.map_bytes) * grid.shown for grid in grids), default=0)


def cards_bytes(map_bytes: int, max_size_bytes: int = 0) -> int:
    """Return what the cards of channels may take in the page together: they are the first to give way.

    Args:
        map_bytes: What the pictures of all maps would take outside of the page.
        max_size_bytes: Most that the page may take; 0 for no bound.
    """
    most = min(MOST_CARDS, max_size_bytes // SHARE_OF_CARDS) if max_size_bytes else MOST_CARDS
    return max(min(LEAST_CARDS, most), min(most, MAPS_AND_CARDS - as_text(map_bytes)))


def as_text(size_bytes: int) -> int:
    """Return what a picture takes in the page."""
    return -(-size_bytes * 4 // 3)


def _patch_side(call: LayerRecord) -> int:
    """Pixels along a side of the patches of a call's channels, as they are drawn; 0 for a call without cards."""
    if call.role != "conv":
        return 0
    # What is smaller is enlarged, its pixels repeated, which take little in a file.
    return min(PATCH_SIDE, max(call.receptive_field or (PATCH_SIDE,)))


def _sizes(call: LayerRecord) -> tuple[int, int]:
    """How many maps a call has, and what the picture of one takes, bytes."""
    axis = min(call.channel_axis, len(call.output_shape) - 1)
    sizes = [size or 1 for place, size in enumerate(call.output_shape) if place != axis]
    channels = (call.output_shape[axis] or 1) if call.output_shape else 1
    if len(sizes) == 1:
        sizes = [min(sizes[0], _MOST_POINTS)]
    elif len(sizes) > 2:
        slices = min(prod(sizes[:-2]), _MOST_SLICES)
        inner = max(1, -(-slices * sizes[-1] // _MOST_POINTS))
        sizes = [slices, *(-(-size // inner) for size in sizes[-2:])]
    # A byte for every position and for what ends a row of it, and a little for the gap beside it.
    positions = prod(sizes)
    return channels, positions + positions // 16 + 16
