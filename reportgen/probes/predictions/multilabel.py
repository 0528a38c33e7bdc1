"""An output that answers yes or no for each of several classes, and what is true -> how often it is right, by class.

Such an output ends in a sigmoid per class, or in none, so that its numbers are logits; its labels are rows with a 1 for
each class that an image belongs to.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence.predictions import ANSWERED_ABOVE, ClassCounts
from reportgen.models.subject import Array
from reportgen.records.model import TensorRecord

KIND = "multi-label"
_ROWS = 2


def asks(record: TensorRecord, targets: Array | None) -> bool:
    """Tell whether an output answers yes or no for each of several classes, by its activation and its labels.

    Args:
        record: The output.
        targets: True values of every image, (size, …), or None.
    """
    if targets is None or targets.ndim != _ROWS or len(record.shape) != 1 or targets.shape[1] == 1:
        return False
    ends = record.activation in {"sigmoid", "linear", None}
    return ends and bool(np.all((targets == 0) | (targets == 1)))


def probabilities(record: TensorRecord, values: Array) -> Array:
    """Return the probability of each class, (batch, classes); logits go through a sigmoid."""
    if record.activation == "sigmoid":
        return values
    with np.errstate(over="ignore"):  # the sigmoid of a very low number is 0
        return np.asarray(1 / (1 + np.exp(-values)))


def answered(shares: Array) -> Array:
    """Return which classes are answered, bool (batch, classes); none where a value is no number."""
    return np.asarray(np.nan_to_num(shares) > ANSWERED_ABOVE)


def sureness(shares: Array) -> Array:
    """Return how sure the answers for each image are, (batch): mean over the classes, 0.5 (guessing) to 1."""
    return np.asarray(np.maximum(shares, 1 - shares).mean(axis=1))


class Counts:
    """Counts answers class by class, a batch at a time.

    Attributes:
        by_class: How many images belong to each class, how many of these were found, and how many others were taken for
            it, int64 (3, classes).
    """

    def __init__(self, num_classes: int) -> None:
        self.by_class: Array = np.zeros((3, num_classes), np.int64)

    def add(self, shares: Array, truth: Array, broken: Array) -> Array:
        """Count a batch.

        Args:
            shares: Probability of each class, (batch, classes).
            truth: True values, 0 or 1, (batch, classes).
            broken: Whether an answer holds a value that is no number, (batch); such an answer names no class.

        Returns:
            Whether each image's answer names its classes and no other, bool (batch).
        """
        given, true = answered(shares) & ~broken[:, None], truth == 1
        self.by_class += np.stack([each.sum(axis=0) for each in (true, given & true, given & ~true)])
        return np.asarray((given == true).all(axis=1) & ~broken)

    def rows(self, names: tuple[str, ...]) -> tuple[ClassCounts, ...]:
        """Return the counts of every class."""
        columns = self.by_class.T.tolist()
        return tuple(ClassCounts(name, *column) for name, column in zip(names, columns, strict=True))
