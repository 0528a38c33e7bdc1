"""How sure a model is of its answers to all images: counts by degree of confidence, and the first images at either end.

Nothing in here grows with the number of images, and whatever the data are cut into, the parts sum up to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from reportgen.evidence import lots
from reportgen.language.ties import Tie

BOUNDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
"""The degrees of confidence that a report may name. Counts above and below them are exact."""
STEPS = 1 << 32
"""Confidences are summed in whole steps of one over this: exactly from 1/256 on, below to a ten-billionth each."""
NOTHING: Mapping[int, float] = MappingProxyType({})


def _cuts(bound: float) -> tuple[float, float]:
    """Return the lowest float32 that is not below a bound, and the lowest above it."""
    near = np.float32(bound)
    higher = np.nextafter(near, np.float32(np.inf))
    if float(near) > bound:
        return float(near), float(near)
    return (float(near), float(higher)) if float(near) == bound else (float(higher), float(higher))


_LOW = np.unique([cut for bound in BOUNDS for cut in _cuts(bound)])
"""The lowest confidence of each bin: 0 has a bin of its own, and so has 0.5, which float32 holds exactly."""
NUM_BINS = len(_LOW)
_FIRST = {bound: tuple(int(place) for place in np.searchsorted(_LOW, _cuts(bound))) for bound in BOUNDS}


def bins_of(confidence: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return the bin of each confidence, int64 (answers)."""
    return np.clip(np.searchsorted(_LOW, confidence, side="right") - 1, 0, None)


@dataclass(frozen=True, slots=True)
class FirstImages:
    """The images with the lowest keys of all, and how many have the same keys.

    Attributes:
        most: How many are listed at most.
        seed: Seed of the draw among equals; None: they come in the order of the data.
        indices: int64 (listed): the images, the lowest key first.
        keys: float64 (listed): the key of each.
        levels: float64 (levels): the keys that occur among them, rising.
        numbers: int64 (levels): how many of all images have each of these keys.
    """

    most: int
    seed: int | None
    indices: npt.NDArray[np.int64]
    keys: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls, most: int, seed: int | None, indices: npt.NDArray[np.int64], keys: npt.NDArray[np.float64]
    ) -> FirstImages:
        """List the first of some images, in any order."""
        levels, numbers = np.unique(keys, return_counts=True)
        return cls(most, seed, indices, keys, levels, numbers.astype(np.int64))._shortened()

    def joined(self, other: FirstImages) -> FirstImages:
        """Return the first of these and of other images."""
        levels, places = np.unique(np.concatenate([self.levels, other.levels]), return_inverse=True)
        numbers = np.zeros(len(levels), np.int64)
        np.add.at(numbers, places, np.concatenate([self.numbers, other.numbers]))
        indices = np.concatenate([self.indices, other.indices])
        keys = np.concatenate([self.keys, other.keys])
        return FirstImages(self.most, self.seed, indices, keys, levels, numbers)._shortened()

    def _shortened(self) -> FirstImages:
        order_of_equals = self.indices if self.seed is None else lots.of_images(self.seed, self.indices)
        order = np.lexsort((order_of_equals, self.keys))[: self.most]
        keys = self.keys[order]
        held = self.levels <= keys[-1] if len(keys) else np.zeros(len(self.levels), bool)
        return FirstImages(self.most, self.seed, self.indices[order], keys, self.levels[held], self.numbers[held])

    def first(
        self, number: int, leaving: Mapping[int, float] = NOTHING
    ) -> tuple[tuple[int, ...], tuple[float, ...], Tie | None]:
        """Choose the images with the lowest keys.

        Args:
            number: How many, at most `most` together with those that are left out.
            leaving: Images to leave out, with their keys.

        Returns:
            The images by their keys, equals in the order of the data; the keys; and of how many equals the last ones
            were chosen, None where none of them had to be left out.
        """
        rows = zip(self.keys.tolist(), self.indices.tolist(), strict=True)
        chosen = [(key, index) for key, index in rows if index not in leaving][:number]
        if not chosen:
            return (), (), None
        last = chosen[-1][0]
        shown = sum(key == last for key, _ in chosen)
        total = int(self.numbers[self.levels == last].sum()) - sum(key == last for key in leaving.values())
        keys, indices = zip(*sorted(chosen), strict=True)
        return indices, keys, Tie(shown, total) if total > shown else None


