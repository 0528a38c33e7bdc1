"""The way of one image -> the columns of page one: its picture, the maps of each stage, the numbers, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.journey import JourneyResult, RowOfNumbers, StageMap, StageMaps
from reportgen.evidence.samples import Levels, SampleRecord
from reportgen.figures import journey as drawing
from reportgen.figures import pixel_maps
from reportgen.figures.pixel_maps import colours_of
from reportgen.language.cleaning import channel_anchor, fold_anchor, layer_anchor
from reportgen.language.numerals import number, percent, plural, shape
from reportgen.language.vocabulary import Words, words
from reportgen.records.model import LayerRecord, ModelRecord, Shape
from reportgen.records.places import spatial_shape
from reportgen.records.stages import MOST_STAGES, Stage, Way, way
from reportgen.sections.summary.notes import answered, chosen, seen, shown


@dataclass(frozen=True, slots=True)
class FlowMap:
    """One map.

    Attributes:
        channel: Its number.
        figure: The response over the image.
        carries: Whether it is framed.
        shown_at: Path of the call whose channel it is where the chapter on channels looks at it.
        anchor: Where the report has the layer, for a page without that chapter, or ""; see `place`.
        name: What the link is called: "channel 30 of conv_1".
    """

    channel: int
    figure: Figure
    carries: bool
    shown_at: str
    anchor: str
    name: str

    def place(self, anchors: frozenset[str]) -> str:
        """Return where a page shows the channel, or its layer; "" where it does neither.

        Args:
            anchors: The ids that the page's chapter on channels has.
        """
        wanted = (channel_anchor(self.shown_at, self.channel), fold_anchor(self.shown_at))
        return next((each for each in wanted if each in anchors), self.anchor)


@dataclass(frozen=True, slots=True)
class Bar:
    """One class and its probability.

    Attributes:
        name: The class.
        share: Its probability, 0..1.
        is_answer: Whether it is the answer.
    """

    name: str
    share: float
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        kind: "image", "stage", "numbers" or "answer".
        title: What stands above it.
        is_name: Whether the title is the name of a layer.
        detail: What stands below the title.
        anchor: Where the report has more of it, or "".
        figure: The picture, of an image, of numbers and of a picture-shaped answer.
        maps: Of a stage the maps, the most needed first.
        bars: Of the answer the classes.
        note: One or two sentences below the pictures.
        emphasis: The end of the note, set apart.
        parameters: Share of the model's parameters, 0..1; None of the image.
        macs: Share of its multiply-adds; None of the image, and where they are not known.
    """

    kind: str
    title: str
    is_name: bool
    detail: str
    anchor: str
    figure: Figure | None
    maps: tuple[FlowMap, ...]
    bars: tuple[Bar, ...]
    note: str
    emphasis: str
    parameters: float | None
    macs: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """One image on its way through the network, or the network alone.

    Attributes:
        title: What the figure is called.
        caption: What it shows, and what it does not.
        columns: The columns, from left to right.
        num_stages: How many of them are stages.
        sample: Index of the image; None without one.
        anchor: Where its answer is explained, or "".
    """

    title: str
    caption: str
    columns: tuple[Column, ...]
    num_stages: int
    sample: int | None
    anchor: str


def flow(evidence: Evidence) -> Flow | None:
    """Return the columns; None of a model without any stage."""
    passing, known, result = way(evidence.model), words(evidence.model), evidence.journey
    if not passing.stages:
        return None
    sample = next((each for each in evidence.samples if result and each.index == result.sample), None)
    columns = [
        _image(sample, result, known) if sample and result else _input(evidence.model, known),
        *(_stage(evidence, stage, passing, result, sample) for stage in passing.stages),
        *([_numbers(evidence, passing, result)] if passing.numbers else []),
        _answer(evidence, passing, result, sample),
    ]
    explained = {one.sample for one in evidence.why.explanations} if evidence.why else set()
    is_explained = sample is not None and "why" in evidence.chapters and sample.index in explained
    return Flow(
        title=f"One {known.sample} on its way through the network" if sample else "The way through the network",
        caption=shown(evidence.model, result, sample, known),
        columns=tuple(columns),
        num_stages=len(passing.stages),
        sample=sample.index if sample else None,
        anchor=f"why-{sample.index}" if sample and is_explained else "",
    )


