"""A model and all images of the data -> its answers at every output, and how many of them are right.

Answers are reduced batch by batch: of each image only the first answer, its confidence and whether it is a number stay.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.document.report import Score
from reportgen.errors import DataError, ModelError
from reportgen.evidence.performance import known, wilson
from reportgen.evidence.predictions import MANY_CLASSES, PredictionsResult
from reportgen.models.subject import Answering, Array, Subject
from reportgen.options import Options
from reportgen.probes.predictions import multilabel
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord, TensorRecord, product
from reportgen.sources.dataset import Dataset

NEEDS: tuple[str, ...] = ()
_SUM_TOLERANCE = 1e-3
# What an output of logits may end in; None where the last call has no activation of its own.
_OF_LOGITS = {None, "linear", "log_softmax"}
_Labels = npt.NDArray[np.int64]


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of one pass over all images."""
    del options, plan
    return Work("predictions on all images", macs=dataset.size * record.macs)


def scores(result: PredictionsResult | None) -> tuple[Score, ...]:
    """Return how well each output does whose true classes or values are known."""
    return known(result)


def run(subject: Subject, options: Options, progress: Progress = silent) -> PredictionsResult | None:
    """Put every image to the model once.

    Returns:
        The answers of the output that is looked at closely, with those of the further outputs; None without data.

    Raises:
        DataError: A label is out of an output's range, or belongs to no output.
        ModelError: The model cannot be run on the images, or answers with another number of outputs each time.
    """
    del options
    dataset = subject.dataset
    if dataset is None:
        return None
    targets = targets_by_output(subject.record, dataset)
    given = dict(dataset.head_labels)
    heads = [
        _Head(record, targets.get(record.name), given.get(record.name, dataset.labels))
        for record in subject.record.outputs
    ]
    starts = range(0, dataset.size, subject.batch_size)
    answers = Answering(subject.model, len(starts))
    digests: list[Any] = []
    with progress("Running the network on every image", total=len(starts)) as advance:
        for start in starts:
            inputs = subject.inputs(range(start, min(start + subject.batch_size, dataset.size)))
            leaves = keras.tree.flatten(inputs)
            digests = digests or [hashlib.sha256() for _ in leaves]
            for digest, leaf in zip(digests, leaves, strict=True):
                digest.update(np.ascontiguousarray(leaf))
            found = answers(inputs)
            if len(found) != len(heads):
                raise ModelError(
                    f"The model {subject.record.name!r} returned {len(found)} outputs, and before that"
                    f" {len(heads)}. Expected as many at every call. Use a model whose output has one form."
                )
            for head, values in zip(heads, found, strict=True):
                head.add(values, start)
            advance()
    kinds = [head.kind(given.get(head.record.name, dataset.labels)) for head in heads]
    main = main_output(
        [has_labels(record, dataset, targets) for record in subject.record.outputs], kinds, subject.record
    )
    labels = _labels_by_output(subject.record, dataset, main)
    results = [
        head.result(kind, labels.get(head.record.name), dataset, dataset.class_names if place == main else ())
        for place, (head, kind) in enumerate(zip(heads, kinds, strict=True))
    ]
    return replace(
        results[main],
        others=tuple(result for place, result in enumerate(results) if place != main),
        sha256=_sha256(digests, dataset, targets),
    )


def _sha256(digests: Sequence[Any], dataset: Dataset, targets: Mapping[str, Array]) -> str:
    """Return the hash over what the model got, input by input, and what is known of each image."""
    whole = hashlib.sha256(b"".join(digest.digest() for digest in digests))
    own = (labels for _, labels in dataset.head_labels)
    for values in (dataset.labels, *own, *targets.values()):
        if values is not None:
            whole.update(np.ascontiguousarray(values).tobytes())
    return whole.hexdigest()


def main_output(labelled: Sequence[bool], kinds: Sequence[str], model: ModelRecord) -> int:
    """Return the place of the output to look at closely: one of classes with labels, of probabilities, of logits.

    Of equals it is one that ends in a softmax: four numbers of a sigmoid may be the corners of a box.

    Args:
        labelled: Of each output whether there are labels that belong to it alone.
        kinds: Of each output what its answers are.
        model: The model with these outputs.
    """
    ranks = [
        (
            kind != "values" and labels,
            kind in {"probabilities", multilabel.KIND},
            kind == "logits",
            output.activation == "softmax",
        )
        for labels, kind, output in zip(labelled, kinds, model.outputs, strict=True)
    ]
    return ranks.index(max(ranks))


def has_labels(record: TensorRecord, dataset: Dataset, targets: dict[str, Array]) -> bool:
    """Tell whether there are labels that belong to an output alone."""
    own = record.name in dict(dataset.head_labels)
    return own or (dataset.labels is None and multilabel.asks(record, targets.get(record.name)))


