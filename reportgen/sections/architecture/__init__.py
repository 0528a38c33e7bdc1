"""The model's record -> its stages in columns, what a place sees, its drawing, and the table of its layers."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.drawing import Drawing
from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.views import ViewsResult
from reportgen.figures import graph, mosaic, overlays
from reportgen.figures.stages import stages_of
from reportgen.language.vocabulary import words
from reportgen.records.model import ModelRecord
from reportgen.records.places import spatial_shape
from reportgen.sections.architecture import compression, sentences
from reportgen.sections.architecture.blocks import Block, block_of
from reportgen.sections.architecture.columns import Column, columns
from reportgen.sections.architecture.rows import MOST_SINGLE, Row, rows, sees

TITLE = "The network"
PART = "body"
NEEDS = ("samples", "views")
_SIDE = 224
_STRIP = 24


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows besides the layer records.

    Attributes:
        columns: The stages of the network, from its input to its prediction.
        heaviest: Place of the column with most learned numbers; None where there are none, or one column only.
        weighs: Where most learned numbers sit, and how much of the work is done there: two sentences, or "".
        beside: What the columns leave out, a whole sentence, or "".
        picture: The image that the views are drawn on; None without one.
        view_size: Width and height of that picture, or of the blank one in its place, CSS pixels.
        picture_of: Which image that is: "image 12"; "" without one.
        views: What places mostly use; None where it was not measured.
        how_measured: How it was, or why it was not, a whole sentence, or "".
        num_convs: Conv layers, counted once for each call.
        num_pools: Pooling layers.
        num_maps: Activation maps for one sample.
        sees: How many pixels a place of the last map sees: "19", "19 × 7", "all" or "–".
        block: What the block does that occurs most often; None without one.
        rows: The table of layers, where it has to be short.
        is_long: Whether there are so many layers that a table of all is scrolled.
        drawing: The network as boxes and lines.
        has_branches: Whether some layer's output is read by several, or some layer reads several.
        parameters: Sum of the parameters column, each shared layer counted once.
        macs: Sum of the multiply-adds column.
        activation_bytes: Sum of the memory column.
        adds_up: Whether the parameters column adds up to the model's own count.
        shows_precision: Whether the layers differ in their number formats, so that the table gives those of each.
        shows_zeros: Whether so many weights of some layer are zero that the table gives the share of each.
        remarks: What is to be said of number formats and of weights that are zero, in whole sentences.
    """

    columns: tuple[Column, ...]
    heaviest: int | None
    weighs: tuple[str, str]
    beside: str
    picture: Figure | None
    view_size: tuple[float, float]
    picture_of: str
    views: ViewsResult | None
    how_measured: str
    num_convs: int
    num_pools: int
    num_maps: int
    sees: str
    block: Block | None
    rows: tuple[Row, ...]
    is_long: bool
    drawing: Drawing
    has_branches: bool
    parameters: int
    macs: int
    activation_bytes: int
    adds_up: bool
    shows_precision: bool
    shows_zeros: bool
    remarks: tuple[str, ...]


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    model, known = evidence.model, words(evidence.model)
    found = stages_of(model)
    drawn = columns(model, found, evidence.views, known)
    parameters = sum(call.parameters for call in model.layers if call.shared_with is None)
    place, seen = sentences.heaviest(drawn), model.seen_calls
    sample = _shown(evidence) if known.is_picture else None
    counted = not model.uncounted_calls
    precision, zeros = compression.formats_differ(model.layers), compression.has_notable_zeros(model.layers)
    picture = None if sample is None else _picture(sample)
    content = Content(
        columns=drawn,
        heaviest=place,
        weighs=("", "") if place is None else sentences.weighs(drawn, place, parameters, counted=counted),
        beside=sentences.beside(found.beside, parameters),
        picture=picture,
        view_size=_blank(model) if picture is None else (picture.width_px, picture.height_px),
        picture_of="" if sample is None else f"{known.sample} {sample.index}",
        views=evidence.views,
        how_measured=sentences.how_measured(evidence.views, known),
        num_convs=sum(call.role == "conv" for call in seen),
        num_pools=sum(call.role == "pool" for call in seen),
        num_maps=sum((call.output_shape[call.channel_axis] or 0) for call in seen),
        sees=sees(found.with_maps[-1].last) if found.with_maps else "–",
        block=block_of(found.units, known),
        rows=rows(model.layers, found, precision=precision, zeros=zeros),
        is_long=len(model.layers) > MOST_SINGLE,
        drawing=graph.draw(model),
        has_branches=_has_branches(model),
        parameters=parameters,
        macs=model.macs,
        activation_bytes=sum(call.activation_bytes for call in model.layers),
        adds_up=parameters == model.parameters,
        shows_precision=precision,
        shows_zeros=zeros,
        remarks=compression.remarks(model.layers),
    )
    answer = sentences.answer(model, found, drawn, known)
    return Section("architecture", TITLE, answer, content, sentences.headline(found))


def _shown(evidence: Evidence) -> SampleRecord | None:
    """The sample in whose picture fields are drawn: that of page one, else the first with a picture."""
    on_page_one = evidence.journey.sample if evidence.journey else -1
    pictured = [each for each in evidence.samples if each.grid is None]
    return next((each for each in pictured if each.index == on_page_one), next(iter(pictured), None))


def _picture(sample: SampleRecord) -> Figure:
    """The image that views are drawn on, enlarged with hard edges."""
    height, width = sample.image.shape[:2]
    alt = f"Sample {sample.index}, {height} by {width} pixels."
    return mosaic.picture("view-image", overlays.sized(sample.image, _SIDE), alt=alt)


def _blank(model: ModelRecord) -> tuple[float, float]:
    """The size of a blank picture: as wide and high as the last two axes of the input; of a signal a strip."""
    sizes = spatial_shape(model)
    if len(sizes) < 2:
        return _SIDE, _STRIP
    height, width = (size or 1 for size in sizes[-2:])
    longest = max(height, width)
    return _SIDE * width / longest, _SIDE * height / longest


def _has_branches(model: ModelRecord) -> bool:
    read = [source for call in model.layers for source in dict.fromkeys(call.inputs)]
    return len(read) != len(set(read)) or any(len(set(call.inputs)) > 1 for call in model.layers)
