"""What a call gave back for some images -> a few numbers per image and channel, each from all positions.

A map is read in blocks that fit a processor's cache, each once from memory and then by every reduction in turn;
TensorFlow's own reductions read the whole tensor anew each, and take about four times as long. Blocks of few channels
are folded, so that neighbouring positions stand side by side as if they were further channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from reportgen.evidence import lots
from reportgen.models.subject import Array
from reportgen.probes.watching import ties

# Values that are reduced at once: a megabyte of float32.
_BLOCK = 1 << 18
# Values that stand side by side, where there are fewer channels: NumPy is slow on short rows.
_WIDTH = 1024
# So few that a maximum is soon found among them; shares of positions are counted in single bytes.
_MOST_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class PerImage:
    """The numbers of every image and channel: arrays (images, channels).

    Attributes:
        count: Finite values.
        mean: Their mean, float64; 0 where there are none.
        squares: Sum of their squared differences from it.
        minimum: Lowest; infinity where there are none.
        maximum: Highest; minus infinity where there are none.
        position: Where that is, positions counted row by row; of several such places one is drawn at random (`ties`). 0
            where it was not looked for.
        positive: Finite values above zero.
        level: Mean of the values above zero, what is below counted as 0.
        num_nan: Values that are NaN.
        num_infinite: Values that are infinite.
    """

    count: Array
    mean: Array
    squares: Array
    minimum: Array
    maximum: Array
    position: Array
    positive: Array
    level: Array
    num_nan: Array
    num_infinite: Array


def highest(values: Array, keys: Array, worth: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Return the highest value of every map, and where it is: both (images, channels).

    Args:
        values: float (images, positions, channels).
        keys: The key of every image (`lots.of_images`).
        worth: Returns, of all maxima, those whose positions are looked for; 0 stands for the others.
    """
    maximum = _maxima(values)
    maximum = np.where(np.isnan(maximum), -np.inf, maximum)
    first, position = np.full(maximum.shape, ties.LAST), np.zeros(maximum.shape, np.int64)
    images, channels = np.nonzero(worth(maximum))
    at_once = max(1, _BLOCK // max(values.shape[1], 1))
    for start in range(0, len(images), at_once):
        image, channel = images[start : start + at_once], channels[start : start + at_once]
        found, place = np.nonzero(values[image, :, channel] == maximum[image, channel][:, None])
        ties.draw((first, position), (image[found], channel[found]), keys, place)
    return maximum, position


def _maxima(values: Array) -> Array:
    """Return the highest value of every map, (images, channels), NaN where it holds one: with all channels folded."""
    images, _, channels = values.shape
    parts = [folded.max(axis=2).reshape(images, -1, channels).max(axis=1) for _, folded in _in_parts(values)]
    return np.asarray(np.maximum.reduce(parts))


def per_image(values: Array, keys: Array, worth: Callable[[Array], Array] | None = None) -> PerImage:
    """Reduce every map to numbers.

    Sums over a block of at most 64 values are float32 where the values are, differences from one of these values, so
    that no variance is lost to a large mean; blocks are put together in float64 (Chan, Golub and LeVeque 1983,
    "Algorithms for computing the sample variance", The American Statistician 37). Against sums in float64 throughout,
    means are off by at most 1e-5 of the largest value, and variances by 1e-3 of themselves at worst.

    Args:
        values: float (images, positions, channels).
        keys: The key of every image (`lots.of_images`).
        worth: Returns, of all maxima (images, channels), those whose positions are looked for; None for everywhere.
    """
    parts = [_Part(offset, folded, values.shape[-1]) for offset, folded in _in_parts(values)]
    maximum, minimum = (
        np.concatenate([part.maximum for part in parts], axis=1).max(axis=1),
        np.concatenate([part.minimum for part in parts], axis=1).min(axis=1),
    )
    sums = np.concatenate([part.sums for part in parts], axis=1)
    squares = np.concatenate([part.squares for part in parts], axis=1)
    if not (np.isfinite(maximum).all() and np.isfinite(minimum).all() and np.isfinite(squares).all()):
        return _with_broken(values, keys)
    images, positions, channels = values.shape
    mean = sums.sum(axis=1) / positions
    rows = np.concatenate([np.full(part.maximum.shape[1], part.rows) for part in parts])[None, :, None]
    between = (rows * np.square(sums / rows - mean[:, None])).sum(axis=1)
    wanted = np.ones(maximum.shape, bool) if worth is None else worth(maximum)
    # A map of one value has its highest everywhere: no need to look.
    alike = ties.anywhere(keys, positions)
    is_flat = maximum == minimum
    position = np.where(wanted & is_flat, alike[:, None], 0)
    first = np.full((images, channels), ties.LAST)
    for part in parts:
        part.find(maximum, wanted & ~is_flat, keys, (first, position))
    nothing = np.zeros((images, channels), np.int64)
    return PerImage(
        count=np.full((images, channels), positions, np.int64),
        mean=mean,
        squares=squares.sum(axis=1) + between,
        minimum=minimum,
        maximum=maximum,
        position=position,
        positive=np.concatenate([part.positive for part in parts], axis=1).sum(axis=1, dtype=np.int64),
        level=np.concatenate([part.levels for part in parts], axis=1).sum(axis=1) / positions,
        num_nan=nothing,
        num_infinite=nothing,
    )


def _in_parts(values: Array, offset: int = 0) -> Iterator[tuple[int, Array]]:
    """Cut maps into parts (images, blocks, rows, neighbours · channels), each with the place of its first position."""
    positions, channels = values.shape[1:]
    if not positions:
        return
    most = max(1, _WIDTH // channels)
    rows = _rows(positions, most)
    blocks = positions // rows
    neighbours = max(number for number in range(1, min(blocks, most) + 1) if blocks % number == 0)
    whole = rows * blocks
    shape = (len(values), blocks // neighbours, rows, neighbours * channels)
    yield offset, values[:, :whole].reshape(shape)
    yield from _in_parts(values[:, whole:], offset + whole)


def _rows(positions: int, neighbours: int) -> int:
    """Return how many rows blocks have that leave no position over, where there is such a number."""
    wished = min(-(-positions // neighbours), _MOST_ROWS)
    good = [rows for rows in range(wished // 2 + 1, min(2 * wished, _MOST_ROWS) + 1) if positions % rows == 0]
    return good[-1] if good else wished


class _Part:
    """The numbers of every block of one part, (images, blocks, channels), a block being rows of one neighbour."""

    def __init__(self, offset: int, folded: Array, channels: int) -> None:
        self._offset = offset
        images, blocks, self.rows, width = folded.shape
        self._neighbours = width // channels
        self._values = folded.reshape(images, blocks, self.rows, self._neighbours, channels)
        shape = (images, blocks, width)
        self.sums, self.squares, self.levels = (np.empty(shape) for _ in range(3))
        self.minimum, self.maximum = (np.empty(shape, folded.dtype) for _ in range(2))
        self.positive = np.empty(shape, np.uint8)
        self._zeros = np.zeros(width, folded.dtype)  # NumPy takes twice as long to compare with a single number
        along = max(1, min(blocks, _BLOCK // (self.rows * width)))
        at_once = max(1, _BLOCK // (blocks * self.rows * width))
        room = np.empty((min(at_once, images), along, self.rows, width), folded.dtype)
        with np.errstate(invalid="ignore", over="ignore"):  # what is no number is found by what comes out
            for image in range(0, images, at_once):
                for block in range(0, blocks, along):
                    place = (slice(image, image + at_once), slice(block, block + along))
                    self._reduce(folded[place], place, room)
        final = (images, blocks * self._neighbours, channels)
        for name in ("sums", "squares", "levels", "minimum", "maximum", "positive"):
            setattr(self, name, getattr(self, name).reshape(final))

    def _reduce(self, values: Array, place: tuple[slice, slice], room: Array) -> None:
        first = values[:, :, :1]
        differences = np.subtract(values, first, out=room[: values.shape[0], : values.shape[1]])
        moved = differences.sum(axis=2).astype(np.float64)
        self.sums[place] = moved + self.rows * first[:, :, 0].astype(np.float64)
        squares = np.einsum("ibrw,ibrw->ibw", differences, differences).astype(np.float64)
        self.squares[place] = np.maximum(squares - moved * moved / self.rows, 0.0)
        self.maximum[place] = values.max(axis=2)
        self.minimum[place] = lowest = values.min(axis=2)
        self.positive[place] = (values > 0).view(np.uint8).sum(axis=2, dtype=np.uint8)
        if lowest.min() < 0:
            self.levels[place] = np.maximum(values, self._zeros, out=differences).sum(axis=2)
        else:
            self.levels[place] = self.sums[place]

    def find(self, maximum: Array, wanted: Array, keys: Array, drawn: tuple[Array, Array]) -> None:
        """Note the place of each maximum with the lowest key in this part, where that is lower than what is noted.

        Args:
            maximum: Of every image and channel.
            wanted: Which of them are looked for.
            keys: The key of every image.
            drawn: The keys and the places that are noted.
        """
        image, block, channel = np.nonzero((self.maximum == maximum[:, None]) & wanted[:, None])
        first, neighbour = np.divmod(block, self._neighbours)
        values = self._values[image, first, :, neighbour, channel]
        found, row = np.nonzero(values == maximum[image, channel][:, None])
        place = self._offset + (first[found] * self.rows + row) * self._neighbours + neighbour[found]
        ties.draw(drawn, (image[found], channel[found]), keys, place)


def _with_broken(values: Array, keys: Array) -> PerImage:
    """Do the same slowly and in float64, and leave out what is no number."""
    whole = values.astype(np.float64)
    finite = np.isfinite(whole)
    count = finite.sum(axis=1)
    known = np.where(finite, whole, 0.0)
    mean = known.sum(axis=1) / np.maximum(count, 1)
    above = np.maximum(known, 0.0)
    lowest, highest = np.where(finite, whole, np.inf), np.where(finite, whole, -np.inf)
    maximum = highest.max(axis=1)
    places = lots.of_places(keys[:, None], np.arange(values.shape[1]))
    drawn = np.argmin(np.where(highest == maximum[:, None], places[:, :, None], ties.LAST), axis=1)
    minimum = lowest.min(axis=1)
    alike = (maximum == minimum) & (count == values.shape[1])
    return PerImage(
        count=count,
        mean=mean,
        squares=np.where(finite, np.square(known - mean[:, None]), 0.0).sum(axis=1),
        minimum=minimum,
        maximum=maximum,
        position=np.where(alike, ties.anywhere(keys, values.shape[1])[:, None], drawn),
        positive=(above > 0).sum(axis=1),
        level=above.sum(axis=1) / np.maximum(count, 1),
        num_nan=np.isnan(whole).sum(axis=1),
        num_infinite=np.isinf(whole).sum(axis=1),
    )
