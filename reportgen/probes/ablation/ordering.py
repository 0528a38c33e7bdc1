"""A traced model -> how far each channel moves the answers, by one gradient an image.

Setting a channel to its mean Ā moves it by Ā − A, so to first order the log-odds s of an answer fall by g · (A − Ā),
where g = ds/dA, summed over the positions of the map. Log-odds do not saturate as probabilities do. Channels are put in
order by the size of this, not by its mean: in the first layers of a deep network the first order has the size right and
the sign often wrong, for a channel that carries much is needed whichever way a single image would move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from reportgen.models import endings
from reportgen.models.cutting import Part, Trace
from reportgen.models.subject import Array
from reportgen.models.types import Tensor, Tensors
from reportgen.probes.ablation.measuring import Measure

_LEAST_PROBABILITY = 1e-30


class Slopes:
    """A traced model with the gradients of its log-odds at some calls."""

    def __init__(self, trace: Trace, answer: Tensor, measure: Measure, axes: Mapping[str, int]) -> None:
        """Add the gradients to the graph.

        Args:
            trace: The model's graph.
            answer: The output that is looked at.
            measure: What its answers are.
            axes: By path of a call, the axis of the channels, counted from the end.

        Raises:
            LookupError: TensorFlow knows no gradient of an operation on the way.
        """
        self._paths = tuple(path for path in axes if path in trace.calls)
        with trace.graph.as_default():
            wanted = tf.compat.v1.placeholder(tf.float32, [None, None], name="wanted")
            total = tf.reduce_sum(_log_odds(answer, measure, wanted))
            tensors = [tensor for path in self._paths for tensor in trace.calls[path].steps]
            gradients = tf.gradients(total, tensors, unconnected_gradients="zero")
            fetches = []
            places = [axes[path] for path in self._paths for _ in trace.calls[path].steps]
            for tensor, gradient, axis in zip(tensors, gradients, places, strict=True):
                slope, value = (tf.cast(each, tf.float32) for each in (gradient, tensor))
                positions = [each for each in range(1, tensor.shape.rank) if each != tensor.shape.rank + axis]
                fetches += [tf.reduce_sum(slope * value, positions), tf.reduce_sum(slope, positions)]
        self._steps = [len(trace.calls[path].steps) for path in self._paths]
        self._part: Part = trace.part([*trace.inputs, wanted], fetches, is_fixed=True)

    def losses(self, inputs: Tensors, targets: Array, means: Mapping[str, Array]) -> dict[str, Array]:
        """Return by how much the log-odds of each answer would fall, by path: float64 (images, channels).

        Args:
            inputs: A batch.
            targets: What is explained of each image: a row with 1 at its class; of a multi-label output with 1 for yes
                and −1 for no.
            means: What the channels would be set to.
        """
        found = iter(np.asarray(each, np.float64) for each in self._part(*keras.tree.flatten(inputs), targets))
        losses = {}
        for path, steps in zip(self._paths, self._steps, strict=True):
            parts = [next(found) - means[path] * next(found) for _ in range(steps)]
            losses[path] = np.asarray(sum(parts[1:], parts[0]))
        return losses


def targets(measure: Measure, wanted: Array, num_units: int) -> Array:
    """Return what is explained of some images, float32 (images, units).

    Args:
        measure: What the answers are.
        wanted: The class of each image; of a multi-label output rows of 0 and 1.
        num_units: How many numbers the output answers with.
    """
    if measure.is_multilabel:
        return np.asarray(2 * wanted - 1, np.float32)
    if num_units == 1:
        return np.asarray(2 * wanted[:, None] - 1, np.float32)
    return np.asarray(wanted[:, None] == np.arange(num_units), np.float32)


def _log_odds(answer: Tensor, measure: Measure, wanted: Tensor) -> Tensor:
    scores, ending = _scores(answer)
    if ending == "Sigmoid" or measure.is_multilabel or scores.shape[1] == 1:
        if measure.kind == "probabilities" and ending != "Sigmoid":
            scores = _logarithm(scores) - _logarithm(1 - scores)
        return (
            tf.reduce_mean(scores * wanted, axis=1) if measure.is_multilabel else tf.reduce_sum(scores * wanted, axis=1)
        )
    if measure.kind == "probabilities" and not ending:
        scores = _logarithm(scores)
    own = tf.reduce_sum(scores * wanted, axis=1)
    return own - tf.reduce_logsumexp(tf.where(wanted > 0, -np.inf, scores), axis=1)


def _logarithm(shares: Tensor) -> Tensor:
    return tf.math.log(tf.maximum(shares, _LEAST_PROBABILITY))


def _scores(answer: Tensor) -> tuple[Tensor, str]:
    """Return the numbers that went into the softmax or sigmoid of an answer, and which; else the answer itself."""
    ending = endings.ending(answer)
    units = int(np.prod(answer.shape[1:]))
    return tf.cast(tf.reshape(endings.before(answer) if ending else answer, [-1, units]), tf.float32), ending


def sizes(losses: Sequence[Array]) -> Array:
    """Return the root mean square of the losses of several batches, float64 (channels,); NaN where one is no number."""
    return np.asarray(np.sqrt(np.square(np.concatenate(losses)).mean(axis=0)))
