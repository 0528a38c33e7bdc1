"""A model and some images -> its answers under each scaling of pixel values that could be meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.inference import mcnemar
from reportgen.evidence.scaling import SATURATED, ScaledAnswers, ScalingResult
from reportgen.models.subject import Answering, Array, Subject, answers
from reportgen.options import Options
from reportgen.probes.predictions import (
    has_labels,
    main_output,
    multilabel,
    output_kind,
    probabilities,
    targets_by_output,
)
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord, TensorRecord
from reportgen.sources.dataset import Dataset

NEEDS: tuple[str, ...] = ()
NUM_IMAGES = 128
"""Most images that go through the model."""
LEAST_IMAGES = 16
"""Fewest, where there are so many, however big the network."""
USUAL_MACS = 5 * 10**11
"""Multiply-adds that all ways together may take before there are fewer images."""


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of a pass over some images for each scaling; None where only one could be meant."""
    del options, plan
    ways, macs = len(dataset.scaling.names) if dataset.scaling else 0, max(record.macs, 1)
    if ways <= 1:
        return None
    most = max(LEAST_IMAGES, min(NUM_IMAGES, USUAL_MACS // (ways * macs)))
    return Work("other scalings of the pixels", macs=ways * min(dataset.size, most) * macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ScalingResult | None:
    """Put images to the model under each scaling that makes sense for their values.

    At most 128 images, and fewer for a big network, drawn from all of them with the seed, since images are often sorted
    by class.

    Returns:
        What the model answered each way, the way in use first; None without data, for images that are no pictures, for
        a model that answers with values, and where an answer is no number.
    """
    dataset = subject.dataset
    if dataset is None or dataset.scaling is None or not _reads_pictures(subject):
        return None
    names = dataset.scaling.names
    if len(names) == 1:
        return None
    most = max(LEAST_IMAGES, min(NUM_IMAGES, subject.affordable(USUAL_MACS, len(names))))
    chosen = _chosen(dataset.size, most, options.seed)
    starts = range(0, len(chosen), subject.batch_size)
    place, labels, truth = _output(subject, chosen)
    record = subject.record.outputs[place]
    found: list[ScaledAnswers] = []
    hits: Array | None = None
    num_classes = 0
    ask = Answering(subject.model, len(names) * len(starts))
    with progress("Trying other scalings of the pixels", total=len(names) * len(starts)) as advance:
        for name in names:
            outputs, ranges = [], []
            for start in starts:
                part = chosen[start : start + subject.batch_size]
                images = dataset.scaling.read(part, name)
                ranges.append((float(images.min()), float(images.max())))
                outputs.append(ask(subject.inputs(part, name))[place])
                advance()
            values = np.concatenate(outputs)
            given = _one_class(record, values, labels) if truth is None else _several(record, values, truth)
            # Another way may drive the numbers out of their range; only the way in use has to give answers.
            if given is None:
                if not found:
                    return None
                continue
            num_classes = given.num_classes
            now = given.hits
            found.append(_summed_up(name, ranges, given, hits))
            hits = now if hits is None else hits
    return ScalingResult(len(chosen), num_classes, tuple(found))


def _reads_pictures(subject: Subject) -> bool:
    """Tell whether the first conv layer reads height, width and channels."""
    first = next((call for call in subject.record.layers if call.role == "conv"), None)
    return first is not None and len(first.input_shape) == 3


def _chosen(size: int, most: int, seed: int) -> list[int]:
    drawn = np.random.default_rng(seed).choice(size, min(size, most), replace=False)
    return [int(index) for index in np.sort(drawn)]


@dataclass(frozen=True, slots=True)
class _Given:
    """The answers one way.

    Attributes:
        answered: A number for each different answer, (images).
        confidence: Probability of each, (images).
        num_classes: Between how many each decides.
        hits: Whether each is right, or None.
    """

    answered: Array
    confidence: Array
    num_classes: int
    hits: Array | None


def _one_class(record: TensorRecord, values: Array, labels: Array | None) -> _Given | None:
    """Return the answers of an output of one class for each image; None where they are no numbers."""
    shares = probabilities(values, output_kind(record, values, labels))
    if shares is None or not np.isfinite(shares).all():
        return None
    answered = shares.argmax(axis=1)
    return _Given(answered, shares.max(axis=1), shares.shape[1], None if labels is None else answered == labels)


def _several(record: TensorRecord, values: Array, truth: Array) -> _Given | None:
    """Return the answers of a multi-label output, which decides between yes and no; None where they are no numbers."""
    if not np.isfinite(values).all():
        return None
    shares = multilabel.probabilities(record, values)
    given = multilabel.answered(shares)
    answered = np.unique(given, axis=0, return_inverse=True)[1].reshape(-1)
    return _Given(answered, multilabel.sureness(shares), 2, np.asarray((given == (truth == 1)).all(axis=1)))


def _output(subject: Subject, chosen: list[int]) -> tuple[int, Array | None, Array | None]:
    """Return the place of the output that `predictions` looks at closely, and its true classes of these images.

    The classes are one for each image, or, of a multi-label output, rows of 0 and 1.
    """
    assert subject.dataset is not None, "there is data"
    own, general = dict(subject.dataset.head_labels), subject.dataset.labels
    records = subject.record.outputs
    values = answers(subject.model, subject.inputs(chosen[: subject.batch_size]))
    targets = targets_by_output(subject.record, subject.dataset)
    several = [multilabel.asks(record, targets.get(record.name)) for record in records]
    kinds = []
    for record, value, is_several in zip(records, values, several, strict=True):
        if is_several:
            kinds.append(multilabel.KIND)
        elif record.name in targets:
            kinds.append("values")
        else:
            kinds.append(output_kind(record, value, own.get(record.name, general)))
    place = main_output([has_labels(record, subject.dataset, targets) for record in records], kinds)
    if kinds[place] == multilabel.KIND:
        return place, None, targets[records[place].name][chosen]
    labels = own.get(records[place].name, general)
    return place, None if labels is None else labels[chosen], None


def _summed_up(name: str, ranges: list[tuple[float, float]], given: _Given, used: Array | None) -> ScaledAnswers:
    """Sum up the answers of one way; `used` tells which are right in the way in use."""
    hits, confidence = given.hits, given.confidence
    counts = np.unique(given.answered, return_counts=True)[1]
    gained = lost = None
    if hits is not None and used is not None:
        gained, lost = int((hits & ~used).sum()), int((used & ~hits).sum())
    return ScaledAnswers(
        way=name,
        low=min(low for low, _ in ranges),
        high=max(high for _, high in ranges),
        right=None if hits is None else int(hits.sum()),
        confidence=float(confidence.mean()),
        spread=float(confidence.std()),
        saturated=float((confidence > SATURATED).mean()),
        num_answered=len(counts),
        commonest=float(counts.max() / len(confidence)),
        gained=gained,
        lost=lost,
        p_value=None if gained is None or lost is None else mcnemar(gained, lost),
    )
