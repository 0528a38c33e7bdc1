"""One image -> where its object is, as far as that can be told from a plain background; and which maps follow it.

An object is looked for only where the background is plain: pixels that differ from the colour of the border by more
than Otsu's threshold are the object (Otsu 1979, "A threshold selection method from gray-level histograms"). A
photograph with a busy border has no object that could be found in this way, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.evidence import Foreground
from reportgen.probes.subject import Array
from reportgen.records import LayerRecord

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
        return _none(image, "No object was looked for: that is done in pictures of height and width only.")
    if min(image.shape[:2]) < 4 or not np.isfinite(image).all():
        return _none(image, "No object was looked for: the input is no picture of finite numbers.")
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]).astype(np.float64)
    colour = np.median(border, axis=0)
    span = float(image.max() - image.min())
    if span == 0:
        return _none(image, "There is no object to find: the image is of one colour.")
    distance = np.abs(image.astype(np.float64) - colour).max(axis=-1) / span
    if np.quantile(np.abs(border - colour).max(axis=-1) / span, 0.9) > _PLAIN:
        return _none(image, "No object could be found: the border of the image is not plain enough to be a background.")
    mask = distance > _otsu(distance)
    share = float(mask.mean())
    if not _SHARES[0] <= share <= _SHARES[1]:
        return _none(image, f"No object could be found: what differs from the border covers {share:.0%} of the image.")
    how = "The object is what differs from the colour of the border by more than Otsu's threshold."
    return Foreground(True, share, how, mask.astype(np.uint8) * 255)


def follow(maps: Array, mask: Array, call: LayerRecord) -> Array:
    """Correlate every map of a call, brought to the size of the input, with the object.

    Each position of a map is put at the centre of its receptive field and the pixels between are interpolated linearly;
    beyond the outermost centres the nearest value holds. Because that is a linear map R, the correlation is computed
    from the small maps (sums of R x, of (R x)² and of R x · mask), and no map is really enlarged. A pixel lies between
    two positions only, so that RᵀR joins neighbours alone, and the sums take a few products for each value.

    Args:
        maps: float (height, width, channels); summed in float64.
        mask: (input height, input width), the object's pixels above 0.
        call: The call's record; without a receptive field its map is stretched over the whole input.

    Returns:
        float64 (channels): Pearson's correlation, −1..1; NaN for a constant map. Of no meaning for a map that holds NaN
        or infinity, which spoils no other.
    """
    target = (mask > 0).astype(np.float64)
    rows = _interpolation(target.shape[0], maps.shape[0], call, 0)
    columns = _interpolation(target.shape[1], maps.shape[1], call, 1)
    centred = target - target.mean()
    weights = np.stack([columns.pull(rows.pull(centred).T).T, np.outer(rows.pulled_ones, columns.pulled_ones)])
    with np.errstate(invalid="ignore", over="ignore"):
        (covered, sums), squares = _sums(maps, weights, rows, columns)
        means, squares = sums / target.size, squares / target.size
        variance = squares - means * means
        scale = np.sqrt(np.maximum(variance, 0.0)) * centred.std() * target.size
        flat = variance <= 1e-12 * np.maximum(squares, 1e-300)
        return np.where(flat, np.nan, np.clip(covered / np.where(flat | (scale == 0), 1.0, scale), -1.0, 1.0))


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
        """Return Rᵀ values, (positions, …), for values (pixels, …)."""
        starts = np.flatnonzero(np.diff(self.first, prepend=-1))
        pulled = np.zeros((self.positions + 1, *values.shape[1:]))
        share = self.share.reshape(-1, *(1 for _ in values.shape[1:]))
        pulled[self.first[starts]] += np.add.reduceat(values * (1 - share), starts, axis=0)
        pulled[self.first[starts] + 1] += np.add.reduceat(values * share, starts, axis=0)
        return pulled[: self.positions]

    @property
    def pulled_ones(self) -> Array:
        """Sums of the columns of R."""
        return self.pull(np.ones(len(self.first)))

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


def _interpolation(pixels: int, positions: int, call: LayerRecord, axis: int) -> _Interpolation:
    if call.receptive_field and call.jump and call.padding and len(call.jump) == 2:
        step = float(call.jump[axis])
        first = (call.receptive_field[axis] - 1) / 2 - call.padding[axis]
    else:
        step = pixels / positions
        first = (step - 1) / 2
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
