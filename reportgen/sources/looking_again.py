"""Images that are read again and again -> each decoded a few times at most, in bounded memory.

One pass goes over all images; chapters then look at some hundreds of them once more, often at the same ones. What is
asked for a second time is kept, so that a pass over any number of images keeps none of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from weakref import WeakSet

import numpy as np

from reportgen.sources.dataset import Array

MOST_BYTES = 128 << 20
"""Most bytes of images that are kept: 891 pictures of 224 × 224."""
_all: WeakSet[_Again] = WeakSet()


def keeping(
    read: Callable[[Sequence[int]], Array], size: int, image_bytes: int, most_bytes: int = MOST_BYTES
) -> Callable[[Sequence[int]], Array]:
    """Return a function that reads as another one does, and keeps images that are read a second time.

    Args:
        read: Indices -> the images, batch axis first; the same image comes out the same every time.
        size: How many images there are.
        image_bytes: How many bytes each takes.
        most_bytes: Most bytes to keep; where there are more images, any of them gives way, by a draw that is the same
            in every run.
    """
    return _Again(read, size, most_bytes // max(image_bytes, 1)).read


def forget() -> None:
    """Let go of all images that are kept: where nobody is going to look at them any more."""
    for each in list(_all):
        each.forget()


class _Again:
    """Images that were asked for twice, and what has been asked for so far."""

    def __init__(self, read: Callable[[Sequence[int]], Array], size: int, most: int) -> None:
        self._read, self._most = read, most
        self._was_asked = bytearray(-(-size // 8))
        self._kept: dict[int, Array] = {}
        self._order: list[int] = []
        self._draw = random.Random(0)
        _all.add(self)

    def read(self, indices: Sequence[int]) -> Array:
        missing = [int(index) for index in dict.fromkeys(indices) if index not in self._kept]
        if len(missing) == len(indices):
            images = self._read(indices)
            found = dict(zip(missing, images, strict=True))
        else:
            found = dict(zip(missing, self._read(missing), strict=True)) if missing else {}
            known = self._kept | found
            images = np.stack([known[index] for index in indices])
        for index in missing:
            byte, bit = divmod(index, 8)
            if self._was_asked[byte] >> bit & 1 and self._most:
                self._keep(index, found[index])
            self._was_asked[byte] |= 1 << bit
        return images

    def _keep(self, index: int, image: Array) -> None:
        if len(self._order) < self._most:
            self._order.append(index)
        else:
            # Whoever goes over more images than can be kept, again and again, would find none if the oldest gave way.
            place = self._draw.randrange(self._most)
            del self._kept[self._order[place]]
            self._order[place] = index
        self._kept[index] = image.copy()

    def forget(self) -> None:
        self._kept.clear()
        self._order.clear()
