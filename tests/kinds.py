"""Kinds of networks that people have, each a model of a few kilobytes with facts that were planted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

layers = keras.layers
SIDE, CLASSES, COUNT, MISTAKES = 12, 3, 12, 3
NAMES = ("ant", "bee", "cat")
DEAD = 1
"""The channel of the layer "conv" that never fires."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """A kind of network.

    Attributes:
        make: Builds the model; its weights are drawn.
        shape: Shape of one sample.
        answer: What its main output answers: "classes", "labels" (several to an image), "values" or "pictures".
        is_picture: Whether files can hold a sample.
        has_conv: Whether it has a layer "conv" whose channel is dead.
        bias: The bias that keeps that channel dead.
    """

    make: Callable[[], Any]
    shape: tuple[int, ...] = (SIDE, SIDE, 3)
    answer: str = "classes"
    is_picture: bool = True
    has_conv: bool = True
    bias: float = -1.0
    inputs: tuple[str, ...] = field(default=())


@keras.saving.register_keras_serializable("tests.kinds")
class Subclassed(keras.Model):  # type: ignore[misc]
    """Layers that are called by code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.conv = layers.Conv2D(4, 3, activation="relu", name="conv")
        self.pool, self.scores = layers.GlobalAveragePooling2D(), layers.Dense(CLASSES, "softmax")

    def call(self, images: Any) -> Any:
        return self.scores(self.pool(self.conv(images)))


def conv(images: Any, **settings: Any) -> Any:
    return layers.Conv2D(4, 3, activation="relu", name="conv", **settings)(images)


def picture() -> Any:
    return keras.Input((SIDE, SIDE, 3), name="picture")


def classes(x: Any, name: str = "kind") -> Any:
    return layers.Dense(CLASSES, "softmax", name=name)(x)


def headed(x: Any, name: str = "kind") -> Any:
    return classes(layers.GlobalAveragePooling2D()(x), name)


def sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(CLASSES, "softmax"),
        ]
    )


def functional() -> Any:
    image = picture()
    x = conv(image, padding="same")
    x = layers.Add()([x, layers.Conv2D(4, 1)(x)])
    return keras.Model(image, headed(layers.BatchNormalization()(x)))


def nested() -> Any:
    inner = picture()
    backbone = keras.Model(inner, layers.MaxPooling2D()(conv(inner)), name="backbone")
    image = keras.Input((SIDE, SIDE, 3), name="whole")
    return keras.Model(image, headed(backbone(image)))


def subclassed() -> Any:
    model = Subclassed()
    model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    return model


def several_inputs() -> Any:
    image, table = picture(), keras.Input((3,), name="table")
    seen = layers.GlobalAveragePooling2D()(conv(image))
    return keras.Model([image, table], classes(layers.Concatenate()([seen, layers.Dense(2)(table)])))


def several_outputs() -> Any:
    image = picture()
    x = layers.GlobalAveragePooling2D()(conv(image))
    return keras.Model(image, {"kind": classes(x), "size": layers.Dense(1, name="size")(x)})


def detecting() -> Any:
    image = picture()
    x = layers.GlobalAveragePooling2D()(conv(image))
    return keras.Model(image, {"kind": classes(x), "box": layers.Dense(4, "sigmoid", name="box")(x)})


def labelling() -> Any:
    image = picture()
    return keras.Model(image, layers.Dense(CLASSES, "sigmoid")(layers.GlobalAveragePooling2D()(conv(image))))


def valuing() -> Any:
    image = picture()
    return keras.Model(image, layers.Dense(1)(layers.GlobalAveragePooling2D()(conv(image))))


def segmenting() -> Any:
    image = picture()
    x = layers.UpSampling2D()(layers.MaxPooling2D()(conv(image, padding="same")))
    return keras.Model(image, layers.Conv2D(CLASSES, 1, activation="softmax", name="mask")(x))


def restoring() -> Any:
    image = picture()
    x = layers.MaxPooling2D()(conv(image, padding="same"))
    return keras.Model(image, layers.Conv2DTranspose(3, 2, 2, activation="sigmoid", name="image")(x))


