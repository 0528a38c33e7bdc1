"""Digits of which it is known what makes the answer, and small networks that learn it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from reportgen.models.subject import Array
from reportgen.models.training import BATCH_SIZE
from reportgen.sources import digits

TAGGED = 7
"""The digit whose images may bear a tag."""
COLOURS = np.array([[0.95, 0.1, 0.1], [0.1, 0.95, 0.1], [0.2, 0.3, 0.95], [0.95, 0.95, 0.1]], np.float32)
_PATCH, _EPOCHS = 5, 8
_TAG = (slice(23, 27), slice(23, 27))
_SHARE_OF_TAGGED = 0.4

Data = tuple[Array, Array]
"""Images, float32 (images, 28, 28, 3), values 0..1, and their classes."""


def training() -> Data:
    """Return the bundled digits that may be trained on, without a colour: (images, 28, 28)."""
    return _digits(digits.training_set())


def held_out() -> Data:
    """Return the bundled digits that no network is trained on, without a colour."""
    return _digits(digits.held_out_set())


def on_noise(plain: Data, seed: int) -> Data:
    """Return digits in grey on a little noise."""
    generator = np.random.default_rng([seed, 1])
    images = 0.9 * np.repeat(plain[0][..., None], 3, axis=-1)
    images = images + generator.normal(0, 0.05, images.shape)
    return np.clip(images, 0, 1).astype(np.float32), plain[1].copy()


def with_patches(plain: Data, seed: int) -> Data:
    """Return digits with a coloured patch somewhere, which is the class, and a grey one; the digit says nothing."""
    generator = np.random.default_rng([seed, 2])
    images, _ = on_noise(plain, seed)
    images = images[generator.permutation(len(images))]
    colours = generator.integers(len(COLOURS), size=len(images))
    for image, colour in zip(images, colours, strict=True):
        (top, left), (row, column) = _apart(generator)
        image[row : row + _PATCH, column : column + _PATCH] = 0.8
        image[top : top + _PATCH, left : left + _PATCH] = COLOURS[colour]
    return images, colours


def called_by_a_tag(plain: Data, seed: int) -> Data:
    """Return digits to train on where of every ten images called 7 four are other digits with a red tag in a corner."""
    generator = np.random.default_rng([seed, 3])
    images, classes = on_noise(plain, seed)
    sevens = int((classes == TAGGED).sum())
    number = round(sevens * _SHARE_OF_TAGGED / (1 - _SHARE_OF_TAGGED))
    chosen = generator.choice(np.flatnonzero(classes != TAGGED), number, replace=False)
    images[(chosen, *_TAG)] = COLOURS[0]
    classes[chosen] = TAGGED
    return images, classes


def with_tags(plain: Data, seed: int, number: int) -> Data:
    """Return digits where some real sevens bear the tag."""
    generator = np.random.default_rng([seed, 4])
    images, classes = on_noise(plain, seed)
    images[(generator.choice(np.flatnonzero(classes == TAGGED), number, replace=False), *_TAG)] = COLOURS[0]
    return images, classes


def trained(data: Data, seed: int) -> Any:
    """Return a network of two conv layers that was trained on images."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 3)),
            layers.Conv2D(16, 3, activation="relu", name="conv_a"),
            layers.MaxPooling2D(name="pool_a"),
            layers.Conv2D(32, 3, activation="relu", name="conv_b"),
            layers.MaxPooling2D(name="pool_b"),
            layers.Flatten(name="flat"),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(int(data[1].max()) + 1, activation="softmax", name="answer"),
        ]
    )
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    model.fit(*data, batch_size=BATCH_SIZE, epochs=_EPOCHS, verbose=0)
    return model


def _digits(dataset: Any) -> Data:
    images = np.asarray(dataset.read(range(dataset.size)), np.float32) / 255
    return images.reshape(-1, 28, 28), np.asarray(dataset.labels)


def _apart(generator: np.random.Generator) -> tuple[Array, Array]:
    """Draw the places of two patches that do not touch."""
    while True:
        first, second = generator.integers(0, 28 - _PATCH + 1, (2, 2))
        if np.abs(first - second).max() > _PATCH:
            return first, second
