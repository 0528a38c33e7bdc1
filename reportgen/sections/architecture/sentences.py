"""The columns of a model -> what is seen in them: a headline, an answer, and where the learned numbers sit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from reportgen.evidence.views import ViewsResult
from reportgen.figures.stages import Stages
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural, shape
from reportgen.language.vocabulary import Words
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.sections.architecture.columns import Column, shrinks

_HALF = 0.5


def headline(found: Stages) -> str:
    """Say in one line how sizes and channels change; "" where there are no maps, or where nothing simple is true."""
    stages = found.with_maps
    areas = [prod(size or 0 for size in stage.last_sizes) for stage in stages]
    channels = [stage.channels[-1] for stage in stages]
    if not stages or 0 in areas:
        return ""
    rises = all(before <= after for before, after in pairwise(channels)) and channels[-1] > channels[0]
    first, last = (shape(stages[place].last_sizes) for place in (0, -1))
    if shrinks(areas):
        return "Large and few at first, then small and many" if rises else f"The maps shrink from {first} to {last}"
    lowest = areas.index(min(areas))
    if shrinks(areas[: lowest + 1]) and shrinks(areas[lowest:][::-1]):
        return f"Down to {shape(stages[lowest].last_sizes)}, and back up to {last}"
    if shrinks(areas[::-1]):
        return f"The maps grow from {first} to {last}"
    if len(set(areas)) == 1:
        return f"The maps stay {first} to the end" if len(found.units) > 1 else ""
    return ""


def answer(model: ModelRecord, found: Stages, columns: Sequence[Column], known: Words) -> str:
    """Say in one or two sentences what changes from stage to stage, and what a place sees."""
    said = [_steps(found) or _counts(model.layers)]
    fields = [column.field for column in columns if column.field and column.field.can_words]
    if len(fields) > 1 and fields[0].can_words != fields[-1].can_words:
        first, last = fields[0], fields[-1]
        ends = [first.can_words, last.can_words]
        noun = known.point if ends[0] == "1" else known.points
        begins = ends[0] if ends[0].startswith("the") else f"{ends[0]} {noun}"
        to = ends[1] if ends[1].startswith("the") else f"{ends[1]}"
        sentence = f"What one place can see grows from {begins} to {to}"
        if first.side and last.side and last.side > first.side:
            sentence += f"; what it mostly uses, from {number(first.side)} to {number(last.side)} {known.points} across"
        said.append(f"{sentence}.")
    elif fields and fields[-1].can_words:
        only = fields[-1]
        noun = known.point if only.can_words == "1" else known.points
        words = only.can_words if only.can_words.startswith("the") else f"{only.can_words} {noun}"
        said.append(f"One place of its last map can see {words}.")
    return " ".join(said)


def _steps(found: Stages) -> str:
    """What each step does, where all of them do the same; else how far sizes and channels go."""
    stages = found.with_maps
    if len(stages) < 2 or any(None in stage.last_sizes for stage in stages):
        return ""
    axes = {1: "length", 2: "height and width", 3: "depth, height and width"}.get(len(stages[0].last_sizes), "sides")
    halves = all(_is_half(before.last_sizes, after.last_sizes) for before, after in pairwise(stages))
    channels = [stage.channels[-1] for stage in stages]
    doubles = all(after == 2 * before for before, after in pairwise(channels))
    rises = all(before <= after for before, after in pairwise(channels)) and channels[-1] > channels[0]
    if halves and doubles:
        return f"Each step halves the map’s {axes} and doubles the number of channels."
    sizes = [prod(size or 0 for size in stage.last_sizes) for stage in stages]
    if not shrinks(sizes):
        return ""
    first, last = (shape(stages[place].last_sizes) for place in (0, -1))
    start = f"Each step halves the map’s {axes}" if halves else f"The maps shrink from {first} to {last}"
    if rises:
        return f"{start}, and the channels grow from {number(channels[0])} to {number(channels[-1])}."
    return f"{start}."


def _is_half(before: Sequence[int | None], after: Sequence[int | None]) -> bool:
    return all((low or 0) in {(high or 0) // 2, -(-(high or 0) // 2)} for high, low in zip(before, after, strict=True))


def _counts(calls: Sequence[LayerRecord]) -> str:
    convs = sum(call.role == "conv" for call in calls)
    pools = sum(call.role == "pool" for call in calls)
    dense = sum(call.kind == "Dense" for call in calls)
    rest = len(calls) - convs - pools - dense
    counts = [(convs, "conv layer"), (pools, "pooling layer"), (dense, "dense layer")]
    parts = [plural(count, noun) for count, noun in counts if count]
    if rest:
        parts.append(f"{plural(rest, 'layer')} of other kinds")
    return f"It has {listed(parts)}."


def heaviest(columns: Sequence[Column]) -> int | None:
    """Return the place of the column with most learned numbers; None where there are none."""
    if len(columns) < 2 or not any(column.parameters for column in columns):
        return None
    return max(range(len(columns)), key=lambda place: columns[place].parameters)


def weighs(columns: Sequence[Column], place: int, total: int, *, counted: bool) -> tuple[str, str]:
    """Say in two sentences where most learned numbers are, and how much of the work is done there.

    Args:
        columns: The columns.
        place: The one with most learned numbers.
        total: All learned numbers of the model.
        counted: Whether the multiply-adds of all layers are known.
    """
    column = columns[place]
    is_last = place == len(columns) - 1
    where = "here" if is_last else f"in the stage {column.title}"
    first = f"of all learned numbers are {where}: {number(column.parameters)} of {number(total)}."
    work = "the arithmetic" if counted else "the arithmetic that could be counted"
    hardest = max(columns, key=lambda each: each.macs)
    if not hardest.macs:
        return first, ""
    share = percent(column.mac_share, digits=0 if column.mac_share >= 0.01 else 1)
    if hardest is column:
        return first, f"Most of {work} happens there, too: {share}."
    if column.mac_share < _HALF * hardest.mac_share:
        return first, f"Where the network is heavy is not where it works hardest: these cost {share} of {work}."
    return first, f"They cost {share} of {work}."


def beside(calls: Sequence[LayerRecord], parameters: int) -> str:
    """Say what the columns leave out: the calls that the main input does not go through; "" of none."""
    if not calls:
        return ""
    own = sum(call.parameters for call in calls if call.shared_with is None)
    what = f"{plural(len(calls), 'layer')} that the drawn input does not go through"
    verb = "is" if len(calls) == 1 else "are"
    share = f", with {percent(own / max(parameters, 1))} of all learned numbers" if own else ""
    return f"Not drawn {verb} {what}{share}; the table has {'it' if len(calls) == 1 else 'them'}."


def how_measured(views: ViewsResult | None, known: Words) -> str:
    """Say how what a place mostly uses was measured, or why it was not."""
    if views is None:
        return ""
    if views.missing:
        return views.missing
    if not views.views:
        return "No place passed a gradient on, so what a place mostly uses is not known."
    channels = max(len(view.channels) for view in views.views)
    shape_ = "square" if known.is_picture else "part"
    return (
        f"Amber: the smallest {shape_} around the middle that holds {percent(views.share, digits=0)} of the gradient of"
        f" a place, the mean over {plural(views.num_images, known.sample)} and"
        f" {plural(channels, 'random channel')} a stage (seed {views.seed})."
    )
