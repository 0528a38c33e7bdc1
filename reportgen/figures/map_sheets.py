"""All maps of one call on one sample -> contact sheets, each with words that say what stands out in it."""

from __future__ import annotations

from reportgen.document import colours
from reportgen.document.sheets import ContactSheet, Mark
from reportgen.evidence import Evidence, Levels
from reportgen.evidence.activations import CallMaps
from reportgen.figures import mosaic, selection, strips
from reportgen.language.numerals import number, percent, plural

# Side of a tile that shows one number, and the colour of the lines between such tiles.
_TILE = 24
_GREY = colours.rgb(colours.EVERYWHERE["grey"])


def sheets_of(
    evidence: Evidence,
    index: int,
    call: CallMaps,
    name: str = "",
    *,
    highest: float = strips.HIGHEST_SHEET,
    elsewhere: str = "",
) -> tuple[ContactSheet, ...]:
    """Draw all maps of one call on one sample.

    Args:
        evidence: Everything.
        index: Place of the sample among the chosen ones.
        call: The maps.
        name: Id of the figure, where it is not the one in the chapter.
        highest: Most that a sheet of strips or slices may be high, CSS pixels; pictures are on one sheet.
        elsewhere: Where the maps are that are not shown, after a semicolon.
    """
    sample = evidence.samples[index].index
    name = name or f"maps-{sample}-{call.path}"
    broken = [channel for channel in call.shown if call.channels[channel].num_nonfinite]
    marks = [Mark(channel, "broken") for channel in sorted(broken)]
    if call.follower is not None:
        marks.append(Mark(call.follower, "follows"))
    total = len(call.channels)
    part = "" if call.cut_to is None else f"{number(len(call.cut_to))} of {number(total)} shown, most active first"
    maps = f"{part}{elsewhere}: activation maps" if part else plural(total, "activation map")
    alt = f"{maps} of {call.path} for sample {sample}, {_extent(call)}.{_remarks(call)}"
    told = f"{_where(call)}{_scale_words(evidence, call)}{_remarkable(call, len(broken))}"
    if call.grid is None:
        whose = f"of {call.path} for sample {number(sample)}; "
        where = f"{whose}the number below each is its channel." if part else f"{whose}channel = row + column."
        caption = f"{maps if part else f'All {maps}'} {where} {told}"
        levels, line = call.levels, None
        if single(call):
            # A tile of one pixel would be no larger than the gap beside it, and a white one could not be told from it.
            levels = levels.repeat(_TILE, axis=1).repeat(_TILE, axis=2)
            line = _GREY if evidence.colormap == "gray" else None
        label = mosaic.Label(name, alt, caption)
        drawn = mosaic.Maps(levels, evidence.colormap, line, tuple(marks), call.cut_to, total)
        return (mosaic.contact_sheet(label, drawn) if call.cut_to is None else selection.numbered_sheet(label, drawn),)
    # Of a selection each strip has its channel's number at its left, so that no two stand side by side.
    layout = strips.lay_out(total if call.cut_to is None else 1, call.grid, highest)
    parts = layout.parts(len(call.shown))
    captions = [f"{maps if part else _which(each, total)} of {call.path} for sample {number(sample)}" for each in parts]
    captions[0] += f"{_drawn(layout)} {told}"
    return strips.sheets(
        mosaic.Label(name, alt),
        mosaic.Maps(call.levels, evidence.colormap, None, tuple(marks), call.cut_to, total),
        layout,
        (captions[0], *(f"{caption}, drawn in the same way." for caption in captions[1:])),
    )


def _which(part: range, total: int) -> str:
    if len(part) == total:
        return f"All {plural(total, 'activation map')}"
    return f"Channels {number(part.start)} to {number(part.stop - 1)} of the {plural(total, 'activation map')}"


def _extent(call: CallMaps) -> str:
    """The size of each map in words."""
    sizes = call.sizes
    if len(sizes) == 1:
        return f"{plural(sizes[0], 'position')} each"
    before = f"{strips.slices_of(call.grid)} " if call.grid and len(sizes) > 2 else ""
    return f"{before}{sizes[-2]} by {sizes[-1]} positions each"


def _drawn(layout: strips.Layout) -> str:
    """How strips or slices are to be read, and what one drawn point stands for."""
    grid = layout.grid
    where = "channel = row + column" if layout.columns > 1 else "the number at the left is the channel"
    if len(grid.axes) == 1:
        last = "step" if grid.axes == ("time",) else "position"
        said = f": one strip each, from {last} 0 (left) to {number(grid.sizes[0] - 1)} (right); {where}."
    elif len(grid.axes) == 2:
        said = f": the rows of each are its {plural(grid.sizes[0], 'time step')}, from the top; {where}."
    else:
        said = f": each is {strips.slices_of(grid)} from left to right; {where}."
    return said + strips.reduced(grid)


