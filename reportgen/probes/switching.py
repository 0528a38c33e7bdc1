"""A traced model -> its answers with single channels switched off; only what lies behind them is computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reportgen.models.cutting import Part, trace
from reportgen.models.inputs import batch_size
from reportgen.probes import places
from reportgen.probes.subject import BATCH_SIZE, Array, Subject
from reportgen.records import LayerRecord

# What is kept of a batch while the channels of all calls take their turns.
_BATCH_BYTES = 256 << 20


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
        without: Path and channel with the answers without it, computed one after the other.
    """

    images: Array
    usual: Array
    without: Iterator[tuple[str, int, Array]]


class Switch:
    """A model whose channels can be switched off.

    Attributes:
        reached: Paths of the calls whose output can be taken out of the model's graph.
    """

    def __init__(self, subject: Subject, calls: Sequence[LayerRecord], answer: int) -> None:
        """Trace the model.

        Args:
            subject: The model and its data.
            calls: Where channels are to be switched off: in the outputs of these calls.
            answer: Place of the output that is wanted.

        Raises:
            ModelError: The model cannot be traced.
        """
        assert subject.dataset is not None, "channels are switched off with data only"
        self._subject, self._size = subject, subject.dataset.size
        held = 2 * sum(call.activation_bytes for call in calls)
        self._rows = batch_size(subject.model) or min(BATCH_SIZE, max(1, _BATCH_BYTES // max(held, 1)), self._size)
        _, inputs = next(self._batches(np.arange(min(self._rows, self._size))))
        self._trace = trace(subject.model, inputs, {call.path for call in calls})
        self._answer = self._trace.answers[answer]
        self._axes = {call.path: places.channel_axis(call) for call in calls}
        self.reached = tuple(call.path for call in calls if call.path in self._trace.calls)

    @property
    def rows(self) -> int:
        """How many images are put to the model at once."""
        return self._rows

    def num_batches(self, images: Array) -> int:
        """Return how often the model is called for some images."""
        return -(-len(images) // self._rows)

    def whole(self) -> Part:
        """Return the whole model as a function that takes no images: always the first ones."""
        part = self._trace.part(self._trace.inputs, [self._answer])
        _, inputs = next(self._batches(np.arange(min(self._rows, self._size))))
        return lambda: part(*keras.tree.flatten(inputs))[0].numpy()

    def moments(self, images: Array) -> Iterator[dict[str, Moments]]:
        """Yield the moments of every call's channels over the images up to each batch; the last is over all."""
        tensors = [self._trace.calls[path] for path in self.reached]
        head = self._trace.part(self._trace.inputs, [tensor for parts in tensors for tensor in parts])
        sums: dict[str, list[Array]] = {path: [] for path in self.reached}
        for indices, inputs in self._batches(images):
            values = iter(head(*keras.tree.flatten(inputs)))
            for path, parts in zip(self.reached, tensors, strict=True):
                steps = [_moments(next(values), self._axes[path])[:, : len(indices)] for _ in parts]
                sums[path].append(np.concatenate(steps, axis=1))
            yield {path: _pooled(np.concatenate(found, axis=1)) for path, found in sums.items()}

    def run(
        self, images: Array, channels: Mapping[str, Sequence[int]], moments: Mapping[str, Moments]
    ) -> Iterator[Batch]:
        """Answer some images, a batch at a time, with all channels and without each of some.

        Args:
            images: Their indices.
            channels: Of each call the channels that are switched off in turn.
            moments: What they are set to.
        """
        paths = [path for path in self.reached if channels.get(path)]
        cuts = {path: self._trace.cut(path, self._answer) for path in paths}
        fetches = [tensor for path in paths for tensor in cuts[path].feeds]
        head = self._trace.part(self._trace.inputs, [*fetches, self._answer])
        for indices, inputs in self._batches(images):
            *values, usual = head(*keras.tree.flatten(inputs))
            num = len(indices)

            def without(
                values: list[Any] = values, usual: Any = usual, num: int = num
            ) -> Iterator[tuple[str, int, Array]]:
                feeds = iter(values)
                for path in paths:
                    cut = cuts[path]
                    given = [next(feeds) for _ in cut.feeds]
                    own = len(self._trace.calls[path])
                    for channel in channels[path]:
                        mean = moments[path].mean[channel]
                        changed = [_set(value, self._axes[path], channel, mean) for value in given[:own]]
                        answer = cut.run(*changed, *given[own:])[0] if cut.run else usual
                        yield path, channel, np.asarray(answer)[:num]

            yield Batch(indices, np.asarray(usual)[:num], without())

    def _batches(self, images: Array) -> Iterator[tuple[Array, Any]]:
        """Yield the indices of a batch and its inputs, as many rows as were traced: the last image is repeated."""
        for start in range(0, len(images), self._rows):
            indices = images[start : start + self._rows]
            filled = np.pad(indices, (0, self._rows - len(indices)), mode="edge")
            yield indices, keras.tree.map_structure(np.asarray, self._subject.inputs(filled.tolist()))


def _moments(values: Any, axis: int) -> Array:
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


def _set(values: Any, axis: int, channel: int, number: float) -> Any:
    """Set one channel to a number."""
    size = values.shape[axis]
    chosen = tf.reshape(tf.range(size) == channel, [size, *(1 for _ in range(-1 - axis))])
    return tf.where(chosen, tf.cast(number, values.dtype), values)
