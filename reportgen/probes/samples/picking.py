"""The model's answers on all images, and wishes -> the samples to look at closely."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.evidence.confidences import Confidences, Kept
from reportgen.evidence.pixels import Scored
from reportgen.language.numerals import number
from reportgen.options.forms import Pick
from reportgen.probes.predictions.asked_for import DEFAULT_WITH_LABELS, drawn, first_of_each


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
        has_hits: Whether it is known which are answered rightly.
        sure: Which answers are the surest and the least sure; None where they have no classes.
        kept: The answers to all images that wishes choose whatever is answered; None where they have no classes.
        scored: How well single images are answered in the form of pictures; None where they are not, or nothing is
            known of what is true.
    """

    size: int
    labels: npt.NDArray[np.int64] | None = None
    has_hits: bool = False
    sure: Confidences | None = None
    kept: Kept | None = None
    scored: Scored | None = None


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
        if not known.has_hits and known.scored is not None:
            return _best_median_worst(known.scored)
        if not known.has_hits:
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
        return [(int(index), f"drawn at random with seed {seed}") for index in drawn(count, known.size, seed)]
    if wish.kind == "per-class":
        if known.labels is None:
            raise _missing(wish, "labels of one class for each image")
        return [(int(index), "one of the first of its class") for index in first_of_each(known.labels, count)]
    if wish.kind == "wrong" and not known.has_hits and known.scored is not None:
        images, _, _ = known.scored.worst.first(count, dict.fromkeys(chosen, math.nan))
        return [(index, "predicted worst") for index in images]
    if known.sure is None:
        raise _missing(wish, "a model that predicts classes")
    if wish.kind == "wrong" and not known.has_hits:
        raise _missing(wish, "labels")
    return _surest(wish.kind, count, chosen, known)


def _surest(kind: str, count: int, chosen: Collection[int], known: Answered) -> list[tuple[int, str]]:
    """Choose by confidence; of several that are as confident as the last one, it is told how many there are."""
    assert known.sure is not None, "answers have classes"
    is_right = kind == "confident" and known.has_hits
    confidences = {
        index: (sign * key, right)
        for listed, sign, right in (
            (known.sure.least_sure, 1, None),
            (known.sure.surest_right, -1, True),
            (known.sure.surest_wrong, -1, False),
        )
        for index, key in zip(listed.indices.tolist(), listed.keys.tolist(), strict=True)
    }

    def key_of(index: int) -> float:
        """Of an image that was chosen before, NaN where it is not among those in question."""
        answer = (known.kept.of(index) if known.kept else None) or confidences.get(index)
        if answer is None:
            return math.nan
        sure, right = answer
        return sure if kind == "uncertain" else -sure if right == is_right else math.nan

    if kind == "uncertain":
        found, reason = known.sure.least_sure, "least confident"
    elif is_right:
        found, reason = known.sure.surest_right, "correct, and most confident"
    else:
        found, reason = known.sure.surest_wrong, "wrong, and most confident" if kind == "wrong" else "most confident"
    leaving = {index: key_of(index) for index in chosen}
    images, keys, tie = found.first(count, leaving)
    tied = f"{reason}: one of {number(tie.total)} equally confident, taken in the order of the data" if tie else reason
    return [(index, tied if key == keys[-1] else reason) for index, key in zip(images, keys, strict=True)]


def _best_median_worst(scored: Scored) -> tuple[Picked, ...]:
    median, best = scored.median(), int(scored.best.indices[0])
    worst = scored.worst.indices[scored.worst.keys == scored.worst.keys[0]].tolist()
    # Of images that are equally bad, one is shown that is not shown as another.
    last = next((index for index in worst if index not in {median, best}), worst[0])
    found = {last: "predicted worst", median: "the median", best: "predicted best"}
    return tuple(Picked(index, reason) for index, reason in reversed(found.items()))


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
