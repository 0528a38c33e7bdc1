"""Images, one after the other -> one hash of all of them, the same however they are cut into blocks.

Each image's own hash, its number in it, is stretched to a row of 16-bit numbers, and the rows of all images are summed
without carries, so that the sums of blocks sum up to that of all. To find other images with the same sum is as hard as
in a lattice of as many dimensions.

Source: Bellare and Micciancio 1997, "A new paradigm for collision-free hashing: incrementality at reduced cost",
EUROCRYPT; Lewi, Kim, Maykov and Weis 2019, "Securing update propagation with homomorphic hashing", IACR ePrint
2019/227: LtHash, with 1,024 numbers of 16 bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from reportgen.models.subject import Array

_NUMBERS = 1024


class Used:
    """The hash of some images.

    Attributes:
        sums: The sum of their rows, uint16 (1024,).
    """

    def __init__(self) -> None:
        self.sums: Array = np.zeros(_NUMBERS, "<u2")

    def take(self, indices: Iterable[int], inputs: Sequence[Array]) -> None:
        """Take images in, in any order.

        Args:
            indices: Their numbers in the data.
            inputs: What each input of the model gets, (batch, …) each.
        """
        rows = [np.ascontiguousarray(part) for part in inputs]
        for place, index in enumerate(indices):
            own = hashlib.sha256(index.to_bytes(8, "little"))
            for part in rows:
                own.update(part[place])
            self.add(np.frombuffer(hashlib.shake_128(own.digest()).digest(2 * _NUMBERS), "<u2"))

    def add(self, sums: Array) -> None:
        """Take in the sum of other images."""
        self.sums += sums  # beyond 65,535 it begins again at 0

    def digest(self) -> bytes:
        """Return the hash of the sum."""
        return hashlib.sha256(self.sums.tobytes()).digest()
