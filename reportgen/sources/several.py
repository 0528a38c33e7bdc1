"""One array per input of the model -> a dataset whose images are the main input's, with the others beside them.

Labels are called y, labels or label where they belong to the output that answers with classes, and like an output, or
like one with "y_" before its name, where they belong to that one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import TensorRecord, main_input
from reportgen.sources import classes, fitting, function, hashing, npz, true_maps
from reportgen.sources.dataset import Array, Dataset, Manner, counted, in_words
from reportgen.sources.files import shown, writable
from reportgen.sources.labels import Truth, read_labels, words
from reportgen.sources.memory import as_array, from_arrays
from reportgen.sources.naming import ClassNames

_PICTURE_AXES = 3
_PICTURE_CHANNELS = {1, 3, 4}


def open_several(spec: str, inputs: Sequence[TensorRecord], outputs: Sequence[str]) -> Dataset:
    """Open data for a model with several inputs.

    Args:
        spec: Path of an `.npz` file, or module:function of the user's own that returns a dictionary of arrays, or such
            a dictionary and labels.
        inputs: What the model takes, in its order.
        outputs: Names of its outputs, for labels that belong to one of them.

    Returns:
        The images of the main input, with what the further inputs get beside them.

    Raises:
        DataError: The data are of another kind, an array is missing, or the arrays do not go together.
    """
    if npz.accepts(spec):
        arrays, path = npz.read_all(spec), Path(spec)
        names = next((arrays.pop(key) for key in list(arrays) if key.lower() in npz.CLASS_NAMES), None)
        named = words(names, f"The class names in {shown(path)!r}") if names is not None else ()
        found = from_mapping(arrays, None, named, inputs, outputs, name=f"from {shown(path)}", source=shown(path))
        hashed = hashing.of_file(path)
        return replace(found, sha256=hashed.sha256, hash_command=hashed.command)
    if function.accepts(spec):
        returned = function.call(spec)
        given, labels = returned if isinstance(returned, tuple | list) and len(returned) == 2 else (returned, None)
        if isinstance(given, Mapping):
            return from_mapping(given, labels, (), inputs, outputs, name=f"from {spec}", source=spec)
    raise DataError(
        f"The model takes {len(inputs)} inputs, and {writable(spec)!r} does not say which data belong to which."
        f" Expected an .npz file with an array for each of {_wanted(inputs)}, or module:function that returns such a"
        " dictionary. Give one of these."
    )


def with_head_labels(dataset: Dataset, spec: str, outputs: Sequence[str]) -> Dataset:
    """Add labels that an `.npz` file holds for single outputs of a model with one input; other data stay as they are.

    Raises:
        DataError: They do not go with the images.
    """
    if len(outputs) < 2 or not npz.accepts(spec):
        return dataset
    arrays = npz.read_all(spec, {name for output in outputs for name in (output, f"y_{output}")})
    heads = _head_labels(arrays, None, outputs)
    return _with_truths(dataset, _by_head(heads, dataset.size))


def from_mapping(
    arrays: Mapping[str, Any],
    labels: Any,
    class_names: Sequence[str],
    inputs: Sequence[TensorRecord],
    outputs: Sequence[str] = (),
    *,
    name: str = "given in memory",
    source: str = "memory",
) -> Dataset:
    """Make a dataset of one array per input.

    Args:
        arrays: By name of the input, batch axis first; labels may stand among them.
        labels: True classes: one array for the output that answers with classes, or a mapping by name of the output.
        class_names: Names of the classes by index.
        inputs: What the model takes.
        outputs: Names of its outputs.
        name: What the data are called after their number.
        source: Where they come from.

    Raises:
        DataError: An input has no array, an array belongs to nothing, or the arrays differ in length.
    """
    rest = {str(key): as_array(value, f"values for {writable(str(key))!r}") for key, value in arrays.items()}
    missing = [record.name for record in inputs if record.name not in rest]
    if missing:
        raise DataError(
            f"There is no array for the input {missing[0]!r}; there are {', '.join(map(writable, rest)) or 'none'}. "
            f"Expected one for each of {_wanted(inputs)}. Name them like the inputs."
        )
    mine = [rest.pop(record.name) for record in inputs]
    main = main_input([record.shape for record in inputs])
    heads = _head_labels(rest, labels, outputs)
    first = heads.pop("", None)
    dataset = from_arrays(mine[main], first, class_names, shape=inputs[main].shape, name=name, source=source)
    if dataset.size == 1 and mine[main].ndim == len(dataset.shape):  # one sample: so is what the other inputs get
        mine = [array[None] for array in mine]
        heads = {head: rows[None] if rows.ndim == 0 else rows for head, rows in heads.items()}
    parts = []
    for record, array in zip(inputs, mine, strict=True):
        if array.shape[:1] != (dataset.size,):
            rows_words = counted(len(array), "row") if array.ndim else "a single number"
            raise DataError(
                f"There are {counted(dataset.size, 'image')} for {inputs[main].name!r} and {rows_words} for "
                f"{record.name!r}. Expected as many of each. Give all for the same images."
            )
        if record is not inputs[main]:
            rows = array[:, None] if array.ndim == 1 else array
            parts.append((record.name, from_arrays(rows, name=f"for {record.name}", source=source)))
    dataset = replace(
        dataset, notes=(*dataset.notes, *_left(rest, source)), main=inputs[main].name, further=tuple(parts)
    )
    found = _with_truths(dataset, _by_head(heads, dataset.size))
    return classes.name_heads(found, ClassNames(tuple(class_names))) if class_names else found


def fit_several(dataset: Dataset, inputs: Sequence[TensorRecord], how: Manner) -> Dataset:
    """Make the data of several inputs fit a model: pictures like the main input's, anything else as it is.

    Args:
        dataset: As `open_several` gives it.
        inputs: What the model takes, in its order.
        how: How pictures are brought to the model.

    Raises:
        DataError: An array does not fit its input.
    """
    main = inputs[main_input([record.shape for record in inputs])]
    fitted = fitting.fit(replace(dataset, further=()), main.shape, main.dtype, how)
    records = {record.name: record for record in inputs}
    further = []
    notes = list(fitted.notes)
    for name, part in dataset.further:
        record = records[name]
        part = fitting.fit(part, record.shape, record.dtype, how) if _is_picture(record) else _as_table(part, record)
        notes += [f"Input {name}: {note}" for note in part.notes]
        further.append((name, part))
    return replace(fitted, notes=tuple(notes), further=tuple(further))


def _head_labels(rest: dict[str, Array], labels: Any, outputs: Sequence[str]) -> dict[str, Array]:
    """Take the labels out of the arrays; the key "" stands for the output that answers with classes."""
    heads: dict[str, Array] = {}
    for output in outputs:
        for key in (output, f"y_{output}"):
            if key in rest:
                heads[output] = rest.pop(key)
    general = next((key for key in rest if key.lower() in npz.LABELS), None)
    if general is not None:
        heads[""] = rest.pop(general)
    if isinstance(labels, Mapping):
        heads |= {str(name): as_array(values, f"labels for {writable(str(name))!r}") for name, values in labels.items()}
    elif labels is not None:
        heads[""] = as_array(labels, "labels")
    return heads


def _by_head(heads: Mapping[str, Array], size: int) -> dict[str, Truth]:
    """Return the true classes or the true values by name of the output."""
    found = {}
    for head, given in heads.items():
        truth = read_labels(given, ClassNames(()), f"The labels for {head!r}")
        known = truth.known
        if known is not None and len(known) != size:
            raise DataError(
                f"There are {counted(size, 'image')} and {counted(len(known), 'label')} for {head!r}. Expected as "
                "many labels as images. Give both for the same images."
            )
        found[head] = truth
    return found


def _with_truths(dataset: Dataset, truths: Mapping[str, Truth]) -> Dataset:
    """Add what is known for single outputs."""
    return replace(
        dataset,
        head_labels=tuple((head, truth.indices) for head, truth in truths.items() if truth.indices is not None),
        head_words=tuple((head, truth.class_names) for head, truth in truths.items() if truth.by_word),
        targets=(*dataset.targets, *((head, each.values) for head, each in truths.items() if each.values is not None)),
        maps=(
            *dataset.maps,
            *((head, true_maps.of_array(each.maps)) for head, each in truths.items() if each.maps is not None),
        ),
    )


def _left(rest: Mapping[str, Array], source: str) -> tuple[str, ...]:
    listed = ", ".join(map(writable, rest))
    return (f"{source} also holds {listed}, which no input and no output is called.",) if rest else ()


def _is_picture(record: TensorRecord) -> bool:
    axes = record.shape
    return len(axes) == _PICTURE_AXES and bool({axes[0], axes[-1]} & _PICTURE_CHANNELS)


def _as_table(part: Dataset, record: TensorRecord) -> Dataset:
    """Fit a table: its shape must be the input's, where only axes of size 1 may differ."""
    have = tuple(axis or 0 for axis in part.shape)
    want = tuple(axis if axis is not None else size for axis, size in zip(record.shape, have, strict=False))
    squeezed = [axis for axis in have if axis != 1]
    if len(want) != len(record.shape) or squeezed != [axis for axis in want if axis != 1]:
        raise DataError(
            f"Received rows of {in_words(have)} for the input {record.name!r}. Expected {in_words(record.shape)}, which"
            " is what the model takes. Give data of that shape."
        )
    dtype = fitting.number_format(record.dtype)

    def read(indices: Sequence[int]) -> Array:
        values = part.read(indices)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DataError(
                f"The rows for the input {record.name!r} hold NaN or infinite values. Expected finite numbers. Repair"
                " or remove them."
            )
        with np.errstate(over="ignore"):
            fitted = values.astype(dtype)
        if fitted.dtype.kind == "f" and not np.isfinite(fitted).all():
            raise DataError(
                f"The rows for the input {record.name!r} hold values that {dtype} cannot hold. Expected numbers within"
                " its range. Scale them before."
            )
        return fitted.reshape(len(values), *want)

    return replace(part, read=read, shape=want)


def _wanted(inputs: Sequence[TensorRecord]) -> str:
    return ", ".join(f"{record.name} ({in_words(record.shape)})" for record in inputs)
