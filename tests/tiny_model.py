"""Nothing -> a small model for digits, with the weights that Keras starts with, saved under the name that is given."""

from __future__ import annotations

import sys

import keras


def tiny_model() -> keras.Model:
    """Return a network of one conv, one pooling and one dense layer for images of 28 × 28 × 1."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(4, name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(10, activation="softmax", name="answer"),
        ],
        name="tiny",
    )


if __name__ == "__main__":
    tiny_model().save(sys.argv[1])
