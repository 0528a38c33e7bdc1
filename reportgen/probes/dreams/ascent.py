"""What channels answer to pictures -> the pictures that move them most, by gradient ascent from noise.

As in Olah et al. 2017, "Feature Visualization", Distill: a picture is held as its Fourier spectrum, in which steps are
of equal size at every scale, and is moved, turned and resized a little before every step, so that it does not hang on
single pixels. Steps are those of Adam (Kingma and Ba 2015, arXiv:1412.6980).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from reportgen.models.subject import Array
from reportgen.models.types import Tensor

_RATE = 0.2
_POWER = 4
_DECAYS = (0.9, 0.999)
# Standard deviation of the first picture, before it is squeezed into its range.
_NOISE = 0.1
# How far a picture is moved, as a share of its sides, turned, in degrees, and resized.
_MOST_SHIFT = 1 / 16
_MOST_TURN = 5.0
_MOST_ZOOM = 0.05
_GREY = 0.5
# Brightness, red against blue, and green against both: the directions in which the colours of photographs vary without
# one following from another (Ohta, Kanade and Sakai 1980, "Color information for region segmentation", CGIP 13), each
# with a rounded share of how much. Red and blue may stand in either order.
_COLOURS = np.stack(
    [np.array([1, 1, 1]) / np.sqrt(3), np.array([1, 0, -1]) / np.sqrt(2) / 4, np.array([-1, 2, -1]) / np.sqrt(6) / 8]
)


@dataclass(frozen=True, slots=True)
class Span:
    """The values that pictures have in a model's input.

    Attributes:
        low: Of each channel the value of black, float64 (channels,).
        high: Of each channel the value of white.
    """

    low: Array
    high: Array

    def values(self, shares: Tensor) -> Tensor:
        """Return what the model gets for pictures whose values run from 0 to 1, (…, channels)."""
        low, high = (tf.constant(end, tf.float32) for end in (self.low, self.high))
        return low + (high - low) * shares


Slopes = Callable[[Tensor], Tensor]


def ascend(slopes: Slopes, channels: Sequence[int], size: tuple[int, int, int], *, steps: int, seed: int) -> Array:
    """Make one picture for each of some channels.

    Args:
        slopes: Pictures, float32 (pictures, height, width, colours) with values 0..1 -> the gradient of the `liking` of
            one channel for each picture with respect to them.
        channels: The channels' numbers, one for each picture.
        size: Height, width and number of colours.
        steps: How many steps are made.
        seed: Seed of the noise at the beginning and of the transformations.

    Returns:
        uint8 (pictures, height, width, colours).
    """
    spectrum, moved = _moving(size)
    draw = np.random.default_rng(seed)
    # They die away, so that the picture that is shown is the one that was raised.
    fading = np.linspace(1, 0, steps)[:, None]
    moves = (
        fading
        * draw.uniform(-1, 1, (steps, 4))
        * (_MOST_TURN, _MOST_ZOOM, size[0] * _MOST_SHIFT, size[1] * _MOST_SHIFT)
    )

    def step(
        values: Tensor, mean: Tensor, square: Tensor, count: Tensor, move: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        pictures = moved(values, move)
        (gradient,) = tf.gradients(pictures, [values], grad_ys=[slopes(pictures)])
        gradient = tf.where(tf.math.is_finite(gradient), gradient, 0.0)
        # One picture's gradient may be a thousand times another's; Adam's smallest number must not tell them apart.
        gradient /= tf.reduce_max(tf.abs(gradient), axis=[1, 2, 3, 4], keepdims=True) + 1e-20
        mean = _DECAYS[0] * mean + (1 - _DECAYS[0]) * gradient
        square = _DECAYS[1] * square + (1 - _DECAYS[1]) * gradient**2
        change = mean / (1 - _DECAYS[0] ** count) / (tf.sqrt(square / (1 - _DECAYS[1] ** count)) + 1e-8)
        return values + _RATE * change, mean, square

    # A picture does not depend on what other pictures are made beside it.
    noise = [np.random.default_rng([seed, channel]).normal(size=spectrum.shape) for channel in channels]
    values = tf.constant(_NOISE * np.stack(noise), tf.float32)
    mean = square = tf.zeros_like(values)
    number, move = tf.TensorSpec((), tf.float32), tf.TensorSpec((4,), tf.float32)
    run = tf.function(step, autograph=False).get_concrete_function(values, mean, square, number, move)
    for place, each in enumerate(moves):
        count, move = tf.constant(place + 1, tf.float32), tf.constant(each, tf.float32)
        values, mean, square = run(values, mean, square, count, move)
    shares = np.clip(np.nan_to_num(spectrum.pictures(values).numpy()), 0, 1)
    levels: Array = np.rint(shares * 255).astype(np.uint8)
    return levels


@lru_cache(maxsize=4)
def _moving(size: tuple[int, int, int]) -> tuple[_Spectrum, Any]:
    """The spectrum of pictures, and a function of its numbers and a move that gives the moved pictures.

    The function is the same for all layers, and dear to trace and to differentiate.
    """
    spectrum = _Spectrum(size)
    return spectrum, tf.function(lambda values, move: _moved(spectrum.pictures(values), move), autograph=False)


class _Spectrum:
    """Pictures as the numbers that the ascent moves: parts of their Fourier spectra, all about as large.

    Attributes:
        shape: Shape of the numbers of one picture: (colours, height, width // 2 + 1, real or imaginary).
    """

    def __init__(self, size: tuple[int, int, int]) -> None:
        height, width, self._colours = size
        self._size = (height, width)
        self.shape = (self._colours, height, width // 2 + 1, 2)
        frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
        # Amplitudes in natural pictures fall as one over the frequency.
        scale = 1 / np.maximum(frequencies, 1 / max(height, width))
        # With numbers of deviation 1 the picture has deviation 1: every number but those of the first column and, of an
        # even width, the last stands for two of the whole spectrum.
        twice = np.full(width // 2 + 1, 4.0)
        twice[0] = 2.0
        twice[-1] = 2.0 if width % 2 == 0 else twice[-1]
        deviation = np.sqrt((scale**2 * twice).sum()) / (height * width)
        self._scale = tf.constant(scale / deviation, tf.complex64)

    def pictures(self, values: Tensor) -> Tensor:
        """Return pictures, float32 (pictures, height, width, colours) with values 0..1."""
        spectrum = tf.complex(values[..., 0], values[..., 1]) * self._scale
        pictures = tf.transpose(tf.signal.irfft2d(spectrum, self._size), [0, 2, 3, 1])
        if self._colours == len(_COLOURS):
            pictures = tf.tensordot(pictures, tf.constant(_COLOURS * np.sqrt(3), tf.float32), axes=1)
        return tf.sigmoid(pictures)


def liking(answers: Tensor) -> Tensor:
    """Return what the ascent raises: the mean square of the answers above zero; while there is none, the highest one.

    Args:
        answers: Of each picture what one channel answers, (pictures, positions), before its activation cuts anything
            off.

    The mean alone would not do: what an edge detector answers on one side of a bar it takes back on the other.
    """
    highest = tf.reduce_max(answers, axis=1)
    squares = tf.reduce_mean(tf.nn.relu(answers) ** _POWER, axis=1)
    return tf.reduce_sum(tf.where(highest > 0, squares, highest))


def _moved(pictures: Tensor, move: Tensor) -> Tensor:
    """Turn pictures by degrees, resize them by a share and shift them by pixels; what comes in from outside is grey."""
    height, width = (int(side) for side in pictures.shape[1:3])
    angle, zoom = move[0] * (np.pi / 180), 1 + move[1]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rows, columns = rows - (height - 1) / 2, columns - (width - 1) / 2
    cosine, sine = tf.cos(angle) * zoom, tf.sin(angle) * zoom
    row = cosine * rows - sine * columns + (height - 1) / 2 + move[2]
    column = sine * rows + cosine * columns + (width - 1) / 2 + move[3]
    # A border of one grey pixel stands for all that lies outside.
    framed = tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=_GREY)
    # The pixels first: what is gathered along another axis is turned for it, and its gradient twice more.
    flat = tf.reshape(tf.transpose(framed, [1, 2, 0, 3]), [(height + 2) * (width + 2), -1])
    top, left = tf.floor(row), tf.floor(column)
    # The four pixels around each place, all at once: every further operation takes its time to differentiate.
    down, right = (np.array(corner, np.float32)[:, None, None] for corner in ((0, 0, 1, 1), (0, 1, 0, 1)))
    weights = (1 - tf.abs(row - top - down)) * (1 - tf.abs(column - left - right))
    at_row = tf.clip_by_value(top + down + 1, 0, height + 1)
    at_column = tf.clip_by_value(left + right + 1, 0, width + 1)
    places = tf.cast(at_row * (width + 2) + at_column, tf.int32)
    found = tf.reshape(tf.gather_nd(flat, tf.reshape(places, [-1, 1])), [4, height, width, -1])
    moved = tf.reshape(tf.reduce_sum(found * weights[..., None], axis=0), [height, width, -1, pictures.shape[3]])
    return tf.transpose(moved, [2, 0, 1, 3])
