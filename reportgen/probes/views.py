"""Images and a model -> how much of the image a place of each stage mostly uses: where its gradient lies.

What a place can depend on follows from the windows of the layers; most of that counts for little. How much each pixel
counts is the absolute gradient of the place in the middle of a channel's map with respect to the image, summed over its
colours. The maps of all images and channels, each of them with a sum of 1, are averaged, and the smallest square around
the middle that holds nine tenths is what a place mostly uses.

Source: Luo, Li, Urtasun and Zemel 2016, "Understanding the effective receptive field in deep convolutional neural
    networks", NeurIPS. arXiv:1701.04128.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.views import View, ViewsResult
from reportgen.figures.stages import map_sizes, stages_of
from reportgen.models import running
from reportgen.models.cutting import Part, Trace
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Tensor
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ()
SHARE = 0.9
MOST_IMAGES = 24
NUM_CHANNELS = 2
MOST_MACS = 10**11
"""Multiply-adds that the images may take, before there are fewer of them."""
_LEAST_IMAGES = 2
# The answers, and the gradient with respect to the image alone, which takes about as many multiply-adds.
_PASSES = 2
_SEED_OF_DRAWS = 18


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of one gradient for each image, stage and channel."""
    del options, plan
    calls = _calls(record)
    if not calls:
        return None
    passes = _PASSES * NUM_CHANNELS * len(calls)
    return Work("what a place sees", macs=_num_images(dataset.size, passes, record) * passes * record.macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ViewsResult | None:
    """Measure what a place of each stage's last layer uses.

    Returns:
        The views; where the model gives no gradient, the result says why. None without images or without maps.
    """
    record, dataset = subject.record, subject.dataset
    calls = _calls(record)
    if dataset is None or not calls:
        return None
    passes = _PASSES * NUM_CHANNELS * len(calls)
    random = np.random.default_rng([options.seed, _SEED_OF_DRAWS])
    number = _num_images(dataset.size, passes, record)
    indices = sorted(random.choice(dataset.size, number, replace=False).tolist())
    chosen = {call.path: _channels(call, random) for call in calls}
    if not tf.as_dtype(record.inputs[record.main_input].dtype).is_floating:
        return ViewsResult((), SHARE, number, options.seed, "The model takes whole numbers, which have no gradient.")
    try:
        maps = _maps(subject, calls, chosen, indices, progress)
    except (ModelError, LookupError, *running.CALL_ERRORS):
        missing = "The model cannot be traced into a graph with gradients, so what a place mostly uses is not measured."
        return ViewsResult((), SHARE, number, options.seed, missing)
    views = [_view(record, call, chosen[call.path], maps[call.path]) for call in calls if call.path in maps]
    return ViewsResult(tuple(view for view in views if view), SHARE, number, options.seed)


def _calls(record: ModelRecord) -> list[LayerRecord]:
    """The last call of each stage with maps, where it is known which pixels a place of it may depend on."""
    found = [stage.last for stage in stages_of(record).with_maps]
    return [call for call in found if _middle(record, call) is not None]


def _num_images(size: int, passes: int, record: ModelRecord) -> int:
    affordable = MOST_MACS // max(passes * record.macs, 1)
    return min(size, MOST_IMAGES, max(_LEAST_IMAGES, affordable))


def _channels(call: LayerRecord, random: np.random.Generator) -> tuple[int, ...]:
    total = call.output_shape[call.channel_axis] or 1
    return tuple(sorted(random.choice(total, min(NUM_CHANNELS, total), replace=False).tolist()))


def _middle(record: ModelRecord, call: LayerRecord) -> tuple[float, ...] | None:
    """Where the field of the middle place of a call's map has its middle, pixels; None where that is not known."""
    sizes, field = map_sizes(call), call.receptive_field
    image = record.inputs[record.main_input].shape
    if call.time_steps or None in sizes or None in image or len(sizes) != len(image) - 1:
        return None
    if call.whole_image or field is None or call.jump is None or call.padding is None:
        return None
    return tuple(
        (size or 0) // 2 * jump - padding + (reach - 1) / 2
        for size, jump, padding, reach in zip(sizes, call.jump, call.padding, field, strict=True)
    )


def _maps(
    subject: Subject,
    calls: Sequence[LayerRecord],
    chosen: dict[str, tuple[int, ...]],
    indices: Sequence[int],
    progress: Progress,
) -> dict[str, list[Array]]:
    """By call, absolute gradients of its chosen channels in the images, summed over the colours: (images, *places)."""
    rows = min(len(indices), subject.batch_size)
    whole = subject.trace(rows)
    traced = [call for call in calls if call.path in whole.calls]
    part = _gradients(subject, whole, traced)
    axis = 1 + subject.record.input_channel_axis(subject.record.inputs[subject.record.main_input].shape)
    found: dict[str, list[Array]] = {call.path: [] for call in traced}
    with progress("Measuring what a place sees", total=len(indices)) as advance:
        for start in range(0, len(indices), rows):
            here = list(indices[start : start + rows])
            filled = here + here[-1:] * (rows - len(here))
            inputs = keras.tree.flatten(subject.inputs(filled))
            for turn in range(NUM_CHANNELS):
                # A call of fewer channels has had its turn.
                channels = [np.int32(chosen[call.path][turn % len(chosen[call.path])]) for call in traced]
                for call, slopes in zip(traced, part(*inputs, *channels), strict=True):
                    if turn < len(chosen[call.path]):
                        counted = np.abs(np.asarray(slopes, np.float64)).sum(axis=axis)
                        found[call.path].append(counted[: len(here)])
            for _ in here:
                advance()
    return found


def _gradients(subject: Subject, whole: Trace, calls: Sequence[LayerRecord]) -> Part:
    """Of inputs and a channel of each call, the gradients of the middle places with respect to the main input."""
    image = whole.inputs[subject.main_place]
    channels: list[Tensor] = []
    found: list[Tensor] = []
    with whole.graph.as_default():
        for call in calls:
            output = whole.calls[call.path].steps[0]
            channels.append(tf.compat.v1.placeholder(tf.int32, []))
            place = [size // 2 for size in output.shape[1:]]
            place[call.channel_axis] = channels[-1]
            target = tf.reduce_sum(output[(slice(None), *place)])
            (slopes,) = tf.gradients(target, [image], unconnected_gradients="zero")
            found.append(tf.convert_to_tensor(slopes))
    return whole.part([*whole.inputs, *channels], found, is_fixed=True)


def _view(record: ModelRecord, call: LayerRecord, channels: tuple[int, ...], maps: Sequence[Array]) -> View | None:
    """How wide the square is that holds enough of the gradient; None where there is no gradient."""
    middle = _middle(record, call)
    assert middle is not None, "only such calls are looked at"
    slopes = np.concatenate(maps)
    totals = slopes.reshape(len(slopes), -1).sum(axis=1)
    usable = np.isfinite(totals) & (totals > 0)
    if not usable.any():
        return None
    shares = slopes[usable] / totals[usable].reshape(-1, *[1] * (slopes.ndim - 1))
    per_image = usable.reshape(len(channels), -1).any(axis=0) if len(maps) == len(channels) else usable
    return View(call.path, side_holding(shares.mean(axis=0), middle, SHARE), channels, int(per_image.sum()))


def side_holding(weights: Array, middle: Sequence[float], share: float) -> int:
    """Return how long the sides of the smallest square around a place are that holds a share of some weights.

    Args:
        weights: float64, not negative, one for each pixel, any number of axes.
        middle: The place, pixels, along each axis.
        share: The share, 0..1.

    >>> side_holding(np.array([0.0, 1.0, 8.0, 1.0, 0.0]), (2.0,), 0.8), side_holding(np.ones(5), (2.0,), 0.9)
    (1, 5)
    """
    axes = [np.abs(np.arange(size) - at) for size, at in zip(weights.shape, middle, strict=True)]
    distance = np.max(np.stack(np.meshgrid(*axes, indexing="ij")), axis=0).ravel()
    order = np.argsort(distance, kind="stable")
    held = np.cumsum(weights.ravel()[order])
    at = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12)))
    return round(2 * float(distance[order[min(at, len(order) - 1)]])) + 1