def _remarks(call: CallMaps) -> str:
    """What is remarkable about single maps that are shown, for the text alternative."""
    constant = sum(call.channels[channel].constant for channel in call.shown)
    broken = sum(call.channels[channel].num_nonfinite > 0 for channel in call.shown)
    said = _outstanding(call)
    if constant:
        said += f" {plural(constant, 'map is', 'maps are')} constant."
    if broken:
        said += f" {plural(broken, 'map holds', 'maps hold')} NaN or infinity."
    return said


def _outstanding(call: CallMaps) -> str:
    """The map that follows the object, or else the one with the highest value, for someone who cannot see it."""
    shown = [call.channels[channel] for channel in call.shown]
    sound = [numbers for numbers in shown if not numbers.constant and not numbers.num_nonfinite]
    if not sound:
        return ""
    if call.follower is not None:
        numbers = call.channels[call.follower]
        why = (
            f"follows the {call.closest.target if call.closest else 'object'}, correlation {number(numbers.follows, 2)}"
        )
    else:
        numbers = max(sound, key=lambda each: each.maximum)
        alike = sum(each.maximum == numbers.maximum for each in sound)
        why = "has the highest value" if alike == 1 else f"is one of {number(alike)} with the highest value"
        why += f", {number(numbers.maximum)}"
    said = f" Channel {numbers.channel} of {number(len(call.channels))} {why}"
    if call.grid is not None or single(call):
        return f"{said}."
    return (
        f"{said}: active at {percent(numbers.active_share, 0)} of its positions, strongest"
        f" {_place(call.levels[call.shown.index(numbers.channel)])}."
    )


def _place(levels: Levels) -> str:
    """Where a map is brightest, to a third of its height and width."""
    height, width = levels.shape
    row, column = divmod(int(levels.argmax()), width)
    vertical = ("upper", "", "lower")[3 * (2 * row + 1) // (2 * height)]
    horizontal = ("left", "", "right")[3 * (2 * column + 1) // (2 * width)]
    if vertical and horizontal:
        return f"at the {vertical} {horizontal}"
    if vertical:
        return "at the top" if vertical == "upper" else "at the bottom"
    return f"at the {horizontal}" if horizontal else "in the middle"


def _remarkable(call: CallMaps, num_broken: int) -> str:
    """The same for the caption."""
    constant = sum(call.channels[channel].constant for channel in call.shown)
    said = ""
    if call.follower is not None:
        score = number(call.channels[call.follower].follows, 2)
        what = call.closest.target if call.closest else "object"
        said += f" Framed: channel {call.follower}, which follows the {what} more closely than with shuffled weights"
        said += f" (correlation {score})."
        if call.cut_to is not None and call.cut_to[-1] == call.follower:
            said += " It is shown last, however active it is."
    if constant:
        said += f" {plural(constant, 'map is', 'maps are')} constant and drawn as plain grey."
    if num_broken:
        said += f" Crossed out: {plural(num_broken, 'map', 'maps')} with NaN or infinity."
    return said


def _where(call: CallMaps) -> str:
    """At which call's output the maps are drawn, where it is not the layer's own."""
    return "" if call.judged_at == call.path else f"Drawn after {call.judged_at}. "


def _scale_words(evidence: Evidence, call: CallMaps) -> str:
    dark, bright = ("black", "white") if evidence.colormap == "gray" else ("dark violet", "yellow")
    # The common scale is that of all maps, those that are not shown among them.
    low = min(channel.minimum for channel in call.channels)
    high = max(channel.maximum for channel in call.channels)
    if single(call):
        return f"Each map is one number; all share one scale, {dark} {number(low)} and {bright} {number(high)}."
    if evidence.activations and evidence.activations.scale == "common":
        return f"All maps share one scale, {dark} {number(low)} and {bright} {number(high)}."
    if low == high:
        return f"All values are {number(low)}."
    return (
        f"Each map has its own scale, {dark} its minimum and {bright} its maximum; over all maps values run from"
        f" {number(low)} to {number(high)}."
    )


def single(call: CallMaps) -> bool:
    """Whether each map has one position only, as behind a global pooling."""
    return all(size == 1 for size in call.sizes)
