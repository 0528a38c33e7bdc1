"""One image -> where its object is, as far as that can be told from a plain background; and which maps follow it.

An object is looked for only where the background is plain: pixels that differ from the colour of the border by more
than Otsu's threshold are the object (Otsu 1979, "A threshold selection method from gray-level histograms"). A
photograph with a busy border has no object that could be found in this way, and that is said.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence import Foreground
from reportgen.probes.subject import Array
from reportgen.records import LayerRecord

# A border counts as plain when nine tenths of it differ from its median by less than this share of the image's range.
_PLAIN = 0.15
_SHARES = (0.01, 0.75)


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
    from the small maps (sums of R x, of (R x)² and of R x · mask), and no map is really enlarged.

    Args:
        maps: float64 (height, width, channels), finite.
        mask: (input height, input width), the object's pixels above 0.
        call: The call's record; without a receptive field its map is stretched over the whole input.

    Returns:
        float64 (channels): Pearson's correlation, −1..1; NaN for a constant map.
    """
    target = (mask > 0).astype(np.float64)
    rows = _interpolation(target.shape[0], maps.shape[0], call, 0)
    columns = _interpolation(target.shape[1], maps.shape[1], call, 1)
    centred = target - target.mean()
    ones = np.outer(rows.sum(axis=0), columns.sum(axis=0))
    pulled = rows.T @ centred @ columns
    covered = np.einsum("hw,hwc->c", pulled, maps)
    means = np.einsum("hw,hwc->c", ones, maps) / target.size
    spread = np.einsum("ih,hwc->iwc", rows.T @ rows, maps)
    squares = np.einsum("iwc,wj,ijc->c", spread, columns.T @ columns, maps, optimize=True) / target.size
    variance = squares - means * means
    scale = np.sqrt(np.maximum(variance, 0.0)) * centred.std() * target.size
    flat = variance <= 1e-12 * np.maximum(squares, 1e-300)
    return np.where(flat, np.nan, np.clip(covered / np.where(flat | (scale == 0), 1.0, scale), -1.0, 1.0))


def _interpolation(pixels: int, positions: int, call: LayerRecord, axis: int) -> Array:
    """Return R, (pixels, positions), with rows that sum to 1."""
    if call.receptive_field and call.jump and call.padding and len(call.jump) == 2:
        step = float(call.jump[axis])
        first = (call.receptive_field[axis] - 1) / 2 - call.padding[axis]
    else:
        step = pixels / positions
        first = (step - 1) / 2
    place = np.clip((np.arange(pixels) - first) / step, 0, positions - 1)
    below = np.minimum(place.astype(np.int64), max(positions - 2, 0))
    share = place - below
    matrix = np.zeros((pixels, positions))
    matrix[np.arange(pixels), below] = 1 - share
    matrix[np.arange(pixels), np.minimum(below + 1, positions - 1)] += share
    return matrix


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
