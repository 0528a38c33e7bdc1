"""What is seen of one image on its way -> the sentences beside it: of the image, of each stage, and of all of them."""

from __future__ import annotations

import math

from reportgen.evidence.journey import HALVED, JourneyResult, StageMaps
from reportgen.evidence.samples import SampleRecord
from reportgen.language.numerals import number, plural, shape, short
from reportgen.language.vocabulary import Words
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.records.places import image_of
from reportgen.records.stages import Stage

_MOST_FOLD = 1e6
_NOTHING = 1.05


def chosen(sample: SampleRecord, reason: str, known: Words) -> str:
    """Say which image it is and why it is shown."""
    which = f"{known.sample[:1].upper()}{known.sample[1:]} {number(sample.index)}"
    why = {
        "supported": "correct, with an explanation that holds",
        "surest": "the surest correct one of those looked at" if sample.correct else "the surest of those looked at",
        "first": "the first of those looked at",
    }[reason]
    return f"{which}: {why}."


def seen(model: ModelRecord, stage: Stage, found: StageMaps | None, kind: str, known: Words) -> tuple[str, str]:
    """Say what one point of a stage sees, and what the answer owes to its first map.

    Returns:
        The note, and its end, which is set apart; "" where there is none.
    """
    field = _field(model, stage.drawn if stage.drawn.receptive_field or stage.drawn.whole_image else stage.call, known)
    if found is None or not found.maps:
        return field, ""
    first = found.maps[0]
    if found.how == "followed":
        return f"{field} The same channels, pooled.".strip(), ""
    if found.how == "strongest" or first.fall is None:
        return f"{field} The maps that respond most.".strip(), ""
    if kind == "value":
        how = "By the gradient, without" if found.how == "estimated" else "Without"
        return f"{field} {how} channel {first.channel} the value moves by".strip(), f"{number(first.fall)}."
    if found.how == "estimated":
        return f"{field} By the gradient, channel {first.channel} adds most.".strip(), ""
    if first.fall < math.log(_NOTHING):
        return f"{field} No single map matters: without any one of them, the odds hardly change.".strip(), ""
    if first.fall < HALVED:
        return f"{field} No map alone halves the odds: without channel {first.channel} they shrink".strip(), _fold(
            first.fall
        )
    return f"{field} Without the first map (channel {first.channel}) the odds shrink".strip(), _fold(first.fall)


def _fold(fall: float) -> str:
    """How many times smaller the odds are."""
    if fall >= math.log(_MOST_FOLD):
        return "more than a million-fold."
    # No more digits than an estimate from one image bears.
    times = float(f"{math.exp(fall):.{2 if fall < math.log(100) else 3}g}")
    return f"{number(times)}-fold."


def _field(model: ModelRecord, call: LayerRecord, known: Words) -> str:
    """How much of the image one point of a map sees."""
    image, field = image_of(model, call), call.receptive_field
    sizes = [size for size in image or () if size is not None]
    if call.whole_image or (field and sizes and all(own >= size for own, size in zip(field, sizes, strict=False))):
        return f"A point can see the whole {known.sample}."
    if not field:
        return ""
    if len(set(field)) == 1:
        return f"A point sees {plural(field[0], known.point)}{' across' if len(field) > 1 else ''}."
    return f"A point sees {shape(field)} {known.points}."


def answered(sample: SampleRecord) -> str:
    """Say what was answered, and whether it is right."""
    if sample.answered is None:
        return _valued(sample)
    said = f"“{sample.answered}”"
    if sample.correct is None:
        return f"{said}."
    return f"{said}, and it is." if sample.correct else f"{said}, but it is “{sample.label}”."


def _valued(sample: SampleRecord) -> str:
    """The first value that was predicted, and the true one where that is known."""
    head = next((head for head in sample.heads if head.answers == sample.answers and head.output == "values"), None)
    if head is None or not head.answers:
        return ""
    said = f"Predicted: {number(head.answers[0].value)}"
    if head.targets:
        said += f", and {number(head.targets[0])} is true"
    more = len(head.answers) - 1
    rest = f"; and {plural(more, 'more value')}" if more else ""
    return f"{said}{rest}."


def shown(model: ModelRecord, result: JourneyResult | None, sample: SampleRecord | None, known: Words) -> str:
    """Return what stands below the figure: what it shows, on which scale, what to notice, and what it does not show."""
    bars = (
        f"Bars: each part's share of the {number(model.parameters)} learned numbers"
        f" (parameters){f' and of the {short(model.macs)} multiply-adds for one {known.sample}' if model.macs else ''}."
    )
    if result is None or sample is None:
        return f"There are no {known.samples} here, so no maps are shown. {bars}"
    ways = {stage.how for stage in result.stages}
    answer = f"“{sample.answered}”" if sample.answered else "the answer"
    rank = "the maps that this answer needs most, the most needed first"
    if ways <= {"strongest", "followed"}:
        rank = "the maps that respond most, the strongest first"
    said = (
        f"At each stage {rank}. Amber: where the channel responds, from 0 to the highest value among the maps of"
        f" its column, laid over the {known.sample} in grey."
    )
    if sample.grid is not None and len(sample.grid.axes) > 2:
        said += f" Of the {known.sample} and of each map, the middle slice is drawn."
    return " ".join(each for each in (said, _frames(result, answer), _estimates(ways), _limits(known), bars) if each)


def _frames(result: JourneyResult, answer: str) -> str:
    rules = {stage.framed for stage in result.stages}
    found = []
    if "halved" in rules or ("switched" in {stage.how for stage in result.stages} and result.kind != "value"):
        found.append(
            f"Framed: set the channel to its mean over the data, and the odds of {answer} (how many times likelier it"
            " is than everything else) at least halve"
        )
    if "share" in rules:
        found.append("where all shown maps do that, the fewest that make half of the loss are framed")
    return "; ".join(found) + "." if found else ""


def _estimates(ways: set[str]) -> str:
    if "estimated" in ways:
        return "Where switching channels off would be too dear, one gradient estimates what they add."
    return ""


def _limits(known: Words) -> str:
    return f"It shows single channels in one {known.sample}: not what several do together, nor what others need."
