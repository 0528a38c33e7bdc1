"""The stages of a model -> the columns of its drawing: slabs to scale, names, and what one place sees of the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from reportgen.evidence.views import ViewsResult
from reportgen.figures.stages import Stage, Stages, Unit, map_sizes
from reportgen.language.numerals import number, plural, shape
from reportgen.language.vocabulary import Words
from reportgen.records.model import LayerRecord, ModelRecord, Shape

BOX = (172.0, 132.0)
"""Width and height of the room for one column's slabs, CSS pixels."""
BAR = 5.0
"""Height of a bar that stands for a list of numbers."""
_TEXT_ABOVE = 5.0
_FRONT = 112.0
_FLAT_FRONT = 12.0
_LEAST = 2.0
_DEEPEST = 60.0
_PER_CHANNEL = 0.5
_SLANT = 0.33
_AIR = 10.0
_ROOM_BEHIND = 11.0
_MOST_SLABS = 5
_MOST_GROUPS = 4
_MOST_BARS = 4
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True, slots=True)
class Slab:
    """The maps of one layer or block as a slab, in CSS pixels from the upper left corner of its column's room.

    Attributes:
        x: Left edge of its front.
        y: Upper edge of its front.
        width: Width of its front.
        height: Height of its front.
        right: How far its back lies to the right of the front.
        up: How far it lies above.
        role: "conv", "pool", "block" or "other".
    """

    x: float
    y: float
    width: float
    height: float
    right: float
    up: float
    role: str

    @property
    def top_side(self) -> str:
        """The corners of its upper side, as an SVG lists them."""
        x, y, end = self.x, self.y, self.x + self.width
        return _corners((x, y), (x + self.right, y - self.up), (end + self.right, y - self.up), (end, y))

    @property
    def right_side(self) -> str:
        """The corners of its right side."""
        x, y, low = self.x + self.width, self.y, self.y + self.height
        return _corners((x, y), (x + self.right, y - self.up), (x + self.right, low - self.up), (x, low))


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
    scale = _Scale(found.with_maps)
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


def grouped(units: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Put units that are alike into one group, and all into one where there would still be too many."""
    groups = [tuple(group) for _, group in groupby(units, key=_alike)]
    if len(groups) > _MOST_GROUPS:
        groups = [tuple(group) for _, group in groupby(units, key=lambda unit: (unit.run, not unit.number))]
    if len(groups) > _MOST_GROUPS:
        groups = [tuple(units)]
    yield from groups


def in_words(count: int) -> str:
    """Write a small number as a word.

    >>> in_words(5), in_words(24)
    ('five', '24')
    """
    return _WORDS[count] if count < len(_WORDS) else number(count)


def _alike(unit: Unit) -> tuple[object, ...]:
    """What two neighbours share that are drawn as one: only blocks of a kind, of one size and with as many channels."""
    settings = "" if unit.number else unit.last.path
    reads = unit.calls[0].input_shape if unit.number else ()
    return unit.run, unit.sizes, unit.channels, settings, bool(unit.number), reads == unit.last.output_shape


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


class _Scale:
    """One scale for all slabs: pixels for a position, and for a channel."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        groups = [tuple(grouped(stage.units)) for stage in stages]
        units = [unit for stage in stages for unit in stage.units]
        self._longest = max((size or 0 for unit in units for size in unit.sizes), default=0) or 1
        deepest = max((unit.channels for unit in units), default=1) or 1
        self._channel = min(_PER_CHANNEL, _DEEPEST / deepest)
        self._front = _FRONT
        # The fronts of a column may lie over each other, but not hide each other.
        while groups and self._front > _FRONT / 4 and not all(map(self._fits, groups)):
            self._front *= 0.9

    def slabs(self, groups: Sequence[Sequence[Unit]]) -> tuple[Slab, ...]:
        """Return the slabs of a column, those at the left first; a later one lies before those to its left."""
        sized = [[self._size(unit) for unit in _some(group)] for group in groups]
        starts, at = [], 0.0
        for group in sized:
            for place, (width, height, right, up) in enumerate(group):
                starts.append((at, width, height, right, up))
                at += _ROOM_BEHIND if place < len(group) - 1 else width + right + _AIR
        end = max((x + width + right for x, width, _, right, _ in starts), default=0.0)
        # What is too wide moves together, as far as every front shows.
        squeeze = 1.0
        if end > BOX[0] and len(starts) > 1:
            x, width, _, right, _ = starts[-1]
            squeeze = max(BOX[0] - width - right, 0.0) / x
        roles = [_role(unit) for group in groups for unit in _some(group)]
        slabs = []
        for (x, width, height, right, up), role in zip(starts, roles, strict=True):
            top = (BOX[1] - height + up) / 2
            x, top, width, height, right, up = (round(each, 1) for each in (x * squeeze, top, width, height, right, up))
            slabs.append(Slab(x, top, width, height, right, up, role))
        return tuple(slabs)

    def _fits(self, groups: Sequence[Sequence[Unit]]) -> bool:
        sizes = [[self._size(unit) for unit in _some(group)] for group in groups]
        width, _, right, _ = sizes[-1][-1]
        hidden = sum(0.8 * group[-1][0] + (len(group) - 1) * _LEAST * 2 for group in sizes[:-1])
        return hidden + width + right + (len(sizes[-1]) - 1) * _LEAST * 2 <= BOX[0]

    def _size(self, unit: Unit) -> tuple[float, float, float, float]:
        """Width and height of the front, and how far the back lies to the right and above."""
        sizes = [size or 0 for size in unit.sizes]
        across = sizes[-1]
        down = sizes[-2] if len(sizes) > 1 else None
        width = max(across / self._longest * self._front, _LEAST)
        height = _FLAT_FRONT if down is None else max(down / self._longest * self._front, _LEAST)
        right = max(unit.channels * self._channel, 1.0)
        return width, height, right, right * _SLANT


def _some(group: Sequence[Unit]) -> list[Unit]:
    """The units of a group that are drawn: all, or some with the first and the last."""
    if len(group) <= _MOST_SLABS:
        return list(group)
    return [group[place * (len(group) - 1) // (_MOST_SLABS - 1)] for place in range(_MOST_SLABS)]


def _role(unit: Unit) -> str:
    if unit.number:
        return "block"
    return unit.main.role


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
    widths = [round(max(count / most * BOX[0], _LEAST), 1) for count, _ in rows]
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


def _corners(*points: tuple[float, float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
