"""The first conv layer -> its kernels as pictures, and how each answers to gratings of every orientation.

The question "do early layers look for edges?" is measured as physiologists measure it in the eye's cortex: gratings of
many orientations and widths are shown, and a channel's answer is the swing of its output as the grating moves under it.
The orientation selectivity index is the length of the mean response vector on the doubled angle (1 − circular variance;
Ringach, Shapley and Hawken 2002, "Orientation selectivity in macaque V1", J. Neurosci. 22). What chance alone gives is
measured on the same layer with the weights of each kernel shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import numpy.typing as npt

from reportgen.evidence import Levels
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.models import running
from reportgen.models.compiling import anyhow
from reportgen.models.hooks import Call, StopPassError, until
from reportgen.models.inputs import zero_inputs
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Operation
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records.model import LayerRecord, Shape
from reportgen.records.places import grating_conv

NEEDS = ("samples",)
ORIENTATIONS = tuple(float(angle) for angle in np.arange(12) * 15)
FREQUENCIES = (1 / 16, 1 / 8, 1 / 4, 3 / 8)
NUM_PHASES = 4
THRESHOLD = 0.2
NUM_SHUFFLES = 19


def run(subject: Subject, options: Options, progress: Progress = silent) -> EdgesResult | None:
    """Show gratings to the first conv layer that reads pictures.

    Returns:
        Kernels and tuning of each channel; None for a model without a two-dimensional conv layer.
    """
    record = grating_conv(subject.record)
    if record is None:
        return None
    layer, low, high = _find(subject, record)
    channels = _picture_shape(record)[0 if record.data_format == "channels_first" else -1] or 1
    twins = list(_shuffled(layer, record, options.seed))
    with progress("Showing gratings to the first conv layer", total=len(FREQUENCIES)) as advance:
        responses, *others = _responses([layer, *twins], record, channels, (low, high), advance)
    tunings = tuple(_tuning(channel, row) for channel, row in enumerate(responses))
    shuffled = [sum(_oriented(_tuning(channel, row)) for channel, row in enumerate(rows)) for rows in others]
    num_oriented = sum(map(_oriented, tunings))
    return EdgesResult(
        path=record.path,
        kernels=_kernels(layer, channels),
        orientations=ORIENTATIONS,
        frequencies=FREQUENCIES,
        num_phases=NUM_PHASES,
        threshold=THRESHOLD,
        tunings=tunings,
        num_oriented=num_oriented,
        num_oriented_shuffled=float(np.mean(shuffled)) if shuffled else None,
        chance=(sum(each >= num_oriented for each in shuffled) + 1) / (len(shuffled) + 1) if shuffled else None,
    )


def grating(size: int, orientation: float, frequency: float, phase: float) -> Array:
    """Draw a sine grating.

    Args:
        size: Side of the square image, pixels.
        orientation: Direction of its stripes, degrees anticlockwise from horizontal.
        frequency: Cycles per pixel, across the stripes.
        phase: Shift, as a share of one cycle.

    Returns:
        float64 (size, size), −1..1.
    """
    rows, columns = np.mgrid[0:size, 0:size]
    across = np.deg2rad(orientation + 90)
    return np.asarray(np.cos(2 * np.pi * (frequency * (columns * np.cos(across) - rows * np.sin(across)) + phase)))


def selectivity(responses: Array) -> tuple[float, float]:
    """Return the selectivity index, 0..1, and the preferred orientation, degrees 0..180.

    Args:
        responses: Response at each of `ORIENTATIONS`, 0 or more.
    """
    total = float(responses.sum())
    if total <= 0:
        return 0.0, 0.0
    vector = complex(np.sum(responses * np.exp(2j * np.deg2rad(ORIENTATIONS))))
    return abs(vector) / total, float(np.rad2deg(np.angle(vector)) / 2 % 180)


def _picture_shape(record: LayerRecord) -> Shape:
    """Return the shape of one picture that the layer reads: in a sequence, of one time step."""
    return record.input_shape[len(record.time_steps) :]


def _find(subject: Subject, record: LayerRecord) -> tuple[Operation, float, float]:
    """Return the layer itself and the range of values that reaches it on the first sample, or 0..1 without samples."""
    seen: list[Call] = []

    def note(call: Call) -> None:
        if call.path == record.path:
            seen.append(call)
            raise StopPassError

    inputs = (
        subject.inputs([subject.samples[0].index])
        if subject.samples
        else zero_inputs(subject.model, subject.record.inputs)
    )
    with until(subject.model, note):
        running.call(subject.model, inputs)
    values = np.asarray(seen[0].inputs[0], dtype=np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return seen[0].operation, *((low, high) if high > low else (0.0, 1.0))


def _responses(
    layers: Sequence[Operation],
    record: LayerRecord,
    channels: int,
    span: tuple[float, float],
    advance: Callable[[], None] = lambda: None,
) -> Array:
    """Return the swing of every channel of layers that differ in their weights only.

    Args:
        layers: The layers.
        record: What is known of the first of them.
        channels: Number of channels that they read.
        span: Lowest and highest value of the gratings.
        advance: Is called after each of `FREQUENCIES`.

    Returns:
        float64 (layers, channels, frequencies, orientations).
    """
    windows = (record.windows or ())[len(record.time_steps) :]
    reach = max(window.dilation * (window.kernel - 1) + 1 for window in windows)
    stride = max(window.stride for window in windows)
    size = max(4 * reach, 3 * reach + 8 * stride)
    border = -(-reach // stride)
    first = record.data_format == "channels_first"
    swings = []
    for frequency in FREQUENCIES:
        images = np.stack(list(_gratings(size, frequency)))[..., None] * np.ones(channels)
        values = (span[0] + span[1]) / 2 + images * (span[1] - span[0]) / 2
        values = np.moveaxis(values, -1, 1) if first else values.astype(layers[0].compute_dtype)
        values = keras.ops.convert_to_tensor(values)
        swings.append([_swings(layer(values), border, first=first) for layer in layers])
        advance()
    return np.stack(swings, axis=2)


def _swings(output: npt.ArrayLike, border: int, *, first: bool) -> Array:
    """Return by how much each channel moves between phases and places, (channels, orientations)."""
    maps = np.asarray(output, dtype=np.float64)
    maps = np.moveaxis(maps, 1, -1) if first else maps
    moving = maps[:, border:-border, border:-border].reshape(len(ORIENTATIONS), -1, maps.shape[-1])
    with np.errstate(invalid="ignore"):  # infinite weights answer with infinity − infinity
        return np.asarray((moving.max(axis=1) - moving.min(axis=1)).T)


def _gratings(size: int, frequency: float) -> Iterator[Array]:
    for orientation in ORIENTATIONS:
        for phase in range(NUM_PHASES):
            yield grating(size, orientation, frequency, phase / NUM_PHASES)


def _tuning(channel: int, responses: Array) -> ChannelTuning:
    finite = bool(np.isfinite(responses).all())
    responses = responses if finite else np.zeros_like(responses)
    best = int(np.argmax(responses.mean(axis=1)))
    index, orientation = selectivity(responses[best])
    responds = finite and bool(responses[best].max() > 1e-6)
    return ChannelTuning(
        channel=channel,
        orientation=orientation,
        selectivity=index if responds else 0.0,
        pixels_per_cycle=1 / FREQUENCIES[best],
        responses=tuple(float(value) for value in responses[best]),
        responds=responds,
    )


def _oriented(tuning: ChannelTuning) -> bool:
    return tuning.responds and tuning.selectivity >= THRESHOLD


def _shuffled(layer: Operation, record: LayerRecord, seed: int) -> Iterator[Operation]:
    """Yield twins of a layer in which the positions of every kernel are shuffled, the same way in all its inputs."""
    generator = np.random.default_rng(seed)
    for _ in range(NUM_SHUFFLES):
        twin = type(layer).from_config(layer.get_config())
        twin.build((None, *_picture_shape(record)))
        vars(twin)["call"] = anyhow(twin)
        weights = []
        for weight in layer.get_weights():
            if weight.ndim == 4 and weight.shape[0] * weight.shape[1] > 1:
                flat = weight.reshape(-1, *weight.shape[2:])
                order = np.argsort(generator.random((flat.shape[0], 1, flat.shape[2])), axis=0)
                weights.append(
                    np.take_along_axis(flat, np.broadcast_to(order, flat.shape), axis=0).reshape(weight.shape)
                )
            else:
                weights.append(weight)
        twin.set_weights(weights)
        yield twin


def _kernels(layer: Operation, channels: int) -> Levels:
    """Draw each kernel, zero at mid-grey, its largest weight black or white; (0, 0, 0) where that is no picture.

    Weights that are no numbers are drawn mid-grey; `findings` names them.
    """
    kernel = getattr(layer, "kernel", None)
    values = None if kernel is None else np.asarray(kernel).astype(np.float64)
    if values is None or values.ndim != 4 or values.shape[2] not in {1, 3} or channels != values.shape[2]:
        return np.zeros((0, 0, 0), np.uint8)
    if type(layer).__name__ == "DepthwiseConv2D":
        values = values.reshape(*values.shape[:2], 1, -1)
    values = np.where(np.isfinite(values), values, 0.0)
    largest = np.abs(values).max(axis=(0, 1, 2), keepdims=True)
    levels = np.rint(128 + 127 * values / np.where(largest > 0, largest, 1)).astype(np.uint8)
    pictures = np.transpose(levels, (3, 0, 1, 2))
    return np.ascontiguousarray(pictures[..., 0] if pictures.shape[-1] == 1 else pictures)
