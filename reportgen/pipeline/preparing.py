"""A model and the data as they came -> the subject: renamed, fitted, inspected, and the choices checked against it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from reportgen.errors import ModelError, OptionsError, UnknownNameError
from reportgen.models import pixels, published
from reportgen.models.inputs import declared_inputs, wanted_shape
from reportgen.models.inspection import inspect
from reportgen.models.renaming import rename
from reportgen.models.subject import Subject
from reportgen.models.types import Model
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import ModelRecord, Shape, TensorRecord
from reportgen.sources import classes, fitting, groups, meaning, sampling, several
from reportgen.sources.dataset import Dataset, Manner


def prepared(model: Model, dataset: Dataset | None, options: Options, progress: Progress = silent) -> Subject:
    """Rename layers, make the data fit, inspect the network and find out what words among the labels mean.

    Args:
        model: A Keras model that can be run here (`compiling.runnable`); its layers stay renamed.
        dataset: Images as they came, or None.
        options: What to show.
        progress: Told of every long step.

    Raises:
        ReportgenError: The model or the data cannot be used, or a choice would choose nothing.
    """
    rename(model, options.rename)
    given = None if dataset is None else sampling.sampled(dataset, options.limit_answers, options.seed)
    dataset = None if given is None else fitted(model, given, options)
    with progress("Inspecting the network"):
        record = inspect(model, input_shapes(dataset, options))
    if dataset is not None and given is not None:
        dataset = classes.settle(dataset, record.outputs)
        with progress("Looking at the masks") if dataset.maps else nullcontext():
            dataset = meaning.settle(dataset, given, record, options.answers, options.resize)
    check_choices(record, dataset, options)
    if dataset is not None and options.groups is not None:
        most = max((output.shape[-1] or 0 for output in record.outputs if output.shape), default=0)
        kinds = groups.kinds(dataset.class_names, groups.read(options.groups), max(most, 2))
        dataset = replace(dataset, kinds=kinds)
    return Subject(model, record, dataset)


def fitted(model: Model, dataset: Dataset, options: Options) -> Dataset:
    """Make data fit a model, in the way the options say; errors as `sources.fitting.fit`."""
    declared = declared_inputs(model)
    shape = (wanted_shape(model, options.input_shape) or ()) if declared else dataset.shape
    how = Manner(
        rescales=pixels.rescales(model, shape),
        pictures=pixels.reads_pictures(model),
        scale=options.preprocess,
        published=published.module_of(model),
        networks=pixels.networks(model),
        resize=options.resize,
    )
    if dataset.further:
        return several.fit_several(dataset, declared or _records(dataset), how)
    return fitting.fit(dataset, shape, declared[0].dtype if declared else "float32", how)


def input_shapes(dataset: Dataset | None, options: Options) -> dict[str, Shape] | None:
    """Return the shape of one sample by name of the input, as `models.inputs.input_records` takes it."""
    if dataset is None:
        return {"": options.input_shape} if options.input_shape else None
    return {record.name: record.shape for record in _records(dataset)}


def _records(dataset: Dataset) -> tuple[TensorRecord, ...]:
    """Return what a model that says nothing of its inputs is given, in the order of the names: input_0, input_1 …."""
    shapes = {dataset.main: dataset.shape, **{name: part.shape for name, part in dataset.further}}
    return tuple(TensorRecord(name, shapes[name], "float32") for name in sorted(shapes, key=lambda n: (len(n), n)))


def check_choices(record: ModelRecord, dataset: Dataset | None, options: Options) -> None:
    """Refuse a model without anything to look at, and a choice that would choose nothing.

    Raises:
        ModelError: There is no conv or pooling layer.
        UnknownNameError: No layer has the name.
        OptionsError: Samples are to be picked without data.
    """
    if not record.seen_calls:
        kinds = ", ".join(sorted({call.kind for call in record.layers}))
        raise ModelError(
            f"The model {record.name!r} has no conv or pooling layer; its layers are {kinds}. Expected a convolutional "
            "network. Use a model with at least one conv layer."
        )
    paths = [call.path for call in record.seen_calls]
    if not any(places.matches(path, options.layers) for path in paths):
        raise UnknownNameError("conv or pooling layer", options.layers, paths)
    for layer, channel in options.dream:
        places.find(record, layer, channel)
    if options.groups is not None and dataset is None:
        raise OptionsError(
            "Kinds of classes were given with --groups, but there are no images whose classes they could sort. Expected"
            " images. Give them with --data, or leave --groups out."
        )
    if options.pick and dataset is None:
        raise OptionsError(
            f"Samples cannot be picked by {', '.join(map(str, options.pick))}: there are no images. Expected images to"
            " pick from. Give them with --data."
        )
