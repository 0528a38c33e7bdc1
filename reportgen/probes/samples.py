"""The answers on all images -> the chosen samples, each with its picture, its label and the model's first answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from reportgen.answers import Answer, HeadAnswer, InputValues, PredictionsResult, SampleRecord
from reportgen.evidence import Levels
from reportgen.options import Options
from reportgen.picking import Picked, pick
from reportgen.probes.predictions import class_name, probabilities
from reportgen.probes.subject import BATCH_SIZE, Array, Subject, answers
from reportgen.sources.dataset import Dataset

NUM_ANSWERS = 3
# Values of a further input, or of an output, that are shown for one sample.
NUM_VALUES = 12


def choose(subject: Subject, predictions: PredictionsResult, options: Options) -> Subject:
    """Return the subject with its samples chosen as the options wish."""
    dataset = subject.dataset
    assert dataset is not None, "samples are chosen from data"
    results = {result.name: result for result in (predictions, *predictions.others)}
    labels = {predictions.name: dataset.labels, **dict(dataset.head_labels)}
    picked = pick(
        options.pick,
        size=dataset.size,
        labels=labels.get(predictions.name) if predictions.right is not None else None,
        first=predictions.first,
        confidence=predictions.confidence,
        seed=options.seed,
    )
    records: list[SampleRecord] = []
    for start in range(0, len(picked), BATCH_SIZE):
        part = picked[start : start + BATCH_SIZE]
        indices = [chosen.index for chosen in part]
        pictures = subject.pictures(indices)
        values = answers(subject.model, subject.inputs(indices))
        for place, chosen in enumerate(part):
            heads = tuple(
                _head(
                    results[output.name],
                    row[place],
                    _label(labels.get(output.name), chosen.index),
                    dataset.class_names if output.name == predictions.name else (),
                )
                for output, row in zip(subject.record.outputs, values, strict=True)
            )
            records.append(_record(chosen, pictures[place], heads, predictions.name, dataset))
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


def _record(chosen: Picked, image: Array, heads: tuple[HeadAnswer, ...], main: str, dataset: Dataset) -> SampleRecord:
    head = next(answer for answer in heads if answer.name == main)
    labels = dict(dataset.head_labels).get(main, dataset.labels)
    return SampleRecord(
        index=chosen.index,
        name=dataset.image_names[chosen.index] if dataset.image_names else "",
        reason=chosen.reason,
        label=head.label,
        label_index=_label(labels, chosen.index),
        answers=head.answers,
        correct=head.correct,
        image=picture(np.asarray(image, dtype=np.float64)),
        value_range=(float(np.nanmin(image)), float(np.nanmax(image))),
        heads=heads,
        inputs=tuple(_values(name, further.read([chosen.index])[0]) for name, further in dataset.further),
    )


def _label(labels: npt.NDArray[np.int64] | None, index: int) -> int | None:
    return None if labels is None else int(labels[index])


def _values(name: str, values: Array) -> InputValues:
    flat = np.asarray(values, dtype=np.float64)
    is_picture = flat.ndim == 3 and flat.shape[-1] in {1, 3}
    return InputValues(
        name=name,
        shape=tuple(flat.shape),
        values=tuple(float(value) for value in flat.ravel()[:NUM_VALUES]),
        value_range=(float(flat.min()), float(flat.max())),
        image=picture(flat) if is_picture else None,
    )


def _head(head: PredictionsResult, values: Array, label: int | None, names: tuple[str, ...]) -> HeadAnswer:
    found = _first_answers(values, head.output, names)
    finite = values[np.isfinite(values)]
    named = head.output != "values" and bool(found)
    return HeadAnswer(
        name=head.name,
        shape=head.shape,
        output=head.output,
        answers=found,
        label=None if label is None else class_name(names, label),
        correct=found[0].class_index == label if named and label is not None else None,
        value_range=(float(finite.min()), float(finite.max())) if finite.size else None,
    )


def _first_answers(values: Array, kind: str, names: tuple[str, ...]) -> tuple[Answer, ...]:
    if values.ndim != 1:
        return ()
    shares = probabilities(values[None], kind)
    if shares is not None and not np.isfinite(values).all():
        return ()
    if shares is None:
        return tuple(Answer(index, f"value {index}", float(value)) for index, value in enumerate(values[:NUM_VALUES]))
    shown = shares[0] if kind == "probabilities" else np.array([-values[0], values[0]]) if len(values) == 1 else values
    order = np.argsort(-shares[0], kind="stable")[:NUM_ANSWERS]
    return tuple(Answer(int(index), class_name(names, int(index)), float(shown[index])) for index in order)