def _image(sample: SampleRecord, result: JourneyResult, known: Words) -> Column:
    labelled = f" labelled “{sample.label}”" if sample.label is not None else ""
    what = f"{known.sample} {number(sample.index)}{labelled}"
    figure = drawing.picture("flow-image", drawing.base(sample), drawing.LARGE, f"The {what}, as the network gets it.")
    sizes = sample.grid.sizes if sample.grid else sample.image.shape[:2]
    return Column(
        kind="image",
        title=f"The {known.sample}",
        is_name=False,
        detail=f"{shape(sizes)} {known.points}",
        anchor=f"sample-{sample.index}",
        figure=figure,
        maps=(),
        bars=(),
        note=chosen(sample, result.reason, known),
        emphasis="",
        parameters=None,
        macs=None,
    )


def _input(model: ModelRecord, known: Words) -> Column:
    """The first column where there is no image."""
    sizes = shape(spatial_shape(model))
    title, detail = f"The {known.sample}", f"{sizes} {known.points}"
    return Column("image", title, False, detail, "", None, (), (), "", "", None, None)


def _stage(
    evidence: Evidence, stage: Stage, passing: Way, result: JourneyResult | None, sample: SampleRecord | None
) -> Column:
    model, known = evidence.model, words(evidence.model)
    found = next((each for each in result.stages if each.path == stage.call.path), None) if result else None
    # Stages of one size could not be told apart by it.
    is_name = len(model.seen_calls) <= MOST_STAGES or len({each.sizes for each in passing.stages}) < len(passing.stages)
    of_maps = f"{number(stage.num_channels)} {'map' if stage.num_channels == 1 else 'maps'}"
    if found is not None and len(found.maps) < stage.num_channels:
        of_maps = f"{number(len(found.maps))} of {of_maps}"
    title = stage.call.path.rsplit("/", 1)[-1] if is_name else shape(stage.sizes)
    note, emphasis = seen(model, stage, found, result.kind if result else "", known)
    return Column(
        kind="stage",
        title=title,
        is_name=is_name,
        detail=f"{of_maps} of {shape(stage.sizes)}" if is_name else of_maps,
        anchor=_layer(evidence, stage.call),
        figure=None,
        maps=_maps(evidence, stage, found, sample) if found and sample else (),
        bars=(),
        note=note,
        emphasis=emphasis,
        **_shares(model, stage.layers),
    )


def _maps(evidence: Evidence, stage: Stage, found: StageMaps, sample: SampleRecord) -> tuple[FlowMap, ...]:
    image, path = drawing.base(sample), found.path
    source = _channels_of(evidence, stage)
    drawn = []
    for place, each in enumerate(found.maps):
        side = drawing.LARGE if place == 0 else drawing.SMALL
        figure = drawing.response(
            f"flow-{path}-{each.channel}", image, each.response, side, _alternative(stage, each, found)
        )
        name, layer = f"channel {each.channel} of {path}", _layer(evidence, stage.call)
        drawn.append(FlowMap(each.channel, figure, each.carries, source, layer, name))
    return tuple(drawn)


def _channels_of(evidence: Evidence, stage: Stage) -> str:
    """The conv call whose channels a stage shows: its own, or that which its pooling reads."""
    if stage.call.role == "conv":
        return stage.call.path
    reads = stage.call.inputs[:1]
    for other in way(evidence.model).stages:
        if reads in {(other.drawn.path,), (other.call.path,)}:
            return other.call.path
    return stage.call.path


def _layer(evidence: Evidence, call: LayerRecord) -> str:
    return layer_anchor(call.path) if "architecture" in evidence.chapters else ""


def _alternative(stage: Stage, each: StageMap, found: StageMaps) -> str:
    """What a reader would see of a map: how much of the image it lights, and where most."""
    where = _where(each.response)
    lit = float((each.response > 0).mean())
    framed = ", framed" if each.carries else ""
    if not each.response.any():
        return f"Channel {each.channel} of {found.path}: no response{framed}."
    return (
        f"Channel {each.channel} of {found.path}{framed}: responds in {percent(lit, 0)} of the map, most {where}, up to"
        f" {number(each.top)}."
    )


