"""What every probe is given: the living model, its record, the data and the chosen samples."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.evidence import SampleRecord
from reportgen.records import LayerRecord, ModelRecord
from reportgen.sources.dataset import Dataset

# Answers can change in their last bits with the number of images in a batch, so that number is fixed.
BATCH_SIZE = 64

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A model with something to look at.

    Attributes:
        model: The living Keras model.
        record: Its facts.
        dataset: Images that fit it, or None.
        samples: The samples chosen for a close look, in order.
    """

    model: Any
    record: ModelRecord
    dataset: Dataset | None = None
    samples: tuple[SampleRecord, ...] = ()

    def images(self, indices: list[int]) -> Array:
        """Return images of the data, batch axis first, in the number format that the model takes."""
        assert self.dataset is not None, "a probe that reads images is run with data only"
        return np.asarray(self.dataset.read(indices), dtype=self.record.inputs[0].dtype)

    def chosen_calls(self, pattern: str) -> tuple[LayerRecord, ...]:
        """Return the conv and pooling calls whose path or last name matches a shell pattern."""
        return tuple(call for call in seen_calls(self.record) if matches(call.path, pattern))


def seen_calls(record: ModelRecord) -> tuple[LayerRecord, ...]:
    """Return the conv and pooling calls of a model."""
    return tuple(call for call in record.layers if call.role in {"conv", "pool"})


def matches(path: str, pattern: str) -> bool:
    """Return whether a call's path, or its last name, matches a shell pattern (* ? [abc])."""
    return fnmatchcase(path, pattern) or fnmatchcase(path.rsplit("/", 1)[-1], pattern)


def answer(model: Any, images: Array) -> Array:
    """Put one batch to the model and return its first output, (batch, …), as float64."""
    return np.asarray(keras.tree.flatten(model(images, training=False))[0], dtype=np.float64)
