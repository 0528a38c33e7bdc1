"""The answers on all images -> the chosen samples, each with its picture, its label and the model's first answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from reportgen.evidence.pixels import PixelsResult, Scored
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import Answer, HeadAnswer, InputValues, SampleRecord
from reportgen.language.vocabulary import words
from reportgen.models.subject import Array, Subject, answers
from reportgen.options import Options
from reportgen.probes.activations import drawing
from reportgen.probes.predictions import class_name, multilabel, probabilities, targets_by_output
from reportgen.probes.predictions.asked_for import DEFAULT_WITH_LABELS
from reportgen.probes.samples import pixel_answers
from reportgen.probes.samples.picking import Answered, Picked, pick
from reportgen.probes.samples.pixel_answers import Look
from reportgen.progress import Progress, silent
from reportgen.records.model import TensorRecord
from reportgen.sources.dataset import Dataset

NUM_ANSWERS = 3
# Values of a further input, or of an output, that are shown for one sample.
NUM_VALUES = 12


NEEDS = ("predictions", "pixels")


def run(subject: Subject, options: Options, progress: Progress = silent) -> tuple[SampleRecord, ...]:
    """Choose samples by the answers, as the options wish, and look at each; there are none without data."""
    del progress
    dataset, predictions = subject.dataset, subject.earlier["predictions"]
    if dataset is None or predictions is None:
        return ()
    labels = {predictions.name: dataset.labels, **dict(dataset.head_labels)}
    known = Answered(
        size=dataset.size,
        labels=labels.get(predictions.name) if predictions.right is not None else None,
        has_hits=predictions.right is not None,
        sure=predictions.sure,
        kept=predictions.kept,
        scored=_scored(subject.earlier.get("pixels")),
    )
    picked = pick(options.pick, known, options.seed)
    return records(subject, predictions, picked)


def _scored(found: PixelsResult | None) -> Scored | None:
    """How well the first picture-shaped output that is scored answers single images; None without one."""
    return next((head.scored for head in (found.heads if found else ()) if head.scored is not None), None)


def num_samples(dataset: Dataset, options: Options) -> int:
    """Return how many samples are chosen, at most: two ways to choose may choose the same, which answers alone tell."""
    asked: set[int] = set()
    others = 0
    for wish in options.pick or DEFAULT_WITH_LABELS:
        if wish.kind == "index":
            asked.update(wish.numbers)
        elif wish.kind == "per-class" and dataset.labels is not None:
            counts = Counter(dataset.labels.tolist()).values()
            others += sum(min(count, wish.numbers[0]) for count in counts)
        else:
            others += wish.numbers[0]
    return min(dataset.size, len(asked) + others)


def leave(subject: Subject, result: tuple[SampleRecord, ...]) -> Subject:
    """Give the probes after this one the samples."""
    return replace(subject, samples=result)


def records(
    subject: Subject, predictions: PredictionsResult, picked: Sequence[Picked], looks: Sequence[Look] | None = None
) -> tuple[SampleRecord, ...]:
    """Look at some images closely: read them, and put them to the model once more.

    Args:
        subject: The model and the data.
        predictions: The answers to all images.
        picked: The images.
        looks: How picture-shaped outputs are read; None: as the probe of pixels found.
    """
    dataset = subject.dataset
    looks = pixel_answers.looks(subject, subject.earlier.get("pixels")) if looks is None else looks
    assert dataset is not None, "samples are chosen from data"
    results = {result.name: result for result in (predictions, *predictions.others)}
    labels = {predictions.name: dataset.labels, **dict(dataset.head_labels)}
    targets = targets_by_output(subject.record, dataset)
    found: list[SampleRecord] = []
    for start in range(0, len(picked), subject.batch_size):
        part = picked[start : start + subject.batch_size]
        indices = [chosen.index for chosen in part]
        pictures = subject.pictures(indices)
        values = answers(subject.model, subject.inputs(indices))
        drawn = [pixel_answers.answers(subject, look, indices, values[look.output.place]) for look in looks]
        for place, chosen in enumerate(part):
            heads = tuple(
                _head_answer(
                    output,
                    results[output.name],
                    row[place],
                    _label(labels.get(output.name), chosen.index),
                    dataset.class_names if output.name == predictions.name else (),
                    targets[output.name][chosen.index] if output.name in targets else None,
                )
                for output, row in zip(subject.record.outputs, values, strict=True)
            )
            record = _record(chosen, pictures[place], heads, predictions.name, subject)
            found.append(replace(record, pixels=tuple(each[place] for each in drawn)))
    return tuple(found)


def _record(chosen: Picked, image: Array, heads: tuple[HeadAnswer, ...], main: str, subject: Subject) -> SampleRecord:
    dataset = subject.dataset
    assert dataset is not None, "samples are chosen from data"
    levels, grid, signal = drawing.sample(np.asarray(image, dtype=np.float64), words(subject.record).axes)
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
        image=levels,
        value_range=(float(np.nanmin(image)), float(np.nanmax(image))),
        grid=grid,
        signal=signal,
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
        image=drawing.picture(flat) if is_picture else None,
    )


def _head_answer(
    output: TensorRecord,
    head: PredictionsResult,
    values: Array,
    label: int | None,
    names: tuple[str, ...],
    targets: Array | None,
) -> HeadAnswer:
    finite = values[np.isfinite(values)]
    value_range = (float(finite.min()), float(finite.max())) if finite.size else None
    if head.output == multilabel.KIND and targets is not None:
        return replace(_several(output, values, names, targets), value_range=value_range)
    found = _first_answers(values, head.output, names)
    named = head.output != "values" and bool(found)
    return HeadAnswer(
        name=head.name,
        shape=head.shape,
        output=head.output,
        answers=found,
        label=None if label is None else class_name(names, label),
        correct=found[0].class_index == label if named and label is not None else None,
        value_range=value_range,
        targets=() if targets is None else tuple(float(value) for value in np.ravel(targets)[: len(found)]),
        answered=found[0].name if named else None,
    )


def _several(output: TensorRecord, values: Array, names: tuple[str, ...], targets: Array) -> HeadAnswer:
    """Return the answers of a multi-label output: all classes that are answered or true, then the likeliest others."""
    shares, true = multilabel.probabilities(output, values[None])[0], targets == 1
    is_whole = bool(np.isfinite(shares).all())
    given = multilabel.answered(shares) & is_whole
    order = np.lexsort((np.arange(len(shares)), -shares, ~(given | true)))
    shown = order[: max(NUM_VALUES, int((given | true).sum()))].tolist() if is_whole else []
    called = [class_name(names, place) for place in range(len(shares))]
    return HeadAnswer(
        name=output.name,
        shape=output.shape,
        output=multilabel.KIND,
        answers=tuple(Answer(place, called[place], float(shares[place])) for place in shown),
        label=_names_of(called, true),
        correct=bool((given == true).all()) if is_whole else None,
        value_range=None,
        targets=tuple(float(targets[place]) for place in shown),
        answered=_names_of(called, given) if is_whole else None,
    )


def _names_of(names: list[str], chosen: Array) -> str:
    return ", ".join(name for name, is_chosen in zip(names, chosen, strict=True) if is_chosen) or "no class"


def _first_answers(values: Array, kind: str, names: tuple[str, ...]) -> tuple[Answer, ...]:
    if values.ndim != 1:
        return ()
    shares = probabilities(values[None], kind)
    if shares is not None and not np.isfinite(values).all():
        return ()
    if shares is None:
        return tuple(
            Answer(index, f"value {index}" if len(values) > 1 else "value", float(value))
            for index, value in enumerate(values[:NUM_VALUES])
        )
    scores = np.array([-values[0], values[0]]) if len(values) == 1 else values
    shown = shares[0] if kind == "probabilities" else scores
    order = np.argsort(-shares[0], kind="stable")[:NUM_ANSWERS]
    return tuple(Answer(int(index), class_name(names, int(index)), float(shown[index])) for index in order)
