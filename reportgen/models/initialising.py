"""A living model -> the same model before any training, for as long as it takes to see what needs none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from reportgen.models.hooks import operations_inside
from reportgen.models.types import Model, Operation

_PARTS = ("_kernel", "_weight")


@contextmanager
def untrained(model: Model, seed: int) -> Iterator[None]:
    """Give a model the weights that it would begin a training with; afterwards they are what they were, bit for bit.

    Each weight is drawn by the initializer of its layer. One whose layer names none of Keras's, such as those of a
    user's own layers, is permuted over all its axes: it keeps its values and loses what it had learnt.

    Args:
        model: A Keras model.
        seed: Seed of all draws.
    """
    kept = [(weight, np.asarray(weight)) for weight in model.weights]
    generator = np.random.default_rng(seed)
    known = {id(weight): initializer for each in operations_inside(model) for weight, initializer in _known(each)}
    try:
        for weight, values in kept:
            initializer, own = known.get(id(weight)), int(generator.integers(2**31))
            if initializer is not None:
                weight.assign(_seeded(initializer, own)(weight.shape, dtype=weight.dtype))
            elif values.size > 1:
                weight.assign(generator.permutation(values.reshape(-1)).reshape(values.shape))
        yield
    finally:
        for weight, values in kept:
            weight.assign(values)


def _known(operation: Operation) -> Iterator[tuple[keras.Variable, keras.initializers.Initializer]]:
    """The float weights of a layer that have an initializer of Keras's, by the names that Keras gives both."""
    for name, weight in list(vars(operation).items()):
        if not isinstance(weight, keras.Variable) or not keras.backend.is_float_dtype(weight.dtype):
            continue
        plain = name.lstrip("_")
        names = [plain, *(plain.removesuffix(part) for part in _PARTS if plain.endswith(part))]
        if plain == "kernel":
            names.append("depthwise")  # A depthwise convolution calls its one kernel so.
        found = (getattr(operation, f"{each}_initializer", None) for each in names)
        initializer = next((each for each in found if isinstance(each, keras.initializers.Initializer)), None)
        if initializer is not None:
            yield weight, initializer


def _seeded(initializer: keras.initializers.Initializer, seed: int) -> keras.initializers.Initializer:
    config = initializer.get_config()
    return type(initializer).from_config({**config, "seed": seed}) if "seed" in config else initializer
