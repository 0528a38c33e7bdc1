"""Nothing -> the default network: the article's ConvNet for handwritten digits, with the article's names.

The input has a name of its own, `image`: Keras 3 calls an unnamed input of a Sequential model `input_layer`, and the
article's first conv layer has that name too, which Keras 3 refuses.
"""

from __future__ import annotations

import keras

NAME = "mnist_convnet"
INPUT_SHAPE = (28, 28, 1)


def convnet(num_classes: int = 10) -> keras.Model:
    """Build the untrained network for images of 28 × 28 × 1, values 0..1.

    Args:
        num_classes: Number of classes that it tells apart.

    Returns:
        Conv 32 3×3, conv 64 3×3, max pooling 2×2, dropout, dense 128, dropout, dense with softmax.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(INPUT_SHAPE, name="image"),
            layers.Conv2D(32, (3, 3), activation="relu", name="input_layer"),
            layers.Conv2D(64, (3, 3), activation="relu", name="conv_1"),
            layers.MaxPooling2D((2, 2), name="pool_1"),
            layers.Dropout(0.25, name="dropout_1"),
            layers.Flatten(name="flate_1"),
            layers.Dense(128, activation="relu", name="dense_1"),
            layers.Dropout(0.5, name="dropout_2"),
            layers.Dense(num_classes, activation="softmax", name="output_layer"),
        ],
        name=NAME,
    )