def _where(levels: Levels) -> str:
    """In which part of a map the highest value lies: "at the upper left"."""
    row, column = divmod(int(levels.argmax()), levels.shape[1])
    across = ("left", "", "right")[min(3 * column // levels.shape[1], 2)]
    down = ("upper", "", "lower")[min(3 * row // levels.shape[0], 2)] if levels.shape[0] > 1 else ""
    if not across and not down:
        return "in the middle"
    return f"at the {down} {across or ('edge' if down else '')}".replace("  ", " ").rstrip()


def _numbers(evidence: Evidence, passing: Way, result: JourneyResult | None) -> Column:
    call = passing.numbers
    assert call is not None, "it has numbers"
    total = max(size or 1 for size in call.output_shape)
    found = result.numbers if result else None
    is_pooled = call.role == "pool"
    note = "One number for each map." if is_pooled else "They put the parts together."
    if found is not None and found.speaking:
        said = "one that speaks" if len(found.speaking) == 1 else f"{number(len(found.speaking))} that speak"
        note += f" Framed: the {said} most for the answer."
    kind = {"GlobalAveragePooling": "Averaged", "GlobalMaxPooling": "Highest"}
    title = next((name for start, name in kind.items() if call.kind.startswith(start)), call.path.rsplit("/", 1)[-1])
    return Column(
        kind="numbers",
        title=title,
        is_name=title not in kind.values(),
        detail=plural(total, "number"),
        anchor=_layer(evidence, call),
        figure=None if found is None else _grid(found),
        maps=(),
        bars=(),
        note=note,
        emphasis="",
        **_shares(evidence.model, passing.joining),
    )


def _grid(found: RowOfNumbers) -> Figure:
    active = int((found.levels > 0).sum())
    alt = (
        f"{plural(len(found.levels), 'number')} of {found.path}: {number(active)} above zero, up to {number(found.top)}"
    )
    if found.speaking:
        alt += f"; framed: {', '.join(map(str, found.speaking))}"
    return drawing.numbers("flow-numbers", found.levels, found.speaking, f"{alt}.")


def _answer(evidence: Evidence, passing: Way, result: JourneyResult | None, sample: SampleRecord | None) -> Column:
    model = evidence.model
    name = evidence.predictions.name if evidence.predictions else ""
    output = next((each for each in model.outputs if each.name == name), model.outputs[0])
    answers = result.answers if result else ()
    most = max((each.value for each in answers), default=0.0)
    return Column(
        kind="answer",
        title="The answer",
        is_name=False,
        detail=_of_output(output.shape, bool(answers)),
        anchor=_layer(evidence, passing.ending[-1]) if passing.ending else "",
        figure=_drawn_answer(evidence, sample) if sample else None,
        maps=(),
        bars=tuple(Bar(each.name, each.value, each.value == most) for each in answers),
        note=answered(sample) if sample else "",
        emphasis="",
        **_shares(model, passing.ending),
    )


def _drawn_answer(evidence: Evidence, sample: SampleRecord) -> Figure | None:
    """What a picture-shaped output predicts for the image."""
    for answer in sample.pixels[:1]:
        if answer.kind != "classes":
            return pixel_maps.values("flow-answer", answer, "answer", sample=sample.index)
        heads = evidence.pixels.heads if evidence.pixels else ()
        scores = next((head.by_class for head in heads if head.name == answer.name), None)
        palette = colours_of(scores) if scores else {}
        return pixel_maps.classes("flow-answer", answer, "answer", palette, sample=sample.index)
    return None


def _of_output(shape_: Shape, has_classes: bool) -> str:
    if len(shape_) != 1:
        return shape(shape_)
    total = shape_[0] or 0
    if has_classes:
        return f"1 of {plural(max(total, 2), 'class', 'classes')}"
    return plural(total, "number")


def _shares(model: ModelRecord, layers: Sequence[LayerRecord]) -> dict[str, float | None]:
    """Which share of the model's parameters and multiply-adds some layers have."""
    own = [layer for layer in layers if layer.shared_with is None]
    return {
        "parameters": sum(layer.parameters for layer in own) / model.parameters if model.parameters else 0.0,
        "macs": sum(layer.macs or 0 for layer in layers) / model.macs if model.macs else None,
    }
