"""The answers of one output, batch by batch -> what stays of them, block by block and together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.evidence.confidences import Kept
from reportgen.evidence.performance import wilson
from reportgen.evidence.predictions import MANY_CLASSES, PredictionsResult
from reportgen.models.blocks import State, part_of
from reportgen.models.subject import Array
from reportgen.probes.predictions import multilabel
from reportgen.probes.predictions.counting import MOST_DRAWN, PAIR_BYTES, Answered, Asked, Counts
from reportgen.probes.predictions.distances import DISTANCES_BYTES, Distances
from reportgen.records.model import TensorRecord
from reportgen.sources.dataset import Dataset

_SUM_TOLERANCE = 1e-3
_TWO = 2
_SURE_BYTES, _HIT_BYTES, _BY_CLASS_BYTES = 4, 1, 24
TOGETHER, TOGETHER_BYTES = 1024, 1 << 22
"""Answers are counted when so many wait, or when they take about so many bytes."""
_INDEX = "index"
PROBABILITIES, LOGITS = "probabilities", "logits"
# What an output of logits may end in; None where the last call has no activation of its own.
OF_LOGITS = {None, "linear", "log_softmax"}
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the answers to single images.

    Attributes:
        most: How many images wishes choose by their answers, at most.
        seed: Seed of the draw among equals.
        images: int64 (images): whose answers are kept one by one, rising; None for all.
    """

    most: int
    seed: int
    images: Labels | None


class _Seen:
    """What is known of the answers to some images.

    Attributes:
        low: Lowest finite value.
        high: Highest finite value.
        num_broken: How many answers are not finite.
        sums_to_one: Whether all answers do, so far.
        counts: Answers class by class, of a multi-label output.
        errors: How far values are off; None without true ones.
        readings: Answers read as classes, by the way of reading.
        kept: Answers kept one by one, by name, an array for each batch or block.
    """

    def __init__(self, head: Head) -> None:
        self.low, self.high, self.num_broken, self.sums_to_one = math.inf, -math.inf, 0, True
        self.counts = multilabel.Counts(head.record.shape[0] or 0) if head.is_multilabel else None
        self.errors = Distances(MOST_DRAWN, head.wanted.seed) if head.has_values else None
        self.readings = {kind: Counts(head.asked) for kind in head.kinds}
        self.kept: dict[str, list[Array]] = {}

    def keep(self, name: str, array: Array) -> None:
        """Keep an array of answers."""
        self.kept.setdefault(name, []).append(array)

    def state(self, is_logits: bool) -> State:
        """Return what is known as arrays, without reading the numbers of logits as probabilities."""
        kept = {name: np.concatenate(arrays) for name, arrays in self.kept.items()}
        order = np.argsort(kept.pop(_INDEX), kind="stable") if kept else slice(0)
        found = {
            "range": np.array([self.low, self.high]),
            "counted": np.array([self.num_broken, self.sums_to_one], np.int64),
            **{f"kept {name}": array[order] for name, array in kept.items()},
        }
        if self.counts is not None:
            found["by class"] = self.counts.by_class
        if self.errors is not None:
            found |= {f"errors {name}": array for name, array in self.errors.state().items()}
        for kind, counts in self.readings.items():
            found |= {f"{kind} {name}": array for name, array in counts.state().items()}
        return {name: array for name, array in found.items() if not (is_logits and PROBABILITIES in name)}

    def fold(self, state: State) -> None:
        """Take in what is known of the next images."""
        low, high = state["range"].tolist()
        num_broken, sums_to_one = state["counted"].tolist()
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.num_broken += num_broken
        self.sums_to_one &= bool(sums_to_one)
        for name, array in part_of(state, "kept ").items():
            self.keep(name, array)
        if self.counts is not None:
            self.counts.by_class += state["by class"]
        if self.errors is not None:
            self.errors.fold(part_of(state, "errors "))
        for kind in list(self.readings):
            own = part_of(state, f"{kind} ")
            if own:
                self.readings[kind].fold(own)
            else:  # some answers are no probabilities
                del self.readings[kind]
                self.kept = {name: arrays for name, arrays in self.kept.items() if not name.startswith(kind)}


