"""One image -> where its object is, as far as that can be told from a plain background; and which maps follow it.

An object is looked for only where the background is plain: pixels that differ from the colour of the border by more
than Otsu's threshold are the object (Otsu 1979, "A threshold selection method from gray-level histograms"). A
photograph with a busy border has no object that could be found in this way, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.evidence.activations import Foreground
from reportgen.models.subject import Array
from reportgen.records.model import LayerRecord

# A border counts as plain when nine tenths of it differ from its median by less than this share of the image's range.
_PLAIN = 0.15
_SHARES = (0.01, 0.75)
BLOCK = 1 << 15
"""Values of a volume that are worked on at one time: in float64 they stay in the cache of a processor's core."""


def find(image: Array) -> Foreground:
    """Find the object in one image.

    Args:
        image: float (height, width, channels), any range.

    Returns:
        The object's mask, or why there is none.
    """
    if image.ndim != 3:
        return _none(image, "No object was looked for: this is done only in pictures of height and width.")
    if min(image.shape[:2]) < 4 or not np.isfinite(image).all():
        return _none(image, "No object was looked for: the input is not a picture of finite numbers.")
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]).astype(np.float64)
    colour = np.median(border, axis=0)
    span = float(image.max() - image.min())
    if span == 0:
        return _none(image, "No object found: the image has one colour only.")
    distance = np.zeros(image.shape[:2])
    for channel, usual in enumerate(colour):
        off = np.subtract(image[..., channel], usual, dtype=np.float64)
        np.maximum(distance, np.abs(off, out=off), out=distance)
    distance /= span
    if np.quantile(np.abs(border - colour).max(axis=-1) / span, 0.9) > _PLAIN:
        return _none(image, "No object found: the image has no plain background.")
    mask = distance > _otsu(distance)
    share = float(mask.mean())
    if not _SHARES[0] <= share <= _SHARES[1]:
        return _none(image, f"No object found: what differs from the border covers {share:.0%} of the image.")
    how = "The object is what differs from the colour of the border by more than Otsu's threshold."
    return Foreground(True, share, how, mask.astype(np.uint8) * 255)


class Target:
    """An object that maps are compared with: what layers of one geometry share is worked out once."""

    def __init__(self, mask: Array) -> None:
        """Prepare for comparisons.

        Args:
            mask: (input height, input width), the object's pixels above 0.
        """
        target = (mask > 0).astype(np.float64)
        self._centred = target - target.mean()
        self._deviation = self._centred.std()
        self._geometries: dict[tuple[tuple[float, float, int], ...], _Geometry] = {}

    def follow(self, maps: Array, call: LayerRecord) -> Array:
        """Correlate every map of a call, brought to the size of the input, with the object.

        Each position of a map is put at the centre of its receptive field and the pixels between are interpolated
        linearly; beyond the outermost centres the nearest value holds. Because that is a linear map R, the correlation
        is computed from the small maps (sums of R x, of (R x)² and of R x · mask), and no map is really enlarged. A
        pixel lies between two positions only, so that RᵀR joins neighbours alone, and the sums take a few products for
        each value.

        Args:
            maps: float (height, width, channels); summed in float64.
            call: The call's record; without a receptive field its map is stretched over the whole input.

        Returns:
            float64 (channels): Pearson's correlation, −1..1; NaN for a constant map. Of no meaning for a map that holds
            NaN or infinity, which spoils no other.
        """
        geometry, pixels = self._geometry(maps, call), self._centred.size
        with np.errstate(invalid="ignore", over="ignore"):
            (covered, sums), squares = _sums(maps, geometry.weights, geometry.rows, geometry.columns)
            means, squares = sums / pixels, squares / pixels
            variance = squares - means * means
            scale = np.sqrt(np.maximum(variance, 0.0)) * self._deviation * pixels
            flat = variance <= 1e-12 * np.maximum(squares, 1e-300)
            return np.where(flat, np.nan, np.clip(covered / np.where(flat | (scale == 0), 1.0, scale), -1.0, 1.0))

    def _geometry(self, maps: Array, call: LayerRecord) -> _Geometry:
        places = tuple(_centres(self._centred.shape[axis], maps.shape[axis], call, axis) for axis in range(2))
        if places not in self._geometries:
            rows, columns = (_interpolation(self._centred.shape[axis], *places[axis]) for axis in range(2))
            covered = columns.pull(np.ascontiguousarray(rows.pull(self._centred).T)).T
            weights = np.stack([covered, np.outer(rows.pulled_ones, columns.pulled_ones)])
            self._geometries[places] = _Geometry(rows, columns, weights)
        return self._geometries[places]


