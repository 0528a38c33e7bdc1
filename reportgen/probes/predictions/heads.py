"""The answers of one output, batch by batch -> what stays of them, block by block and together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.evidence.performance import wilson
from reportgen.evidence.predictions import MANY_CLASSES, PredictionsResult
from reportgen.models.blocks import State
from reportgen.models.subject import Array
from reportgen.probes.predictions import multilabel
from reportgen.records.model import TensorRecord
from reportgen.sources.dataset import Dataset

_SUM_TOLERANCE = 1e-3
_TWO = 2
_BROKEN_BYTES, _SURE_BYTES, _NUMBER_BYTES = 1, 4, 8
# What an output of logits may end in; None where the last call has no activation of its own.
OF_LOGITS = {None, "linear", "log_softmax"}
Labels = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Seen:
    """What is known of the answers to some images.

    Attributes:
        error: Sum of the differences between values and the true ones.
        num_compared: How many these are.
        low: Lowest finite value.
        high: Highest finite value.
        sums_to_one: Whether all answers do, so far.
        counts: Answers class by class, of a multi-label output.
        columns: What is kept of each image by name, arrays for each batch or block.
        errors: Mean difference of each image, an array for each batch or block.
        indices: The images of each batch.
    """

    error: float = 0.0
    num_compared: int = 0
    low: float = math.inf
    high: float = -math.inf
    sums_to_one: bool = True
    counts: multilabel.Counts | None = None
    columns: list[Mapping[str, Array]] = field(default_factory=list)
    errors: list[Array] = field(default_factory=list)
    indices: list[Array] = field(default_factory=list)


class Head:
    """What stays of the answers of one output: of the block that is being passed through, and of those before it."""

    def __init__(self, record: TensorRecord, targets: Array | None, labels: Labels | None) -> None:
        self.record = record
        self._targets, self._labels = targets, labels
        self._is_multilabel = targets is not None and multilabel.asks(record, targets)
        self._num_classes = max(record.shape[0] or 0, _TWO) if len(record.shape) == 1 else 0
        self._readings = _readings(record)
        self._whole, self._block = self._nothing(), self._nothing()

    @property
    def image_bytes(self) -> int:
        """How many bytes of one image's answers are kept."""
        if self._targets is not None:
            return _BROKEN_BYTES + _NUMBER_BYTES * 2
        if not self._num_classes:
            return _BROKEN_BYTES
        each = np.min_scalar_type(self._num_classes).itemsize
        return _BROKEN_BYTES + each + len(self._readings) * (each + _SURE_BYTES)

    def _nothing(self) -> _Seen:
        return _Seen(counts=multilabel.Counts(self.record.shape[0] or 0) if self._is_multilabel else None)

    def begin(self) -> None:
        """Begin a block with nothing."""
        self._block = self._nothing()

    def state(self) -> State:
        """Return what is known of the block."""
        seen = self._block
        order = np.argsort(np.concatenate(seen.indices), kind="stable")
        columns = {name: array[order] for name, array in _joined(seen.columns).items()}
        if not seen.sums_to_one and "logits" in self._readings:
            columns = {name: array for name, array in columns.items() if not name.endswith(" probabilities")}
        state = {
            "sums": np.array([seen.error, seen.low, seen.high]),
            "counted": np.array([seen.num_compared, seen.sums_to_one], np.int64),
            **{f"column {name}": column for name, column in columns.items()},
        }
        if seen.errors:
            state["errors"] = np.concatenate(seen.errors)[order]
        if seen.counts is not None:
            state["by class"] = seen.counts.by_class
        return state

    def fold(self, state: State) -> None:
        """Take in what is known of the next block."""
        whole = self._whole
        error, low, high = state["sums"].tolist()
        num_compared, sums_to_one = state["counted"].tolist()
        whole.error += error
        whole.num_compared += num_compared
        whole.low, whole.high = min(whole.low, low), max(whole.high, high)
        whole.sums_to_one &= bool(sums_to_one)
        columns = {name.removeprefix("column "): state[name] for name in state if name.startswith("column ")}
        whole.columns.append(columns)
        if "errors" in state:
            whole.errors.append(state["errors"])
        if whole.counts is not None:
            whole.counts.by_class += state["by class"]

    def add(self, values: Array, indices: Array) -> None:
        """Note the answers, (batch, …), to some images by their indices, (batch)."""
        seen = self._block
        seen.indices.append(indices)
        flat = values.reshape(len(values), -1)
        finite = np.isfinite(flat)
        broken = np.asarray(~finite.all(axis=1))
        if finite.any():
            seen.low = min(seen.low, float(flat[finite].min()))
            seen.high = max(seen.high, float(flat[finite].max()))
        if self._targets is not None and seen.counts is not None:
            each = multilabel.probabilities(self.record, values)
            exact = seen.counts.add(each, self._targets[indices], broken)
            seen.columns.append({"broken": broken, "exact": exact, "sure": np.nan_to_num(multilabel.sureness(each))})
            return
        if self._targets is not None:
            differences = np.abs(flat - self._targets[indices].reshape(flat.shape))
            seen.error += float(differences[finite].sum())
            seen.num_compared += int(finite.sum())
            counts = finite.sum(axis=1)
            sums = np.where(finite, differences, 0.0).sum(axis=1)
            seen.errors.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
        if values.ndim != 2:
            seen.columns.append({"broken": broken})
            return
        seen.sums_to_one &= _sum_to_one(values)
        found = {"broken": broken, **self._places(values, indices)}
        for kind in self._readings:
            shares = probabilities(values, kind)
            assert shares is not None, "these kinds have classes"
            known = np.nan_to_num(shares)
            found[f"picked {kind}"] = np.argmax(known, axis=1).astype(np.min_scalar_type(self._num_classes))
            with np.errstate(over="ignore"):  # what turns out to be no probability may be any number
                found[f"sure {kind}"] = known.max(axis=1).astype(np.float32)
        seen.columns.append(found)

    def _places(self, values: Array, indices: Array) -> dict[str, Array]:
        """At which place the class of each image stands among many classes, behind all that are as high."""
        if self._labels is None or values.shape[1] < MANY_CLASSES:
            return {}
        labels = np.clip(self._labels[indices], 0, values.shape[1] - 1)
        own = values[np.arange(len(values)), labels]
        places = (values >= own[:, None]).sum(axis=1)
        places = np.where(np.isfinite(values).all(axis=1), places, values.shape[1])
        return {"places": places.astype(np.min_scalar_type(self._num_classes))}

    def kind(self, labels: Labels | None) -> str:
        """What the answers are, as `output_kind` tells."""
        if self._is_multilabel:
            return multilabel.KIND
        return "values" if self._targets is not None else _output_kind(self.record, self._whole.sums_to_one, labels)

    def result(
        self, kind: str, labels: Labels | None, dataset: Dataset, class_names: tuple[str, ...]
    ) -> PredictionsResult:
        """Put the blocks together, and count the right answers where labels tell them."""
        whole = self._whole
        columns = _joined(whole.columns, kind)
        broken = columns["broken"]
        hits: Array | None = None
        confidence: Array | None = None
        answered: Array | None = None
        places: Array | None = None
        if kind == multilabel.KIND:
            hits, confidence = columns["exact"], np.where(broken, 0.0, columns["sure"])
        elif kind != "values":
            answered = np.where(broken, -1, columns[f"picked {kind}"].astype(np.int64))
            confidence = np.where(broken, 0.0, columns[f"sure {kind}"].astype(np.float64))
            if labels is not None:
                _check_labels(dataset, labels, self.record)
                hits = answered == labels
                places = columns["places"].astype(np.int64) if "places" in columns else None
        right = None if hits is None else int(hits.sum())
        names = tuple(
            class_name(class_names, place) for place in range(self.record.shape[0] or 0 if whole.counts else 0)
        )
        return PredictionsResult(
            name=self.record.name,
            shape=self.record.shape,
            num_images=dataset.size,
            right=right,
            interval=None if right is None else wilson(right, dataset.size),
            output=kind,
            num_nonfinite=int(broken.sum()),
            value_range=(whole.low, whole.high) if whole.low <= whole.high else None,
            mean_error=whole.error / whole.num_compared if whole.num_compared else None,
            counts=whole.counts.rows(names) if whole.counts else (),
            hits=hits,
            confidence=confidence,
            answered=answered,
            places=places,
            errors=np.concatenate(whole.errors) if whole.errors else None,
        )


def _readings(record: TensorRecord) -> tuple[str, ...]:
    """What the answers may turn out to be, where they name classes: until all are seen, some outputs may be either."""
    if record.activation not in OF_LOGITS:
        return ("probabilities",)
    return ("logits",) if record.shape == (1,) else ("probabilities", "logits")


def _joined(parts: Sequence[Mapping[str, Array]], kind: str = "") -> dict[str, Array]:
    """Put columns together; of those that are read in several ways, by the one that is named, or by all."""
    other = {"probabilities": " logits", "logits": " probabilities"}.get(kind, "\0")
    return {
        name: np.concatenate([part[name] for part in parts])
        for name in (parts[0] if parts else ())
        if not name.endswith(other)
    }


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
