"""Networks made on purpose, with channels whose every answer is known, and pictures for them.

Every picture has an upright and a level bar, thin or thick, and faint noise; those of the class "check" have a small
chequerboard besides, away from the bars.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

CLASSES = ("thin bars", "thick bars", "check")
SIZE = 16
VERTICAL, DEAD, STUCK, COPY, CHECK, BLUR = range(6)
"""Channels of `faulty`: it answers to vertical edges, never, always alike, like the first, to one class, to all."""

_UPRIGHT = np.array([[-1.0, 0.0, 1.0]] * 3)
_CHEQUERED = np.array([[1.0, -1.25, 1.0], [-1.25, 1.0, -1.25], [1.0, -1.25, 1.0]])
_MEAN = np.full((3, 3), 1 / 9)
_NOTHING = np.zeros((3, 3))
_DOWNWARD = np.array([[0.0, 1.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, -1.0, 0.0]])


def pictures(number: int = 60, seed: int = 0) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Draw pictures, float32 (number, 16, 16, 1) with values 0..1, and their classes, which take turns."""
    draw = np.random.default_rng(seed)
    images = draw.uniform(0, 0.05, (number, SIZE, SIZE)).astype(np.float32)
    labels = np.arange(number) % len(CLASSES)
    for image, label in zip(images, labels, strict=True):
        thickness = 2 if CLASSES[label] == "thick bars" else 1
        row, column = draw.integers(1, 7, 2)
        image[row : row + thickness] = 1
        image[:, column : column + thickness] = 1
        if CLASSES[label] == "check":
            top, left = draw.integers(9, 11, 2)
            image[top : top + 5, left : left + 5] = np.indices((5, 5)).sum(axis=0) % 2
    return images[..., None], labels.astype(np.int64)


def faulty(*, separate: bool = False) -> Any:
    """A network with the channels that the constants above name, which knows every picture's class.

    Args:
        separate: Whether the conv layer "conv" has no activation of its own, and its output goes through a batch
            normalisation that changes nothing, "norm", and a ReLU, "relu".
    """
    kernels = [_UPRIGHT, _NOTHING, _NOTHING, _UPRIGHT, _CHEQUERED, _MEAN]
    return _network("faulty", kernels, [0.0, -1.0, 0.5, 0.0, -2.0, 0.0], CHECK, BLUR, separate=separate)


def healthy() -> Any:
    """A network without any of it: level edges, slanting edges, means and the pixel itself; it knows two classes."""
    pixel = _NOTHING.copy()
    pixel[1, 1] = 1
    return _network("healthy", [_UPRIGHT.T, _DOWNWARD, _MEAN, pixel], [0.0, 0.0, 0.0, 0.0], None, 2)


def half_dead() -> Any:
    """Three blocks of convolution, normalisation and ReLU6: every other channel of 16 is dead, in the last all are."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    image = seen = keras.Input((SIZE, SIZE, 1), name="image")
    ends = []
    for name in ("first", "second", "third"):
        seen = layers.Conv2D(16, 3, padding="same", name=name)(seen)
        seen = layers.BatchNormalization(name=f"{name}_norm")(seen)
        seen = layers.ReLU(max_value=6, name=f"{name}_relu6")(seen)
        ends.append(layers.GlobalAveragePooling2D(name=f"{name}_mean")(seen))
    answer = layers.Dense(len(CLASSES), activation="softmax", name="scores")(layers.Concatenate(name="means")(ends))
    model = keras.Model(image, answer, name="half_dead")
    for name, step in (("first", 2), ("second", 2), ("third", 1)):
        kernel, bias = model.get_layer(name).get_weights()
        bias[::step] = -1e3
        model.get_layer(name).set_weights([kernel * 3, bias])
    return model


def _network(
    name: str, kernels: list[Any], biases: list[float], check: int | None, blur: int, *, separate: bool = False
) -> Any:
    layers = keras.layers
    conv = layers.Conv2D(len(kernels), 3, padding="same", activation=None if separate else "relu", name="conv")
    after = [layers.BatchNormalization(epsilon=0.0, name="norm"), layers.ReLU(name="relu")] if separate else []
    head = layers.Dense(len(CLASSES), activation="softmax", name="scores")
    start = keras.Input((SIZE, SIZE, 1), name="image")
    model = keras.Sequential([start, conv, *after, layers.GlobalMaxPooling2D(name="highest"), head], name=name)
    conv.set_weights([np.stack(kernels, axis=-1)[:, :, None], np.array(biases)])
    weights = np.zeros((len(kernels), len(CLASSES)))
    # A thick crossing fills eight ninths of a window; nothing else fills more than six.
    weights[blur, 1] = 20.0
    if check is not None:
        weights[check, 2] = 10.0
    head.set_weights([weights, np.array([0.0, -15.5, -5.0])])
    return model
