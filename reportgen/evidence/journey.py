"""One image on its way through the network, as plain data: at a few places the maps that its answer needs most."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from reportgen.evidence.samples import Answer, Levels, SampleRecord

MAIN_MAPS = 7
"""So many maps of a stage are shown."""
HALVED = math.log(2)
"""A map carries an answer where its odds at least halve once the channel is set to its mean."""
ALL_ANSWERS, FIRST_ANSWERS = 10, 5
"""Of at most `ALL_ANSWERS` classes all are shown, of more the most probable ones."""
NUM_SPEAKING = 3
"""So many of the numbers before the answer are framed."""
NUM_EXTREMES = 8
"""So many images of a model without known classes are shown: those with the largest errors, or the surest and the least
sure."""


@dataclass(frozen=True, slots=True)
class StageMap:
    """What one channel does on the image.

    Attributes:
        channel: Its number.
        fall: By how much the log-odds of the answer fall where the channel is set to its mean over the data; of a
            value, by how much it changes, either way. Of an estimate, the same by the gradient. None where neither is
            known.
        carries: Whether it is framed.
        top: Highest response.
        response: uint8 (rows, columns): 0 for nothing or less, 255 for the highest response among the maps of its stage
            that are shown. Of a signal (1, points); of a map of more axes the middle slice.
    """

    channel: int
    fall: float | None
    carries: bool
    top: float
    response: Levels = field(repr=False)


@dataclass(frozen=True, slots=True)
class StageMaps:
    """The maps of one stage that are shown.

    Attributes:
        path: The conv or pooling call.
        drawn_at: The call whose output they are.
        how: How they were chosen. "switched": each channel was set to its mean over the data, or those that a gradient
            puts first, and the answer computed again. "estimated": by the gradient alone. "followed": a pooling shows
            the channels of the stage before. "strongest": by their mean response.
        num_tried: How many channels were switched off.
        framed: Which maps are framed. "halved": those without which the odds at least halve. "share": the fewest that
            make half of what all shown ones do, where every one halves the odds, and for an estimate. "": none, as no
            one halves the odds, or nothing is known.
        top: The response that is drawn brightest.
        maps: The maps, the most needed first.
    """

    path: str
    drawn_at: str
    how: str
    num_tried: int
    framed: str
    top: float
    maps: tuple[StageMap, ...]


@dataclass(frozen=True, slots=True)
class RowOfNumbers:
    """The row of numbers that the last layer reads.

    Attributes:
        path: The call.
        levels: uint8 (numbers,): 0 for nothing or less, 255 for the highest.
        top: The highest.
        speaking: Places of those that speak most for the answer, by value times gradient; () where that is not known.
    """

    path: str
    levels: Levels = field(repr=False)
    top: float
    speaking: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JourneyResult:
    """One image on its way through the network.

    Attributes:
        sample: Its index in the data, one of the samples.
        reason: Why it is shown: "supported" (correct, and the explanation of its answer passes the test, with the
            largest fall), "surest" (the surest correct one, or the surest where that is not known), or "first".
        kind: What an answer is: "softmax", "sigmoid", "value"; "" where none could be computed again.
        stages: The stages, in order.
        numbers: The numbers before the answer; None where there are none.
        answers: Classes with their probabilities: all of few, in their order; of many the first ones, highest first.
        macs: Multiply-adds that it took.
        extremes: Of a model without known classes: the images with the largest errors, largest first, or the surest
            ones and then the least sure ones.
        measures: The error or the probability of each of these.
    """

    sample: int
    reason: str
    kind: str
    stages: tuple[StageMaps, ...]
    numbers: RowOfNumbers | None
    answers: tuple[Answer, ...]
    macs: int
    extremes: tuple[SampleRecord, ...] = ()
    measures: tuple[float, ...] = ()
