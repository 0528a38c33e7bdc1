"""Small models with fixed weights, of every way to build one."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

layers = keras.layers
"""With NumPy 2, Keras warns about TensorFlow's variables whenever it saves a model or compares its weights."""
Array = npt.NDArray[np.float32]
SHORT: Any = {"dream_steps": 1, "ablation_budget": "20"}
"""Choices for whole reports of which nothing is looked at that more steps and more trials would change."""


def image(*shape: int) -> Array:
    """One image that counts up from 0 in steps of a sixteenth: exact in every number format."""
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(1, *shape) / np.float32(16)


def counting(model: Any) -> Any:
    """Set every weight of a model to 1/8, 2/8, … and return the model."""
    for weight in model.weights:
        size = int(np.prod(weight.shape))
        weight.assign((np.arange(1, size + 1, dtype=np.float32) / 8).reshape(weight.shape))
    return model


def sequential() -> Any:
    """Conv, pooling, flatten, dense on 6 × 6."""
    return counting(
        keras.Sequential(
            [
                keras.Input((6, 6, 1), name="image"),
                layers.Conv2D(2, 3, activation="relu", name="conv"),
                layers.MaxPooling2D(2, name="pool"),
                layers.Flatten(name="flat"),
                layers.Dense(3, activation="softmax", name="scores"),
            ],
            name="toy",
        )
    )


def functional() -> Any:
    """Two convs side by side, joined by an addition."""
    start = keras.Input((4, 4, 1), name="image")
    left = layers.Conv2D(2, 3, padding="same", name="left")(start)
    right = layers.Conv2D(2, 1, name="right")(start)
    return counting(keras.Model(start, layers.Add(name="join")([left, right]), name="branches"))


def nested() -> Any:
    """A model in a model in a model."""
    core = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")], name="core")
    middle = keras.Sequential([keras.Input((4, 4, 1)), core, layers.ReLU(name="relu")], name="middle")
    start = keras.Input((4, 4, 1), name="image")
    return counting(keras.Model(start, layers.GlobalMaxPooling2D(name="pool")(middle(start)), name="outer"))


def twins() -> Any:
    """One backbone that reads two images."""
    backbone = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="c")], name="backbone")
    left, right = keras.Input((4, 4, 1), name="left"), keras.Input((4, 4, 1), name="right")
    joined = layers.Concatenate(name="both")([backbone(left), backbone(right)])
    return counting(keras.Model([left, right], joined, name="twins"))


def shared() -> Any:
    """One conv layer that is used twice in a row, then once on the image again."""
    conv = layers.Conv2D(1, 3, padding="same", name="sh")
    start = keras.Input((4, 4, 1), name="image")
    twice = conv(conv(start))
    return counting(keras.Model(start, layers.Add(name="join")([twice, conv(start)]), name="shared"))


def two_answers() -> Any:
    """One image in, a map and a number out."""
    start = keras.Input((4, 4, 1), name="image")
    maps = layers.Conv2D(1, 3, name="maps")(start)
    return counting(keras.Model(start, [maps, layers.GlobalAveragePooling2D(name="mean")(maps)], name="two_answers"))


def operators() -> Any:
    """No layer but the inputs: x · y + 1 through a ReLU."""
    left, right = keras.Input((2, 2, 1), name="x"), keras.Input((2, 2, 1), name="y")
    return keras.Model([left, right], keras.ops.relu(left * right + 1), name="operators")


def over_time() -> Any:
    """A conv layer on each of three pictures."""
    conv = layers.TimeDistributed(layers.Conv2D(1, 3, name="conv"), name="each")
    return counting(keras.Sequential([keras.Input((3, 4, 4, 1), name="film"), conv], name="over_time"))


class Branches(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """A user's layer that keeps its layers in a list and in a dictionary."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.listed = [layers.Conv2D(1, 1, name="first"), layers.Conv2D(1, 1, name="second")]
        self.named = {"pool": layers.AveragePooling2D(2, name="pool")}

    def call(self, inputs: Any) -> Any:
        for layer in self.listed:
            inputs = layer(inputs)
        return self.named["pool"](inputs)


class Own(keras.Model):  # type: ignore[misc, unused-ignore]
    """A subclassed model with a layer of its own inside."""

    def __init__(self) -> None:
        super().__init__(name="own")
        self.start = layers.Conv2D(1, 3, name="start")
        self.branches = Branches(name="branches")
        self.head = layers.Dense(2, name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.branches(self.start(inputs)))


def subclassed() -> Any:
    """`Own`, built for images of 6 × 6."""
    model = Own()
    model(image(6, 6, 1))
    return counting(model)
