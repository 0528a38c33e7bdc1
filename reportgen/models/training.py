"""The bundled digits -> the default network, trained. Seeded, and bit for bit repeatable on one machine."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from reportgen.models.convnet import convnet
from reportgen.models.types import Model
from reportgen.progress import Progress, silent
from reportgen.records.data import TrainingRecord
from reportgen.sources.dataset import Dataset

EPOCHS = 5
BATCH_SIZE = 64


def train(dataset: Dataset, seed: int = 0, progress: Progress = silent) -> tuple[Model, TrainingRecord]:
    """Train the article's ConvNet.

    Weights, the order of the images and dropout follow the seed, and TensorFlow is told to use deterministic
    operations only: the same machine, thread count and libraries give the same bits.

    Args:
        dataset: Images (size, 28, 28, 1), values 0..1, with labels 0..9.
        seed: 0 or more.
        progress: Told of each epoch.

    Returns:
        The trained model and how it was trained.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    assert dataset.labels is not None, "the bundled digits have labels"
    model = convnet(len(dataset.class_names))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = np.asarray(dataset.read(range(dataset.size)), dtype=np.float32)
    with progress("Training the network", total=EPOCHS) as advance:
        listener = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: advance())
        history = model.fit(
            images, dataset.labels, batch_size=BATCH_SIZE, epochs=EPOCHS, shuffle=True, verbose=0, callbacks=[listener]
        ).history
    record = TrainingRecord(
        data=dataset.name,
        num_images=dataset.size,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        seed=seed,
        losses=tuple(float(value) for value in history["loss"]),
        accuracies=tuple(float(value) for value in history["accuracy"]),
    )
    return model, record
