"""A subject -> what all methods stand on: its images in one layout, painted over, scored and differentiated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice

import keras
import numpy as np

from reportgen.errors import ModelError
from reportgen.evidence.predictions import ANSWERED_ABOVE, PredictionsResult
from reportgen.models.explaining import Explained, Goal
from reportgen.models.inputs import batch_size
from reportgen.models.subject import Array, Subject
from reportgen.probes.why import mapping, painting
from reportgen.probes.why.judging import Answered, Left, chance

MOST_CLASSES = 3
"""Of a multi-label output, so many classes of one image are explained."""
_ROWS, _SMALL_ROWS = 32, 256
"""Rows of a batch, and of one of small images, where a call takes longer than the rows in it."""
_KEPT = 0.25
"""The share of all layers' outputs that a forward pass has in memory at one time, in a graph, which lets go of them."""


class Ground:
    """A model with its data, in the layout (*places, channels).

    Attributes:
        subject: The model and the data.
        answers: What it answers to all images.
        explained: The model, traced.
        sizes: Places of the main input along each axis.
        channel_axis: Its axis of channels, the batch axis left out.
        small: Whether single pixels count.
    """

    def __init__(self, subject: Subject, answers: PredictionsResult) -> None:
        """Trace the model, if nobody has.

        Args:
            subject: The model, with data.
            answers: Its answers; the output that they are of is explained.

        Raises:
            ModelError: The model, or its main input, has nothing that could be explained.
        """
        assert subject.dataset is not None, "answers are explained with data only"
        self.subject, self.answers = subject, answers
        record = subject.record.inputs[subject.record.main_input]
        self.channel_axis = subject.record.input_channel_axis(record.shape)
        self.sizes = tuple(
            int(size or 0) for axis, size in enumerate(subject.images([0]).shape[1:]) if axis != self.channel_axis
        )
        if not self.sizes or max(self.sizes) < 2:
            raise ModelError(
                "The main input is a row of values without places, so there is nothing that could be painted over."
            )
        self.small = mapping.is_small(self.sizes)
        most = _SMALL_ROWS if self.small else _ROWS
        rows = batch_size(subject.model) or subject.rows(most, _KEPT)
        place = [output.name for output in subject.record.outputs].index(answers.name)
        self.explained = subject.once(
            ("explained", place, answers.output),
            lambda: Explained(subject, rows, place, answers.output, subject.rows(most)),
        )
        self._passes_before = self.explained.passes
        self.main = subject.main_place
        self._known: dict[int, Array] = {}

    @property
    def passes(self) -> int:
        """Passes of one image that were made from here on, as `Explained.passes` counts them."""
        return self.explained.passes - self._passes_before

    @property
    def has_slopes(self) -> bool:
        """Whether the image itself has gradients: whole numbers have none."""
        return self.main in self.explained.floats

    def inputs(self, index: int, rows: int = 1) -> list[Array]:
        """Return the inputs of an image, as many times as asked for."""
        flat = keras.tree.flatten(self.subject.inputs([index]))
        return [np.repeat(np.asarray(part), rows, axis=0) for part in flat]

    def image(self, index: int) -> Array:
        """Return an image as the model gets it, (*places, channels)."""
        return np.moveaxis(self.subject.images([index])[0], self.channel_axis, -1)

    def back(self, images: Array) -> Array:
        """Return images (batch, *places, channels) in the model's own layout."""
        return np.moveaxis(images, -1, 1 + self.channel_axis)

    def with_image(self, inputs: Sequence[Array], images: Array) -> list[Array]:
        """Return the inputs of one image with others in the place of it, the channels last."""
        found = [np.repeat(part, len(images), axis=0) for part in inputs]
        found[self.main] = self.back(images).astype(inputs[self.main].dtype)
        return found

    @cached_property
    def _painting(self) -> Callable[[Sequence[Array], Array], Array]:
        return self.explained.painting(painting.paint, self.main, self.channel_axis)

    def painted_scores(self, index: int, masks: Iterable[Array]) -> Array:
        """Return the scores of an image with parts painted over.

        Args:
            index: The image.
            masks: bool (*places) each: what is painted over.

        Returns:
            float64 (masks, units).
        """
        inputs, waiting, found = self.inputs(index), iter(masks), []
        at_once = max(self.explained.rows, mapping.NUMBERS_AT_ONCE // int(np.prod(self.sizes)))
        while part := list(islice(waiting, at_once)):
            found.append(self._painting(inputs, (~np.stack(part)).astype(np.float32)))
        return np.concatenate(found)

    def left(self, index: int, goal: Goal) -> Left:
        """Return the function of masks that the test calls."""
        return lambda masks: goal.odds(self.painted_scores(index, masks))

    def prepare(self, indices: Sequence[int]) -> None:
        """Score some images, and an empty one in the place of each, all at once."""
        new = [index for index in dict.fromkeys(indices) if index not in self._known]
        if not new:
            return
        rows = []
        for index in new:
            image = self.image(index)
            rows.append(self.with_image(self.inputs(index), np.stack([image, painting.empty(image)])))
        scores = self.explained.scores([np.concatenate(parts) for parts in zip(*rows, strict=True)])
        self._known |= {index: scores[2 * place : 2 * place + 2] for place, index in enumerate(new)}

    def scores(self, index: int) -> Array:
        """Return the scores of an image, float64 (units,)."""
        self.prepare([index])
        return np.asarray(self._known[index][0])

    def answered(self, index: int, goal: Goal) -> Answered:
        """Return what the model says of an image, and of an empty one in its place."""
        self.prepare([index])
        odds = goal.odds(self._known[index])
        kind = self.explained.kind
        has_two = kind == "sigmoid" or (kind == "softmax" and self.explained.units == 2)
        return Answered(float(odds[0]), float(odds[1]), kind == "value", 0.5 if has_two else 0.0)

    def shuffled(self) -> None:
        """Forget what was answered: the weights are others now."""
        self._known = {}

    def goals(self, index: int) -> list[tuple[int | None, bool, Goal]]:
        """Return what is explained of an image: the class, whether it is answered with yes, and the goal.

        Returns:
            Nothing where the answer is no number, or where no class is answered.
        """
        scores, (units, kind) = self.scores(index), (self.explained.units, self.explained.kind)
        if not np.isfinite(scores).all():
            return []
        if kind == "softmax":
            own = int(scores.argmax())
            return [(own, True, Goal.of(units, own, is_log_odds=True))]
        if kind == "value":
            plain = Goal.of(units, 0)
            answered = self.answered(index, plain)
            return [(None, True, Goal.of(units, 0, sign=1 if answered.odds >= answered.empty else -1))]
        if units == 1:
            is_yes = bool(scores[0] >= 0)
            return [(int(is_yes), is_yes, Goal.of(1, 0, sign=1 if is_yes else -1))]
        order = np.argsort(-scores, kind="stable")
        if self.answers.output != "multi-label":
            return [(int(order[0]), True, Goal.of(units, int(order[0])))]
        given = [int(own) for own in order if chance(scores[own]) > ANSWERED_ABOVE][:MOST_CLASSES]
        return [(own, True, Goal.of(units, own)) for own in given]


class Mapper:
    """Makes the maps of one method after another.

    Attributes:
        occluded: By image, the scores with each window painted over, float64 (windows, units): they hold every class.
    """

    def __init__(self, ground: Ground, steps: int, coarse: bool) -> None:
        self._ground, self._steps = ground, steps
        self.windows = mapping.windows(ground.sizes, coarse)
        self.occluded: dict[int, Array] = {}

    def integrated(self, index: int, goal: Goal, most: int = 0) -> tuple[Array, int, float]:
        """Return the integrated gradients of an image, smoothed, with the number of steps and how far they add up.

        Args:
            index: The image.
            goal: What is explained.
            most: The steps are doubled up to this while the parts do not add up.

        Returns:
            float64 (*places); the steps; the sum as a share of the whole change.

        Raises:
            ModelError: The model has an operation without a gradient.
        """
        ground = self._ground
        image = ground.image(index)
        baseline, inputs = painting.empty(image), ground.inputs(index)
        answered = ground.answered(index, goal)
        change = answered.odds - answered.empty

        def slopes(line: Array) -> Array:
            found = ground.explained.slopes(ground.with_image(inputs, line), goal, ground.main)
            return np.moveaxis(found, 1 + ground.channel_axis, -1)

        steps = self._steps
        while True:
            raw = mapping.integrated(image, baseline, slopes, steps).sum(axis=-1)
            complete = float(raw.sum() / change) if change else 1.0
            if abs(1 - complete) <= mapping.COMPLETE or 2 * steps > most:
                return mapping.smoothed(raw[None])[0], steps, complete
            steps *= 2

    def losses(self, index: int) -> Array:
        """Return the scores of an image with each window painted over."""
        if index not in self.occluded:
            masks = mapping.covers(self._ground.sizes, self.windows)
            self.occluded[index] = self._ground.painted_scores(index, masks)
        return self.occluded[index]

    def occlusion(self, index: int, goal: Goal) -> Array:
        """Return the occlusion map of an image, float64 (*places)."""
        whole = self._ground.answered(index, goal).odds
        return mapping.spread(whole - goal.odds(self.losses(index)), self._ground.sizes, self.windows)

    def map(self, method: str, index: int, goal: Goal) -> Array:
        """Return the map of an image by "integrated-gradients" or "occlusion", with as few steps as there may be."""
        return self.occlusion(index, goal) if method == "occlusion" else self.integrated(index, goal)[0]
