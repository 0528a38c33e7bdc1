"""A model and one of its outputs -> the scores of its answers, and their gradients: traced once, run batch by batch.

What is explained is the log-odds of a class, s = ln p - ln(1 - p): for a softmax z_c - logsumexp of the other scores,
for a sigmoid z_c. Unlike a probability it does not saturate, and unlike a single score it does not change where a
number is added to all of them, which a softmax cannot see. A value is explained as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import endings, running
from reportgen.models.cutting import Part, Trace
from reportgen.models.inputs import batch_size
from reportgen.models.layouts import channels_back, channels_last
from reportgen.models.subject import Subject
from reportgen.models.types import Tensor, Tensors
from reportgen.sources.dataset import Array

_LEAST_PROBABILITY = 1e-30

Painter = Callable[[Tensor, Tensor], Tensor]
"""Takes one image, (1, …), and what is kept of it, float32 (batch, *places) of 0 and 1; returns (batch, …)."""


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What is explained of an answer: the log-odds of a class, or a sum of scores.

    Attributes:
        weights: float32 (units,): 1 at the class. Of a sum what each score is multiplied with: 1 and -1 for one class
            rather than another, -1 for the answer "no" of a single sigmoid.
        is_log_odds: Whether the class is compared with all others.
    """

    weights: Array = field(repr=False)
    is_log_odds: bool = False

    @classmethod
    def of(cls, units: int, own: int, other: int | None = None, *, is_log_odds: bool = False, sign: int = 1) -> Goal:
        """Return the goal of one unit, or of one rather than another.

        Args:
            units: How many numbers the output has.
            own: The unit.
            other: Another one, whose score is subtracted.
            is_log_odds: Whether all others count against it.
            sign: -1 where a low score is the answer.
        """
        weights = np.zeros(units, np.float32)
        weights[own] = sign
        if other is not None:
            weights[other] = -sign
        return cls(weights, is_log_odds)

    def odds(self, scores: Array) -> Array:
        """Return what is explained, float64 (rows,), of scores (rows, units)."""
        # Scores that are no numbers make odds that are none.
        with np.errstate(invalid="ignore"):
            own = np.asarray(scores @ self.weights.astype(np.float64))
            if not self.is_log_odds:
                return own
            others = scores[:, self.weights <= 0]
            highest = others.max(axis=1, keepdims=True)
            return np.asarray(own - highest[:, 0] - np.log(np.exp(others - highest).sum(axis=1)))


Goals = Goal | Sequence[Goal]
"""One goal for all rows, or one for each."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The part of a model behind a call.

    Attributes:
        values: Takes the model's inputs, returns what the call gave back, (rows, ...), the time steps of a call that is
            repeated stacked behind the rows, and what leads around it.
        scores: Takes these, returns the scores, float64 (rows, units).
        slopes: Takes these and goals, one for each row or one for all; returns what is explained, float64 (rows,), and
            its gradient at the call.
    """

    values: Callable[[Sequence[Array]], tuple[Array, list[Array]]]
    scores: Callable[[Array, Sequence[Array]], Array]
    slopes: Callable[[Array, Sequence[Array], Goals], tuple[Array, Array]]


