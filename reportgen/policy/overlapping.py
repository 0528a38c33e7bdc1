"""Maps of two models of the same images -> does the evidence lie where it lay, beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.document.likeness import Overlap

SHARE = 0.08
"""Share of an image that is compared: what a map ranks highest of it."""
FEWEST = 3
"""Fewest images of which anything is said."""
_NOTHING = 128
_OFTEN = 0.95
Levels = npt.NDArray[np.uint8]


def overlaps(old: Sequence[Levels], new: Sequence[Levels], method: str) -> Overlap | None:
    """Compare where evidence lies in images that two models answer alike.

    Args:
        old: A map of each image by the old model, above 128 what speaks for the answer; any number of axes.
        new: The same by the new model; of other sizes they are brought to those of the old.
        method: How the maps were made.

    Returns:
        None of fewer than three images.
    """
    pairs = [
        (top(one), top(fitted(other, one.shape)))
        for one, other in zip(old, new, strict=True)
        if one.ndim == other.ndim and one.max(initial=0) > _NOTHING and other.max(initial=0) > _NOTHING
    ]
    if len(pairs) < FEWEST or len({one.shape for one, _ in pairs}) > 1:
        return None
    own = [shared(one, other) for one, other in pairs]
    others = [shared(one, other) for i, (one, _) in enumerate(pairs) for j, (_, other) in enumerate(pairs) if i != j]
    usual = float(np.quantile(others, _OFTEN))
    return Overlap(
        method=method,
        images=len(pairs),
        share=SHARE,
        overlap=float(np.mean(own)),
        least=min(own),
        others=float(np.mean(others)),
        others_high=usual,
        above=sum(each > usual for each in own),
    )


def top(levels: Levels) -> npt.NDArray[np.bool_]:
    """Return what a map ranks highest, as much as `SHARE` of it; of equal places the first."""
    number = max(1, round(SHARE * levels.size))
    order = np.argsort(-levels.astype(np.int64).ravel(), kind="stable")[:number]
    found = np.zeros(levels.size, bool)
    found[order] = True
    return found.reshape(levels.shape)


def shared(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Return the overlap of two regions: what they share, of what either covers (intersection over union), 0..1."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0


def fitted(levels: Levels, shape: tuple[int, ...]) -> Levels:
    """Return a map with other sizes: each place has the value of the one that it lies in."""
    for axis, size in enumerate(shape):
        if levels.shape[axis] != size:
            at = ((np.arange(size) + 0.5) * levels.shape[axis] / size).astype(np.int64)
            levels = levels.take(at, axis)
    return levels
