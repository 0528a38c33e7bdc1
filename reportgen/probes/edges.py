"""The first conv layer -> its kernels as pictures, and how each answers to gratings of every orientation.

The question "do early layers look for edges?" is measured as physiologists measure it in the eye's cortex: a channel's
answer to a grating is the swing of its output as the grating moves under it. The orientation selectivity index is the
length of the mean response vector on the doubled angle (1 − circular variance; Ringach, Shapley and Hawken 2002,
"Orientation selectivity in macaque V1", J. Neurosci. 22).

A convolution answers to a sine grating with a sine, whose height is the magnitude of its kernel's Fourier transform at
that orientation and frequency. So the swing follows from the kernel, and is the same at whatever position the grating
begins; that the layer answers so is checked by showing it gratings. What chance gives is found by shuffling the weights
inside each kernel, a thousand times and more: it takes no pass through the network. The smallest shares of shuffled
kernels that are as selective are compared with what so many channels give by chance (Benjamini and Hochberg 1995,
"Controlling the false discovery rate", J. R. Stat. Soc. B 57).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np
import numpy.typing as npt

from reportgen.evidence import Levels
from reportgen.evidence.edges import ChannelTuning, EdgesResult
from reportgen.evidence.inference import LEVEL, discovered
from reportgen.models import running
from reportgen.models.hooks import Call, StopPassError, until
from reportgen.models.inputs import zero_inputs
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Operation, Tensor
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records.model import LayerRecord, Shape, Window
from reportgen.records.places import grating_conv

NEEDS = ("samples",)
ORIENTATIONS = tuple(float(angle) for angle in np.arange(12) * 15)
FREQUENCIES = (1 / 16, 1 / 8, 1 / 4, 3 / 8)
NUM_PHASES = 8
"""Positions at which a grating begins, where gratings are shown to the layer itself."""
THRESHOLD = 0.2
LEAST_SHUFFLES = 999
_MOST_KERNELS = 500_000
_FEW = 0.02
# Cosines at which the output of a layer with an activation is looked at, from the trough of the grating to its crest.
_COSINES = np.cos(np.linspace(0, np.pi, 9))
_AT_ONCE = 1 << 22
# Gratings that begin at eight positions come within 1 − cos(π / 8) of the swing; the rest is rounding.
_TOLERANCE = 0.1
_SILENT = 1e-6
_ROUNDING = 1e-9


def run(subject: Subject, options: Options, progress: Progress = silent) -> EdgesResult | None:
    """Find out how the first conv layer that reads pictures answers to gratings.

    Returns:
        Kernels and tuning of each channel; None for a model without a two-dimensional conv layer.
    """
    record = grating_conv(subject.record)
    if record is None:
        return None
    layer, low, high = _find(subject, record)
    channels = _picture_shape(record)[0 if record.data_format == "channels_first" else -1] or 1
    with progress("Showing gratings to the first conv layer", total=len(FREQUENCIES)) as advance:
        shown = _shown(layer, record, channels, (low, high), advance)
    filters = _filters(layer, record, (low, high))
    exact = None if filters is None else filters.swings(filters.kernels)
    if filters is None or exact is None or not _agree(exact, shown, filters.linear_swings):
        tunings = tuple(_tuning(channel, row) for channel, row in enumerate(shown))
        return _result(record, _kernels(layer, channels), tunings)
    index = _indices(exact)
    generator = np.random.default_rng(options.seed)
    shuffled = _shuffled_indices(filters, LEAST_SHUFFLES, generator)
    beyond, most = _beyond(filters, index, shuffled, generator)
    prefers = discovered(beyond, LEVEL) & (index >= THRESHOLD)
    tunings = tuple(
        _tuning(channel, row, float(beyond[channel]), prefers=bool(prefers[channel]))
        for channel, row in enumerate(exact)
    )
    by_chance = (shuffled >= THRESHOLD).sum(axis=1)
    found = _result(record, _kernels(layer, channels), tunings)
    return replace(
        found,
        num_shuffles=most,
        num_selective_by_chance=float(by_chance.mean()),
        chance=float((1 + (by_chance >= found.num_selective).sum()) / (len(shuffled) + 1)),
    )


def _result(record: LayerRecord, kernels: Levels, tunings: tuple[ChannelTuning, ...]) -> EdgesResult:
    """Put together what is known without a comparison with chance."""
    return EdgesResult(
        path=record.path,
        kernels=kernels,
        orientations=ORIENTATIONS,
        frequencies=FREQUENCIES,
        threshold=THRESHOLD,
        level=LEVEL,
        tunings=tunings,
        num_shuffles=0,
        num_selective_by_chance=None,
        chance=None,
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


def _shown(
    layer: Operation,
    record: LayerRecord,
    channels: int,
    span: tuple[float, float],
    advance: Callable[[], None] = lambda: None,
) -> Array:
    """Show gratings to the layer, and return the swing of each of its channels.

    Args:
        layer: The layer.
        record: What is known of it.
        channels: Number of channels that it reads.
        span: Lowest and highest value of the gratings.
        advance: Is called after each of `FREQUENCIES`.

    Returns:
        float64 (channels, frequencies, orientations).
    """
    windows = _windows(record)
    reach = max(window.dilation * (window.kernel - 1) + 1 for window in windows)
    stride = max(window.stride for window in windows)
    size = max(4 * reach, 3 * reach + 8 * stride)
    border = -(-reach // stride)
    first = record.data_format == "channels_first"
    swings = []
    for frequency in FREQUENCIES:
        images = np.stack(list(_gratings(size, frequency)))[..., None] * np.ones(channels)
        values = (span[0] + span[1]) / 2 + images * (span[1] - span[0]) / 2
        values = np.moveaxis(values, -1, 1) if first else values.astype(layer.compute_dtype)
        swings.append(_swing(layer(keras.ops.convert_to_tensor(values)), border, first=first))
        advance()
    return np.stack(swings, axis=1)


def _swing(output: npt.ArrayLike, border: int, *, first: bool) -> Array:
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


def _windows(record: LayerRecord) -> tuple[Window, ...]:
    return (record.windows or ())[len(record.time_steps) :]


@dataclass(frozen=True, slots=True, eq=False)
class _Filters:
    """A layer that is a convolution and, perhaps, an activation, as seen by gratings that are alike in all its inputs.

    Attributes:
        kernels: The weights of each channel, summed over the inputs, float64 (taps, channels).
        bias: What is added to each channel, float64 (channels).
        waves: What each grating is at each tap, cosine and sine, float64 (2, taps, frequencies · orientations).
        middle: Mean value of the gratings.
        height: From it to their highest.
        activation: What the layer does to its sums, or None.
    """

    kernels: Array
    bias: Array
    waves: Array
    middle: float
    height: float
    activation: Callable[[Tensor], Tensor] | None

    def some(self, channels: Array) -> _Filters:
        """Return the filters of some channels."""
        return replace(self, kernels=self.kernels[:, channels], bias=self.bias[channels])

    def swings(self, kernels: Array) -> Array:
        """Return the swing of each channel with other kernels, float64 (channels, frequencies, orientations).

        Args:
            kernels: float64 (taps, channels), as many channels as there are in the layer, or a multiple.
        """
        with np.errstate(invalid="ignore", over="ignore"):  # of weights that are no numbers, or nearly too large
            cosine, sine = (kernels.T @ wave for wave in self.waves)
            heights = self.height * np.hypot(cosine, sine)
            if self.activation is None:
                found = 2 * heights
            else:
                repeated = np.tile(self.bias, kernels.shape[1] // len(self.bias))
                middles = (repeated + self.middle * kernels.sum(axis=0))[:, None]
                moving = [np.asarray(self.activation(_tensor(middles + heights * cosine))) for cosine in _COSINES]
                found = (np.max(moving, axis=0) - np.min(moving, axis=0)).astype(np.float64)
        return np.asarray(found.reshape(-1, len(FREQUENCIES), len(ORIENTATIONS)))

    @property
    def linear_swings(self) -> Array:
        """By how much the sum of each channel swings, before the activation: float64 (channels, …) as `swings`."""
        return replace(self, activation=None).swings(self.kernels)


def _tensor(values: Array) -> Tensor:
    return keras.ops.convert_to_tensor(values.astype(np.float32))


def _filters(layer: Operation, record: LayerRecord, span: tuple[float, float]) -> _Filters | None:
    """Read a layer's kernels; None where it has none of the usual shapes, or one that holds NaN or infinity."""
    kernels = _summed(layer)
    windows = _windows(record)
    if kernels is None or len(windows) != 2 or kernels.shape[:2] != tuple(window.kernel for window in windows):
        return None
    rows, columns = np.meshgrid(
        *(np.arange(window.kernel) * float(window.dilation) for window in windows), indexing="ij"
    )
    phases = np.stack(
        [
            2 * np.pi * frequency * (columns * np.cos(across) - rows * np.sin(across))
            for frequency in FREQUENCIES
            for across in np.deg2rad(np.array(ORIENTATIONS) + 90)
        ],
        axis=-1,
    ).reshape(-1, len(FREQUENCIES) * len(ORIENTATIONS))
    flat = kernels.reshape(-1, kernels.shape[-1])
    bias = getattr(layer, "bias", None)
    activation = getattr(layer, "activation", None)
    return _Filters(
        kernels=flat,
        bias=np.zeros(flat.shape[1]) if bias is None else np.asarray(bias).astype(np.float64),
        waves=np.stack([np.cos(phases), np.sin(phases)]),
        middle=(span[0] + span[1]) / 2,
        height=(span[1] - span[0]) / 2,
        activation=None if activation in {None, keras.activations.linear} else activation,
    )


