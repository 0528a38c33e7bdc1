"""A model -> its answers with single channels switched off; where that can be, only what lies behind is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import arising, running
from reportgen.models.cutting import Part, trace
from reportgen.models.hooks import Call, Instead, Observer, watch
from reportgen.models.inputs import batch_size
from reportgen.models.subject import BATCH_SIZE, Array, Subject
from reportgen.models.types import Model, Tensor, Tensors
from reportgen.records import places
from reportgen.records.model import LayerRecord

# What is kept of a batch while the channels of all calls take their turns.
_BATCH_BYTES = 256 << 20


Channel = tuple[str, int]
"""Path of the call where a channel is judged, and its number."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation of each channel of a call over images and positions; NaN where one is no number."""

    mean: Array
    deviation: Array


@dataclass(frozen=True, slots=True)
class Batch:
    """What was answered to some images.

    Attributes:
        images: Their indices.
        usual: The answers with all channels.
        without: Each channel with the answers without it, computed one after the other.
    """

    images: Array
    usual: Array
    without: Iterator[tuple[Channel, Array]]


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
        _, inputs = next(self._batches(np.arange(min(self.rows, self._size))))
        axes = {call.path: places.channel_axis(call) for call in calls}
        self._way: _Traced | _Called
        try:
            self._way = _Traced(subject.model, inputs, axes, answer)
        except ModelError:
            self._way = _Called(subject.model, inputs, axes, answer)
        self.traced = isinstance(self._way, _Traced)
        self.reached = self._way.reached

    def num_batches(self, images: Array) -> int:
        """Return how often the model is called for some images."""
        return -(-len(images) // self.rows)

    def whole(self) -> Callable[[], Array]:
        """Return the whole model as a function that takes no images: always the first ones."""
        _, inputs = next(self._batches(np.arange(min(self.rows, self._size))))
        return lambda: np.asarray(next(self._way.answers(inputs, [], {})))

    def moments(self, images: Array) -> Iterator[dict[str, Moments]]:
        """Yield the moments of every call's channels over the images up to each batch; the last is over all."""
        sums: dict[str, list[Array]] = {path: [] for path in self.reached}
        for indices, inputs in self._batches(images):
            for path, found in self._way.moments(inputs).items():
                sums[path].append(found[:, : len(indices)])
            yield {path: _pooled(np.concatenate(found, axis=1)) for path, found in sums.items()}

    def run(self, images: Array, channels: Sequence[Channel], moments: Mapping[str, Moments]) -> Iterator[Batch]:
        """Answer some images, a batch at a time, with all channels and without each of some.

        Args:
            images: Their indices.
            channels: The channels that are switched off, one after the other.
            moments: What they are set to.
        """
        for indices, inputs in self._batches(images):
            answers = self._way.answers(inputs, channels, moments)
            usual = np.asarray(next(answers))[: len(indices)]
            without = (np.asarray(answer)[: len(indices)] for answer in answers)
            yield Batch(indices, usual, zip(channels, without, strict=False))

    def _batches(self, images: Array) -> Iterator[tuple[Array, Tensors]]:
        """Yield the indices of a batch and its inputs, as many rows as were traced: the last image is repeated."""
        for start in range(0, len(images), self.rows):
            indices = images[start : start + self.rows]
            filled = np.pad(indices, (0, self.rows - len(indices)), mode="edge")
            yield indices, keras.tree.map_structure(np.asarray, self._subject.inputs(filled.tolist()))


class _Traced:
    """A model that was traced into a graph, from which parts are run by themselves."""

    def __init__(self, model: Model, inputs: Tensors, axes: Mapping[str, int], answer: int) -> None:
        self._trace = trace(model, inputs, set(axes))
        self._axes, self._answer = axes, self._trace.answers[answer]
        self.reached = tuple(path for path in axes if path in self._trace.calls)
        self._cuts = {path: self._trace.cut(path, self._answer) for path in self.reached}
        # By the calls that are to be changed, what computes all that their cuts need.
        self._heads: dict[tuple[str, ...], Part] = {}
        self._reducer: Part | None = None

    def moments(self, inputs: Tensors) -> dict[str, Array]:
        tensors = [self._trace.seen[path] for path in self.reached]
        if self._reducer is None:
            self._reducer = self._trace.part(self._trace.inputs, [tensor for parts in tensors for tensor in parts])
        values = iter(self._reducer(*keras.tree.flatten(inputs)))
        found = {}
        for path, parts in zip(self.reached, tensors, strict=True):
            found[path] = np.concatenate([_moments(next(values), self._axes[path]) for _ in parts], axis=1)
        return found

    def answers(self, inputs: Tensors, channels: Sequence[Channel], moments: Mapping[str, Moments]) -> Iterator[Array]:
        paths = tuple(dict.fromkeys(path for path, _ in channels))
        if paths not in self._heads:
            fetches = [tensor for path in paths for tensor in self._cuts[path].feeds]
            self._heads[paths] = self._trace.part(self._trace.inputs, [*fetches, self._answer])
        *values, usual = self._heads[paths](*keras.tree.flatten(inputs))
        yield usual
        feeds = iter(values)
        given = {path: [next(feeds) for _ in self._cuts[path].feeds] for path in paths}
        for path, channel in channels:
            run, own = self._cuts[path].run, len(self._trace.calls[path])
            mean = moments[path].mean[channel]
            changed = [_set(value, self._axes[path], channel, mean) for value in given[path][:own]]
            yield usual if run is None else run(*changed, *given[path][own:])[0]


class _Called:
    """A model that is called as it is, as a whole, and whose calls are given other outputs on the way."""

    def __init__(self, model: Model, inputs: Tensors, axes: Mapping[str, int], answer: int) -> None:
        self._model, self._axes, self._answer = model, axes, answer
        self.reached: tuple[str, ...] = ()
        self.reached = tuple(self.moments(inputs))

    def moments(self, inputs: Tensors) -> dict[str, Array]:
        found: dict[str, Array] = {}

        def note(call: Call) -> None:
            # The steps of a call that is repeated are seen when it is too late to change them.
            if call.path in self._axes and call.rounds is None:
                found[call.path] = _moments(arising.seen(call), self._axes[call.path])

        self._run(inputs, note)
        return found

    def answers(self, inputs: Tensors, channels: Sequence[Channel], moments: Mapping[str, Moments]) -> Iterator[Array]:
        yield self._run(inputs, lambda call: None)
        for path, channel in channels:
            mean = moments[path].mean[channel]

            def change(call: Call, path: str = path, channel: int = channel, mean: float = mean) -> Instead | None:
                if call.path != path:
                    return None
                first, *others = keras.tree.flatten(call.output)
                changed = _set(first, self._axes[path], channel, mean)
                return Instead(keras.tree.pack_sequence_as(call.output, [changed, *others]))

            yield self._run(inputs, change)

    def _run(self, inputs: Tensors, observe: Observer) -> Tensors:
        with watch(self._model, observe):
            return keras.tree.flatten(running.call(self._model, inputs))[self._answer]


def _moments(values: Tensor, axis: int) -> Array:
    """Return mean and variance over the positions of each image and channel, float64 (2, images, channels)."""
    values = tf.cast(values, tf.float32)
    positions = [place for place in range(1, values.shape.rank) if place != values.shape.rank + axis]
    mean, variance = tf.nn.moments(values, positions) if positions else (values, tf.zeros_like(values))
    return np.stack([mean, variance]).astype(np.float64)


def _pooled(moments: Array) -> Moments:
    """Pool the moments of images with equally many positions, (2, images, channels)."""
    means, variances = moments
    with np.errstate(invalid="ignore"):  # infinite answers have no variance, which NaN says
        return Moments(means.mean(axis=0), np.sqrt(variances.mean(axis=0) + means.var(axis=0)))


def _set(values: Tensor, axis: int, channel: int, number: float) -> Tensor:
    """Set one channel to a number."""
    size = values.shape[axis]
    chosen = tf.reshape(tf.range(size) == channel, [size, *(1 for _ in range(-1 - axis))])
    return tf.where(chosen, tf.cast(number, values.dtype), values)