class Explained:
    """A model whose answers are to be explained.

    Attributes:
        kind: "softmax" for classes that exclude each other, "sigmoid" for yes or no, "value".
        rows: How many rows go through the model at once, at most.
        few_rows: The same where there is a gradient, for which all outputs of layers have to be kept.
        units: How many scores an answer has.
        passes: Passes of one image that were made; a gradient counts as two, and what lies behind a call only as none.
        reason: Why there are no gradients and no parts, in a whole sentence; "" where there are.
    """

    def __init__(self, subject: Subject, rows: int, place: int, output: str, few_rows: int | None = None) -> None:
        """Trace the model; one that cannot be traced is called as it is.

        Args:
            subject: The model.
            rows: How many rows are to go through the model at once, at most.
            place: Place of the output among those of the model.
            output: What it answers with: "probabilities", "logits", "multi-label" or "values".
            few_rows: How many of the rows may go through where there is a gradient; None for all.

        Raises:
            ModelError: The model cannot be run, or the output is not one row of numbers for each image.
        """
        self._model, self._place, self._output = subject.model, place, output
        self._structure, self.rows = subject.example(rows), rows
        assert batch_size(subject.model) in (None, rows), "a model with a batch size of its own gets that"
        self.reason = ""
        self._trace: Trace | None = None
        self._size: int | None = None
        try:
            self._trace = subject.trace(rows)
            # Parts that XLA compiles would be compiled again for each size.
            self._size = rows if self._trace.is_compiled else self._trace.rows
            answer = self._trace.answers[place]
            shape, self._ending = tuple(answer.shape), endings.ending(answer)
        except ModelError as error:
            self.reason = str(error)
            shape, self._ending = tuple(self._called(self._structure).shape), ""
        if len(shape) != 2:
            raise ModelError(
                f"An output of shape {shape[1:]} is not one row of classes or values for each image, so there is no one"
                " answer to explain."
            )
        self.units, self.passes = int(shape[1]), 0
        self.few_rows = self._size or min(few_rows or self.rows, self.rows)
        self.kind = self._kind()

    @property
    def floats(self) -> tuple[int, ...]:
        """The places of the inputs that have gradients."""
        leaves = keras.tree.flatten(self._structure)
        return tuple(place for place, leaf in enumerate(leaves) if tf.as_dtype(leaf.dtype).is_floating)

    def scores(self, inputs: Sequence[Array]) -> Array:
        """Return the scores of some images, float64 (images, units), of inputs as `keras.tree.flatten` gives them."""
        self.passes += len(inputs[0])
        (scores,) = self._in_batches(lambda *parts: [self._bare(*parts)], inputs)
        return np.asarray(scores, np.float64)

    def slopes(self, inputs: Sequence[Array], goals: Goals, place: int = 0) -> Array:
        """Return the gradient of what is explained at one of the inputs, in its shape.

        Args:
            inputs: Images, as for `scores`.
            goals: What is explained of each.
            place: Place of the input among `inputs`, one of `floats`.

        Raises:
            ModelError: The model has none.
        """
        weights = _weights(goals, len(inputs[0]))
        self.passes += 2 * len(inputs[0])

        def run(*parts: Array) -> list[Tensor]:
            *given, wanted = parts
            return [self._gradients(given, wanted)[self.floats.index(place)]]

        (slopes,) = self._in_batches(run, [*inputs, weights], self.few_rows)
        return slopes

    def painting(self, paint: Painter, main: int, channel_axis: int) -> Callable[[Sequence[Array], Array], Array]:
        """Return a function of one image and masks that gives the scores of the image with parts painted over.

        Args:
            paint: Fills what is not kept, the channels last.
            main: Place of the input that is painted on.
            channel_axis: Its axis of channels, the batch axis left out; where it equals the number of axes, the image
                has none.

        Returns:
            It takes the inputs of one image, one row each, and what is kept, float32 (masks, *places); it returns
            float64 (masks, units).
        """
        leaves = keras.tree.flatten(self._structure)
        whole = tuple(leaves[main].shape[1:])
        dtype = tf.as_dtype(leaves[main].dtype)

        def painted(image: Tensor, keep: Tensor) -> Tensor:
            filled = paint(channels_last(tf.cast(image, tf.float32), len(whole), channel_axis), keep)
            filled = channels_back(filled, len(whole), channel_axis)
            return tf.cast(filled if dtype.is_floating else tf.round(filled), dtype)

        def forward(image: Tensor, keep: Tensor, *others: Tensor) -> Tensor:
            parts = list(others)
            parts.insert(main, painted(image, keep))
            return self._bare(*parts)

        run: dict[tuple[int, ...], Callable[..., Tensor]] = {}

        def of_masks(inputs: Sequence[Array], keep: Array) -> Array:
            others = [np.repeat(part, len(keep), axis=0) for place, part in enumerate(inputs) if place != main]
            image = tf.convert_to_tensor(inputs[main])
            self.passes += len(keep)
            size = tuple(keep.shape[1:])
            if size not in run:
                specifications = [
                    tf.TensorSpec((1, *whole), dtype),
                    tf.TensorSpec((self._size, *size), tf.float32),
                    *(tf.TensorSpec((self._size, *part.shape[1:]), part.dtype) for part in others),
                ]
                traced = tf.function(forward, autograph=False)
                run[size] = traced.get_concrete_function(*specifications) if self._trace is not None else forward
            (scores,) = self._in_batches(lambda kept, *rest: [run[size](image, kept, *rest)], [keep, *others])
            return np.asarray(scores, np.float64)

        return of_masks

    def tail(self, path: str) -> Tail | None:
        """Return the part of the model behind a call; None where the answer does not depend on the call in a graph."""
        if self._trace is None or path not in self._trace.calls:
            return None
        whole, answer = self._trace, self._trace.answers[self._place]
        cut = whole.cut(path, answer)
        own = len(whole.calls[path].steps)
        if cut.run is None or not all(feed.dtype.is_floating for feed in cut.feeds[:own]):
            return None
        head = whole.part(whole.inputs, list(cut.feeds))
        behind = cache(lambda: self._behind(list(cut.feeds), own))
        bare = cache(lambda: whole.part(cut.feeds, [self._score]))

        def values(inputs: Sequence[Array]) -> tuple[Array, list[Array]]:
            self.passes += len(inputs[0])
            found = self._in_batches(head, inputs)
            return _stacked(found[:own]), found[own:]

        def apart(value: Array) -> list[Array]:
            return [value] if own == 1 else [value[:, step] for step in range(own)]

        def scores(value: Array, around: Sequence[Array]) -> Array:
            (found,) = self._in_batches(bare(), [*apart(value), *around])
            return np.asarray(found, np.float64)

        def slopes(value: Array, around: Sequence[Array], goals: Goals) -> tuple[Array, Array]:
            given = [*apart(value), *around, _weights(goals, len(value))]
            odds, *found = self._in_batches(behind(), given, self.few_rows)
            return np.asarray(odds, np.float64), _stacked(found)

        return Tail(values, scores, slopes)

    def _behind(self, feeds: list[Tensor], own: int) -> Part:
        assert self._trace is not None, "there is a graph"
        with self._trace.graph.as_default():
            wanted = self._wanted()
            odds = _odds(self._score, wanted)
            found = tf.gradients(odds, feeds[:own], stop_gradients=feeds, unconnected_gradients="zero")
        return self._trace.part([*feeds, wanted], [odds, *map(tf.convert_to_tensor, found)])

    def _in_batches(
        self, run: Callable[..., Sequence[Tensor]], arrays: Sequence[Array], rows: int | None = None
    ) -> list[Array]:
        """Run a function of batches on any number of rows; the last one fills a batch up where that has one size."""
        size, rows = len(arrays[0]), rows or self.rows
        found: list[list[Array]] = []
        for start in range(0, size, rows):
            batch = [np.asarray(each)[start : start + rows] for each in arrays]
            here = len(batch[0])
            if self._size is not None and here < self._size:
                batch = [np.concatenate([each, np.repeat(each[-1:], self._size - here, axis=0)]) for each in batch]
            found.append([np.asarray(part)[:here] for part in run(*batch)])
        return [np.concatenate(column) for column in zip(*found, strict=True)]

    @cached_property
    def _score(self) -> Tensor:
        """The scores in the graph, float32 (rows, units)."""
        assert self._trace is not None, "there is a graph"
        answer = self._trace.answers[self._place]
        with self._trace.graph.as_default():
            return self._read(endings.before(answer) if self._ending else answer)

    @cached_property
    def _bare(self) -> Callable[..., Tensor]:
        """Flat inputs -> scores, float32 (rows, units)."""
        if self._trace is None:
            return lambda *parts: self._read(self._called(keras.tree.pack_sequence_as(self._structure, list(parts))))
        part = self._trace.part(self._trace.inputs, [self._score])
        return lambda *parts: part(*parts)[0]

    def _called(self, inputs: Tensors) -> Tensor:
        return keras.tree.flatten(running.call(self._model, inputs))[self._place]

    def _wanted(self) -> Tensor:
        return tf.compat.v1.placeholder(tf.float32, [self._size, self.units + 1], name="wanted")

    def _gradients(self, inputs: Sequence[Tensor], wanted: Tensor) -> list[Tensor]:
        return self._taped(inputs, wanted) if self._trace is None else self._sloping(*inputs, wanted)

    @cached_property
    def _sloping(self) -> Part:
        """Flat inputs and what is wanted -> the gradient at each input that has one."""
        assert self._trace is not None, "there is a graph"
        try:
            with self._trace.graph.as_default():
                wanted = self._wanted()
                given = [self._trace.inputs[place] for place in self.floats]
                found = tf.gradients(_odds(self._score, wanted), given, unconnected_gradients="zero")
            fetches = [tf.convert_to_tensor(each) for each in found]
        except (LookupError, *running.CALL_ERRORS) as error:
            raise ModelError(f"The model has an operation without a gradient: {running.reason(error)}") from error
        return self._trace.part([*self._trace.inputs, wanted], fetches)

    def _taped(self, inputs: Sequence[Tensor], wanted: Tensor) -> list[Tensor]:
        flat = [tf.convert_to_tensor(part) for part in inputs]
        given = [flat[place] for place in self.floats]
        try:
            with running.state_kept(self._model), tf.GradientTape() as tape:
                tape.watch(given)
                answers = self._model(keras.tree.pack_sequence_as(self._structure, flat), training=False)
                odds = _odds(self._read(keras.tree.flatten(answers)[self._place]), wanted)
            return list(tape.gradient(odds, given, unconnected_gradients="zero"))
        except (LookupError, *running.CALL_ERRORS) as error:
            raise ModelError(f"The model has an operation without a gradient: {running.reason(error)}") from error

    def _kind(self) -> str:
        if self._output == "values":
            return "value"
        is_sigmoid = self._ending == "Sigmoid" or self._output == "multi-label" or self.units == 1
        return "sigmoid" if is_sigmoid else "softmax"

    def _read(self, answer: Tensor) -> Tensor:
        """Return the scores behind an answer, or behind what went into its softmax or sigmoid."""
        scores = tf.cast(tf.reshape(answer, [-1, self.units]), tf.float32)
        if self._ending or self._output in {"values", "logits"}:
            return scores
        if self._kind() == "softmax":
            return _logarithm(scores)
        if self._output == "multi-label" and self._trace is not None:
            return scores  # without a sigmoid in sight they are taken for logits, as everywhere in a report
        return _logarithm(scores) - _logarithm(1 - scores)


def _weights(goals: Goals, rows: int) -> Array:
    """Return the weights of goals, and behind those of each whether it is log-odds: float32 (rows, units + 1)."""
    each = [goals] if isinstance(goals, Goal) else goals
    found = np.stack([np.append(goal.weights, np.float32(goal.is_log_odds)) for goal in each])
    return np.repeat(found, rows, axis=0) if isinstance(goals, Goal) else found


def _odds(scores: Tensor, wanted: Tensor) -> Tensor:
    weights, is_log_odds = wanted[:, :-1], wanted[:, -1]
    own = tf.reduce_sum(scores * weights, axis=1)
    others = tf.where((weights > 0) & (is_log_odds > 0)[:, None], -np.inf, scores)
    return own - is_log_odds * tf.reduce_logsumexp(others, axis=1)


def _logarithm(shares: Tensor) -> Tensor:
    return tf.math.log(tf.maximum(shares, _LEAST_PROBABILITY))


def _stacked(steps: Sequence[Array]) -> Array:
    return np.asarray(steps[0]) if len(steps) == 1 else np.stack([np.asarray(step) for step in steps], axis=1)
