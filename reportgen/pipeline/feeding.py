"""A model and what the user gave -> the data in the shape, order and range in which the model takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.models import pixels
from reportgen.models.inputs import declared_inputs, declared_outputs
from reportgen.options import Options
from reportgen.records.model import Shape, TensorRecord, main_input
from reportgen.sources import classes, fitting, several
from reportgen.sources.dataset import Dataset, Reading, counted
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data


def opened(model: Any, spec: str, options: Options) -> Dataset:
    """Open what the user calls the data; errors as `opening.open_data`, `sources.several` and `sources.classes`."""
    inputs, outputs = declared_inputs(model), declared_outputs(model)
    reading = Reading(options.resize, options.feature)
    if len(inputs) > 1:
        dataset = several.open_several(spec, inputs, outputs)
    else:
        dataset = open_data(spec, _wanted_shape(model, options), reading)
        dataset = several.with_head_labels(dataset, spec, outputs)
    return dataset if options.classes is None else classes.name(dataset, classes.read(options.classes))


def in_memory(model: Any, images: Any, labels: Any, class_names: Sequence[str]) -> Dataset:
    """Make a dataset of arrays: one, or one for each input.

    Raises:
        DataError: The arrays are not those that the model takes, or do not go together.
    """
    declared = declared_inputs(model)
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


def fitted(model: Any, dataset: Dataset, options: Options) -> Dataset:
    """Make data fit a model, in the way the options say; errors as `sources.fitting.fit`."""
    declared = declared_inputs(model)
    shape = (_wanted_shape(model, options) or ()) if declared else dataset.shape
    how: dict[str, Any] = {
        "rescales": pixels.rescales(model, shape),
        "pictures": pixels.reads_pictures(model),
        "scale": options.preprocess,
        "networks": pixels.networks(model),
        "resize": options.resize,
    }
    if dataset.further:
        return several.fit_several(dataset, declared or _records(dataset), **how)
    return fitting.fit(dataset, shape, dtype=declared[0].dtype if declared else "float32", **how)


def input_shapes(dataset: Dataset | None, options: Options) -> dict[str, Shape] | None:
    """Return the shape of one sample by name of the input, as `models.inputs.input_records` takes it."""
    if dataset is None:
        return {"": options.input_shape} if options.input_shape else None
    return {record.name: record.shape for record in _records(dataset)}


def _records(dataset: Dataset) -> tuple[TensorRecord, ...]:
    """Return what a model that says nothing of its inputs is given, in the order of the names: input_0, input_1 …."""
    shapes = {dataset.main: dataset.shape, **{name: part.shape for name, part in dataset.further}}
    return tuple(TensorRecord(name, shapes[name], "float32") for name in sorted(shapes, key=lambda n: (len(n), n)))


def _wanted_shape(model: Any, options: Options) -> Shape | None:
    declared = declared_inputs(model)
    if options.input_shape:
        return options.input_shape
    return declared[main_input([record.shape for record in declared])].shape if declared else None
