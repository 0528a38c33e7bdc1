"""A model and all images of the data -> its answers, and how many of them are right."""

from __future__ import annotations

import math

import numpy as np

from reportgen.errors import DataError
from reportgen.evidence import ClassScore, PredictionsResult
from reportgen.options import Options
from reportgen.probes.subject import BATCH_SIZE, Array, Subject, answer
from reportgen.progress import Progress, silent
from reportgen.records import ModelRecord
from reportgen.sources.dataset import Dataset


def run(subject: Subject, options: Options, progress: Progress = silent) -> PredictionsResult | None:
    """Put every image to the model once.

    Returns:
        The answers; None without data.
    """
    del options
    dataset = subject.dataset
    if dataset is None:
        return None
    outputs = []
    starts = range(0, dataset.size, BATCH_SIZE)
    with progress("Asking the network about every image", total=len(starts)) as advance:
        for start in starts:
            images = subject.images(list(range(start, min(start + BATCH_SIZE, dataset.size))))
            outputs.append(answer(subject.model, images))
            advance()
    values = np.concatenate(outputs)
    return _result(values, output_kind(subject.record, values), dataset)


def output_kind(record: ModelRecord, values: Array) -> str:
    """Return what a model's answers are: "probabilities", "logits" (scores before a softmax) or "values".

    Args:
        record: The model.
        values: Its first output on some images, (batch, …).
    """
    if values.ndim != 2:
        return "values"
    if record.output_activation in {"softmax", "sigmoid"}:
        return "probabilities"
    sums_to_one = np.allclose(values.sum(axis=1), 1.0, atol=1e-3) and bool((values >= 0).all())
    if values.shape[1] > 1 and sums_to_one:
        return "probabilities"
    return "logits" if values.shape[1] > 1 else "values"


def probabilities(values: Array, kind: str) -> Array | None:
    """Return one probability per class, (batch, classes), or None for a model that answers with other values.

    A single sigmoid unit stands for two classes; logits go through a softmax.
    """
    if kind == "values":
        return None
    if values.shape[1] == 1:
        return np.concatenate([1 - values, values], axis=1)
    if kind == "logits":
        # Infinite scores have no softmax: the answer counts as broken, and is no reason for a warning.
        values = np.where(np.isfinite(values), values, np.nan)
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    return values


def wilson(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.

    >>> [round(bound, 3) for bound in wilson(962, 1000)]
    [0.948, 0.972]
    """
    z = 1.959963984540054
    share = right / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - half) / scale, (middle + half) / scale


def _result(values: Array, kind: str, dataset: Dataset) -> PredictionsResult:
    shares = probabilities(values, kind)
    broken = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    first = confidence = None
    right: int | None = None
    interval = None
    per_class: tuple[ClassScore, ...] = ()
    if shares is not None:
        first = np.where(broken, -1, np.argmax(np.nan_to_num(shares), axis=1)).astype(np.int64)
        confidence = np.where(broken, 0.0, np.nan_to_num(shares).max(axis=1))
        labels = dataset.labels
        _check_labels(dataset, shares.shape[1])
        if labels is not None:
            hits = first == labels
            right = int(hits.sum())
            interval = wilson(right, dataset.size)
            per_class = tuple(_score(dataset, int(label), hits[labels == label]) for label in np.unique(labels))
    return PredictionsResult(
        num_images=dataset.size,
        right=right,
        interval=interval,
        per_class=per_class,
        output=kind,
        num_nonfinite=int(broken.sum()),
        first=first,
        confidence=confidence,
    )


def _check_labels(dataset: Dataset, num_classes: int) -> None:
    labels = dataset.labels
    if labels is None or (labels.min() >= 0 and labels.max() < num_classes):
        return
    wrong = int(labels.max()) if labels.max() >= num_classes else int(labels.min())
    raise DataError(
        f"The labels of {dataset.name} hold {wrong}, but the model answers with {num_classes} classes. Expected 0 to "
        f"{num_classes - 1}. Number the classes as the model does."
    )


def class_name(dataset: Dataset, index: int) -> str:
    """Return the name of a class, or its number where the data names none."""
    return dataset.class_names[index] if 0 <= index < len(dataset.class_names) else str(index)


def _score(dataset: Dataset, label: int, hits: Array) -> ClassScore:
    right, total = int(hits.sum()), len(hits)
    return ClassScore(class_name(dataset, label), right, total, right / total)