@dataclass(frozen=True, slots=True)
class Counted:
    """Answers of some degrees of confidence.

    Attributes:
        right: How many are correct.
        wrong: How many are not; all of them where no true classes are known.
        near: How many of these have the true class among the first five; None where that is not counted.
        confidence: Sum of their confidences.
    """

    right: int
    wrong: int
    near: int | None
    confidence: float

    @property
    def total(self) -> int:
        """How many there are."""
        return self.right + self.wrong


@dataclass(frozen=True, slots=True)
class Confidences:
    """How sure an output is of its answers to all images, as float32.

    Keys of `least_sure` and `drawn_least` are confidences, those of the other lists confidences times −1. Answers that
    hold NaN or infinity are in no bin; `surest_wrong` and `least_sure` have them with a confidence of 0.

    Attributes:
        right: int64 (bins): correct answers that are numbers.
        wrong: int64 (bins): the others; all of them where no true classes are known.
        near: int64 (bins): how many of these have the true class among the first five; None where that is not counted.
        steps: uint64 (bins): sum of the confidences in `STEPS`.
        surest_right: The surest correct answers.
        surest_wrong: The surest of the others.
        least_sure: The least sure answers.
        drawn_right: As `surest_right`, but equals are drawn.
        drawn_wrong: As `surest_wrong`, but equals are drawn, and answers that are no numbers are left out.
        drawn_least: As `least_sure`, but equals are drawn, and confidences of 0 are left out.
    """

    right: npt.NDArray[np.int64]
    wrong: npt.NDArray[np.int64]
    near: npt.NDArray[np.int64] | None
    steps: npt.NDArray[np.uint64]
    surest_right: FirstImages
    surest_wrong: FirstImages
    least_sure: FirstImages
    drawn_right: FirstImages
    drawn_wrong: FirstImages
    drawn_least: FirstImages

    def between(self, low: float, high: float) -> Counted:
        """Count answers with a confidence from one of `BOUNDS` on and below another, or up to 1."""
        return self._counted(_FIRST[low][0], NUM_BINS if high >= 1 else _FIRST[high][0])

    def above(self, low: float, high: float = 1.0) -> Counted:
        """Count answers with a confidence above one of `BOUNDS` and not above another, or up to 1."""
        return self._counted(_FIRST[low][1], NUM_BINS if high >= 1 else _FIRST[high][1])

    def up_to(self, high: float) -> Counted:
        """Count answers with a confidence that is not above one of `BOUNDS`."""
        return self._counted(0, _FIRST[high][1])

    def all(self) -> Counted:
        """Count all answers that are numbers."""
        return self._counted(0, NUM_BINS)

    def _counted(self, first: int, end: int) -> Counted:
        near = None if self.near is None else int(self.near[first:end].sum())
        steps = sum(self.steps[first:end].tolist())
        return Counted(int(self.right[first:end].sum()), int(self.wrong[first:end].sum()), near, steps / STEPS)


@dataclass(frozen=True, slots=True)
class Kept:
    """The answers to some images, one by one: to those that are looked at by their index, or to all if it is asked for.

    Attributes:
        indices: int64 (kept): which images, rising; None where they are all.
        answered: int64 (kept): the predicted class, −1 where the output is not finite, and of a multi-label output.
        confidence: float64 (kept): the probability of that class, 0..1; 0 where the output is not finite.
        hits: bool (kept): whether each is correct; None where no true classes are known.
    """

    indices: npt.NDArray[np.int64] | None
    answered: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    hits: npt.NDArray[np.bool_] | None

    def of(self, image: int) -> tuple[float, bool] | None:
        """Return how confident the answer to an image is, and whether it is known as correct; None if not kept."""
        place = image if self.indices is None else int(np.searchsorted(self.indices, image))
        if place >= len(self.answered) or (self.indices is not None and self.indices[place] != image):
            return None
        return float(self.confidence[place]), self.hits is not None and bool(self.hits[place])

    def answered_to(self, images: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the predicted class of some images that are kept."""
        return self.answered[images if self.indices is None else np.searchsorted(self.indices, images)]
