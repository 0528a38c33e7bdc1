"""The answers on all images -> the chosen samples, each with its picture, its label and the model's first answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reportgen.evidence import Answer, PredictionsResult, SampleRecord
from reportgen.options import Options
from reportgen.picking import Picked, pick
from reportgen.probes import drawing
from reportgen.probes.predictions import class_name, probabilities
from reportgen.probes.subject import BATCH_SIZE, Array, Subject, answer
from reportgen.sources.dataset import Dataset
from reportgen.vocabulary import words

NUM_ANSWERS = 3


def choose(subject: Subject, predictions: PredictionsResult, options: Options) -> Subject:
    """Return the subject with its samples chosen as the options wish."""
    dataset = subject.dataset
    assert dataset is not None, "samples are chosen from data"
    picked = pick(
        options.pick,
        size=dataset.size,
        labels=dataset.labels if predictions.right is not None else None,
        first=predictions.first,
        confidence=predictions.confidence,
        seed=options.seed,
    )
    records: list[SampleRecord] = []
    for start in range(0, len(picked), BATCH_SIZE):
        part = picked[start : start + BATCH_SIZE]
        images = subject.images([chosen.index for chosen in part])
        values = answer(subject.model, images)
        records += [
            _record(chosen, image, value, predictions.output, subject)
            for chosen, image, value in zip(part, images, values, strict=True)
        ]
    return replace(subject, samples=tuple(records))


def _record(chosen: Picked, image: Array, values: Array, kind: str, subject: Subject) -> SampleRecord:
    dataset = subject.dataset
    assert dataset is not None, "samples are chosen from data"
    levels, grid, signal = drawing.sample(np.asarray(image, dtype=np.float64), words(subject.record).axes)
    answers = _answers(values, kind, dataset)
    label = int(dataset.labels[chosen.index]) if dataset.labels is not None else None
    named = kind != "values" and bool(answers)
    return SampleRecord(
        index=chosen.index,
        name=dataset.image_names[chosen.index] if dataset.image_names else "",
        reason=chosen.reason,
        label=None if label is None else class_name(dataset, label),
        label_index=label,
        answers=answers,
        correct=answers[0].class_index == label if named and label is not None else None,
        image=levels,
        value_range=(float(np.nanmin(image)), float(np.nanmax(image))),
        grid=grid,
        signal=signal,
    )


def _answers(values: Array, kind: str, dataset: Dataset) -> tuple[Answer, ...]:
    if values.ndim != 1:
        return ()
    shares = probabilities(values[None], kind)
    if shares is not None and not np.isfinite(values).all():
        return ()
    if shares is None:
        return tuple(Answer(index, f"value {index}", float(value)) for index, value in enumerate(values[:NUM_ANSWERS]))
    shown = shares[0] if kind == "probabilities" else values
    order = np.argsort(-shares[0], kind="stable")[:NUM_ANSWERS]
    return tuple(Answer(int(index), class_name(dataset, int(index)), float(shown[index])) for index in order)