def _summed(layer: Operation) -> Array | None:
    """Return the weights of each output channel, summed over its input channels: float64 (height, width, channels)."""
    names = ("depthwise_kernel", "pointwise_kernel")
    if isinstance(layer, keras.layers.SeparableConv2D):
        depth, point = (np.asarray(getattr(layer, name)).astype(np.float64) for name in names)
        return np.asarray(np.einsum("hwk,ko->hwo", depth.reshape(*depth.shape[:2], -1), point[0, 0]))
    if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        return None
    weights = np.asarray(layer.kernel).astype(np.float64)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return weights.reshape(*weights.shape[:2], -1)
    return np.asarray(weights.sum(axis=2))


def _agree(exact: Array, shown: Array, linear: Array) -> bool:
    """Whether a layer answers to gratings as its kernels say, in all channels whose weights are numbers.

    An activation may leave little of a sum's swing, but all of the miss of gratings that begin at eight positions.
    """
    if exact.shape != shown.shape:
        return False
    finite = np.isfinite(exact).all(axis=(1, 2)) & np.isfinite(shown).all(axis=(1, 2))
    largest = np.max(np.nan_to_num(np.maximum(exact, linear)), axis=(1, 2))
    apart = np.abs(np.nan_to_num(exact) - np.nan_to_num(shown)).max(axis=(1, 2))
    return bool((apart[finite] <= _TOLERANCE * largest[finite] + _SILENT).all())


