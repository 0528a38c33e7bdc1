"""A model in memory -> its report. Trains nothing: the weights are what Keras starts with.

Run it with: python examples/explain_in_memory.py FOLDER
"""

from __future__ import annotations

import sys

import keras
import numpy as np

import reportgen


def main(folder: str) -> None:
    """Explain a small functional network with a branch on three made images, and write its report."""
    keras.utils.set_random_seed(7)
    image = keras.Input((32, 32, 3), name="image")
    left = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="narrow")(image)
    right = keras.layers.Conv2D(8, 5, padding="same", activation="relu", name="wide")(image)
    both = keras.layers.Concatenate(name="both")([left, right])
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(both)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="answer")(pooled), name="two_windows")

    images = np.zeros((3, 32, 32, 3), "float32")
    images[0, 8:24, 8:24] = (1, 0, 0)
    images[1, 4:12, :, 1] = 1
    images[2, :, 20:28, 2] = 1
    report = reportgen.explain(model, images, labels=[0, 1, 1], class_names=("square", "stripe"), pick=("index:0,1,2",))
    for path in reportgen.write(report, folder):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "two-windows-report")
