"""Layers of networks that read no pictures: signals, volumes, films and rows of numbers."""

from __future__ import annotations

from typing import Any

import keras

layers = keras.layers


def signal() -> list[Any]:
    return [
        keras.Input((400, 2)),
        layers.Conv1D(4, 5, padding="causal", name="conv"),
        layers.MaxPooling1D(2, name="pool"),
        layers.Conv1D(4, 3, dilation_rate=2, strides=1, name="wide"),
        layers.GlobalMaxPooling1D(name="end"),
        layers.Dense(3, activation="softmax", name="scores"),
    ]


def volume() -> list[Any]:
    return [
        keras.Input((6, 8, 9, 1)),
        layers.Conv3D(4, 3, name="conv"),
        layers.MaxPooling3D(2, name="pool"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax", name="scores"),
    ]


def film() -> list[Any]:
    backbone = keras.Sequential(
        [layers.Conv2D(4, 3, name="conv"), layers.MaxPooling2D(2, name="pool")], name="backbone"
    )
    return [
        keras.Input((5, 8, 9, 3)),
        layers.TimeDistributed(backbone, name="each"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax", name="scores"),
    ]


def table() -> list[Any]:
    return [
        keras.Input((36,)),
        layers.Reshape((6, 6, 1)),
        layers.Conv2D(4, 3, name="conv"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax", name="scores"),
    ]
