"""Arrays or pictures of masks -> what is true at each place of every image, at the size that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from reportgen.errors import DataError
from reportgen.sources.arrays import take
from reportgen.sources.dataset import Array, Resize, TrueMaps, in_words
from reportgen.sources.images import Source, picture_size, read_numbers
from reportgen.sources.resizing import window


def of_array(array: Array) -> TrueMaps:
    """Make true maps of an array.

    Args:
        array: (size, rows, columns) or (size, rows, columns, channels); may lie on the disk.
    """

    def read(indices: Sequence[int], size: tuple[int, int] | None, resize: Resize | None) -> Array:
        return nearest(take(array, indices), size, resize)

    return TrueMaps(tuple(array.shape[1:]), read)


def of_pictures(names: Sequence[str], fetch: Callable[[int], Source], of_image: Callable[[int], Source]) -> TrueMaps:
    """Make true maps of pictures of masks, which are decoded when they are asked for.

    Args:
        names: What each is called.
        fetch: Index -> the mask.
        of_image: Index -> the picture that it belongs to.
    """

    def one(index: int, size: tuple[int, int] | None, resize: Resize | None) -> Array:
        numbers = read_numbers(fetch(index), names[index])
        have, want = numbers.shape, picture_size(of_image(index), names[index])
        if have != want:
            raise DataError(
                f"The mask {names[index]!r} has {in_words(have)} pixels, and its picture {in_words(want)}. Expected a"
                " mask of the size of its picture. Write it again."
            )
        return np.asarray(nearest(numbers[None], size, resize)[0])

    def read(indices: Sequence[int], size: tuple[int, int] | None, resize: Resize | None) -> Array:
        return np.stack([one(index, size, resize) for index in indices])

    return TrueMaps(None, read)


def channels_last(maps: TrueMaps) -> TrueMaps:
    """Move the channels of true maps, (channels, rows, columns), to their end."""
    assert maps.shape is not None, "these are arrays"

    def read(indices: Sequence[int], size: tuple[int, int] | None, resize: Resize | None) -> Array:
        return nearest(np.moveaxis(maps.read(indices, None, None), 1, -1), size, resize)

    return TrueMaps((*maps.shape[1:], maps.shape[0]), read)


def nearest(maps: Array, size: tuple[int, int] | None, resize: Resize | None) -> Array:
    """Bring maps to another size, as their images are, and take the nearest place for each.

    Args:
        maps: (batch, rows, columns, …).
        size: Rows and columns; None: as they are.
        resize: "crop" and None keep the proportions and cut the centre out, "stretch" does not.

    >>> nearest(np.arange(16).reshape(1, 4, 4), (2, 2), None).tolist()
    [[[5, 7], [13, 15]]]
    """
    have = maps.shape[1:3]
    if size is None or have == size:
        return maps
    left, top, right, bottom = window((have[0], have[1]), size, resize)
    pick = partial(np.arange, dtype=np.float64)
    rows = (top + (pick(size[0]) + 0.5) * (bottom - top) / size[0]).astype(np.int64)
    columns = (left + (pick(size[1]) + 0.5) * (right - left) / size[1]).astype(np.int64)
    return np.asarray(maps[:, rows][:, :, columns])
