"""What every probe is given: the living model, its record, the data and the chosen samples."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import keras
import numpy as np

from reportgen.errors import ModelError
from reportgen.evidence.samples import SampleRecord
from reportgen.models import running
from reportgen.models.blocks import Pass, State
from reportgen.models.cutting import Trace, trace
from reportgen.models.inputs import arrange, batch_size
from reportgen.models.types import Model, Tensor, Tensors
from reportgen.records.judged import judged
from reportgen.records.model import LayerRecord, ModelRecord, TensorRecord
from reportgen.records.places import matches
from reportgen.sources.dataset import Array as Array
from reportgen.sources.dataset import Dataset

Made = TypeVar("Made")

# Answers can change in their last bits with the number of images in a batch: that number follows from the model alone.
BATCH_SIZE = 64
# A model that is called, unlike one in `predict`, keeps the outputs of all its layers until it has answered.
_BATCH_BYTES = 256 << 20
# From so many batches on, tracing costs less than it saves.
_WORTH_TRACING = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """A model with something to look at.

    Attributes:
        model: The living Keras model.
        record: Its facts.
        dataset: Images that fit it, or None.
        samples: The samples chosen for a close look, in order.
        earlier: What the probes before this one found, by their names.
        collected: The state of each block of the data, by the pass over them, where other processes collected them
            (`models.blocks`).
        passes: The passes over the data that have been made, by the probe that reads what they found.
        made: What is made of the model once and serves all probes, by what `once` was told.
    """

    model: Model
    record: ModelRecord
    dataset: Dataset | None = None
    samples: tuple[SampleRecord, ...] = ()
    earlier: Mapping[str, Any] = field(default_factory=dict)
    collected: Mapping[str, Sequence[State]] = field(default_factory=dict)
    passes: Mapping[str, Pass] = field(default_factory=dict)
    made: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def batch_size(self) -> int:
        """How many images the model is called with at once: 64, or fewer where all layers' outputs take much memory."""
        return self.rows(BATCH_SIZE)

    def rows(self, most: int, kept: float = 1.0) -> int:
        """Return how many images the model may be called with at once, at least one.

        Args:
            most: At most so many.
            kept: The share of all layers' outputs that is in memory at one time.
        """
        per_image = int(kept * sum(call.activation_bytes for call in self.record.layers))
        return max(1, min(most, _BATCH_BYTES // max(per_image, 1)))

    def affordable(self, macs: int, passes: int = 1) -> int:
        """Return how often a number of multiply-adds pays for some passes of one image, at least once.

        Args:
            macs: Multiply-adds that may be spent.
            passes: How many passes through the whole network are made each time.
        """
        return max(1, macs // (passes * max(sum(call.macs or 0 for call in self.record.layers), 1)))

    def images(self, indices: Sequence[int]) -> Array:
        """Return images of the data, batch axis first: what the main input gets, in its number format."""
        assert self.dataset is not None, "a probe that reads images is run with data only"
        return _cast(self.dataset.read(indices), self.record.inputs[self.record.main_input])

    def pictures(self, indices: Sequence[int]) -> Array:
        """Return the same with the channels last."""
        images = self.images(indices)
        return np.moveaxis(images, 1 + self.record.input_channel_axis(images.shape[1:]), -1)

    def inputs(self, indices: Sequence[int], scaling: str = "") -> Tensors:
        """Return what the model is called with for some images: one array, or all in the model's own structure.

        Args:
            indices: The images.
            scaling: Another way to scale pictures, one of the names in the dataset's `scaling`; "" for the one in use.
        """
        assert self.dataset is not None, "a probe that reads images is run with data only"
        further = dict(self.dataset.further)
        arrays = {}
        for place, record in enumerate(self.record.inputs):
            source = self.dataset if place == self.record.main_input else further[record.name]
            other = source.scaling.read if scaling and source.scaling and scaling in source.scaling.names else None
            arrays[record.name] = _cast(other(indices, scaling) if other else source.read(indices), record)
        return arrange(self.model, arrays)

    def example(self, rows: int) -> Tensors:
        """Return a batch of zeros as the model is called with, in its own structure; it takes no memory."""
        arrays = {
            each.name: np.broadcast_to(np.zeros((), each.dtype), (rows, *(size or 1 for size in each.shape)))
            for each in self.record.inputs
        }
        return arrange(self.model, arrays)

    @property
    def main_place(self) -> int:
        """Place of the main input among those that the model is called with, laid flat."""
        numbers = {each.name: np.array(place) for place, each in enumerate(self.record.inputs)}
        return [int(place) for place in keras.tree.flatten(arrange(self.model, numbers))].index(self.record.main_input)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is made of the model once, whoever asks for it.

        Args:
            key: What it is.
            make: Makes it; a ModelError is kept, too, and raised each time.
        """
        if key not in self.made:
            try:
                self.made[key] = make()
            except ModelError as error:
                self.made[key] = error
        found = self.made[key]
        if isinstance(found, ModelError):
            raise found
        return cast(Made, found)

    def trace(self, rows: int) -> Trace:
        """Return the model's forward pass as a graph: one for batches of any size, or else one for each size.

        Args:
            rows: How many images a batch has.

        Raises:
            ModelError: The model cannot be traced.
        """
        free = None
        if batch_size(self.model) is None:
            # What can be traced for one size only is traced for that.
            with suppress(ModelError):
                free = self.once("trace", self._of_any_size)
        return free or self.once(("trace", rows), lambda: trace(self.model, self.example(rows), self._kept))

    def _of_any_size(self) -> Trace | None:
        """Trace the model for batches of any size; None where the other sizes of what comes out are not known then."""
        found = trace(self.model, self.example(1), self._kept, any_size=True)
        outputs = [found.calls[call.path].steps[0] for call in self.record.layers if call.path in found.calls]
        is_known = all(
            tensor.shape.rank and None not in tuple(tensor.shape)[1:] for tensor in (*found.answers, *outputs)
        )
        return found if is_known else None

    @property
    def _kept(self) -> set[str]:
        """The calls at which channels are judged: the answers follow from their outputs as they are."""
        return {each.path for each in judged(self.record.layers)}

    def chosen_calls(self, pattern: str) -> tuple[LayerRecord, ...]:
        """Return the conv and pooling calls whose path or last name matches a shell pattern."""
        return tuple(call for call in self.record.seen_calls if matches(call.path, pattern))


def answers(model: Model, inputs: Tensors) -> list[Array]:
    """Put one batch to the model and return all its outputs, each (batch, …), as float64, in the record's order.

    Raises:
        ModelError: The model cannot be run on this batch, or does not answer with one row for each sample.
    """
    return in_rows(model, running.call(model, inputs), len(keras.tree.flatten(inputs)[0]))


def in_rows(model: Model, outputs: Tensors, size: int) -> list[Array]:
    """Return what a model answered a batch of some size with, as `answers` does.

    Raises:
        ModelError: There is not one row for each sample.
    """
    found = [np.asarray(output, dtype=np.float64) for output in keras.tree.flatten(outputs)]
    wrong = next((values.shape for values in found if values.shape[:1] != (size,)), None)
    if wrong is not None:
        raise ModelError(
            f"The model {model.name!r} answered a batch of {size} with an array of {wrong}. Expected a row for each"
            " sample. Use a model that keeps the batch axis."
        )
    return found


class Answering:
    """A model that is asked about many batches of one size.

    As a graph, it answers ResNet-50's or DenseNet-121's images one by one in a fifth of the time of an eager call, and
    lets go of each output as soon as nothing needs it; to trace it costs as much as four or five eager calls.
    """

    def __init__(self, subject: Subject, num_batches: int, rows: int = 0, *, is_folded: bool = False) -> None:
        """Prepare to ask.

        Args:
            subject: The model.
            num_batches: How many batches there will be: few do not pay for the tracing, unless they are folded. Where
                other processes are asked about the others, those count, too: the last bits depend on it.
            rows: How many images the largest batch has; 0 for as many as the first one.
            is_folded: Whether convolutions and the batch normalisations behind them may be one (`folding`); they are
                not in a model that changes its state.
        """
        self._subject, self._is_folded = subject, is_folded
        self._rows = batch_size(subject.model) or rows
        self._is_worth_tracing = is_folded or num_batches >= _WORTH_TRACING
        self._run: Callable[[Tensors], list[Tensor]] | None = None

    def __call__(self, inputs: Tensors) -> list[Array]:
        """Return what `answers` returns for a batch; the first one is the largest, where nothing else was said."""
        size = len(keras.tree.flatten(inputs)[0])
        self._rows = self._rows or size
        if not self._is_worth_tracing or size > self._rows:
            return answers(self._subject.model, inputs)
        rows = np.minimum(np.arange(self._rows), size - 1)
        filled = inputs
        if size < self._rows:
            filled = keras.tree.map_structure(lambda part: np.asarray(part)[rows], inputs)
        try:
            self._run = self._run or self._traced()
            found = [np.asarray(output, dtype=np.float64) for output in self._run(filled)]
        except (ModelError, *running.CALL_ERRORS):
            found = []
        if not found or any(values.shape[:1] != (self._rows,) for values in found):
            # Called as it is, it answers after all, or says what is wrong.
            self._is_worth_tracing = False
            return answers(self._subject.model, inputs)
        return [values[:size] for values in found]

    def _traced(self) -> Callable[[Tensors], list[Tensor]]:
        whole = self._subject.trace(self._rows)
        # A part does not wait for what a layer counts.
        if not self._is_folded or whole.changes_state:
            return whole.whole(whole.answers)
        part = whole.part(whole.inputs, whole.answers, is_fixed=True)
        return lambda inputs: part(*keras.tree.flatten(inputs))


def _cast(values: Array, record: TensorRecord) -> Array:
    return np.asarray(values, dtype=record.dtype)
