"""A map of one image -> does the answer hang on what it marks? A permutation test with two nulls.

The most relevant 2, 8 and 32 % of the image are painted over, and what is left of the answer is compared: with the
map's own twins, which are the map turned, mirrored and moved, so that values and shapes are its own; and with the same
method's maps of other images, because on photographs the middle is always a good guess. p-values as in Phipson and
Smyth 2010, "Permutation P-values Should Never Be Zero".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from reportgen.evidence.why import LEAST_EFFECT, OTHERS_LEVEL, PASSED_LEVEL, SHARES, WEAK_LEVEL, Null, Verdict
from reportgen.models.subject import Array

_EMPTY = 0.5
_ROUNDING = 1e-9

Left = Callable[[Iterable[Array]], Array]
"""Masks of what is painted over, bool (*places) each -> what is explained afterwards, float64 (masks,)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model says of one image, and how what is left of it is measured.

    Attributes:
        odds: What is explained: log-odds of a class, or a value.
        empty: The same of an image of one colour.
        is_value: Whether it is a value.
        base: The probability that knowing nothing gives: one half where there are two answers, else 0.
    """

    odds: float
    empty: float
    is_value: bool = False
    base: float = 0.0

    def left(self, odds: Array) -> Array:
        """Return what is left of the answer.

        Of a class it is its probability, 0..1; of a value its distance from what the empty image gives, as a share of
        the whole image's.
        """
        if self.is_value:
            apart = self.odds - self.empty
            return np.asarray((odds - self.empty) / (apart if apart else 1.0))
        return chance(odds)

    @property
    def whole(self) -> float:
        """What is left where nothing is painted over."""
        return float(self.left(np.array([self.odds]))[0])

    @property
    def of_empty(self) -> float:
        """What is left where everything is painted over."""
        return float(self.left(np.array([self.empty]))[0])

    @property
    def says_nothing(self) -> bool:
        """Whether the empty image gets as good as the same answer, so that nothing can be taken away from it."""
        if self.is_value:
            return abs(self.odds - self.empty) <= _ROUNDING * max(abs(self.odds), abs(self.empty))
        return bool(self.shares(np.array([self.of_empty]))[0] >= _EMPTY)

    def shares(self, left: Array | float) -> Array:
        """Return what is left as a share of the whole answer; of two answers, of what lies above one half."""
        above = self.whole - self.base
        return np.asarray((left - self.base) / (above if above else 1.0))

    def ranked(self, odds: Array) -> Array:
        """Return what maps are ranked by, lowest first: log-odds, which do not saturate; of a value what is left."""
        return self.left(odds) if self.is_value else odds


def chance(odds: Array) -> Array:
    """Return the probability that belongs to log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))))


def tops(maps: Array, shares: tuple[float, ...] = SHARES) -> Array:
    """Return the most relevant shares of maps, bool (maps, shares, *places); ties go by their place in the image.

    Args:
        maps: float (maps, *places).
        shares: Shares of the places.
    """
    flat = maps.reshape(len(maps), -1)
    numbers = [int(np.ceil(share * flat.shape[1] - _ROUNDING)) for share in shares]
    found = np.empty((len(maps), len(shares), flat.shape[1]), bool)
    # The whole order is not needed, and to sort takes longer than to run a small network.
    for values, masks in zip(flat, found, strict=True):
        parted = np.partition(values, [len(values) - number for number in numbers])
        for number, mask in zip(numbers, masks, strict=True):
            least = parted[len(values) - number]
            np.greater(values, least, out=mask)
            ties = np.flatnonzero(values == least)
            mask[ties[: number - int(mask.sum())]] = True
    return found.reshape(len(maps), len(shares), *maps.shape[1:])


def num_twins(sizes: tuple[int, ...]) -> int:
    """Return how many different twins a map has at most, itself among them.

    >>> num_twins((28, 28)), num_twins((8,)), num_twins((4, 9))
    (6272, 16, 144)
    """
    turns = 1 if len(sizes) == 1 else 4 if sizes[-1] == sizes[-2] else 2
    return 2 * turns * int(np.prod(sizes))


def twins(marked: Array, number: int, generator: np.random.Generator) -> Iterator[Array]:
    """Yield what is marked, elsewhere: turned where the last two axes are alike, mirrored, and moved, on a torus.

    Args:
        marked: A map or a mask, (*places).
        number: How many.
        generator: Draws them.
    """
    for _ in range(number):
        twin = marked
        if marked.ndim >= 2:
            is_square = marked.shape[-1] == marked.shape[-2]
            turns = int(generator.integers(4)) if is_square else 2 * int(generator.integers(2))
            twin = np.rot90(twin, turns, (-2, -1))
        twin = np.flip(twin, -1) if generator.integers(2) else twin
        moves = tuple(int(generator.integers(size)) for size in marked.shape)
        yield np.roll(twin, moves, tuple(range(marked.ndim)))


def judge(heat: Array, answered: Answered, left: Left, own: Iterable[Array], others: Sequence[Array]) -> Verdict:
    """Test a map.

    Args:
        heat: The map as it is drawn, float64 (*places).
        answered: What the model says of the image.
        left: What is explained after painting over.
        own: The map's twins.
        others: The same method's maps of other images; () where there are too few.
    """
    masks = (mask for each in chain([heat], own, others) for mask in tops(each[None])[0])
    odds = left(masks).reshape(-1, len(SHARES))
    remains = answered.left(odds)
    scores, shares = answered.ranked(odds).mean(axis=1), answered.shares(remains.mean(axis=1))

    def against(part: slice) -> Null:
        number = len(scores[part])
        p_value = (1 + int((scores[part] <= scores[0] + 1e-12).sum())) / (number + 1)
        low, middle, high = np.quantile(remains[part], (0.05, 0.5, 0.95), axis=0)
        return Null(
            number,
            p_value,
            float(shares[part].mean() - shares[0]),
            tuple(middle.tolist()),
            tuple(low.tolist()),
            tuple(high.tolist()),
        )

    first_other = len(odds) - len(others)
    of_twins = against(slice(1, first_other))
    of_others = against(slice(first_other, None)) if len(others) else None
    word = word_of(answered, of_twins, of_others)
    return Verdict(word, SHARES, tuple(remains[0].tolist()), answered.whole, answered.of_empty, of_twins, of_others)


def word_of(answered: Answered, own: Null, others: Null | None) -> str:
    """Return the verdict: "supported", "weak", "not specific", "not supported" or "no verdict"."""
    if answered.says_nothing:
        return "no verdict"
    if own.effect < LEAST_EFFECT or own.p_value > WEAK_LEVEL:
        return "not supported"
    if own.p_value > PASSED_LEVEL:
        return "weak"
    if others is None:
        return "weak"
    if others.p_value > OTHERS_LEVEL or others.effect < LEAST_EFFECT:
        return "not specific"
    return "supported"
