"""`python -m tests.models.structures`: the table of `reportgen.models.published`, from Keras's own networks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import keras

from reportgen.models import published

MODULES = (
    "mobilenet", "mobilenet_v2", "resnet50", "resnet", "resnet_v2", "vgg16", "vgg19", "densenet", "inception_v3",
    "inception_resnet_v2", "xception", "nasnet",
)  # fmt: skip
"""Those whose preprocessing stands outside of their networks. `resnet50` has a network of `resnet`."""


def builders() -> dict[str, tuple[str, Callable[..., Any]]]:
    """The networks by the names of their functions: the first module that has each, and the function."""
    found: dict[str, tuple[str, Callable[..., Any]]] = {}
    for module in MODULES:
        for name, function in inspect.getmembers(getattr(keras.applications, module), callable):
            if name[0].isupper():
                found.setdefault(name, (module, function))
    return found


def smallest(name: str) -> tuple[int, int, int]:
    """A size of image that a network can be built for; NASNet's structure hangs on it."""
    side = {"NASNetLarge": 331, "NASNetMobile": 224}.get(name, 96)
    return side, side, 3


if __name__ == "__main__":
    for name, (module, build) in builders().items():
        model = build(weights=None, include_top=False, input_shape=smallest(name))
        length, number = published.number_of(model, module)
        sys.stdout.write(f'    ({length}, "{number}"): "{module}",  # {name}\n')