def targets_by_output(record: ModelRecord, dataset: Dataset) -> dict[str, Array]:
    """Return true values by name of the output.

    Raises:
        DataError: No output answers with so many values, or it answers with classes.
    """
    found = dict(dataset.targets)
    _check_names(found, record)
    for name in list(found):
        size = found[name][0].size
        fits = [
            output.name
            for output in record.outputs
            if output.name == (name or output.name) and output.activation != "softmax" and product(output.shape) == size
        ]
        if not fits:
            which = f"output called {name!r}" if name else "output"
            raise DataError(
                f"The labels of {dataset.name} hold values that are not class indices, {size} for each image, and no"
                f" {which} without a softmax answers with so many values. Expected one whole number from 0 for each"
                " image, as many true values as an output has, or a 0 or 1 for each of its classes. Number the classes."
            )
        found[fits[0]] = found.pop(name)
    labels = dataset.labels
    # Whole numbers are true values of one linear number, unless they are 0 and 1, which are the classes of a logit.
    if not found and labels is not None and _is_one_number(record) and not set(np.unique(labels)) <= {0, 1}:
        found[record.outputs[0].name] = labels.astype(np.float64)
    return found


def _is_one_number(record: ModelRecord) -> bool:
    return [(output.shape, output.activation in _OF_LOGITS) for output in record.outputs] == [((1,), True)]


def _check_names(found: Iterable[str], record: ModelRecord) -> None:
    names = [output.name for output in record.outputs]
    unknown = [name for name in found if name and name not in names]
    if unknown:
        raise DataError(
            f"There are labels for an output {unknown[0]!r}, but the outputs are {', '.join(names)}. Expected the names"
            " of outputs. Rename the labels."
        )


def _labels_by_output(record: ModelRecord, dataset: Dataset, main: int) -> dict[str, _Labels]:
    """Return true classes by name of the output."""
    found = dict(dataset.head_labels)
    _check_names(found, record)
    if dataset.labels is not None:
        found.setdefault(record.outputs[main].name, dataset.labels)
    return found


class _Head:
    """What stays of the answers of one output."""

    def __init__(self, record: TensorRecord, targets: Array | None, labels: _Labels | None) -> None:
        self.record = record
        self._targets, self._labels = targets, labels
        self._error, self._num_compared = 0.0, 0
        self._errors: list[Array] = []
        is_multilabel = targets is not None and multilabel.asks(record, targets)
        self._counts = multilabel.Counts(record.shape[0] or 0) if is_multilabel else None
        self._batches: list[tuple[Array, ...]] = []
        self._sums_to_one = True
        self._low, self._high = math.inf, -math.inf

    def add(self, values: Array, start: int) -> None:
        """Note the answers for one batch, (batch, …), that begins with the image at `start`."""
        flat = values.reshape(len(values), -1)
        finite = np.isfinite(flat)
        broken = np.asarray(~finite.all(axis=1))
        if finite.any():
            self._low = min(self._low, float(flat[finite].min()))
            self._high = max(self._high, float(flat[finite].max()))
        if self._targets is not None and self._counts is not None:
            each = multilabel.probabilities(self.record, values)
            exact = self._counts.add(each, self._targets[start : start + len(values)], broken)
            self._batches.append((broken, exact, np.nan_to_num(multilabel.sureness(each))))
            return
        if self._targets is not None:
            differences = np.abs(flat - self._targets[start : start + len(flat)].reshape(flat.shape))
            self._error += float(differences[finite].sum())
            self._num_compared += int(finite.sum())
            counts = finite.sum(axis=1)
            sums = np.where(finite, differences, 0.0).sum(axis=1)
            self._errors.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
        if values.ndim != 2:
            self._batches.append((broken,))
            return
        self._sums_to_one &= _sum_to_one(values)
        shares, scores = (probabilities(values, kind) for kind in ("probabilities", "logits"))
        assert shares is not None, "these kinds have classes"
        assert scores is not None, "these kinds have classes"
        picked = np.argmax(np.nan_to_num(shares), axis=1), np.argmax(np.nan_to_num(scores), axis=1)
        sure = np.nan_to_num(shares).max(axis=1), np.nan_to_num(scores).max(axis=1)
        self._batches.append((broken, *picked, *sure, *self._places(values, start)))

    def _places(self, values: Array, start: int) -> tuple[Array, ...]:
        """At which place the class of each image stands among many classes, behind all that are as high."""
        if self._labels is None or values.shape[1] < MANY_CLASSES:
            return ()
        labels = np.clip(self._labels[start : start + len(values)], 0, values.shape[1] - 1)
        own = values[np.arange(len(values)), labels]
        places = (values >= own[:, None]).sum(axis=1)
        return (np.where(np.isfinite(values).all(axis=1), places, values.shape[1]),)

    def kind(self, labels: _Labels | None) -> str:
        """What the answers are, as `output_kind` tells."""
        if self._counts is not None:
            return multilabel.KIND
        return "values" if self._targets is not None else _output_kind(self.record, self._sums_to_one, labels)

    def result(
        self, kind: str, labels: _Labels | None, dataset: Dataset, class_names: tuple[str, ...]
    ) -> PredictionsResult:
        """Put the batches together, and count the right answers where labels tell them."""
        broken, *columns = (np.concatenate(column) for column in zip(*self._batches, strict=True))
        hits: Array | None = None
        confidence: Array | None = None
        answered: Array | None = None
        places: Array | None = None
        if kind == multilabel.KIND:
            hits, confidence = columns[0], np.where(broken, 0.0, columns[1])
        elif kind != "values":
            place = 1 if kind == "logits" else 0
            answered = np.where(broken, -1, columns[place]).astype(np.int64)
            confidence = np.where(broken, 0.0, columns[2 + place])
            if labels is not None:
                _check_labels(dataset, labels, self.record)
                hits = answered == labels
                places = columns[4] if len(columns) > 4 else None
        right = None if hits is None else int(hits.sum())
        names = tuple(
            class_name(class_names, place) for place in range(self.record.shape[0] or 0 if self._counts else 0)
        )
        return PredictionsResult(
            name=self.record.name,
            shape=self.record.shape,
            num_images=dataset.size,
            right=right,
            interval=None if right is None else wilson(right, dataset.size),
            output=kind,
            num_nonfinite=int(broken.sum()),
            value_range=(self._low, self._high) if self._low <= self._high else None,
            mean_error=self._error / self._num_compared if self._num_compared else None,
            counts=self._counts.rows(names) if self._counts else (),
            hits=hits,
            confidence=confidence,
            answered=answered,
            places=places,
            errors=np.concatenate(self._errors) if self._errors else None,
        )