def signalling() -> Any:
    signal = keras.Input((40, 2))
    x = layers.Conv1D(4, 5, activation="relu", name="conv")(signal)
    return keras.Model(signal, classes(layers.GlobalMaxPooling1D()(layers.MaxPooling1D()(x))))


def spatial() -> Any:
    volume = keras.Input((6, 6, 6, 1))
    x = layers.Conv3D(4, 3, activation="relu", name="conv")(volume)
    return keras.Model(volume, classes(layers.Flatten()(layers.MaxPooling3D()(x))))


def recurrent() -> Any:
    image = picture()
    x = layers.Reshape((10, 40))(conv(image))
    return keras.Model(image, classes(layers.LSTM(3)(x)))


def attending() -> Any:
    image = picture()
    x = layers.Reshape((25, 4))(layers.MaxPooling2D()(conv(image)))
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 2)(x, x)]))
    return keras.Model(image, classes(layers.GlobalAveragePooling1D()(x)))


def convnext() -> Any:
    image = picture()
    x = layers.LayerNormalization()(layers.Conv2D(4, 2, 2, activation="relu", name="conv")(image))
    y = layers.LayerNormalization()(layers.DepthwiseConv2D(3, padding="same")(x))
    y = layers.Dense(4)(layers.Activation("gelu")(layers.Dense(8)(y)))
    return keras.Model(image, headed(layers.Add()([x, y])))


def in_bfloat16() -> Any:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        image = picture()
        x = layers.GlobalAveragePooling2D()(conv(image))
        return keras.Model(image, layers.Dense(CLASSES, "softmax", dtype="float32", name="kind")(x))
    finally:
        keras.config.set_dtype_policy(policy)


def in_int8() -> Any:
    return sequential()


def pruned() -> Any:
    return functional()


KINDS = {
    "sequential": Kind(sequential),
    "functional": Kind(functional),
    "nested": Kind(nested),
    "subclassed": Kind(subclassed),
    "several inputs": Kind(several_inputs, is_picture=False, inputs=("picture", "table")),
    "several outputs": Kind(several_outputs),
    "detection-like": Kind(detecting),
    "multi-label": Kind(labelling, answer="labels"),
    "values": Kind(valuing, answer="values"),
    "segmentation": Kind(segmenting, answer="pictures"),
    "autoencoder": Kind(restoring, answer="pictures"),
    "signal": Kind(signalling, shape=(40, 2), is_picture=False),
    "volume": Kind(spatial, shape=(6, 6, 6, 1), is_picture=False),
    "LSTM on top": Kind(recurrent),
    "attention": Kind(attending),
    "ConvNeXt-like": Kind(convnext),
    "mixed precision": Kind(in_bfloat16),
    "int8": Kind(in_int8),
    "pruned": Kind(pruned),
}
QUARTER = 0.25


def planted(name: str) -> Any:
    """The model of a kind, with a channel that is dead; of the pruned one a quarter of each large kernel is zero."""
    kind = KINDS[name]
    keras.utils.set_random_seed(3)
    model = kind.make()
    layer = next(each for each in model._flatten_layers() if each.name == "conv")
    kernel, bias = layer.get_weights()
    kernel[..., DEAD], bias[DEAD] = 0.0, kind.bias
    layer.set_weights([kernel, bias])
    if name == "pruned":
        for each in model.layers:
            if each.name != "conv" and each.get_weights() and each.get_weights()[0].ndim > 1:
                weights = each.get_weights()
                flat = weights[0].reshape(-1)
                flat[: round(len(flat) * QUARTER)] = 0.0
                each.set_weights(weights)
    if name == "int8":
        model.quantize("int8")
    return model


def samples(name: str) -> Array:
    """Samples of whole numbers 0..255 as float32, divided by 255: files hold them without loss."""
    shape = (COUNT, *KINDS[name].shape)
    return np.random.default_rng(5).integers(0, 256, shape).astype(np.float32) / np.float32(255)


def mistaken(predicted: Array) -> Array:
    """Labels that agree with predictions but for the first few; every class occurs."""
    labels = predicted.copy()
    labels[:MISTAKES] = (predicted[:MISTAKES] + 1 + np.arange(MISTAKES) % 2) % CLASSES
    return labels
