"""The stages of a model -> the columns of its drawing: slabs to scale, names, and what one place sees of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportgen.evidence.views import ViewsResult
from reportgen.figures.stages import Stage, Stages, Unit, map_sizes
from reportgen.language.numerals import number, plural, shape
from reportgen.language.vocabulary import Words
from reportgen.records.model import LayerRecord, ModelRecord, Shape
from reportgen.sections.architecture.slabs import BOX, LEAST, Scale, Slab, grouped

BAR = 5.0
"""Height of a bar that stands for a list of numbers."""
_TEXT_ABOVE = 5.0
_MOST_BARS = 4
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True, slots=True)
class NumberBar:
    """A list of numbers as a bar.

    Attributes:
        number: How many numbers there are.
        words: What they are.
        width: Its length, CSS pixels.
        y: Its upper edge, from the upper end of the column's room.
        joins: What lies between it and the next bar, as an SVG path; "" of the last one.
    """

    number: int
    words: str
    width: float
    y: float
    joins: str = ""

    @property
    def text_y(self) -> float:
        """The baseline of its words, above it."""
        return round(self.y - _TEXT_ABOVE, 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Layers or blocks that a column names together.

    Attributes:
        paths: Path of the first layer and of the last one that it names; () of blocks.
        blocks: Number of the first block and of the last one; () of layers.
        remark: What there is to say of several: "five alike"; else "".
    """

    paths: tuple[str, ...]
    blocks: tuple[int, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class FieldDrawn:
    """Where a view lies on its image, CSS pixels: left, top, width and height.

    Attributes:
        can: What the place can see; None where that is not known.
        mostly: What it mostly uses; None where that is not known.
        dark: All but the inner one of these, as an SVG path for the even-odd rule; "" without any.
    """

    can: tuple[float, float, float, float] | None
    mostly: tuple[float, float, float, float] | None
    dark: str


@dataclass(frozen=True, slots=True)
class Field:
    """What the place in the middle of a stage's last map sees, on the image.

    Attributes:
        path: The call.
        can: Left, top, width and height of what it can see, as shares of the image's width and height, cut off at its
            edges; None where that is not known.
        mostly: The same of the square that holds most of the gradient; None where it was not measured.
        can_words: How wide that is: "19", "19 × 7" or "the whole image".
        side: Length of the sides of the square, pixels; None where it was not measured.
    """

    path: str
    can: tuple[float, float, float, float] | None
    mostly: tuple[float, float, float, float] | None
    can_words: str
    side: int | None

    @property
    def uses_all(self) -> bool:
        """Whether it mostly uses as much as it can see."""
        return self.side is not None and self.can_words == number(self.side)

    def drawn(self, width: float, height: float) -> FieldDrawn:
        """Return where both lie on an image of a size, CSS pixels."""
        can, mostly = (None if box is None else _scaled(box, width, height) for box in (self.can, self.mostly))
        bright = mostly or can
        dark = ""
        if bright is not None:
            x, y, wide, high = bright
            dark = f"M0 0H{width:g}V{height:g}H0ZM{x:g} {y:g}v{high:g}h{wide:g}v-{high:g}Z"
        return FieldDrawn(can, mostly, dark)


@dataclass(frozen=True, slots=True)
class Column:
    """One stage.

    Attributes:
        title: The size of its maps, or what it makes instead.
        below: Its channels.
        slabs: Its layers and blocks as slabs; () where there are no maps.
        bars: The lists of numbers that it makes, where there are no maps.
        groups: Names of its layers and blocks.
        field: What one place sees; None without maps.
        parameters: Its learned numbers.
        parameter_share: Share of all learned numbers of the columns, 0..1.
        macs: Its multiply-adds for one sample.
        mac_share: Share of all that were counted, 0..1.
        told: All this in words, for someone who cannot see it.
    """

    title: str
    below: str
    slabs: tuple[Slab, ...]
    bars: tuple[NumberBar, ...]
    groups: tuple[Group, ...]
    field: Field | None
    parameters: int
    parameter_share: float
    macs: int
    mac_share: float
    told: str


def columns(model: ModelRecord, found: Stages, views: ViewsResult | None, known: Words) -> tuple[Column, ...]:
    """Return a column for each stage.

    Args:
        model: The model.
        found: Its stages.
        views: What places mostly use, where that was measured.
        known: The words for its samples.
    """
    scale = Scale(found.with_maps)
    parameters = sum(stage.parameters for stage in found.stages) or 1
    macs = sum(stage.macs for stage in found.stages) or 1
    made = []
    for stage in found.stages:
        groups = tuple(grouped(stage.units))
        title, below = _title(stage, known)
        names = tuple(_named(group) for group in groups)
        slabs = () if stage.is_flat else scale.slabs(groups)
        field = None if stage.is_flat else field_of(model, stage.last, views, known)
        made.append(
            Column(
                title=title,
                below=below,
                slabs=slabs,
                bars=_bars(stage) if stage.is_flat else (),
                groups=names,
                field=field,
                parameters=stage.parameters,
                parameter_share=stage.parameters / parameters,
                macs=stage.macs,
                mac_share=stage.macs / macs,
                told=_told(title, below, names),
            )
        )
    return tuple(made)


def in_words(count: int) -> str:
    """Write a small number as a word.

    >>> in_words(5), in_words(24)
    ('five', '24')
    """
    return _WORDS[count] if count < len(_WORDS) else number(count)


def _named(group: Sequence[Unit]) -> Group:
    if all(unit.number for unit in group):
        blocks = tuple(dict.fromkeys((group[0].number, group[-1].number)))
        same = len({(unit.run, unit.channels) for unit in group}) == 1 and group[0].run
        several = f"{in_words(len(group))} {'alike' if same else 'in a row'}" if len(group) > 1 else ""
        return Group((), blocks, several)
    paths = tuple(dict.fromkeys((group[0].main.path, group[-1].main.path)))
    return Group(paths, (), f"{in_words(len(group))} layers" if len(group) > 2 else "")


def _title(stage: Stage, known: Words) -> tuple[str, str]:
    first, last = stage.channels[0], stage.channels[-1]
    if stage.is_flat:
        is_end = len(stage.channels) > 1
        return "Prediction", f"{number(first)} → {number(last)} numbers" if is_end else plural(last, "number")
    sizes = stage.sizes
    square = all(len(set(each)) == 1 and len(each) == 2 for each in sizes)
    if len(sizes) > 1:
        ends = [number(each[0]) if square else shape(each) for each in (sizes[0], sizes[-1])]
        title = " → ".join(ends)
    else:
        title = shape(sizes[0])
        title += f" {known.points}" if len(sizes[0]) == 1 else ""
    return title, f"{number(first)} → {plural(last, 'channel')}" if first != last else plural(last, "channel")


def _told(title: str, below: str, groups: Sequence[Group]) -> str:
    named = []
    for group in groups:
        if group.blocks:
            ends = [number(each) for each in group.blocks]
            named.append(f"block{'s' if len(ends) > 1 else ''} {' to '.join(ends)}")
        else:
            named.append(" to ".join(group.paths))
        if group.remark:
            named[-1] += f" ({group.remark})"
    return f"{title}, {below}: {', '.join(named)}."


def _bars(stage: Stage) -> tuple[NumberBar, ...]:
    """The lists of numbers of a stage without maps: what its first layer with weights reads, and what comes out."""
    first = next((unit for unit in stage.units if unit.parameters), stage.units[0])
    reads = [size or 0 for size in first.main.input_shape]
    rows = [(unit.channels, _called(unit, last=unit is stage.units[-1])) for unit in stage.units]
    if first is stage.units[0] and len(reads) == 1:
        rows.insert(0, (reads[0], "numbers go in"))
    rows = rows if len(rows) <= _MOST_BARS else [*rows[:2], *rows[2 - _MOST_BARS :]]
    most = max(count for count, _ in rows) or 1
    step = BOX[1] / len(rows)
    widths = [round(max(count / most * BOX[0], LEAST), 1) for count, _ in rows]
    heights = [round(step * (place + 0.5), 1) for place in range(len(rows))]
    joins = [
        f"M0 {start + BAR:.1f}V{end:.1f}H{after:.1f}L{before:.1f} {start + BAR:.1f}Z"
        for (start, end), (before, after) in zip(pairwise(heights), pairwise(widths), strict=True)
    ]
    return tuple(
        NumberBar(count, said, width, y, join)
        for (count, said), width, y, join in zip(rows, widths, heights, [*joins, ""], strict=True)
    )


def _called(unit: Unit, *, last: bool) -> str:
    if unit.main.role == "pool":
        return "averages" if "Average" in unit.main.kind else "highest values"
    noun = "number" if unit.channels == 1 else "numbers"
    return (f"{noun} comes out" if unit.channels == 1 else f"{noun} come out") if last else noun


def field_of(model: ModelRecord, call: LayerRecord, views: ViewsResult | None, known: Words) -> Field:
    """Return what the place in the middle of a call's map sees.

    Args:
        model: The model.
        call: The call.
        views: What places mostly use, where that was measured.
        known: The words for its samples.
    """
    side = views.side_of(call.path) if views else None
    image, sizes = _image(model), map_sizes(call)
    whole = Field(call.path, None, None, f"the whole {known.sample}", side)
    field, jump, padding = call.receptive_field, call.jump, call.padding
    if field is None or jump is None or padding is None or call.whole_image:
        return whole if call.whole_image else Field(call.path, None, None, "", side)
    words = number(field[0]) if len(set(field)) == 1 else shape(field)
    if len(image) != len(sizes) or len(image) != len(field) or None in image or None in sizes:
        return Field(call.path, None, None, words, side)
    middles = [
        (size or 0) // 2 * step - before + (reach - 1) / 2
        for size, step, before, reach in zip(sizes, jump, padding, field, strict=True)
    ]
    can = _box(middles, [float(reach) for reach in field], image)
    mostly = None if side is None else _box(middles, [float(side)] * len(image), image)
    covers = all(low <= 0 and high >= 1 for low, high in can)
    return Field(
        call.path,
        _flat_box(can),
        None if mostly is None else _flat_box(mostly),
        f"the whole {known.sample}" if covers else words,
        side,
    )


def _box(middles: Sequence[float], sides: Sequence[float], image: Shape) -> list[tuple[float, float]]:
    """Begin and end along each axis, as shares of the image."""
    return [
        ((middle + 0.5 - side / 2) / (size or 1), (middle + 0.5 + side / 2) / (size or 1))
        for middle, side, size in zip(middles, sides, image, strict=True)
    ]


def _flat_box(ends: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, width and height of the last two axes, cut off at the edges of the image; a signal's is as high."""
    cut = [(min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)) for low, high in ends]
    (top, bottom), (left, right) = cut[-2:] if len(cut) > 1 else ((0.0, 1.0), cut[0])
    return round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4)


def _scaled(box: tuple[float, ...], width: float, height: float) -> tuple[float, float, float, float]:
    x, y, wide, high = box
    return round(x * width, 1), round(y * height, 1), round(wide * width, 1), round(high * height, 1)


def _image(model: ModelRecord) -> Shape:
    """Sizes of the main input without its channels."""
    whole = model.inputs[model.main_input].shape if model.inputs else ()
    if not whole:
        return ()
    axis = model.input_channel_axis(whole)
    return (*whole[:axis], *whole[axis + 1 :])


def shrinks(areas: Sequence[int]) -> bool:
    """Whether sizes never rise, and fall at least once."""
    return all(before >= after for before, after in pairwise(areas)) and len(set(areas)) > 1