def output_kind(output: TensorRecord, values: Array, labels: _Labels | None = None) -> str:
    """Return what the answers of an output are: "probabilities", "logits" (scores before a softmax) or "values".

    What ends in softmax or sigmoid, or sums to one, is probabilities. Several numbers with no or a linear activation
    are logits, one for each class; a single such number is a logit where the labels are 0 and 1, and else a value.

    Args:
        output: The output.
        values: What it answered for some images, (batch, …).
        labels: True classes of the data, where they are known.
    """
    return _output_kind(output, values.ndim == 2 and _sum_to_one(values), labels)


def _output_kind(output: TensorRecord, sums_to_one: bool, labels: _Labels | None) -> str:
    if len(output.shape) != 1:
        return "values"
    if output.activation in {"softmax", "sigmoid"}:
        return "probabilities"
    if output.activation not in _OF_LOGITS and not sums_to_one:
        return "values"
    if output.shape[0] == 1:
        return "logits" if labels is not None and set(np.unique(labels)) == {0, 1} else "values"
    return "probabilities" if sums_to_one else "logits"


def _sum_to_one(values: Array) -> bool:
    return bool(np.allclose(values.sum(axis=1), 1.0, atol=_SUM_TOLERANCE) and (values >= 0).all())


def probabilities(values: Array, kind: str) -> Array | None:
    """Return one probability per class, (batch, classes), or None for a model that answers with other values.

    A single unit stands for two classes, the second of which it speaks for. Logits go through a softmax; that of −z/2
    and z/2 is the sigmoid of −z and z.
    """
    if kind == "values":
        return None
    if kind == "logits":
        # Infinite scores have no softmax: the answer counts as broken, and is no reason for a warning.
        values = np.where(np.isfinite(values), values, np.nan)
        values = np.concatenate([-values / 2, values / 2], axis=1) if values.shape[1] == 1 else values
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    return np.concatenate([1 - values, values], axis=1) if values.shape[1] == 1 else values


def _check_labels(dataset: Dataset, labels: _Labels, output: TensorRecord) -> None:
    num_classes = max(output.shape[0] or 0, 2)
    if labels.min() >= 0 and labels.max() < num_classes:
        return
    wrong = int(labels.max()) if labels.max() >= num_classes else int(labels.min())
    raise DataError(
        f"The labels of {dataset.name} hold {wrong}, but the model predicts {num_classes} classes. Expected 0 to "
        f"{num_classes - 1}. Number the classes as the model does."
    )


def class_name(names: tuple[str, ...], index: int) -> str:
    """Return the name of a class, or its number where it has none."""
    return names[index] if 0 <= index < len(names) else str(index)
