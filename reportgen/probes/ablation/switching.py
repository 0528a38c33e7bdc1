"""A model -> its answers with single channels switched off; where that can be, only what lies behind is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import running
from reportgen.models.cutting import Part
from reportgen.models.hooks import Call, Instead, Observer, watch
from reportgen.models.inputs import batch_size
from reportgen.models.subject import BATCH_SIZE, Array, Subject
from reportgen.models.types import Model, Tensor, Tensors
from reportgen.probes.ablation.measuring import Measure
from reportgen.probes.ablation.ordering import Slopes
from reportgen.records import places
from reportgen.records.model import LayerRecord

# What is kept of a batch while the channels of all calls take their turns.
_BATCH_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to some channels of a call.

    Attributes:
        path: The call where they are judged.
        channels: Their numbers: they are set to their means.
        origin: Another channel of the call: the only one of `channels` is set to what follows from this one; None where
            it is set to its mean.
        line: Slope and offset by which it follows.
    """

    path: str
    channels: tuple[int, ...]
    origin: int | None = None
    line: tuple[float, float] = (1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was answered to some images.

    Attributes:
        images: Their indices.
        usual: The answers of the untouched model.
        changed: Each change with the answers after it, computed one after the other.
    """

    images: Array
    usual: Array
    changed: Iterator[tuple[Change, Array]]


class Switch:
    """A model whose channels can be switched off.

    Attributes:
        reached: Paths of the calls whose output can be changed.
        traced: Whether only what lies behind a call is computed again. A model that cannot be traced is called whole.
        rows: How many images go through the model at once.
    """

    def __init__(self, subject: Subject, calls: Sequence[LayerRecord], answer: int) -> None:
        """Trace the model, or call it where that cannot be done.

        Args:
            subject: The model and its data.
            calls: Where channels are to be switched off: in the outputs of these calls.
            answer: Place of the output that is wanted.

        Raises:
            ModelError: The model cannot be run on its data.
        """
        assert subject.dataset is not None, "channels are switched off with data only"
        self._subject, self._size = subject, subject.dataset.size
        held = 2 * sum(call.activation_bytes for call in calls)
        self.rows = batch_size(subject.model) or min(BATCH_SIZE, max(1, _BATCH_BYTES // max(held, 1)), self._size)
        _, inputs = next(self.batches(np.arange(min(self.rows, self._size))))
        axes = {call.path: places.channel_axis(call) for call in calls}
        self._way: _Traced | _Called
        try:
            self._way = _Traced(subject, self.rows, axes, answer)
        except ModelError:
            self._way = _Called(subject.model, inputs, axes, answer)
        self.traced = isinstance(self._way, _Traced)
        self.reached = self._way.reached

    def num_batches(self, images: Array) -> int:
        """Return how often the model is called for some images."""
        return -(-len(images) // self.rows)

    def whole(self) -> Callable[[], Array]:
        """Return the whole model as a function that takes no images: always the first ones."""
        _, inputs = next(self.batches(np.arange(min(self.rows, self._size))))
        return lambda: np.asarray(next(self._way.answers(inputs, [], {})))

    def slopes(self, measure: Measure) -> Slopes | None:
        """Return the model with the gradients of its log-odds at the calls; None where there are none."""
        if not isinstance(self._way, _Traced):
            return None
        try:
            return self._way.slopes(measure)
        except (LookupError, *running.CALL_ERRORS):
            return None

    def batches(self, images: Array) -> Iterator[tuple[Array, Tensors]]:
        """Yield the indices of a batch and its inputs, as many rows as were traced: the last image is repeated."""
        for start in range(0, len(images), self.rows):
            indices = images[start : start + self.rows]
            filled = np.pad(indices, (0, self.rows - len(indices)), mode="edge")
            yield indices, keras.tree.map_structure(np.asarray, self._subject.inputs(filled.tolist()))

    def run(self, images: Array, changes: Sequence[Change], means: Mapping[str, Array]) -> Iterator[Batch]:
        """Answer some images, a batch at a time, as they are and after each of some changes.

        Args:
            images: Their indices.
            changes: What is changed, one after the other.
            means: By path, what channels are set to.
        """
        for indices, inputs in self.batches(images):
            answers = self._way.answers(inputs, changes, means)
            usual = np.asarray(next(answers))[: len(indices)]
            changed = (np.asarray(answer)[: len(indices)] for answer in answers)
            yield Batch(indices, usual, zip(changes, changed, strict=False))


class _Traced:
    """A model that was traced into a graph, from which parts are run by themselves."""

    def __init__(self, subject: Subject, rows: int, axes: Mapping[str, int], answer: int) -> None:
        self._trace = subject.trace(rows)
        self._axes, self._answer = axes, self._trace.answers[answer]
        self.reached = tuple(path for path in axes if path in self._trace.calls)
        self._cuts = {path: self._trace.cut(path, self._answer) for path in self.reached}
        # By the calls that are to be changed, what computes all that their cuts need.
        self._heads: dict[tuple[str, ...], Part] = {}

    def slopes(self, measure: Measure) -> Slopes:
        return Slopes(self._trace, self._answer, measure, {path: self._axes[path] for path in self.reached})

    def answers(self, inputs: Tensors, changes: Sequence[Change], means: Mapping[str, Array]) -> Iterator[Array]:
        paths = tuple(dict.fromkeys(change.path for change in changes))
        if paths not in self._heads:
            fetches = [tensor for path in paths for tensor in self._cuts[path].feeds]
            fetches.append(self._answer)
            self._heads[paths] = self._trace.part(self._trace.inputs, fetches, is_fixed=True)
        *values, usual = self._heads[paths](*keras.tree.flatten(inputs))
        yield usual
        feeds = iter(values)
        given = {path: [next(feeds) for _ in self._cuts[path].feeds] for path in paths}
        for change in changes:
            path = change.path
            run, own = self._cuts[path].run, len(self._trace.calls[path].steps)
            changed = [_changed(value, self._axes[path], change, means) for value in given[path][:own]]
            yield usual if run is None else run(*changed, *given[path][own:])[0]


class _Called:
    """A model that is called as it is, as a whole, and whose calls are given other outputs on the way."""

    def __init__(self, model: Model, inputs: Tensors, axes: Mapping[str, int], answer: int) -> None:
        self._model, self._axes, self._answer = model, axes, answer
        found: list[str] = []

        def note(call: Call) -> None:
            # The steps of a call that is repeated are seen when it is too late to change them.
            if call.path in axes and call.rounds is None:
                found.append(call.path)

        self._run(inputs, note)
        self.reached = tuple(dict.fromkeys(found))

    def answers(self, inputs: Tensors, changes: Sequence[Change], means: Mapping[str, Array]) -> Iterator[Array]:
        yield self._run(inputs, lambda call: None)
        for change in changes:

            def instead(call: Call, change: Change = change) -> Instead | None:
                if call.path != change.path:
                    return None
                first, *others = keras.tree.flatten(call.output)
                changed = _changed(first, self._axes[change.path], change, means)
                return Instead(keras.tree.pack_sequence_as(call.output, [changed, *others]))

            yield self._run(inputs, instead)

    def _run(self, inputs: Tensors, observe: Observer) -> Tensors:
        with watch(self._model, observe):
            return keras.tree.flatten(running.call(self._model, inputs))[self._answer]


def _changed(values: Tensor, axis: int, change: Change, means: Mapping[str, Array]) -> Tensor:
    """Change a call's output."""
    size = values.shape[axis]
    numbers = tf.reshape(tf.range(size), [size, *(1 for _ in range(-1 - axis))])
    if change.origin is not None:
        slope, offset = (tf.cast(number, values.dtype) for number in change.line)
        origin = tf.gather(values, [change.origin], axis=values.shape.rank + axis)
        return tf.where(numbers == change.channels[0], slope * origin + offset, values)
    for channel in change.channels:
        values = tf.where(numbers == channel, tf.cast(means[change.path][channel], values.dtype), values)
    return values
