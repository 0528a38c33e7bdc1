"""The blocks of a model -> what one of them does, step by step, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.figures.stages import Unit, map_sizes
from reportgen.language.listing import listed
from reportgen.language.numerals import number, shape
from reportgen.language.vocabulary import Words
from reportgen.records.model import LayerRecord
from reportgen.sections.architecture.columns import in_words

_MOST_STEPS = 6
_MOST_NAMED = 6
_DONE = {"normalise": "normalised", "cut off": "cut off below 0"}


@dataclass(frozen=True, slots=True)
class BlockStep:
    """What one layer of a block does.

    Attributes:
        title: What it is called in short: "3 × 3", "normalise".
        text: What it does, a piece of a sentence.
        has_weights: Whether it has a kernel.
        path: The call.
    """

    title: str
    text: str
    has_weights: bool
    path: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block that repeats.

    Attributes:
        title: Which one is described.
        steps: What it does.
        remark: How many of them there are, and in what they differ.
    """

    title: str
    steps: tuple[BlockStep, ...]
    remark: str


def block_of(units: Sequence[Unit], known: Words) -> Block | None:
    """Describe the block that occurs most often; None where none occurs twice.

    Args:
        units: All units of the model.
        known: The words for its samples.
    """
    kinds = Counter(unit.run for unit in units if unit.run)
    if not kinds:
        return None
    run, times = kinds.most_common(1)[0]
    uses = [unit for unit in units if unit.run == run]
    plain = next((unit for unit in uses if not _halves(unit)), uses[0])
    steps = [_step(call, known) for call in plain.calls if _is_told(call)]
    if len(steps) > _MOST_STEPS:
        steps = _joined(steps, {call.path: call.inputs for call in plain.calls})
    if len(steps) > _MOST_STEPS:
        steps = _counted(steps)
    blocks = sum(unit.number > 0 for unit in units)
    return Block(f"What block {number(plain.number)} does", tuple(steps), _remark(uses, times, blocks, known))


def _remark(uses: Sequence[Unit], times: int, blocks: int, known: Words) -> str:
    said = f"All {number(blocks)} blocks are built alike"
    if times < blocks:
        said = f"{in_words(times).capitalize()} of {number(blocks)} blocks are built like this"
    else:
        said = said if times > 2 else "Both blocks are built alike"
    halving = [unit.number for unit in uses if _halves(unit)]
    if not halving:
        return f"{said}."
    if len(halving) == len(uses):
        return f"{said}; each makes the map smaller."
    which = f"{number(len(halving))} of them"
    if len(halving) <= _MOST_NAMED:
        which = f"block{'s' if len(halving) > 1 else ''} {listed([number(each) for each in halving])}"
    does = "skips" if len(halving) == 1 else "skip"
    return f"{said}; {which} {does} {known.points}, which makes the map smaller."


def _halves(unit: Unit) -> bool:
    """Whether what comes out is smaller than what goes in."""
    first = next((call for call in unit.calls if len(call.input_shape) == len(call.output_shape) > 1), None)
    if first is None or not unit.sizes:
        return False
    axis = unit.calls[0].channel_axis
    before = [size or 0 for place, size in enumerate(first.input_shape) if place != axis]
    return sum(before[-len(unit.sizes) :]) > sum(size or 0 for size in unit.sizes)


def _is_told(call: LayerRecord) -> bool:
    return not any(word in call.kind for word in ("ZeroPadding", "Dropout", "Noise", "Identity"))


def _step(call: LayerRecord, known: Words) -> BlockStep:
    told = {setting.name: setting.value for setting in call.settings}
    window = told.get("kernel") or told.get("window")
    size = shape(window) if isinstance(window, tuple) else ""
    title, text = _words(call, size, told)
    ending = str(told.get("activation", ""))
    if call.role == "conv" and ending not in {"", "linear", "None"}:
        text += f", then {ending}"
    return BlockStep(title, text, call.kernel_weights > 0, call.path)