class Head:
    """What stays of the answers of one output: of the block that is being passed through, and of those before it."""

    def __init__(self, record: TensorRecord, targets: Array | None, labels: Labels | None, wanted: Wanted) -> None:
        self.record, self.wanted = record, wanted
        self._targets, self._labels = targets, labels
        self.is_multilabel = targets is not None and multilabel.asks(record, targets)
        self.has_values = targets is not None and not self.is_multilabel
        self._num_classes = max(record.shape[0] or 0, _TWO) if len(record.shape) == 1 else 0
        self.kinds: tuple[str, ...] = (multilabel.KIND,) if self.is_multilabel else ()
        if targets is None and self._num_classes:
            self.kinds = _readings(record)
        # An output may not say how many classes it has.
        self._picked = np.min_scalar_type(-1 - self._num_classes) if any(record.shape) else np.dtype(np.int32)
        knows = labels is not None and not self.is_multilabel
        has_places = knows and self._num_classes >= MANY_CLASSES
        self.asked = Asked(self._num_classes, wanted.most, wanted.seed, has_places)
        self._whole, self._block = _Seen(self), _Seen(self)
        self._waiting: list[tuple[Array, Array]] = []

    @property
    def kept_bytes(self) -> int:
        """How many bytes are kept of each image whose answers are kept one by one."""
        return len(self.kinds) * (self._picked.itemsize + _SURE_BYTES + _HIT_BYTES)

    def most_bytes(self, images: int) -> int:
        """Return how many bytes are known of so many images at most, those kept one by one left out."""
        errors = DISTANCES_BYTES if self.has_values else 0
        pairs = 0 if self._labels is None else PAIR_BYTES * min(images, self._num_classes * (self._num_classes + 1))
        by_class = _BY_CLASS_BYTES * self._num_classes if self.is_multilabel else 0
        return errors + by_class + len(self.kinds) * (self.asked.num_bytes + pairs)

    def begin(self) -> None:
        """Begin a block with nothing."""
        self._block, self._waiting = _Seen(self), []

    def state(self) -> State:
        """Return what is known of the block."""
        self._take()
        return self._block.state(not self._block.sums_to_one and LOGITS in self.kinds)

    def fold(self, state: State) -> None:
        """Take in what is known of the next block."""
        self._whole.fold(state)

    def add(self, values: Array, indices: Array) -> None:
        """Note the answers, (batch, …), to some images by their indices, (batch)."""
        self._waiting.append((values, indices))
        num_bytes = sum(waiting.nbytes for waiting, _ in self._waiting)
        if sum(len(own) for _, own in self._waiting) >= TOGETHER or num_bytes >= TOGETHER_BYTES:
            self._take()

    def _take(self) -> None:
        """Count the answers that wait: many together, since each time takes a while."""
        if not self._waiting:
            return
        alone = len(self._waiting) == 1
        values, indices = (parts[0] if alone else np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, seen = [], self._block
        flat = values.reshape(len(values), -1)
        finite = np.isfinite(flat)
        broken = np.asarray(~finite.all(axis=1))
        seen.num_broken += int(broken.sum())
        if finite.any():
            seen.low = min(seen.low, float(flat[finite].min()))
            seen.high = max(seen.high, float(flat[finite].max()))
        if seen.counts is not None and self._targets is not None:
            each = multilabel.probabilities(self.record, values)
            exact = seen.counts.add(each, self._targets[indices], broken)
            sure = np.where(broken, 0, np.nan_to_num(multilabel.sureness(each))).astype(np.float32)
            self._count(multilabel.KIND, Answered(indices, sure, broken, exact))
        elif seen.errors is not None and self._targets is not None:
            differences = np.abs(flat - self._targets[indices].reshape(flat.shape))
            seen.errors.add(indices, np.where(finite, differences, 0.0).sum(axis=1), finite.sum(axis=1))
        elif values.ndim == _TWO:
            seen.sums_to_one &= _sum_to_one(values)
            labels = None if self._labels is None else self._labels[indices]
            places = self._places(values, labels)
            for kind in self.kinds:
                self._count(kind, _read(values, kind, indices, broken, labels, places))

    def _count(self, kind: str, answered: Answered) -> None:
        """Count answers read in one way, and keep those that are wanted one by one."""
        seen = self._block
        seen.readings[kind].add(answered)
        images = self.wanted.images
        rows = np.ones(len(answered.indices), bool) if images is None else np.isin(answered.indices, images)
        if kind == self.kinds[0]:
            seen.keep(_INDEX, answered.indices[rows])
        picked = np.full(len(rows), -1) if answered.answered is None else answered.answered
        seen.keep(f"{kind} answered", picked[rows].astype(self._picked))
        seen.keep(f"{kind} sure", answered.confidence[rows])
        seen.keep(f"{kind} hits", answered.hits[rows])

    def _places(self, values: Array, labels: Array | None) -> Array | None:
        """At which place the class of each image stands among many classes, behind all that are as high."""
        if labels is None or not self.asked.has_places:
            return None
        own = values[np.arange(len(values)), np.clip(labels, 0, values.shape[1] - 1)]
        places = (values >= own[:, None]).sum(axis=1)
        return np.asarray(np.where(np.isfinite(values).all(axis=1), places, values.shape[1]))

    def kind(self, labels: Labels | None) -> str:
        """What the answers are, as `output_kind` tells."""
        if self.is_multilabel:
            return multilabel.KIND
        return "values" if self._targets is not None else _output_kind(self.record, self._whole.sums_to_one, labels)

    def result(
        self, kind: str, labels: Labels | None, dataset: Dataset, class_names: tuple[str, ...]
    ) -> PredictionsResult:
        """Put the blocks together, and tell how many answers are right where labels tell them."""
        whole, counts = self._whole, self._whole.readings.get(kind)
        knows = self.is_multilabel or labels is not None
        if labels is not None and counts is not None and not self.is_multilabel:
            _check_labels(dataset, labels, self.record)
        sure = None if counts is None else counts.confidences() if knows else counts.without_labels()
        right = sure.all().right if sure is not None and knows else None
        names = tuple(
            class_name(class_names, place) for place in range(self.record.shape[0] or 0 if whole.counts else 0)
        )
        has_pairs = counts is not None and knows and not self.is_multilabel
        return PredictionsResult(
            name=self.record.name,
            shape=self.record.shape,
            num_images=dataset.size,
            right=right,
            interval=None if right is None else wilson(right, dataset.size),
            output=kind,
            num_nonfinite=whole.num_broken,
            value_range=(whole.low, whole.high) if whole.low <= whole.high else None,
            mean_error=whole.errors.mean_error() if whole.errors else None,
            counts=whole.counts.rows(names) if whole.counts else (),
            sure=sure,
            confusions=counts.confusions() if counts is not None and has_pairs else None,
            places=counts.places if counts is not None and has_pairs and self.asked.has_places else None,
            kept=self._kept(kind, knows) if counts is not None else None,
            errors=whole.errors.result() if whole.errors else None,
        )

    def _kept(self, kind: str, knows: bool) -> Kept:
        answered, sure, hits = (
            np.concatenate(self._whole.kept[f"{kind} {name}"]) for name in ("answered", "sure", "hits")
        )
        return Kept(self.wanted.images, answered.astype(np.int64), sure.astype(np.float64), hits if knows else None)


def _read(
    values: Array, kind: str, indices: Array, broken: Array, labels: Array | None, places: Array | None
) -> Answered:
    """Read answers, (batch, classes), in one way."""
    shares = probabilities(values, kind)
    assert shares is not None, "these kinds have classes"
    known = np.nan_to_num(shares)
    answered = np.where(broken, -1, np.argmax(known, axis=1))
    with np.errstate(over="ignore"):  # what turns out to be no probability may be any number
        sure = np.where(broken, 0, known.max(axis=1)).astype(np.float32)
    hits = np.zeros(len(values), bool) if labels is None else (answered == labels) & ~broken
    return Answered(indices, sure, broken, hits, answered, labels, places)


def _readings(record: TensorRecord) -> tuple[str, ...]:
    """What the answers may turn out to be, where they name classes: until all are seen, some outputs may be either."""
    if record.activation not in OF_LOGITS:
        return (PROBABILITIES,)
    return (LOGITS,) if record.shape == (1,) else (PROBABILITIES, LOGITS)


def output_kind(output: TensorRecord, values: Array, labels: Labels | None = None) -> str:
    """Return what the answers of an output are: "probabilities", "logits" (scores before a softmax) or "values".

    What ends in softmax or sigmoid, or sums to one, is probabilities. Several numbers with no or a linear activation
    are logits, one for each class; a single such number is a logit where the labels are 0 and 1, and else a value.

    Args:
        output: The output.
        values: What it answered for some images, (batch, …).
        labels: True classes of the data, where they are known.
    """
    return _output_kind(output, values.ndim == 2 and _sum_to_one(values), labels)


def _output_kind(output: TensorRecord, sums_to_one: bool, labels: Labels | None) -> str:
    if len(output.shape) != 1:
        return "values"
    if output.activation in {"softmax", "sigmoid"}:
        return "probabilities"
    if output.activation not in OF_LOGITS and not sums_to_one:
        return "values"
    if output.shape[0] == 1:
        return "logits" if labels is not None and set(np.unique(labels)) == {0, 1} else "values"
    return "probabilities" if sums_to_one else "logits"


def _sum_to_one(values: Array) -> bool:
    return bool(np.allclose(values.sum(axis=1), 1.0, atol=_SUM_TOLERANCE) and (values >= 0).all())


def probabilities(values: Array, kind: str) -> Array | None:
    """Return one probability per class, (batch, classes), or None for a model that answers with other values.

    A single unit stands for two classes, the second of which it speaks for. Logits go through a softmax; that of −z/2
    and z/2 is the sigmoid of −z and z.
    """
    if kind == "values":
        return None
    if kind == "logits":
        # Infinite scores have no softmax: the answer counts as broken, and is no reason for a warning.
        values = np.where(np.isfinite(values), values, np.nan)
        values = np.concatenate([-values / 2, values / 2], axis=1) if values.shape[1] == 1 else values
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    return np.concatenate([1 - values, values], axis=1) if values.shape[1] == 1 else values


def _check_labels(dataset: Dataset, labels: Labels, output: TensorRecord) -> None:
    num_classes = max(output.shape[0] or 0, 2)
    if labels.min() >= 0 and labels.max() < num_classes:
        return
    wrong = int(labels.max()) if labels.max() >= num_classes else int(labels.min())
    raise DataError(
        f"The labels of {dataset.name} hold {wrong}, but the model predicts {num_classes} classes. Expected 0 to "
        f"{num_classes - 1}. Number the classes as the model does."
    )


def class_name(names: tuple[str, ...], index: int) -> str:
    """Return the name of a class, or its number where it has none."""
    return names[index] if 0 <= index < len(names) else str(index)
