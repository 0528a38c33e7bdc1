"""Networks of the kinds that people have, trained small on the bundled digits: each once in a process."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.sources import digits
from reportgen.sources.dataset import Dataset
from tests.probes.subjects import data

layers = keras.layers
SIZE = 14


def held_out() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The digits that were not trained on, at half their size, 0..1: (1000, 14, 14, 1) and their classes."""
    return _small(digits.held_out_set())


def part(chosen: npt.NDArray[np.int64]) -> Dataset:
    """Some of them."""
    images, labels = held_out()
    return data(images[chosen], labels[chosen].tolist(), tuple("0123456789"))


@cache
def mobile() -> Any:
    """Depthwise and pointwise convolutions, each followed by batch normalization and ReLU6, as in MobileNet."""
    keras.utils.set_random_seed(1)
    image = x = keras.Input((SIZE, SIZE, 1), name="image")
    x = _normal(layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv1")(x), "conv1")
    for block, (width, stride) in enumerate(((16, 2), (24, 1), (32, 2)), start=1):
        depthwise = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"dw{block}")
        x = _normal(depthwise(x), f"dw{block}")
        x = _normal(layers.Conv2D(width, 1, use_bias=False, name=f"pw{block}")(x), f"pw{block}")
    return _trained(image, x, "small_mobile")


@cache
def residual() -> Any:
    """Blocks of two convolutions with batch normalization that are added to what they read, as in ResNet."""
    keras.utils.set_random_seed(2)
    image = x = keras.Input((SIZE, SIZE, 1), name="image")
    x = layers.Conv2D(12, 3, padding="same", strides=2, use_bias=False, name="stem")(x)
    x = layers.ReLU(name="stem_relu")(layers.BatchNormalization(name="stem_norm")(x))
    for block in ("a", "b"):
        y = layers.Conv2D(12, 3, padding="same", use_bias=False, name=f"{block}1")(x)
        y = layers.ReLU(name=f"{block}1_relu")(layers.BatchNormalization(name=f"{block}1_norm")(y))
        y = layers.Conv2D(12, 3, padding="same", use_bias=False, name=f"{block}2")(y)
        y = layers.BatchNormalization(name=f"{block}2_norm")(y)
        x = layers.ReLU(name=f"{block}_relu")(layers.Add(name=f"{block}_add")([x, y]))
    return _trained(image, x, "small_residual")


def _normal(values: Any, name: str) -> Any:
    return layers.ReLU(6.0, name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_norm")(values))


def _trained(image: Any, features: Any, name: str) -> Any:
    pooled = layers.GlobalAveragePooling2D(name="mean")(features)
    model = keras.Model(image, layers.Dense(10, activation="softmax", name="answer")(pooled), name=name)
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    images, labels = _small(digits.training_set())
    model.fit(images, labels, batch_size=64, epochs=3, verbose=0)
    return model


def _small(dataset: Dataset) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    images = dataset.read(range(dataset.size)).astype(np.float32) / 255
    assert dataset.labels is not None
    return images.reshape(-1, SIZE, 2, SIZE, 2).mean(axis=(2, 4))[..., None], dataset.labels
