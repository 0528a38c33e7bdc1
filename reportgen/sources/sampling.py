"""A dataset -> the same with fewer images, drawn at random, and what that costs in whole sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reportgen.language.numerals import number as written
from reportgen.sources.called import Called
from reportgen.sources.dataset import Array, Dataset, TrueMaps

_SEED_OF_DRAW = 11
# Half the width of a 95 % interval of a share, at its widest, by the square root of the number: 1.96 · 0.5.
_WIDEST = 0.98


def sampled(dataset: Dataset, number: int | None, seed: int) -> Dataset:
    """Draw some images without replacement, and keep their order.

    Args:
        dataset: The images as they came, before they are made to fit a model.
        number: How many; None, or as many as there are, for all.
        seed: Seed of the draw.
    """
    if number is None or number >= dataset.size:
        return dataset
    generator = np.random.default_rng([seed, _SEED_OF_DRAW])
    drawn = np.sort(generator.choice(dataset.size, number, replace=False))
    note = (
        f"{written(number)} of {written(dataset.size)} images were drawn at random (--limit-answers, seed {seed}), and"
        f" only these are looked at. A share of all of them is off by up to {_WIDEST / math.sqrt(number):.1%} of all"
        " images in 95 of 100 such draws."
    )
    return replace(_only(dataset, drawn), name=f"{written(number)} of {dataset.name}", notes=(*dataset.notes, note))


def _only(dataset: Dataset, drawn: Array) -> Dataset:
    names = dataset.image_names
    return replace(
        dataset,
        size=len(drawn),
        read=lambda indices: dataset.read(_places(drawn, indices)),
        labels=None if dataset.labels is None else dataset.labels[drawn],
        image_names=Called(len(drawn), lambda index: names[int(drawn[index])]) if len(names) else names,
        further=tuple((name, _only(each, drawn)) for name, each in dataset.further),
        head_labels=tuple((name, labels[drawn]) for name, labels in dataset.head_labels),
        targets=tuple((name, values[drawn]) for name, values in dataset.targets),
        maps=tuple((name, _maps(each, drawn)) for name, each in dataset.maps),
    )


def _maps(maps: TrueMaps, drawn: Array) -> TrueMaps:
    return TrueMaps(maps.shape, lambda indices, size, resize: maps.read(_places(drawn, indices), size, resize))


def _places(drawn: Array, indices: Sequence[int]) -> list[int]:
    places: list[int] = drawn[np.asarray(indices, np.int64)].tolist()
    return places
