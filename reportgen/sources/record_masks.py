"""The masks of TFRecord files, one beside the image of each record -> what is true at each place of every image.

A mask is an encoded picture, the bytes of its numbers (8 bits each), or a list of numbers: one for each pixel of its
image, or several for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from reportgen.errors import DataError
from reportgen.sources.dataset import Array, Resize, TrueMaps, in_words
from reportgen.sources.images import is_picture, read_numbers
from reportgen.sources.true_maps import nearest

_PLANE_AXES = 2
Held = Sequence[bytes] | Array
"""What a feature holds, as `features.values` returns it."""


def of_records(
    held: Callable[[int], Held], size_of: Callable[[int], tuple[int, int]], called: Callable[[int], str]
) -> TrueMaps:
    """Make true maps of the masks beside some images.

    Args:
        held: Index of an image -> what the feature of its mask holds.
        size_of: Index -> rows and columns of the image as it is stored.
        called: Index -> what its record is called.

    Raises:
        DataError: The first image has no mask of its size; the others are read when they are asked for.
    """
    first = _numbers(held(0), size_of(0), called(0))
    shape = first.shape if first.ndim > _PLANE_AXES else None

    def one(index: int, size: tuple[int, int] | None, resize: Resize | None) -> Array:
        numbers = _numbers(held(index), size_of(index), called(index))
        if numbers.shape[_PLANE_AXES:] != first.shape[_PLANE_AXES:] or (shape and numbers.shape != shape):
            raise DataError(
                f"The mask of {called(index)} is {in_words(numbers.shape)}, and the first one"
                f" {in_words(first.shape)}. Expected masks of one shape. Write them again."
            )
        return np.asarray(nearest(numbers[None], size, resize)[0])

    def read(indices: Sequence[int], size: tuple[int, int] | None, resize: Resize | None) -> Array:
        return np.stack([one(index, size, resize) for index in indices])

    return TrueMaps(shape, read)


def _numbers(held: Held, size: tuple[int, int], called: str) -> Array:
    """Return a mask as (rows, columns) or (rows, columns, channels)."""
    if not isinstance(held, np.ndarray):
        if len(held) != 1 or not isinstance(held[0], bytes):
            raise DataError(
                f"{called} holds {len(held)} masks. Expected one for its image: a picture, or a number for each pixel."
                " Write it again, or name another feature with --feature mask=NAME."
            )
        if is_picture(held[0][:16]):
            numbers = read_numbers(held[0], f"mask of {called}")
            if numbers.shape != size:
                raise DataError(
                    f"The mask of {called} has {in_words(numbers.shape)} pixels, and its picture {in_words(size)}."
                    " Expected a mask of the size of its picture. Write it again."
                )
            return numbers
        held = np.frombuffer(held[0], np.uint8)
    channels, rest = divmod(held.size, size[0] * size[1])
    if rest or not channels:
        raise DataError(
            f"The mask of {called} holds {held.size} numbers, and its image has {in_words(size)} pixels. Expected a"
            " number for each pixel, or as many for each as the output has channels. Write it again, or name another"
            " feature with --feature mask=NAME."
        )
    return held.reshape(size if channels == 1 else (*size, channels))