def _sums(maps: Array, weights: Array, rows: _Interpolation, columns: _Interpolation) -> tuple[Array, Array]:
    """Return the weighted sums of every map x, (weights, channels), and |R x|², (channels).

    With tridiagonal and symmetric A = RᵀR of the rows and B of the columns, |R x|² is the sum over the rows h of
    (B x_h) · (A_hh x_h + 2 A_h,h+1 x_h+1).
    """
    height, width, channels = maps.shape
    # Rows of all channels of all positions, because numpy is slow at many short rows.
    maps = maps.reshape(height, -1)
    same, beside = (np.repeat(part, channels) for part in (columns.same, columns.beside))
    sums, squares = np.zeros((len(weights), channels)), np.zeros(width * channels)
    step = max(1, BLOCK // (width * channels))
    for top in range(0, height, step):
        block = maps[top : top + step + 1].astype(np.float64)
        here, below = block[:step], block[1:]
        sums += weights[:, top : top + step].reshape(len(weights), -1) @ here.reshape(-1, channels)
        across = here * same
        across[:, :-channels] += here[:, channels:] * beside
        across[:, channels:] += here[:, :-channels] * beside
        down = here * rows.same[top : top + step, None]
        down[: len(below)] += below * (2 * rows.beside[top : top + len(below), None])
        squares += np.einsum("hk,hk->k", across, down)
    return sums, squares.reshape(width, channels).sum(axis=0)


@dataclass(frozen=True, slots=True)
class _Interpolation:
    """Linear interpolation R from the positions of a map to the pixels of the input, along one axis.

    Attributes:
        first: Of each pixel the first of the two positions that it lies between; they never decrease.
        share: Weight of the second, 0..1.
        positions: How many there are.
    """

    first: Array
    share: Array
    positions: int

    def pull(self, values: Array) -> Array:
        """Return Rᵀ values, (positions, columns), for values (pixels, columns), a few pixels at a time."""
        pulled = np.zeros((self.positions + 1, values.shape[1]))
        step = max(1, BLOCK // values.shape[1])
        for top in range(0, len(values), step):
            block, first, share = (part[top : top + step] for part in (values, self.first, self.share))
            lowest, pixels = first[0], np.arange(len(block))
            weights = np.zeros((first[-1] - lowest + 2, len(block)))
            weights[first - lowest, pixels] = 1 - share
            weights[first - lowest + 1, pixels] = share
            pulled[lowest : lowest + len(weights)] += weights @ block
        return pulled[: self.positions]

    @property
    def pulled_ones(self) -> Array:
        """Sums of the columns of R."""
        sums = np.bincount(self.first, 1 - self.share, self.positions + 1)
        return (sums + np.bincount(self.first + 1, self.share, self.positions + 1))[: self.positions]

    @property
    def same(self) -> Array:
        """The diagonal of RᵀR."""
        squares = np.zeros(self.positions + 1)
        squares += np.bincount(self.first, (1 - self.share) ** 2, self.positions + 1)
        squares += np.bincount(self.first + 1, self.share**2, self.positions + 1)
        return squares[: self.positions]

    @property
    def beside(self) -> Array:
        """The numbers beside it; all others of RᵀR are zero."""
        return np.bincount(self.first, self.share * (1 - self.share), self.positions)[: self.positions - 1]


@dataclass(frozen=True, slots=True)
class _Geometry:
    """How a layer's maps lie on the input: along both axes, and what the object and ones weigh at each position."""

    rows: _Interpolation
    columns: _Interpolation
    weights: Array


def _centres(pixels: int, positions: int, call: LayerRecord, axis: int) -> tuple[float, float, int]:
    """Return the pixel of the first position's centre, the pixels between two, and how many there are."""
    if call.receptive_field and call.jump and call.padding and len(call.jump) == 2:
        return (call.receptive_field[axis] - 1) / 2 - call.padding[axis], float(call.jump[axis]), positions
    step = pixels / positions
    return (step - 1) / 2, step, positions


def _interpolation(pixels: int, first: float, step: float, positions: int) -> _Interpolation:
    place = np.clip((np.arange(pixels) - first) / step, 0, positions - 1)
    below = np.minimum(place.astype(np.int64), max(positions - 2, 0))
    return _Interpolation(below, place - below, positions)


def _otsu(values: Array) -> float:
    counts, edges = np.histogram(values, bins=256, range=(0.0, 1.0))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1:][int(np.argmax(np.nan_to_num(between)))])


def _none(image: Array, how: str) -> Foreground:
    return Foreground(False, 0.0, how, np.zeros(image.shape[:2] if image.ndim == 3 else (0, 0), np.uint8))
