"""A model and one image -> by how much the odds of its answer fall, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.errors import ModelError
from reportgen.evidence.journey import NUM_SPEAKING
from reportgen.evidence.predictions import PredictionsResult
from reportgen.models import running
from reportgen.models.explaining import Tail
from reportgen.models.subject import Array, Subject
from reportgen.probes.journey.affording import Cost
from reportgen.probes.why.ground import Ground
from reportgen.records import places
from reportgen.records.model import LayerRecord
from reportgen.records.stages import Stage


@dataclass(frozen=True, slots=True, eq=False)
class Falls:
    """What switching off the channels of a stage does to an answer.

    Attributes:
        values: float64 (channels,): by how much the log-odds fall; of a value, its change. NaN where it was not tried.
        is_switched: Whether channels were switched off; else it is an estimate by the gradient.
        are_odds: Whether it is log-odds that fall.
    """

    values: Array
    is_switched: bool
    are_odds: bool


class Switching:
    """The answer to one image, computed again behind single places.

    Attributes:
        kind: What the answer is: "softmax", "sigmoid" or "value".
    """

    def __init__(self, subject: Subject, found: PredictionsResult, index: int) -> None:
        """Find what is answered.

        Raises:
            ModelError: The model has no one answer for an image, or none that is a number.
        """
        self._ground, self._index = Ground(subject, found), index
        goals = self._ground.goals(index)
        if not goals:
            raise ModelError("The image gets no answer that is a number and names a class.")
        _, _, self._goal = goals[0]
        self.kind = self._ground.explained.kind

    def falls(self, stage: Stage, means: Array | None, cost: Cost) -> Falls | None:
        """Return what each channel of a stage does; None where nothing can be told."""
        tail = self._ground.explained.tail(stage.drawn.path)
        if tail is None or means is None or len(means) != stage.num_channels:
            return None
        value, around = tail.values(self._ground.inputs(self._index))
        axis = places.channel_axis(stage.drawn)
        every = np.arange(stage.num_channels)
        tried = every
        if cost.channels < stage.num_channels:
            estimated = self._estimated(tail, value, around, means, axis)
            if estimated is None or not cost.channels:
                return estimated
            tried = np.argsort(-self._sized(estimated.values), kind="stable")[: cost.channels]
        usual = float(self._goal.odds(tail.scores(value, around))[0])
        found = np.full(stage.num_channels, np.nan)
        rows = self._ground.explained.rows
        for start in range(0, len(tried), rows):
            part = tried[start : start + rows]
            changed = np.repeat(value, len(part), axis=0)
            last = np.moveaxis(changed, axis, -1)
            for row, channel in enumerate(part):
                last[row, ..., channel] = means[channel]
            others = [np.repeat(each, len(part), axis=0) for each in around]
            found[part] = usual - self._goal.odds(tail.scores(changed, others))
        return self._finite(Falls(found, True, self.kind != "value"))

    def speaking(self, call: LayerRecord) -> tuple[int, ...]:
        """Return the places of a row of numbers that speak most for the answer, by value times gradient."""
        tail = self._ground.explained.tail(call.path)
        if tail is None:
            return ()
        try:
            value, around = tail.values(self._ground.inputs(self._index))
            _, slopes = tail.slopes(value, around, self._goal)
        except (LookupError, *running.CALL_ERRORS):
            return ()
        parts = (value[0].astype(np.float64) * slopes[0]).reshape(-1)
        order = np.argsort(-parts, kind="stable")[:NUM_SPEAKING]
        return tuple(int(place) for place in order if parts[place] > 0)

    def _estimated(self, tail: Tail, value: Array, around: list[Array], means: Array, axis: int) -> Falls | None:
        """Return by how much the odds would fall if they were a straight line: one gradient for all channels."""
        try:
            _, slopes = tail.slopes(value, around, self._goal)
        except (LookupError, *running.CALL_ERRORS):
            return None
        away = np.moveaxis(value.astype(np.float64), axis, -1) - means
        parts = away * np.moveaxis(slopes.astype(np.float64), axis, -1)
        return self._finite(Falls(parts.reshape(-1, len(means)).sum(axis=0), False, self.kind != "value"))

    def _finite(self, falls: Falls) -> Falls | None:
        values = self._sized(falls.values)
        return Falls(values, falls.is_switched, falls.are_odds) if np.isfinite(values).any() else None

    def _sized(self, values: Array) -> Array:
        """Of a value, what matters is how far it moves, either way."""
        return np.abs(values) if self.kind == "value" else values
