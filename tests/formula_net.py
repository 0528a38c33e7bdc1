"""A network whose weights are a formula, so that others can build it and get the same numbers: no seed, no file.

The numbers that tests expect of it were made with captum 0.9, pytorch-grad-cam 1.5.7 and Xplique 2.0.2 on the same
weights in PyTorch 2.13 and TensorFlow 2.21.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.models.explaining import Explained
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject

SIZE = (8, 8, 2)
Array = npt.NDArray[Any]


def wave(shape: tuple[int, ...], speed: float, phase: float, scale: float) -> Array:
    """Return scale · sin(speed · n + phase) over the flat index n of an array of a shape."""
    return np.asarray((scale * np.sin(speed * np.arange(np.prod(shape)) + phase)).reshape(shape), np.float32)


def image() -> Array:
    """Return the image."""
    rows, columns, channels = np.indices(SIZE)
    return np.asarray(np.sin(0.7 * rows + 1.3 * columns + 2.1 * channels), np.float32)


def explain(model: Any, inputs: Any, place: int = 0, output: str = "probabilities") -> Explained:
    """Return a model to be explained.

    Args:
        model: The model.
        inputs: A batch, one array or a list of several; as many rows go through the model at once.
        place: Place of the output.
        output: What it answers with.
    """
    shapes = None if getattr(model, "inputs", None) else {"": inputs.shape[1:]}
    rows = len(inputs[0] if isinstance(inputs, list) else inputs)
    return Explained(Subject(model, inspect(model, shapes)), rows, place, output)


def network(head: str = "flatten", activation: str | None = "softmax") -> Any:
    """Return the network.

    Args:
        head: "flatten" or "gap": what stands before the dense layer.
        activation: The activation of the dense layer.
    """
    layers = keras.layers
    middle = layers.Flatten() if head == "flatten" else layers.GlobalAveragePooling2D()
    model = keras.Sequential(
        [
            keras.Input(SIZE),
            layers.Conv2D(4, 3, activation="relu", name="conv_a"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(3, 2, activation="relu", name="conv_b"),
            middle,
            layers.Dense(3, activation=activation, name="dense"),
        ]
    )
    weights = {
        "conv_a": (wave((3, 3, 2, 4), 1.7, 0.3, 0.6), wave((4,), 1.0, 1.5, 0.1)),
        "conv_b": (wave((2, 2, 4, 3), 2.3, 0.1, 0.6), wave((3,), 1.0, 0.5, 0.1)),
        "dense": (wave((12 if head == "flatten" else 3, 3), 0.9, 0.5, 0.6), wave((3,), 1.0, 2.5, 0.1)),
    }
    for name, values in weights.items():
        model.get_layer(name).set_weights(list(values))
    return model
