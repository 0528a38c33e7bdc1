"""The default network: the article's layers, and training that comes out the same to the last bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from reportgen.models.convnet import convnet
from reportgen.models.training import BATCH_SIZE, EPOCHS, train
from reportgen.sources.dataset import Array, Dataset

pytestmark = pytest.mark.keras


def stripes(size: int) -> Dataset:
    """Images of one bright row each, labelled by where it is: two batches, the second one not full."""
    labels = np.arange(size, dtype=np.int64) % 3
    images = np.zeros((size, 28, 28, 1), np.float32)
    for index, label in enumerate(labels):
        images[index, 5 + 8 * label] = 1

    def read(indices: Sequence[int]) -> Array:
        return images[list(indices)]

    names = ("top", "middle", "bottom")
    return Dataset("stripes", "memory", "as given", size, read, (28, 28, 1), labels, names, (), "")


def test_network_is_the_articles_with_the_articles_names() -> None:
    model = convnet()
    assert [(layer.name, type(layer).__name__, layer.output.shape[1:]) for layer in model.layers] == [
        ("input_layer", "Conv2D", (26, 26, 32)),
        ("conv_1", "Conv2D", (24, 24, 64)),
        ("pool_1", "MaxPooling2D", (12, 12, 64)),
        ("dropout_1", "Dropout", (12, 12, 64)),
        ("flate_1", "Flatten", (9216,)),
        ("dense_1", "Dense", (128,)),
        ("dropout_2", "Dropout", (128,)),
        ("output_layer", "Dense", (10,)),
    ]
    assert [model.get_layer(name).rate for name in ("dropout_1", "dropout_2")] == [0.25, 0.5]
    activations = {layer.name: layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")}
    assert activations == {"input_layer": "relu", "conv_1": "relu", "dense_1": "relu", "output_layer": "softmax"}
    assert model.inputs[0].name == "image"
    assert model.count_params() == 1_199_882


def test_training_twice_gives_the_same_bits() -> None:
    size = BATCH_SIZE + 2
    first, record = train(stripes(size), seed=3)
    second, again = train(stripes(size), seed=3)
    bits = [[weight.tobytes() for weight in model.get_weights()] for model in (first, second)]
    assert bits[0] == bits[1]
    assert record == again
    assert (record.data, record.num_images, record.epochs, record.batch_size, record.seed) == (
        "stripes",
        size,
        EPOCHS,
        BATCH_SIZE,
        3,
    )
    assert len(record.losses) == len(record.accuracies) == EPOCHS
    assert record.losses[-1] < record.losses[0]
    assert [weight.shape for weight in first.get_layer("output_layer").get_weights()] == [(128, 3), (3,)]
