"""The model's answers on all images, and wishes -> the samples to look at closely."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.language.numerals import number
from reportgen.options.forms import Pick

DEFAULT_WITH_LABELS = (Pick("confident", (1,)), Pick("uncertain", (1,)), Pick("wrong", (1,)))


@dataclass(frozen=True, slots=True)
class Picked:
    """An image and why it was chosen."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What is known of all images.

    Attributes:
        size: Number of images.
        labels: True class of each image, or None.
        hits: Whether each is answered rightly, or None where that is not known.
        confidence: Probability or score of the model's answer, or None where it has no classes.
        losses: How bad each picture-shaped answer is, NaN where that is not known; None where there is none, or nothing
            is known of what is true.
    """

    size: int
    labels: npt.NDArray[np.int64] | None = None
    hits: npt.NDArray[np.bool_] | None = None
    confidence: npt.NDArray[np.float64] | None = None
    losses: npt.NDArray[np.float64] | None = None


def pick(wishes: Sequence[Pick], known: Answered, seed: int) -> tuple[Picked, ...]:
    """Choose samples.

    Args:
        wishes: Ways to choose, in order; an empty list stands for one confident, one uncertain and one wrong sample
            where labels and classes exist; of picture-shaped answers the best, the median and the worst; else for the
            first three images.
        known: What is known of the images.
        seed: Seed of a random choice.

    Returns:
        Each image once, with the first reason that chose it.

    Raises:
        DataError: An index is too large, or a wish needs labels or classes that are not there.
    """
    if not wishes:
        if known.hits is None and known.losses is not None:
            return _best_median_worst(known.losses)
        if known.hits is None:
            return tuple(Picked(index, "one of the first images") for index in range(min(3, known.size)))
        wishes = DEFAULT_WITH_LABELS
    chosen: dict[int, str] = {}
    for wish in wishes:
        for index, reason in _choose(wish, chosen, known, seed):
            chosen.setdefault(index, reason)
    return tuple(Picked(index, reason) for index, reason in chosen.items())


def _choose(wish: Pick, chosen: Collection[int], known: Answered, seed: int) -> list[tuple[int, str]]:
    count = wish.numbers[0]
    if wish.kind == "index":
        return [(_within(index, known.size), "chosen by its index") for index in wish.numbers]
    if wish.kind == "random":
        drawn = np.random.default_rng(seed).permutation(known.size)[:count]
        return [(int(index), f"drawn at random with seed {seed}") for index in drawn]
    if wish.kind == "per-class":
        if known.labels is None:
            raise _missing(wish, "labels of one class for each image")
        found = [index for label in np.unique(known.labels) for index in np.flatnonzero(known.labels == label)[:count]]
        return [(int(index), "one of the first of its class") for index in found]
    confidence, hits = known.confidence, known.hits
    if wish.kind == "wrong" and hits is None and known.losses is not None:
        free = np.array([index not in chosen for index in range(known.size)]) & np.isfinite(known.losses)
        return [(index, "predicted worst") for index in _by_loss(-known.losses, free)[:count]]
    if confidence is None:
        raise _missing(wish, "a model that predicts classes")
    free = np.array([index not in chosen for index in range(known.size)])
    if wish.kind == "wrong":
        if hits is None:
            raise _missing(wish, "labels")
        return _ordered(-confidence, free & ~hits, count, "wrong, and most confident")
    right = free if hits is None else free & hits
    if wish.kind == "confident":
        return _ordered(-confidence, right, count, "most confident" if hits is None else "correct, and most confident")
    return _ordered(confidence, free, count, "least confident")


def _best_median_worst(losses: npt.NDArray[np.float64]) -> tuple[Picked, ...]:
    order = _by_loss(losses, np.isfinite(losses))
    found = {order[-1]: "predicted worst", order[(len(order) - 1) // 2]: "the median", order[0]: "predicted best"}
    return tuple(Picked(index, reason) for index, reason in reversed(found.items()))


def _by_loss(losses: npt.NDArray[np.float64], allowed: npt.NDArray[np.bool_]) -> list[int]:
    """Return the places of the allowed losses, the smallest first, equal ones in the order of the data."""
    return [int(index) for index in np.argsort(losses, kind="stable") if allowed[index]]


def _ordered(
    keys: npt.NDArray[np.float64], allowed: npt.NDArray[np.bool_], count: int, reason: str
) -> list[tuple[int, str]]:
    order = np.argsort(keys, kind="stable")
    places = [int(index) for index in order if allowed[index]]
    chosen = places[:count]
    if len(chosen) == len(places) or keys[chosen[-1]] != keys[places[count]]:
        return [(index, reason) for index in chosen]
    last = keys[chosen[-1]]
    equals = sum(bool(keys[index] == last) for index in places)
    tied = f"{reason}: one of {number(equals)} equally confident, taken in the order of the data"
    return [(index, tied if keys[index] == last else reason) for index in chosen]


def _within(index: int, size: int) -> int:
    if index >= size:
        raise DataError(
            f"There is no sample {index} in data of {size} images. Expected 0 to {size - 1}. Change --pick."
        )
    return index


def _missing(wish: Pick, what: str) -> DataError:
    return DataError(
        f"Samples cannot be picked by {wish}: it needs {what}. Expected data with them. Use index or random."
    )
