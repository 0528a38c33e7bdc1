"""What a model answers -> whether each answer is right, and how probable it takes the truth to be, image by image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.evidence.predictions import PredictionsResult
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes import predictions
from reportgen.probes.predictions import multilabel

_LEAST_PROBABILITY = 1e-12
"""Below it a probability of float32 is rounding; its logarithm stays finite."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The output that is looked at closely, and the truth about every image of the data.

    Attributes:
        place: Place of the output among the model's.
        kind: What its answers are, as `predictions.output_kind` tells: no values.
        labels: True class of every image, int64 (size,); of a multi-label output rows of 0 and 1; None where not known.
        classes: The classes that occur in it, by their numbers; all of a multi-label output; () without labels.
        names: Their names.
    """

    place: int
    kind: str
    labels: Array | None
    classes: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def is_multilabel(self) -> bool:
        """Whether an image may belong to several classes."""
        return self.kind == multilabel.KIND


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers to some images.

    Attributes:
        images: The images.
        answered: What was answered to each: the number of a class, −1 for no number; of a multi-label output a row with
            whether each class is.
        hits: Whether each is right, bool (images); of a multi-label output, in every class.
        truth: The probability of what is true, float64 (images); of a multi-label output, the mean over its classes.
        log_truth: Its logarithm; of a multi-label output, the mean of the logarithms.
    """

    images: Array
    answered: Array
    hits: Array
    truth: Array
    log_truth: Array

    def changed(self, other: Answers) -> Array:
        """Return which answers differ from others to the same images, bool (images)."""
        differs = self.answered != other.answered
        return np.asarray(differs.reshape(len(differs), -1).any(axis=1))


def joined(parts: list[Answers]) -> Answers:
    """Put answers to several batches together."""
    names = ("images", "answered", "hits", "truth", "log_truth")
    return Answers(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def measure(subject: Subject, options: Options) -> Measure | None:
    """Choose the output that `predictions` looks at closely; None where it answers with values."""
    dataset = subject.dataset
    assert dataset is not None, "answers are measured with data only"
    found = subject.earlier.get("predictions") or predictions.run(subject, options)
    assert isinstance(found, PredictionsResult), "there is data"
    if found.output == "values":
        return None
    place = [output.name for output in subject.record.outputs].index(found.name)
    if found.output == multilabel.KIND:
        labels: Array | None = predictions.targets_by_output(subject.record, dataset)[found.name]
        classes = tuple(range(subject.record.outputs[place].shape[0] or 0))
    else:
        labels = dict(dataset.head_labels).get(found.name, dataset.labels)
        classes = () if labels is None else tuple(int(label) for label in np.unique(labels))
    names = tuple(predictions.class_name(dataset.class_names, index) for index in classes)
    return Measure(place, found.output, labels, classes, names)


def read(measure: Measure, subject: Subject, values: Array, images: Array, usual: Answers | None = None) -> Answers:
    """Read the answers to some images.

    Args:
        measure: What is measured.
        subject: The model.
        values: What its output answered, (images, classes).
        images: The images.
        usual: What the untouched model answered to them: that counts as the truth where no labels are known. None for
            the untouched model itself.
    """
    values = values.astype(np.float64)
    broken: Array = np.asarray(~np.isfinite(values).all(axis=1))
    if measure.is_multilabel and measure.labels is not None:
        shares = multilabel.probabilities(subject.record.outputs[measure.place], values)
        sound: Array = ~broken[:, None]
        given = multilabel.answered(shares) & sound
        true: Array = np.asarray(measure.labels[images] == 1)
        of_truth = np.nan_to_num(np.where(true, shares, 1 - shares))
        hits = np.asarray(((given == true) & sound).all(axis=1))
        return Answers(images, given, hits, of_truth.mean(axis=1), _logarithms(of_truth).mean(axis=1))
    found = predictions.probabilities(values, measure.kind)
    assert found is not None, "the output answers with classes"
    shares = np.nan_to_num(found)
    answered = np.where(broken, -1, shares.argmax(axis=1))
    known = answered if usual is None else usual.answered
    true = known if measure.labels is None else measure.labels[images]
    of_truth = np.where(true < 0, 0.0, shares[np.arange(len(shares)), true])
    return Answers(images, answered, np.asarray(answered == true), of_truth, _logarithms(of_truth))


def _logarithms(shares: Array) -> Array:
    return np.asarray(np.log(np.maximum(shares, _LEAST_PROBABILITY)))