def _beyond(filters: _Filters, index: Array, shuffled: Array, generator: np.random.Generator) -> tuple[Array, int]:
    """Return how likely chance makes each channel as selective, float64 (channels), and of how many shuffles at most.

    Where few of the first shuffles are as selective, there are as many more as let a single channel among all be told
    from chance; all others are told already.
    """
    reached, number = (shuffled >= index - _ROUNDING).sum(axis=0), np.full(len(index), len(shuffled))
    few = np.flatnonzero(reached <= _FEW * len(shuffled))
    more = min(math.ceil(2 * len(index) / LEVEL), _MOST_KERNELS // max(len(few), 1)) - len(shuffled)
    if len(few) and more > 0:
        further = _shuffled_indices(filters.some(few), more, generator)
        reached[few] += (further >= index[few] - _ROUNDING).sum(axis=0)
        number[few] += more
    return (1 + reached) / (number + 1), int(number.max())


def _shuffled_indices(filters: _Filters, number: int, generator: np.random.Generator) -> Array:
    """Return the selectivity index of each channel with its weights shuffled, float64 (shuffles, channels)."""
    taps, channels = filters.kernels.shape
    at_once = max(1, _AT_ONCE // (channels * max(taps, filters.waves.shape[2])))
    found = []
    for start in range(0, number, at_once):
        orders = np.argsort(generator.random((min(at_once, number - start), taps, channels)), axis=1)
        kernels = np.take_along_axis(filters.kernels[None], orders, axis=1)
        swings = filters.swings(np.moveaxis(kernels, 1, 0).reshape(taps, -1))
        found.append(_indices(swings).reshape(-1, channels))
    return np.concatenate(found)


def _indices(swings: Array) -> Array:
    """Return the selectivity index of each channel at the frequency that it answers to most, 0 where it is silent."""
    known = np.where(np.isfinite(swings).all(axis=(1, 2), keepdims=True), swings, 0.0)
    best = known[np.arange(len(known)), known.mean(axis=2).argmax(axis=1)]
    vectors = np.abs(best @ np.exp(2j * np.deg2rad(ORIENTATIONS)))
    total = best.sum(axis=1)
    return np.where(best.max(axis=1) > _SILENT, vectors / np.where(total > 0, total, 1.0), 0.0)


def _tuning(channel: int, responses: Array, p_value: float | None = None, *, prefers: bool = False) -> ChannelTuning:
    finite = bool(np.isfinite(responses).all())
    responses = responses if finite else np.zeros_like(responses)
    best = int(np.argmax(responses.mean(axis=1)))
    index, orientation = selectivity(responses[best])
    responds = finite and bool(responses[best].max() > _SILENT)
    return ChannelTuning(
        channel=channel,
        orientation=orientation,
        selectivity=index if responds and index > _ROUNDING else 0.0,
        pixels_per_cycle=1 / FREQUENCIES[best],
        responses=tuple(float(value) for value in responses[best]),
        responds=responds,
        p_value=p_value if responds else None,
        prefers=prefers and responds,
    )


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
