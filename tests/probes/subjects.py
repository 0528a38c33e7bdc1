"""Toy models with data in memory, ready for the probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.evidence.samples import SampleRecord
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject
from reportgen.sources.dataset import Array, Dataset


def data(
    images: npt.ArrayLike, labels: Sequence[int] | None = None, class_names: tuple[str, ...] = (), **others: Any
) -> Dataset:
    """Images in memory."""
    array = np.asarray(images, dtype=np.float32)

    def read(indices: Sequence[int]) -> Array:
        return array[list(indices)]

    known = None if labels is None else np.asarray(labels, dtype=np.int64)
    shape = array.shape[1:]
    names = others.get("image_names", ())
    return Dataset("toys", "memory", "as given", len(array), read, shape, known, class_names, names, "ab")


def sample(index: int) -> SampleRecord:
    """A chosen image, of which the probes read the index only."""
    return SampleRecord(index, "", "asked for", None, None, (), None, np.zeros((1, 1), np.uint8), (0.0, 1.0))


def subject(model: Any, dataset: Dataset | None = None, *chosen: int) -> Subject:
    """A model with its record, data and samples."""
    record = inspect(model, None if dataset is None else {"": dataset.shape})
    return Subject(model, record, dataset, tuple(sample(index) for index in chosen))


def costly(plain: Subject, macs: int) -> Subject:
    """The same, its first call taking so many multiply-adds for an image and the others none, as the record has it."""
    first, *others = plain.record.layers
    layers = (replace(first, macs=macs), *(replace(call, macs=0) for call in others))
    return replace(plain, record=replace(plain.record, layers=layers))


def with_earlier(plain: Subject, results: dict[str, Any]) -> Subject:
    """The same, with what the probes before found."""
    return replace(plain, earlier=results)
