"""Evidence maps -> shares in the cells of a grid, windows of cells, and what sets the images of a class apart.

After SpRAy (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and assessing what machines really learn"), which
clusters the maps of a class. Here the groups are looked for by place, so that what is found has a name, and a
transplant says whether the place alone makes the answer.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence.shortcuts import GRID, WINDOW
from reportgen.models.subject import Array

_LEAST_PART = 0.05


def shares(maps: Array) -> Array:
    """Return the share of the positive evidence in each cell, float64 (images, GRID, GRID).

    Those of an image sum to 1; where nothing is positive, all are 0.

    Args:
        maps: float (images, height, width).
    """
    positive = np.maximum(maps, 0).astype(np.float64)
    for axis in (1, 2):
        starts = np.arange(GRID) * positive.shape[axis] // GRID
        positive = np.add.reduceat(positive, starts, axis=axis)
    return np.asarray(positive / np.maximum(positive.sum(axis=(1, 2), keepdims=True), 1e-30))


def windows(cells: Array) -> Array:
    """Return the share in every window, float64 (images, GRID - WINDOW + 1, GRID - WINDOW + 1)."""
    summed = np.pad(cells.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    side = WINDOW
    return np.asarray(
        summed[:, side:, side:] - summed[:, :-side, side:] - summed[:, side:, :-side] + summed[:, :-side, :-side]
    )


def split(values: Array) -> tuple[float, float, float]:
    """Cut numbers in two where that explains most of their variance; each part holds at least two, and 5 %.

    Returns:
        The share of the variance that it explains, the cut, and how far the means are apart.
    """
    ordered = np.sort(values)
    number = len(ordered)
    least = max(2, int(np.ceil(_LEAST_PART * number)))
    sizes = np.arange(least, number - least + 1)
    if not len(sizes):
        return 0.0, np.inf, 0.0
    total = ordered.cumsum()
    low, high = total[sizes - 1] / sizes, (total[-1] - total[sizes - 1]) / (number - sizes)
    between = sizes * (number - sizes) / number**2 * (high - low) ** 2
    best = int(between.argmax())
    cut = (ordered[sizes[best] - 1] + ordered[sizes[best]]) / 2
    return float(between[best] / max(float(ordered.var()), 1e-30)), float(cut), float((high - low)[best])


def members(values: Array) -> Array:
    """Return which images hold much in a window: those above the best cut, else the highest tenth, bool (images,)."""
    found = values > split(values)[1]
    if not 0 < found.sum() < len(values):
        found = values >= np.quantile(values, 0.9)
    return np.asarray(found)


def nominated(cells: Array) -> list[tuple[int, int, Array]]:
    """Return the windows to be tried: the one that splits a class's images best, and the one that holds most.

    A shortcut in all images of a class has no second group, so that only the other one can find it.

    Returns:
        First row and first column in cells, and which images are members.
    """
    found = windows(cells)
    places = [(top, left) for top in range(found.shape[1]) for left in range(found.shape[2])]
    best: tuple[float, int, int] | None = None
    for top, left in places:
        explained, cut, apart = split(found[:, top, left])
        score = apart * explained**0.5
        if 0 < (found[:, top, left] > cut).sum() < len(found) and (best is None or score > best[0]):
            best = (score, top, left)
    means = found.mean(axis=0)
    second = np.unravel_index(int(means.argmax()), means.shape)
    chosen = [] if best is None else [(best[1], best[2])]
    chosen += [(int(second[0]), int(second[1]))] if (int(second[0]), int(second[1])) not in chosen else []
    return [(top, left, members(found[:, top, left])) for top, left in chosen]


def place_words(top: int, left: int) -> str:
    """Return the name of a window.

    >>> place_words(6, 6), place_words(0, 3), place_words(3, 3), place_words(2, 1)
    ('lower right corner', 'upper border', 'centre', 'upper left')
    """
    half, side = GRID / 2, WINDOW
    vertical = "upper" if top + side <= half else "lower" if top >= half else ""
    across = "left" if left + side <= half else "right" if left >= half else ""
    at_edge = (top == 0 or top + side == GRID, left == 0 or left + side == GRID)
    words = f"{vertical} {across}".strip()
    if all(at_edge):
        return f"{words} corner"
    if any(at_edge):
        return f"{(vertical if at_edge[0] else across)} border"
    return words or "centre"


def window_slices(top: int, left: int, sizes: tuple[int, int]) -> tuple[slice, slice]:
    """Return the pixels of a window."""
    height, width = sizes
    return (
        slice(top * height // GRID, (top + WINDOW) * height // GRID),
        slice(left * width // GRID, (left + WINDOW) * width // GRID),
    )
