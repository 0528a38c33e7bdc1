"""The answers on all images -> the chosen samples, each with its picture, its label and the model's first answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reportgen.evidence import Answer, Levels, PredictionsResult, SampleRecord
from reportgen.options import Options
from reportgen.picking import Picked, pick
from reportgen.probes.predictions import class_name, probabilities
from reportgen.probes.subject import BATCH_SIZE, Array, Subject, answer
from reportgen.sources.dataset import Dataset

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
            _record(chosen, image, value, predictions.output, dataset)
            for chosen, image, value in zip(part, images, values, strict=True)
        ]
    return replace(subject, samples=tuple(records))


def picture(image: Array) -> Levels:
    """Bring one image of any rank to a picture, its own range to 0..255.

    Args:
        image: (height, width, channels), channels 1 or 3; (length, channels) is drawn as strips, one per channel;
            (depth, height, width, channels) as its slices side by side; of other numbers of channels the first.

    Returns:
        uint8 (height, width) or (height, width, 3).
    """
    flat = flatten_slices(image)
    low, high = float(np.nanmin(flat)), float(np.nanmax(flat))
    # Values within the usual ranges keep their brightness; a dark image is not stretched to a bright one.
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scale = 255.0 / (high - low) if high > low else 0.0
    levels = np.clip(np.rint((np.nan_to_num(flat, nan=low) - low) * scale), 0, 255).astype(np.uint8)
    return levels if levels.shape[-1] == 3 else levels[..., 0]


def flatten_slices(volume: Array) -> Array:
    """Lay an array of any rank out as (height, width, channels).

    Args:
        volume: (length, channels), (height, width, channels) or (depth, height, width, channels).
    """
    if volume.ndim == 1:
        return volume[None, :, None]
    if volume.ndim == 2:
        return volume[None, :, :]
    if volume.ndim == 4:
        depth, height, width, channels = volume.shape
        return np.transpose(volume, (1, 0, 2, 3)).reshape(height, depth * width, channels)
    return volume


def _record(chosen: Picked, image: Array, values: Array, kind: str, dataset: Dataset) -> SampleRecord:
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
        image=picture(np.asarray(image, dtype=np.float64)),
        value_range=(float(np.nanmin(image)), float(np.nanmax(image))),
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
