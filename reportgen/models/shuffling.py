"""A living model -> the same model with its weights shuffled, for as long as it takes to see what needs no training.

Every tensor is permuted over all its axes: layers keep the values that they had, and lose what they had learnt. It
needs no initializer, and variances stay positive. Source of the comparison: Adebayo, Gilmer, Muelly, Goodfellow, Hardt
and Kim 2018, "Sanity Checks for Saliency Maps", arXiv:1810.03292.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from reportgen.models.types import Model


@contextmanager
def shuffling(model: Model, generator: np.random.Generator) -> Iterator[Callable[[], None]]:
    """Let a model's weights be shuffled; afterwards they are what they were, bit for bit, also after an error.

    Args:
        model: A Keras model.
        generator: Draws the permutations.

    Yields:
        A function that shuffles the weights anew, each time from the ones that the model came with.
    """
    kept = [(weight, np.asarray(weight)) for weight in model.weights if np.prod(weight.shape) > 1]

    def shuffle() -> None:
        for weight, values in kept:
            # TensorFlow's own variable is set in half the time of Keras's around it.
            weight.value.assign(generator.permutation(values.reshape(-1)).reshape(values.shape), read_value=False)

    try:
        yield shuffle
    finally:
        for weight, values in kept:
            weight.assign(values)
