"""How badly single images are answered, a batch at a time -> the first of them at either end, and some one by one."""

from __future__ import annotations

import numpy as np

from reportgen.evidence.confidences import FirstImages
from reportgen.evidence.pixels import Scored
from reportgen.models.blocks import State
from reportgen.models.subject import Array

MOST_KEPT = 1 << 15
"""Images whose losses are kept one by one: from as many, the median is known well enough."""
NUM_WORST = 4
_SEED_OF_KEPT = 31
_LISTS = ("best", "worst", "drawn_worst")
_FIELDS = ("indices", "keys", "levels", "numbers")


class ScoredTally:
    """What is known of how badly some images are answered."""

    def __init__(self, size: int, most: int, seed: int) -> None:
        """Begin with no image.

        Args:
            size: How many images there are.
            most: How many are listed where equals come in the order of the data.
            seed: Seed of the draws.
        """
        self._most, self._seed = most, seed
        generator = np.random.default_rng([seed, _SEED_OF_KEPT])
        self.images = np.sort(generator.choice(size, MOST_KEPT, replace=False)) if size > MOST_KEPT else np.arange(size)
        nothing = (np.zeros(0, np.int64), np.zeros(0))
        self._lists = dict(zip(_LISTS, self._listed(*nothing), strict=True))
        self._places, self._losses = np.zeros(0, np.int64), np.zeros(0)
        self.number = 0

    @property
    def num_bytes(self) -> int:
        """How many bytes a block leaves at most."""
        return 32 * (2 * self._most + NUM_WORST) + 16 * len(self.images)

    def add(self, indices: Array, losses: Array) -> None:
        """Note the losses of some images, NaN where one is not known."""
        known = np.isfinite(losses)
        self.number += int(known.sum())
        self._join(self._listed(indices[known], losses[known]))
        places = np.searchsorted(self.images, indices)
        held = (places < len(self.images)) & (self.images[np.minimum(places, len(self.images) - 1)] == indices)
        self._places = np.concatenate([self._places, places[held]])
        self._losses = np.concatenate([self._losses, losses[held]])

    def fold(self, state: State) -> None:
        """Take in what is known of other images."""
        self.number += int(state["number"])
        sizes = (self._most, self._most, NUM_WORST)
        seeds = (None, None, self._seed)
        self._join(
            [
                FirstImages(most, seed, *(state[f"{name} {each}"] for each in _FIELDS))
                for name, most, seed in zip(_LISTS, sizes, seeds, strict=True)
            ]
        )
        self._places = np.concatenate([self._places, state["places"]])
        self._losses = np.concatenate([self._losses, state["losses"]])

    def state(self) -> State:
        """Return what is known, as arrays."""
        order = np.argsort(self._places, kind="stable")
        return {
            "number": np.array(self.number),
            "places": self._places[order],
            "losses": self._losses[order],
            **{f"{name} {each}": getattr(held, each) for name, held in self._lists.items() for each in _FIELDS},
        }

    def result(self) -> Scored | None:
        """Return what is known of all images; None where nothing is."""
        if not self.number:
            return None
        losses = np.full(len(self.images), np.nan)
        losses[self._places] = self._losses
        return Scored(**self._lists, images=self.images, losses=losses)

    def _listed(self, indices: Array, losses: Array) -> list[FirstImages]:
        return [
            FirstImages.of(self._most, None, indices, losses),
            FirstImages.of(self._most, None, indices, -losses),
            FirstImages.of(NUM_WORST, self._seed, indices, -losses),
        ]

    def _join(self, others: list[FirstImages]) -> None:
        for name, other in zip(_LISTS, others, strict=True):
            self._lists[name] = self._lists[name].joined(other)
