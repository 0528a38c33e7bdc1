"""A model and some images -> its answers under each scaling of pixel values that could be meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.inference import LEVEL, detectable, holm, mean_interval, sign_flips
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
from reportgen.sources.dataset import Dataset, Scaling

NEEDS: tuple[str, ...] = ()
NUM_IMAGES = 1000
"""Most images that go through the model where true classes are known."""
NUM_UNLABELLED = 128
"""Most where they are not: signs of answers that are far too sure or unsure do not grow with more images."""
LEAST_IMAGES = 16
"""Fewest, where there are so many, however big the network."""
USUAL_MACS = 5 * 10**11
"""Multiply-adds that all ways together may take on 128 images before there are fewer."""
MORE_MACS = 10**11
"""Multiply-adds that they may take on more."""
NUM_FLIPS = 1999
"""How often signs are drawn: the smallest p-value is 0.0005, far below the level at which a doubt is raised."""
_MOST_NUMBERS = 2 * 10**7
_SEED_OF_FLIPS = 7
# Probabilities of float32 end here; a logarithm has to.
_LEAST = 1e-38
_NEWTON_STEPS = 30
_TEMPERATURES = (1e-3, 1e3)


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of a pass over some images for each scaling; None where only one could be meant."""
    del options, plan
    ways, macs = len(dataset.scaling.names) if dataset.scaling else 0, max(record.macs, 1)
    if ways <= 1:
        return None
    most = _most(ways, macs, is_labelled=dataset.labels is not None)
    return Work("other scalings of the pixels", macs=ways * min(dataset.size, most) * macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ScalingResult | None:
    """Put images to the model under each scaling that makes sense for their values.

    At most 1,000 images, 128 without labels, and fewer for a big network, drawn from all of them with the seed, since
    images are often sorted by class. Where true classes are known, the ways are compared by the paired change of the
    log-probability of the true class. Each way's answers are brought to their best temperature before (one number that
    all scores are divided by; Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks"): else
    smaller values would seem better wherever a network is too sure of its answers.

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
    macs = sum(call.macs or 0 for call in subject.record.layers)
    chosen = _chosen(dataset.size, _most(len(names), macs, is_labelled=True), options.seed)
    place, labels, truth = _output(subject, chosen)
    if labels is None and truth is None:
        chosen = _chosen(dataset.size, _most(len(names), macs, is_labelled=False), options.seed)
    record = subject.record.outputs[place]
    room = _MOST_NUMBERS // (len(names) * max(prod(size or 1 for size in record.shape), 1))
    if room < len(chosen):
        chosen = chosen[: max(LEAST_IMAGES, room)]
        labels, truth = (None if each is None else each[: len(chosen)] for each in (labels, truth))
    outputs, ranges = _answers(subject, dataset.scaling, chosen, place, progress)
    found: list[tuple[str, _Given]] = []
    for name in names:
        values = outputs[name]
        given = _one_class(record, values, labels) if truth is None else _several(record, values, truth)
        # Another way may drive the numbers out of their range; only the way in use has to give answers.
        if given is None and not found:
            return None
        if given is not None:
            found.append((name, given))
    used = found[0][1]
    told = [_summed_up(name, ranges[name], given, used if place else None) for place, (name, given) in enumerate(found)]
    generator = np.random.default_rng([options.seed, _SEED_OF_FLIPS])
    is_tested = used.scores is not None and len(found) > 1 and len(chosen) > 1
    compared = _compared(told, [given for _, given in found], generator) if is_tested else told
    return ScalingResult(len(chosen), used.num_classes, NUM_FLIPS if is_tested else 0, tuple(compared))


def _most(num_ways: int, macs: int, *, is_labelled: bool) -> int:
    """Return on how many images some ways are compared, with a network of so many multiply-adds for each."""
    each = num_ways * max(macs, 1)
    more = min(NUM_IMAGES, MORE_MACS // each) if is_labelled else 0
    return max(LEAST_IMAGES, min(NUM_UNLABELLED, USUAL_MACS // each), more)


def _answers(
    subject: Subject, scaling: Scaling, chosen: list[int], place: int, progress: Progress
) -> tuple[dict[str, Array], dict[str, tuple[float, float]]]:
    """Return the answers of one output under each way, and the range of the values that the model got."""
    starts = range(0, len(chosen), subject.batch_size)
    ask = Answering(subject, len(scaling.names) * len(starts), is_folded=True)
    outputs: dict[str, list[Array]] = {name: [] for name in scaling.names}
    ends: dict[str, list[float]] = {name: [] for name in scaling.names}
    with progress("Trying other scalings of the pixels", total=len(scaling.names) * len(starts)) as advance:
        for start in starts:
            part = chosen[start : start + subject.batch_size]
            for name in scaling.names:
                images = scaling.read(part, name)
                ends[name] += [float(images.min()), float(images.max())]
                outputs[name].append(ask(subject.inputs(part, name))[place])
                advance()
    return (
        {name: np.concatenate(parts) for name, parts in outputs.items()},
        {name: (min(values), max(values)) for name, values in ends.items()},
    )


def _compared(
    told: list[ScaledAnswers], given: list[_Given], generator: np.random.Generator
) -> tuple[ScaledAnswers, ...]:
    """Add to every other way how the log-probability of the true class changes with it."""
    used = given[0].scores
    assert used is not None, "labels are known"
    changes = [each.scores - used for each in given[1:] if each.scores is not None]
    corrected = holm([sign_flips(change, NUM_FLIPS, generator) for change in changes])
    others = [
        replace(
            each,
            gain=float(change.mean()),
            gain_interval=mean_interval(change),
            visible=detectable(change, LEVEL / len(changes)),
            p_value=p_value,
        )
        for each, change, p_value in zip(told[1:], changes, corrected, strict=True)
    ]
    return (told[0], *others)


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
        scores: Log-probability of the true class of each at the best temperature, in nats, or None.
    """

    answered: Array
    confidence: Array
    num_classes: int
    hits: Array | None
    scores: Array | None


def _one_class(record: TensorRecord, values: Array, labels: Array | None) -> _Given | None:
    """Return the answers of an output of one class for each image; None where they are no numbers."""
    shares = probabilities(values, output_kind(record, values, labels))
    if shares is None or not np.isfinite(shares).all():
        return None
    answered = shares.argmax(axis=1)
    hits = None if labels is None else answered == labels
    scores = None
    if labels is not None:
        # A class that the network has no output for is as improbable one way as another.
        known, scores = (labels >= 0) & (labels < shares.shape[1]), np.zeros(len(labels))
        scores[known] = tempered(np.log(np.maximum(shares[known], _LEAST)), labels[known])
    return _Given(answered, shares.max(axis=1), shares.shape[1], hits, scores)


def _several(record: TensorRecord, values: Array, truth: Array) -> _Given | None:
    """Return the answers of a multi-label output, which decides between yes and no; None where they are no numbers."""
    if not np.isfinite(values).all():
        return None
    shares = multilabel.probabilities(record, values)
    given = multilabel.answered(shares)
    answered = np.unique(given, axis=0, return_inverse=True)[1].reshape(-1)
    pairs = np.log(np.maximum(np.stack([1 - shares, shares], axis=-1).reshape(-1, 2), _LEAST))
    scores = tempered(pairs, (truth == 1).reshape(-1).astype(int)).reshape(shares.shape).mean(axis=1)
    return _Given(answered, multilabel.sureness(shares), 2, np.asarray((given == (truth == 1)).all(axis=1)), scores)


def tempered(logs: Array, labels: Array) -> Array:
    """Return the log-probability of the true class at the one temperature that makes their mean highest.

    The mean is a concave function of 1 / temperature, so Newton's steps find it.

    Args:
        logs: Logarithms of probabilities, or scores, (images, classes).
        labels: The true class of each image.

    Returns:
        float64 (images); the temperature is kept within 0.001 and 1,000.
    """
    if not len(labels):
        return np.zeros(0)
    scores = logs - logs.max(axis=1, keepdims=True)
    rows, inverse = np.arange(len(labels)), 1.0
    for _ in range(_NEWTON_STEPS):
        weights = np.exp(inverse * scores)
        weights /= weights.sum(axis=1, keepdims=True)
        mean = (weights * scores).sum(axis=1)
        slope = float((scores[rows, labels] - mean).mean())
        curve = float(((weights * scores * scores).sum(axis=1) - mean * mean).mean())
        # No step is longer than to the half or the double, so that none leaves where the curve is known.
        following = np.clip(inverse + slope / max(curve, 1e-12), inverse / 2, inverse * 2)
        following = float(np.clip(following, 1 / _TEMPERATURES[1], 1 / _TEMPERATURES[0]))
        if abs(following - inverse) < 1e-9 * inverse:
            break
        inverse = following
    log_sums = np.log(np.exp(inverse * scores).sum(axis=1))
    return np.asarray(inverse * scores[rows, labels] - log_sums)


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
    place = main_output([has_labels(record, subject.dataset, targets) for record in records], kinds, subject.record)
    if kinds[place] == multilabel.KIND:
        return place, None, targets[records[place].name][chosen]
    labels = own.get(records[place].name, general)
    return place, None if labels is None else labels[chosen], None


def _summed_up(name: str, ends: tuple[float, float], given: _Given, used: _Given | None) -> ScaledAnswers:
    """Sum up the answers of one way; `used` are those of the way in use, None for itself."""
    hits, confidence = given.hits, given.confidence
    counts = np.unique(given.answered, return_counts=True)[1]
    gained = lost = None
    if hits is not None and used is not None and used.hits is not None:
        gained, lost = int((hits & ~used.hits).sum()), int((used.hits & ~hits).sum())
    return ScaledAnswers(
        way=name,
        low=ends[0],
        high=ends[1],
        right=None if hits is None else int(hits.sum()),
        confidence=float(confidence.mean()),
        spread=float(confidence.std()),
        saturated=float((confidence > SATURATED).mean()),
        num_answered=len(counts),
        commonest=float(counts.max() / len(confidence)),
        gained=gained,
        lost=lost,
    )
