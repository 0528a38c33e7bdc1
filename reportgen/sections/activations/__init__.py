"""The activation maps -> for each layer or stage what its channels see: a matrix, a sheet of maps, a tick a channel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import mean

from reportgen.budget.constants import MOST_IN_SHEET, MOST_ROWS
from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence, Levels
from reportgen.evidence.activations import CallMaps, Closest
from reportgen.evidence.samples import SampleRecord
from reportgen.figures import evidence_maps, journey
from reportgen.figures.map_sheets import single
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words
from reportgen.sections.activations import choosing, drawn
from reportgen.sections.activations.drawn import Line, Strip, Tile

TITLE = "What each layer sees"
PART = "body"
NEEDS = ("activations",)

ROWS_ON_PAPER = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One sample of a matrix.

    Attributes:
        sample: Its index.
        label: Its true class, or None.
        answer: The network's prediction, or None.
        correct: Whether that is right; None where it cannot be said.
        probability: How probable it finds that; None where answers are no probabilities.
        picture: The sample.
        tiles: The channels on it.
    """

    sample: int
    label: str | None
    answer: str | None
    correct: bool | None
    probability: float | None
    picture: Figure
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All maps of a layer on one sample, or the most active of them.

    Attributes:
        sample: Its index.
        words: What the sample is called on its tab.
        strips: The maps.
        num_shown: How many there are.
        lines: One tick a channel; the numbers are those of `channels` in the annex of all maps.
    """

    sample: int
    words: str
    strips: tuple[Strip, ...]
    num_shown: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        path: The call.
        shape: Its activation volume: height, width, channels; of what is no picture its own axes, channels last.
        judged_at: The call whose output is drawn.
        said: What is seen on the first sample, in whole sentences.
        top: The value that is drawn brightest.
        chosen: The channels of the matrix.
        needed: Those of them that the network measurably needs.
        how: How they were chosen.
        rows: The matrix.
        sheets: All maps, for each sample.
    """

    path: str
    shape: tuple[int, ...]
    judged_at: str
    said: str
    top: float
    chosen: tuple[int, ...]
    needed: tuple[int, ...]
    how: str
    rows: tuple[Row, ...]
    sheets: tuple[Sheet, ...]

    @property
    def rows_on_paper(self) -> tuple[Row, ...]:
        """The rows that the PDF has."""
        return self.rows[:ROWS_ON_PAPER]


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        layers: The layers, in their order.
        num_layers: How many layers have maps.
        which: Which layers these are; "" where it is every one.
        num_samples: How many samples there are in all.
        example: The volume that the words are explained on: its path and shape.
    """

    layers: tuple[Layer, ...]
    num_layers: int
    which: str
    num_samples: int
    example: tuple[str, tuple[int, ...]] | None


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without samples, and without layers that have maps."""
    result = evidence.activations
    if result is None or not result.samples or not result.samples[0].calls:
        return None
    places = choosing.calls(evidence)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        layers = tuple(pool.map(lambda place: _layer(evidence, place), places))
    first = layers[0]
    content = Content(
        layers=layers,
        num_layers=len(result.samples[0].calls),
        which=choosing.stage_words(evidence, places),
        num_samples=len(result.samples),
        example=(first.path, first.shape),
    )
    return Section("activations", TITLE, _answer(evidence, content), content, headline=_headline(evidence, places))


def _layer(evidence: Evidence, place: int) -> Layer:
    assert evidence.activations is not None, "there are maps"
    maps = [sample.calls[place] for sample in evidence.activations.samples[:MOST_ROWS]]
    call = maps[0]
    chosen = choosing.channels(evidence, maps)
    top = _top(maps)
    falls = choosing.falls(evidence, call.path)
    over = plural(evidence.ablation.num_screening if evidence.ablation else 0, words(evidence.model).sample)
    flat = single(call)
    return Layer(
        path=call.path,
        shape=(*call.sizes, len(call.channels)),
        judged_at=call.judged_at,
        said=_said(evidence, call),
        top=top,
        chosen=() if flat else chosen.channels,
        needed=chosen.needed,
        how=chosen.said,
        rows=()
        if flat
        else tuple(_row(evidence, index, each, chosen.channels, top) for index, each in enumerate(maps)),
        sheets=tuple(
            Sheet(
                sample=evidence.samples[index].index,
                words=_tab(evidence, index),
                strips=() if flat else drawn.sheet(evidence, index, each, chosen.channels, top),
                num_shown=0 if flat else min(len(each.shown), MOST_IN_SHEET),
                lines=drawn.lines(
                    each,
                    falls,
                    over,
                    evidence.activations.samples[index].foreground.target,
                    choosing.known(evidence),
                ),
            )
            for index, each in enumerate(maps)
        ),
    )


def _top(maps: Sequence[CallMaps]) -> float:
    """The value that is drawn brightest: what the peaks of 98 of 100 maps do not exceed, so that one is not all."""
    peaks = sorted(numbers.maximum for call in maps for numbers in call.channels if not numbers.num_nonfinite)
    return max(peaks[round(_BELOW * (len(peaks) - 1))], 0.0) if peaks else 0.0


