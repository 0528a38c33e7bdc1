"""What channels of two models respond at the same places -> which are partners, and how alike two layers are.

Channels are matched by their responses at places of the maps and never by their means over images: all of these follow
how much there is in an image, and would make partners of any two.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from reportgen.document.likeness import MatchedLayer

Array = npt.NDArray[np.float64]
MOST_DRAWN = 33
"""Most correlations of a layer that are kept for a drawing, at equal steps from the lowest to the highest."""
_FEWEST = 4  # places that the estimate of Song and others needs
_ROUNDING = 1e-6


def matched(paths: tuple[str, str], old: Array, new: Array, untrained: Array) -> MatchedLayer | None:
    """Compare a layer of two models.

    Args:
        paths: Its path in the old model and in the new one.
        old: Responses of its channels at some places, (places, channels).
        new: The same in the new model, at the same places.
        untrained: The same in the new model before any training.

    Returns:
        None where no channel of the old model varies, or where there are fewer than four places.
    """
    old, new, untrained = (np.where(np.isfinite(each), each, 0.0) for each in (old, new, untrained))
    varies = np.flatnonzero(_varies(old))
    if not len(varies) or len(old) < _FEWEST:
        return None
    found, bare = (correlations(old[:, varies], each) for each in (new, untrained))
    partners = assignment(found)
    has_one = partners >= 0
    alike = np.sort(found[has_one, partners[has_one]])
    theirs = assignment(bare)
    numbered = old.shape[1] == new.shape[1]
    steps = np.rint(np.linspace(0, len(alike) - 1, min(len(alike), MOST_DRAWN))).astype(int)
    return MatchedLayer(
        old_path=paths[0],
        path=paths[1],
        old_channels=old.shape[1],
        channels=new.shape[1],
        matched=len(alike),
        at_their_number=int((partners == varies).sum()) if numbered else None,
        similarity=similarity(old, new),
        similarity_untrained=similarity(old, untrained),
        correlation=float(np.median(alike)),
        correlation_untrained=float(np.median(bare[theirs >= 0, theirs[theirs >= 0]])),
        same_number=float(np.median(found[np.arange(len(varies)), varies])) if numbered else None,
        correlations=tuple(map(float, alike[steps])),
    )


def correlations(old: Array, new: Array) -> Array:
    """Return the correlation of every channel of one model with every one of another, −1..1; 0 for a constant one.

    Args:
        old: (places, channels).
        new: (places, other channels), at the same places.

    >>> correlations(np.array([[0.0], [1.0], [2.0]]), np.array([[4.0, 1.0, 5.0], [2.0, 1.0, 6.0], [0.0, 1.0, 7.0]]))
    array([[-1.,  0.,  1.]])
    """
    return np.asarray(np.clip(_unit(old).T @ _unit(new), -1.0, 1.0))


def similarity(old: Array, new: Array) -> float | None:
    """Return the linear centred kernel alignment of two layers: 1 for the same up to a turn and a scale, 0 for others.

    Sources: Kornblith, Norouzi, Lee and Hinton 2019, "Similarity of Neural Network Representations Revisited",
        arXiv:1905.00414; without the bias of few places by Song, Smola, Gretton, Bedo and Borgwardt 2012, "Feature
        Selection via Dependence Maximization", Journal of Machine Learning Research 13, equation 5.

    Args:
        old: (places, channels), four places or more.
        new: (places, other channels), at the same places.

    Returns:
        None where one of them is constant.

    >>> turned = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> points = np.array([[0.0, 1.0], [2.0, 5.0], [3.0, 1.0], [7.0, 2.0], [1.0, 1.0]])
    >>> round(similarity(points, 3 * points @ turned), 6)
    1.0
    """
    old, new = (_scaled(each) for each in (old, new))
    own = _dependence(old, old) * _dependence(new, new)
    return None if own <= _ROUNDING**2 else float(_dependence(old, new) / math.sqrt(own))


def assignment(worth: Array) -> npt.NDArray[np.int64]:
    """Return the partners of most worth together, each taken once.

    Source: Kuhn 1955, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, by
        shortest augmenting paths.

    Args:
        worth: (rows, columns), finite.

    Returns:
        The column of each row; −1 for rows that are left over.

    >>> assignment(np.array([[0.9, 0.8], [0.8, 0.1]])).tolist(), assignment(np.array([[0.2], [0.4]])).tolist()
    ([1, 0], [-1, 0])
    """
    rows, columns = worth.shape
    if rows > columns:
        partners = np.full(rows, -1)
        partners[assignment(worth.T)] = np.arange(columns)
        return partners
    cost = -np.asarray(worth, np.float64)
    of_row, of_column = np.zeros(rows), np.zeros(columns)  # prices: a pair that is taken costs as much as both together
    row_of = np.full(columns, -1)
    for row in range(rows):
        _take_in(row, cost, (of_row, of_column), row_of)
    partners = np.full(rows, -1)
    taken = np.flatnonzero(row_of >= 0)
    partners[row_of[taken]] = taken
    return partners


def _take_in(row: int, cost: Array, prices: tuple[Array, Array], row_of: npt.NDArray[np.int64]) -> None:
    """Give one more row a column, on the cheapest path on which others change theirs, and change the prices."""
    of_row, of_column = prices
    reach, done = np.full(len(row_of), np.inf), np.zeros(len(row_of), bool)
    before = np.full(len(row_of), -1)
    here, column, far = row, -1, 0.0
    while True:
        there = far + cost[here] - of_row[here] - of_column
        nearer = ~done & (there < reach)
        reach[nearer], before[nearer] = there[nearer], column
        column = int(np.where(done, np.inf, reach).argmin())
        far, done[column] = float(reach[column]), True
        if row_of[column] < 0:
            break
        here = int(row_of[column])
    passed = np.flatnonzero(done & (row_of >= 0))
    of_row[row_of[passed]] += far - reach[passed]
    of_column[passed] -= far - reach[passed]
    of_row[row] += far
    while column >= 0:
        last = int(before[column])
        row_of[column] = row_of[last] if last >= 0 else row
        column = last


def _dependence(old: Array, new: Array) -> float:
    """The estimate of the Hilbert-Schmidt independence criterion of centred values with linear kernels."""
    places = len(old)
    own, other = (old * old).sum(axis=1), (new * new).sum(axis=1)  # the diagonals, which are left out
    trace = float(np.square(old.T @ new).sum() - own @ other)
    first, second = old @ old.sum(axis=0) - own, new @ new.sum(axis=0) - other
    mixed = float(first.sum() * second.sum()) / ((places - 1) * (places - 2))
    return (trace + mixed - 2 / (places - 2) * float(first @ second)) / (places * (places - 3))


def _scaled(values: Array) -> Array:
    """Centre the channels, and bring all of them together to the size 1."""
    apart = values - values.mean(axis=0, dtype=np.float64)
    size = float(np.sqrt(np.square(apart).sum(axis=1).mean()))
    return np.asarray(apart / size if size > _ROUNDING * float(np.abs(values).max()) else np.zeros_like(apart))


def _varies(values: Array) -> npt.NDArray[np.bool_]:
    spread, largest = values.std(axis=0, dtype=np.float64), np.abs(values).max(axis=0)
    return np.asarray(spread > _ROUNDING * largest)


def _unit(values: Array) -> Array:
    """Centre every channel and bring it to length 1; one that is constant is 0."""
    apart = values - values.mean(axis=0, dtype=np.float64)
    length = np.sqrt(np.square(apart).sum(axis=0))
    return np.asarray(np.where(_varies(values), apart, 0.0) / np.where(length > 0, length, 1.0))