def _words(call: LayerRecord, size: str, told: Mapping[str, object]) -> tuple[str, str]:
    kind = call.kind
    if call.role == "conv":
        return size or kind, _conv_words(call, size, told)
    if call.role == "pool":
        how = "the average" if "Average" in kind else "the highest value"
        return f"pool {size}".strip(), f"keeps {how} of {'each ' + size + ' window' if size else 'the whole map'}"
    if "Normalization" in kind:
        return "normalise", "shifts and stretches each channel to its usual range"
    if kind in {"Add", "Concatenate", "Multiply"}:
        return _MERGES[kind]
    if "ReLU" in kind or told.get("activation") in {"relu", "relu6"}:
        top = told.get("largest value", told.get("max value", told.get("max_value")))
        limited = f", above {number(top)} becomes {number(top)}" if isinstance(top, int | float) else ""
        return "cut off", f"below 0 becomes {'0' if kind != 'LeakyReLU' else 'small'}{limited}"
    if kind == "Activation":
        return str(told.get("activation", "activation")), "changes each number by itself"
    if kind in {"Dense", "EinsumDense"}:
        return "dense", f"weighs all {number(call.input_shape[-1])} numbers for each of {number(call.output_shape[-1])}"
    return kind, "changes shapes or numbers, without weights" if not call.parameters else "has weights of its own"


_MERGES = {
    "Add": ("add", "adds what went round the block, or came by another branch"),
    "Concatenate": ("join", "puts the channels of all branches one after the other"),
    "Multiply": ("scale", "multiplies what comes by two branches"),
}


def _conv_words(call: LayerRecord, size: str, told: Mapping[str, object]) -> str:
    single = set(size.replace("\u202f", "").split("×")) == {"1"}
    places = f"{size} places" if map_sizes(call) else size
    if "Depthwise" in call.kind:
        words = f"looks at {places}, each channel by itself"
    elif single:
        words = "mixes the channels at each place"
    elif "Separable" in call.kind:
        words = f"looks at {places} of each channel, then mixes the channels"
    elif "Transpose" in call.kind:
        words = f"spreads each place over {size}"
    else:
        words = f"looks at {places} of all channels"
    before, after = call.input_shape, call.output_shape
    if len(before) == len(after) and "Depthwise" not in call.kind:
        number_before, number_after = before[call.channel_axis], after[call.channel_axis]
        if number_before != number_after:
            words += f", {number(number_before)} become {number(number_after)}"
    stride = told.get("stride")
    if (isinstance(stride, tuple) and max(stride) > 1) or (isinstance(stride, int) and stride > 1):
        words += ", and skips places"
    return words


def _joined(steps: Sequence[BlockStep], reads: Mapping[str, tuple[str, ...]]) -> list[BlockStep]:
    """Normalisation and cutting off as a remark to the step whose output they read."""
    found: list[BlockStep] = []
    places: dict[str, int] = {}
    for step in steps:
        before = next((places[path] for path in reads[step.path] if path in places), None)
        if before is not None and not step.has_weights and step.title in _DONE:
            earlier = found[before]
            text = f"{earlier.text}{' and' if '; then' in earlier.text else '; then'} {_DONE[step.title]}"
            found[before] = replace(earlier, text=text)
            places[step.path] = before
        else:
            places[step.path] = len(found)
            found.append(step)
    return found


def _counted(steps: Sequence[BlockStep]) -> list[BlockStep]:
    """Steps that are called the same as one, with how often they come."""
    often = Counter(step.title for step in steps)
    first = {step.title: step for step in reversed(steps)}
    return [
        replace(
            first[title],
            title=title if count == 1 else f"{title}, {in_words(count)} times",
            text=first[title].text if count == 1 else first[title].text.partition(";")[0].partition(",")[0],
        )
        for title, count in often.items()
    ]
