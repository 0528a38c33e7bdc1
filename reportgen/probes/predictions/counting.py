"""The answers of one output read as classes -> counts, bins, first images; parts of the data sum up to the whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from reportgen.evidence.confidences import NUM_BINS, STEPS, Confidences, FirstImages, bins_of
from reportgen.evidence.journey import NUM_EXTREMES
from reportgen.evidence.performance import NUM_MISTAKES
from reportgen.models.blocks import State
from reportgen.models.subject import Array

MOST_DRAWN = max(NUM_MISTAKES, NUM_EXTREMES)
_BINS = ("right", "wrong", "near")
_BY_INDEX = ("surest_right", "surest_wrong", "least_sure")
_DRAWN = ("drawn_right", "drawn_wrong", "drawn_least")
_FIELDS = ("indices", "keys", "levels", "numbers")
_AMONG = 5
_CLASSES = 1 << 31
"""More classes than there are."""
_LIST_BYTES, PAIR_BYTES = 32, 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted.

    Attributes:
        num_classes: How many classes there are.
        most: How many images are listed where equals come in the order of the data.
        seed: Seed of the draw among equals.
        has_places: Whether the places of the true classes are counted.
    """

    num_classes: int
    most: int
    seed: int
    has_places: bool

    @property
    def num_bytes(self) -> int:
        """How many bytes the counts take at most, beside the pairs of classes."""
        listed = len(_BY_INDEX) * self.most + len(_DRAWN) * MOST_DRAWN
        return 8 * ((len(_BINS) + 1) * NUM_BINS + self.num_classes * self.has_places) + _LIST_BYTES * listed


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to some images.

    Attributes:
        indices: int64 (images).
        confidence: float32 (images): 0 where an answer is not finite.
        broken: bool (images): whether an answer is not finite.
        hits: bool (images): whether it is correct; False where that is not known.
        answered: int64 (images): the predicted class, −1 where an answer is not finite; None of a multi-label output.
        labels: int64 (images): the true class; None where it is not known, and of a multi-label output.
        places: int64 (images): where it stands among all classes, from 1; None where that is not counted.
    """

    indices: Array
    confidence: Array
    broken: Array
    hits: Array
    answered: Array | None = None
    labels: Array | None = None
    places: Array | None = None


def _joined(labels: Array, answered: Array) -> Array:
    """Return a number for each pair of classes, in their order."""
    return np.asarray((np.clip(labels, -1, _CLASSES - 1) + 1) * _CLASSES + answered + 1)


def _small(numbers: npt.NDArray[np.int64]) -> Array:
    """Return whole numbers from 0 on in as few bytes as hold the largest."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _zeros() -> npt.NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class Counts:
    """What is known of the answers to some images.

    Attributes:
        asked: What is counted.
        bins: int64 (3, bins): correct answers, others, and those of them with the true class among the first five.
        steps: uint64 (bins): sum of the confidences.
        pairs: int64 (pairs): true class and predicted class as one number, rising.
        numbers: int64 (pairs): how often each of them occurs.
        places: int64 (places): of how many images the true class stands at each place.
        lists: First images by name.
    """

    asked: Asked
    bins: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(_BINS), NUM_BINS), np.int64))
    steps: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(NUM_BINS, np.uint64))
    pairs: npt.NDArray[np.int64] = field(default_factory=_zeros)
    numbers: npt.NDArray[np.int64] = field(default_factory=_zeros)
    places: npt.NDArray[np.int64] = field(default_factory=_zeros)
    lists: dict[str, FirstImages] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no image."""
        nothing = (_zeros(), np.zeros(0))
        self.lists = {name: FirstImages.of(self.asked.most, None, *nothing) for name in _BY_INDEX}
        self.lists |= {name: FirstImages.of(MOST_DRAWN, self.asked.seed, *nothing) for name in _DRAWN}

    def add(self, new: Answered) -> None:
        """Count the answers to some images, in any order."""
        confidence, sound = new.confidence.astype(np.float64), ~new.broken
        wrong = ~new.hits & sound
        near = np.zeros(len(wrong), bool) if new.places is None else wrong & (new.places <= _AMONG)
        where = bins_of(new.confidence)
        self.bins += np.stack(
            [np.bincount(where[chosen], minlength=NUM_BINS) for chosen in (new.hits & sound, wrong, near)]
        )
        steps = np.rint(np.clip(confidence, 0, 2) * STEPS).astype(np.uint64)
        np.add.at(self.steps, where[sound], steps[sound])
        if new.labels is not None and new.answered is not None:
            self._pair(*np.unique(_joined(new.labels, new.answered), return_counts=True))
        if new.places is not None:
            self._place(np.bincount(new.places - 1))
        chosen = {
            "surest_right": (new.hits, -confidence),
            "surest_wrong": (~new.hits, -confidence),
            "least_sure": (np.ones(len(wrong), bool), confidence),
            "drawn_right": (new.hits & sound, -confidence),
            "drawn_wrong": (wrong, -confidence),
            "drawn_least": (confidence > 0, confidence),
        }
        for name, (rows, keys) in chosen.items():
            held = self.lists[name]
            own = FirstImages.of(held.most, held.seed, new.indices[rows], keys[rows])
            self.lists[name] = held.joined(own)

    def fold(self, state: State) -> None:
        """Take in what is known of other images."""
        self.bins += state["bins"]
        self.steps += state["steps"]
        labels, answered, numbers = (state[name].astype(np.int64) for name in ("true", "given", "numbers"))
        self._pair(_joined(labels - 1, answered - 1), numbers)
        self._place(state["places"].astype(np.int64))
        for name, held in self.lists.items():
            its = FirstImages(held.most, held.seed, *(state[f"{name} {each}"] for each in _FIELDS))
            self.lists[name] = held.joined(its)

    def state(self) -> State:
        """Return what is known, as arrays."""
        own = {name: getattr(self, name) for name in ("bins", "steps")}
        own |= {name: _small(getattr(self, name)) for name in ("numbers", "places")}
        own |= {name: _small(each + 1) for name, each in zip(("true", "given"), self._apart(), strict=True)}
        return own | {f"{name} {each}": getattr(held, each) for name, held in self.lists.items() for each in _FIELDS}

    def _pair(self, pairs: Array, numbers: Array) -> None:
        found, where = np.unique(np.concatenate([self.pairs, pairs]), return_inverse=True)
        totals = np.zeros(len(found), np.int64)
        np.add.at(totals, where, np.concatenate([self.numbers, numbers]))
        self.pairs, self.numbers = found, totals

    def _place(self, places: Array) -> None:
        longest = np.zeros(max(len(self.places), len(places)), np.int64)
        longest[: len(self.places)] += self.places
        longest[: len(places)] += places
        self.places = longest

    def confidences(self) -> Confidences:
        """Return how sure the output is."""
        right, wrong, near = self.bins
        return Confidences(right, wrong, near if self.asked.has_places else None, self.steps, **self.lists)

    def confusions(self) -> npt.NDArray[np.int64]:
        """Return true class, predicted class and number of every pair, int64 (pairs, 3)."""
        return np.stack([*self._apart(), self.numbers], axis=1)

    def _apart(self) -> tuple[Array, Array]:
        """Return true class and predicted class of every pair."""
        labels, answered = np.divmod(self.pairs, _CLASSES)
        return labels - 1, answered - 1

    def without_labels(self) -> Confidences:
        """Return how sure the output is where the labels turn out to be those of another one."""
        found = self.confidences()
        return replace(
            found,
            right=np.zeros_like(found.right),
            wrong=found.right + found.wrong,
            near=None,
            surest_right=FirstImages.of(self.asked.most, None, _zeros(), np.zeros(0)),
            surest_wrong=found.surest_wrong.joined(found.surest_right),
            drawn_right=FirstImages.of(MOST_DRAWN, self.asked.seed, _zeros(), np.zeros(0)),
            drawn_wrong=found.drawn_wrong.joined(found.drawn_right),
        )
