"""A model and new names -> the same model with its layers renamed. Names are labels: nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras

from reportgen.errors import OptionsError, UnknownNameError
from reportgen.models.types import Model


def rename(model: Model, names: Sequence[tuple[str, str]]) -> None:
    """Give layers of a model other names, in place.

    Args:
        model: A Keras model.
        names: Pairs of an old and a new name of layers of the model itself.

    Raises:
        UnknownNameError: The model has no layer of an old name.
        OptionsError: A new name is empty, holds a "/", or is taken.
    """
    layers = {layer.name: layer for layer in model.layers}
    for old, new in names:
        if old not in layers:
            raise UnknownNameError("layer", old, layers)
        if not new or "/" in new:
            raise OptionsError(
                f"The layer {old!r} cannot be called {new!r}. Expected a name of one character or more, without '/'. "
                "Choose another name."
            )
        if new in layers:
            raise OptionsError(
                f"The layer {old!r} cannot be called {new!r}: another layer has that name. Expected a name that no "
                "layer has. Choose another name."
            )
        layers[new] = layers.pop(old)
        # Keras 3 keeps the name as a plain attribute; the article's `_name` does nothing there any more.
        layers[new].name = new


@contextmanager
def other_names(model: Model) -> Iterator[tuple[tuple[str, str], ...]]:
    """Give every layer of a model another name for a while.

    Yields:
        Pairs of old and new names; afterwards the old names are back.
    """
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    before = [layer.name for layer in layers]
    after = [f"renamed_{index}" for index in range(1, len(layers) + 1)]
    try:
        for layer, name in zip(layers, after, strict=True):
            layer.name = name
        yield tuple(zip(before, after, strict=True))
    finally:
        for layer, name in zip(layers, before, strict=True):
            layer.name = name
