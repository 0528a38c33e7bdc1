"""Wishes and data -> the images whose answers are kept one by one: those that are looked at for their place alone.

What is chosen by its answer stands in lists of the first images, as many as the wishes together may choose.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.options.forms import Pick

DEFAULT_WITH_LABELS = (Pick("confident", (1,)), Pick("uncertain", (1,)), Pick("wrong", (1,)))
USUAL_MACS = 4 * 10**11
"""Multiply-adds that looking for shortcuts may take before there are fewer images and classes."""
MOST_IMAGES = 1000
GRADIENT = 2
_SEED = 23
# Half of the budget is for the evidence of images, the rest for transplants.
PART_FOR_MAPS = 0.5
_Numbers = npt.NDArray[np.int64]


def most_chosen(wishes: Sequence[Pick], labels: Sequence[_Numbers]) -> int:
    """Return how many images all wishes together may choose.

    Args:
        wishes: Ways to choose; none stands for one confident, one uncertain and one wrong image.
        labels: True classes of all images, of each output that has some.
    """
    total = 0
    for wish in wishes or DEFAULT_WITH_LABELS:
        if wish.kind == "index":
            total += len(wish.numbers)
        elif wish.kind == "per-class":
            total += wish.numbers[0] * max((len(np.unique(each)) for each in labels), default=0)
        else:
            total += wish.numbers[0]
    return total


def by_place(wishes: Sequence[Pick], labels: Sequence[_Numbers], size: int, seed: int) -> _Numbers:
    """Return the images that wishes choose whatever is answered, rising; arguments as for `most_chosen`."""
    found = [np.zeros(0, np.int64)]
    for wish in wishes:
        if wish.kind == "index":
            found.append(np.array([index for index in wish.numbers if index < size], np.int64))
        elif wish.kind == "random":
            found.append(drawn(wish.numbers[0], size, seed))
        elif wish.kind == "per-class":
            found += [first_of_each(each, wish.numbers[0]) for each in labels]
    return np.unique(np.concatenate(found))


def drawn(number: int, size: int, seed: int) -> _Numbers:
    """Return images that are drawn, in the order of the draw; all of them where there are not as many."""
    return np.random.default_rng(seed).permutation(size)[:number]


def first_of_each(labels: _Numbers, number: int) -> _Numbers:
    """Return the first images of each class, class by class."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=labels[order[:1]] - 1))
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return np.asarray(order[within < number])


def num_located(macs: int, size: int) -> int:
    """Return of how many images the evidence is located where shortcuts are looked for.

    Args:
        macs: Multiply-adds of the model for one image.
        size: How many images there are.
    """
    affordable = int(PART_FOR_MAPS * USUAL_MACS) // (GRADIENT * max(macs, 1))
    return min(size, MOST_IMAGES, max(affordable, 1))


def located(macs: int, size: int, seed: int) -> tuple[_Numbers, np.random.Generator]:
    """Return these images, rising, and the generator that drew them, for what is drawn after them."""
    generator, number = np.random.default_rng([seed, _SEED]), num_located(macs, size)
    found = generator.choice(size, number, replace=False) if number < size else np.arange(number)
    return np.sort(found), generator
