"""What the user calls the data, or arrays -> the data as they came, with the class names that the user gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.models.inputs import declared_inputs, declared_outputs, wanted_shape
from reportgen.models.types import Model
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records.model import TensorRecord
from reportgen.sources import classes, several, streams
from reportgen.sources.dataset import Dataset, Reading, counted
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data


def opened(model: Model, spec: str, options: Options, progress: Progress = silent) -> Dataset:
    """Open what the user calls the data; errors as `opening.open_data`, `sources.several` and `sources.classes`."""
    inputs, outputs = declared_inputs(model), declared_outputs(model)
    reading = Reading(options.resize, options.feature)
    with progress("Looking at the images"):
        if len(inputs) > 1:
            dataset = several.open_several(spec, inputs, outputs)
        else:
            dataset = open_data(spec, wanted_shape(model, options.input_shape), reading)
            dataset = several.with_head_labels(dataset, spec, outputs)
        return dataset if options.classes is None else classes.name(dataset, classes.read(options.classes))


def in_memory(model: Model, images: Any, labels: Any, class_names: Sequence[str]) -> Dataset:
    """Make a dataset of arrays, one or one for each input, or of what yields them.

    Raises:
        DataError: The arrays are not those that the model takes, or do not go together.
    """
    declared = declared_inputs(model)
    if streams.is_stream(images):
        images, found = streams.read(images, declared[0].shape if declared else None)
        labels = found if labels is None else labels
    if isinstance(images, tuple) or (len(declared) > 1 and isinstance(images, list)):
        names = [record.name for record in declared] or [f"input_{place}" for place in range(len(images))]
        if len(names) != len(images):
            raise DataError(
                f"Received {counted(len(images), 'array')} for {counted(len(names), 'input')}, {', '.join(names)}. "
                "Expected one for each; labels are an argument of their own. Give a dictionary of arrays by name of the"
                " input."
            )
        images = dict(zip(names, images, strict=True))
    if isinstance(labels, Mapping) and not isinstance(images, Mapping):
        images = {declared[0].name if declared else "input_0": images}
    if isinstance(images, Mapping):
        records = declared or tuple(
            TensorRecord(str(name), tuple(np.shape(array)[1:]), "float32") for name, array in images.items()
        )
        return several.from_mapping(images, labels, class_names, records, declared_outputs(model))
    if len(declared) > 1:
        raise DataError(
            f"One array was given, but the model takes {', '.join(record.name for record in declared)}. Expected one "
            "for each. Give a dictionary of arrays by name of the input."
        )
    return from_arrays(images, labels, class_names, shape=declared[0].shape if declared else None)
