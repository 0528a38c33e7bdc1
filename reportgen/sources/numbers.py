"""Images that are stored as arrays of numbers, one by one -> a dataset, all like the first one."""

from __future__ import annotations

from array import array as compact
from collections.abc import Callable, Sequence

import numpy as np

from reportgen.errors import DataError
from reportgen.sources import hashing, remembering
from reportgen.sources.dataset import Array, Dataset, LeftOut, counted
from reportgen.sources.dataset import in_words as shape_in_words
from reportgen.sources.images import PictureError
from reportgen.sources.pictures import Listed, names_of


def of_numbers(listed: Listed, load: Callable[[int], Array], first: Array) -> Dataset:
    """Make a dataset of arrays; those of another shape or type than the first are listed in it and left out.

    Args:
        listed: The images, and what is said of them; their own way of being fetched is not used.
        load: Place in the list -> the image; raises `PictureError` where it cannot be read.
        first: The image that all others are to be like.

    Raises:
        DataError: None can be read.
    """
    kept, broken = remembering.remembered(
        "arrays",
        lambda: _examine(listed.names, load, first),
        lambda found: {"kept": remembering.numbers(found[0]), "broken": remembering.left_out(found[1])},
        lambda entry: (remembering.compact(entry["kept"], "q"), remembering.again_left_out(entry["broken"])),
    )
    if not kept:
        raise DataError(
            f"None of the {counted(len(listed.names), 'image')} of {listed.source!r} can be read. Expected at least one"
            " whole array. Write them again."
        )

    def read(indices: Sequence[int]) -> Array:
        images = np.empty((len(indices), *first.shape), first.dtype)
        for place, index in enumerate(indices):
            images[place] = load(kept[index])
        return images

    truth, hashed = listed.truth, hashing.remembered_hash(listed.hashed)
    return Dataset(
        name=f"{counted(len(kept), 'image')} from {listed.source}",
        source=listed.source,
        split="as given",
        size=len(kept),
        read=read,
        shape=first.shape,
        labels=None if truth.indices is None else truth.indices[kept],
        class_names=truth.class_names,
        image_names=names_of(listed.names, kept),
        sha256=hashed.sha256,
        hash_command=hashed.command,
        notes=listed.notes,
        by_word=truth.by_word,
        targets=() if truth.values is None else (("", truth.values[kept]),),
        broken=tuple(broken.first),
        broken_reasons=broken.reasons(),
    )


def in_words(array: Array) -> str:
    """Return what an array holds.

    >>> in_words(np.zeros((2, 3), np.float32))
    '2 × 3 numbers of float32'
    """
    return f"{shape_in_words(array.shape)} numbers of {array.dtype}"


def _examine(names: Sequence[str], load: Callable[[int], Array], first: Array) -> tuple[compact[int], LeftOut]:
    """Return the places of the arrays that are like the first one, and the others."""
    kept, broken = compact("q"), LeftOut()
    for place in range(len(names)):
        try:
            found = load(place)
        except PictureError as error:
            broken.add(names[place], error.reason)
            continue
        if (found.shape, found.dtype) == (first.shape, first.dtype):
            kept.append(place)
        else:
            broken.add(names[place], f"holds {in_words(found)}, and the first one {in_words(first)}")
    return kept, broken
