"""Every class of layers that Keras lists, and whether it is a convolution or a pooling."""

from __future__ import annotations

import inspect
import re
from typing import Any

import keras

CONVOLUTIONS_AND_POOLINGS = re.compile(r"Conv|Pool")


def classes() -> dict[str, Any]:
    """Every layer that Keras lists, by its class's own name; aliases are the same class."""
    listed = (getattr(keras.layers, name) for name in dir(keras.layers))
    found = [each for each in listed if inspect.isclass(each) and issubclass(each, keras.layers.Layer)]
    return {each.__name__: each for each in found}


CLASSES = classes()


def is_conv_or_pool(name: str) -> bool:
    """By its name, or by descending from the bases that Keras's convolutions and poolings share."""
    shared = [CLASSES[like].__mro__[1] for like in ("Conv2D", "MaxPooling2D", "GlobalMaxPooling2D")]
    shared += [CLASSES[like].__mro__[1] for like in ("Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D")]
    shared = [base for base in shared if base is not keras.layers.Layer]
    return bool(CONVOLUTIONS_AND_POOLINGS.search(name)) or issubclass(CLASSES[name], tuple(shared))
