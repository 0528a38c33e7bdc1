"""What a model answers -> how often that is right, and how probable it takes the truth to be, class by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.evidence.predictions import PredictionsResult
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes import predictions
from reportgen.probes.predictions import multilabel


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

    def class_sizes(self, images: Array) -> Array:
        """Return how many of some images each class's answers are counted over."""
        if self.labels is None or self.kind == multilabel.KIND:
            return np.full(len(self.classes), len(images))
        return np.array([int((self.labels[images] == index).sum()) for index in self.classes])


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers to some images, summed up.

    Attributes:
        answered: What was answered to each: the number of a class, −1 for no number; of a multi-label output a row with
            whether each class is.
        right: Answers that are right; of a multi-label output, in every class.
        truth: Sum of the probabilities of what is true: of the true class, or, class by class, of its true yes or no.
        class_right: Right answers to the images of each class; of a multi-label output, right about each class.
    """

    answered: Array
    right: int
    truth: float
    class_right: Array


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


def tally(measure: Measure, subject: Subject, values: Array, indices: Array, usual: Tally | None = None) -> Tally:
    """Sum up the answers to some images.

    Args:
        measure: What is measured.
        subject: The model.
        values: What its output answered, (images, classes).
        indices: The images.
        usual: What the untouched model answered to them: that counts as the truth where no labels are known. None for
            the untouched model itself.
    """
    values = values.astype(np.float64)
    broken: Array = np.asarray(~np.isfinite(values).all(axis=1))
    if measure.kind == multilabel.KIND and measure.labels is not None:
        shares = multilabel.probabilities(subject.record.outputs[measure.place], values)
        sound: Array = ~broken[:, None]
        given = multilabel.answered(shares) & sound
        true: Array = np.asarray(measure.labels[indices] == 1)
        hits: Array = np.asarray((given == true) & sound)
        truth = np.nan_to_num(np.where(true, shares, 1 - shares)).mean(axis=1)
        return Tally(given, int(hits.all(axis=1).sum()), float(truth.sum()), hits.sum(axis=0))
    found = predictions.probabilities(values, measure.kind)
    assert found is not None, "the output answers with classes"
    shares = np.nan_to_num(found)
    answered = np.where(broken, -1, shares.argmax(axis=1))
    known = answered if usual is None else usual.answered
    true = known if measure.labels is None else measure.labels[indices]
    of_truth = np.where(true < 0, 0.0, shares[np.arange(len(shares)), true])
    hits = answered == true
    class_right = np.array([int(hits[true == index].sum()) for index in measure.classes], np.int64)
    return Tally(answered, int(hits.sum()), float(of_truth.sum()), class_right)