def _row(evidence: Evidence, index: int, call: CallMaps, channels: Sequence[int], top: float) -> Row:
    sample = evidence.samples[index]
    rank = len(sample.grid.sizes) if sample.grid else 2
    other = _further_input(evidence, sample, call)
    if other is not None:
        image, rank = other, 2
    elif sample.grid is None:
        image = sample.image
    elif rank > 2:
        image, rank = journey.base(sample), 2
    else:
        image = evidence_maps.as_picture(sample.image, sample.grid, sample.grid.sizes)
    has_probabilities = evidence.predictions is not None and evidence.predictions.output == "probabilities"
    alt = f"Sample {sample.index}" + (f", labelled {sample.label}." if sample.label is not None else ".")
    return Row(
        sample=sample.index,
        label=sample.label,
        answer=sample.answered,
        correct=sample.correct,
        probability=sample.answers[0].value if has_probabilities and sample.answers else None,
        picture=evidence_maps.plain(f"sees-{sample.index}-{call.path}", image, rank, alt=alt, side=_THUMB),
        tiles=tuple(drawn.tile(evidence, sample, call, channel, top) for channel in channels),
    )


def _further_input(evidence: Evidence, sample: SampleRecord, call: CallMaps) -> Levels | None:
    """The picture that a call reads where it does not read the main one; None where it reads that, or no picture."""
    record = next((each for each in evidence.model.layers if each.path == call.path), None)
    if record is None or evidence.model.sees_main_input(record):
        return None
    names = {evidence.model.inputs[place].name for place in evidence.model.inputs_behind(record)}
    return next((given.image for given in sample.inputs if given.name in names and given.image is not None), None)


_THUMB = 128
_BELOW = 0.98


def _tab(evidence: Evidence, index: int) -> str:
    sample = evidence.samples[index]
    label = "" if sample.label is None else f", {sample.label}"
    read = "" if sample.answered is None or sample.answered == sample.label else f" read as {sample.answered}"
    return f"sample {number(sample.index)}{label}{read}"


def _said(evidence: Evidence, call: CallMaps) -> str:
    """What the maps of the first sample show, in whole sentences."""
    known, total = words(evidence.model), len(call.channels)
    share = sum(numbers.active_share for numbers in call.channels) / max(total, 1)
    maps = f"its {plural(total, 'map')}" if total > 1 else "its one map"
    if single(call):
        above = sum(numbers.active_share > 0 for numbers in call.channels)
        found = [f"On the first {known.sample}, {number(above)} of its {number(total)} numbers are above 0."]
    else:
        found = [f"On the first {known.sample}, {percent(share, 0)} of all points in {maps} are lit."]
    constant = sum(numbers.constant for numbers in call.channels)
    broken = sum(numbers.num_nonfinite > 0 for numbers in call.channels)
    if call.closest is not None:
        found.append(_followed(call.closest))
    if constant:
        found.append(f"{plural(constant, 'map has', 'maps have')} one value everywhere.")
    if broken:
        found.append(f"{plural(broken, 'map holds', 'maps hold')} NaN or infinity.")
    return " ".join(found)


def _followed(closest: Closest) -> str:
    """The closest channel, beside the same network with shuffled weights."""
    compared = f"correlation {number(closest.correlation, 2)}, shuffled weights {number(closest.shuffled_mean, 2)}"
    if closest.follows:
        return f"Channel {closest.channel} follows the {closest.target} ({compared})."
    return f"No channel measurably follows the {closest.target} (closest: {closest.channel}, {compared})."


def _headline(evidence: Evidence, places: Sequence[int]) -> str:
    """What changes from the first layer to the last, on the first sample; "" where there is nothing to compare."""
    assert evidence.activations is not None, "there are maps"
    calls = [evidence.activations.samples[0].calls[place] for place in places]
    following = (call for call in calls if call.closest and call.closest.follows and call.closest.target == "object")
    traced = next(following, None)
    if traced is not None:
        return f"{traced.path} has a channel that follows the object"
    shares = [mean(numbers.active_share for numbers in call.channels) for call in calls if not single(call)]
    if len(shares) < 2 or abs(shares[0] - shares[-1]) < _CLEARLY:
        return ""
    paths = [call.path for call in calls if not single(call)]
    first, last = (percent(share, 0) for share in (shares[0], shares[-1]))
    return f"{first} of all points are lit in {paths[0]}, {last} in {paths[-1]}"


_CLEARLY = 0.1
"""Least difference between two shares that a headline is made of."""


def _answer(evidence: Evidence, content: Content) -> str:
    known = words(evidence.model)
    six = max((len(layer.chosen) for layer in content.layers), default=0)
    shown = (
        f"{plural(six, 'channel')} of each layer on {plural(content.num_samples, known.sample)}"
        if six
        else "Each layer"
    )
    where = "laid over the " + known.sample if six else "as numbers"
    which = f" {content.which}" if content.which else ""
    return f"{shown}: amber is the response, {where}.{which}"
