"""A model and all images of the data -> its answers at every output, and how many of them are right.

Answers are reduced block by block to counts, bins and the first images in some orders, which take as much for a million
images as for a thousand. One by one are kept only those that are looked at for their place, or all on request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import keras
import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.document.report import Score
from reportgen.errors import DataError, ModelError
from reportgen.evidence import answers
from reportgen.evidence.performance import known
from reportgen.evidence.predictions import PredictionsResult
from reportgen.models.blocks import State, batches, cut, part_of, passed
from reportgen.models.subject import Answering, Array, Subject
from reportgen.models.types import Tensors
from reportgen.options import Options
from reportgen.probes.predictions import asked_for, multilabel
from reportgen.probes.predictions.heads import OF_LOGITS, TOGETHER, TOGETHER_BYTES, Head, Labels, Wanted
from reportgen.probes.predictions.heads import class_name as class_name
from reportgen.probes.predictions.heads import output_kind as output_kind
from reportgen.probes.predictions.heads import probabilities as probabilities
from reportgen.probes.predictions.used import Used
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord, TensorRecord, product
from reportgen.sources.dataset import Dataset

NEEDS: tuple[str, ...] = ()
_READING_BYTES, _NUMBER_BYTES = 32, 4
"""Bytes of one number of an answer while it is read as a probability and as a logit, and while it waits."""


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of one pass over all images."""
    del options, plan
    return Work("predictions on all images", macs=dataset.size * record.macs)


def scores(result: PredictionsResult | None) -> tuple[Score, ...]:
    """Return how well each output does whose true classes or values are known."""
    return known(result)


def run(subject: Subject, options: Options, progress: Progress = silent) -> PredictionsResult | None:
    """Put every image to the model once.

    Returns:
        The answers of the output that is looked at closely, with those of the further outputs; None without data.

    Raises:
        DataError: A label is out of an output's range, or belongs to no output.
        ModelError: The model cannot be run on the images, or answers with another number of outputs each time.
    """
    passing = subject.passes.get("predictions") or passes(subject, options)
    if not isinstance(passing, Answers):
        return None
    if "predictions" not in subject.passes:
        passed(passing, subject.collected.get("predictions"), progress)
    return passing.result()


def passes(subject: Subject, options: Options) -> Answers | None:
    """Prepare the pass over the data; None without data. Errors as `run`."""
    return None if subject.dataset is None else Answers(subject, subject.dataset, options)


class Reader(Protocol):
    """What reads the answers of a pass, block by block, as `models.blocks.Pass` does; errors as `run`.

    Attributes:
        drawn: Whatever was drawn at random for it.
        own_bytes: About what is known of all blocks, and of one.
    """

    drawn: State
    own_bytes: int

    def begin(self) -> None:
        """Begin a block with nothing."""

    def take(self, found: Sequence[Array], indices: Array, inputs: Tensors) -> None:
        """Read what was answered to some images, given the inputs."""

    def state(self) -> State:
        """Return what the block leaves."""

    def fold(self, block: range, state: State) -> None:
        """Take in the state of the next block."""


class Answers:
    """The pass in which the model answers every image, as `models.blocks.Pass`."""

    step = "Running the network on every image"
    learns = False

    def __init__(self, subject: Subject, dataset: Dataset, options: Options) -> None:
        """Prepare to ask about all images of some data."""
        self.subject, self._dataset = subject, dataset
        self._targets = targets_by_output(subject.record, dataset)
        self._given = dict(dataset.head_labels)
        wanted = _wanted(subject, dataset, options)
        self._heads = [
            Head(record, self._targets.get(record.name), self._given.get(record.name, dataset.labels), wanted)
            for record in subject.record.outputs
        ]
        self.batch_size: int = subject.batch_size
        self.blocks = cut(dataset.size, self.batch_size)
        self.drawn: State = {} if wanted.images is None else {"answers kept": wanted.images}
        numbers = sum(product(record.shape) or 1 for record in subject.record.outputs)
        longest = max(map(len, self.blocks))
        one_by_one = dataset.size if wanted.images is None else len(wanted.images)
        self.block_bytes = sum(
            head.most_bytes(longest) + head.kept_bytes * min(longest, one_by_one) for head in self._heads
        )
        whole = sum(head.most_bytes(dataset.size) + head.kept_bytes * one_by_one for head in self._heads)
        rows = max(self.batch_size, min(TOGETHER, TOGETHER_BYTES // (_NUMBER_BYTES * numbers)))
        self.own_bytes = whole + self.block_bytes + rows * _READING_BYTES * numbers
        self.memory_bytes = self.own_bytes + self.batch_size * _activations(subject.record)
        self._ask = Answering(subject, -(-dataset.size // self.batch_size), self.batch_size)
        self._used, self._block_used = Used(), Used()
        self._readers: dict[str, Reader] = {}

    def read_by(self, name: str, reader: Reader) -> None:
        """Let another pass over the same images read the answers, instead of asking for them again.

        Args:
            name: What its states are kept under.
            reader: The pass.
        """
        self._readers[name] = reader
        self.drawn = {**self.drawn, **reader.drawn}
        self.own_bytes += reader.own_bytes
        self.memory_bytes += reader.own_bytes

    def collect(self, block: range, advance: Callable[[], None]) -> State:
        """Put the images of a block to the model; errors as `run`."""
        self.begin()
        for places in batches(block, self.batch_size):
            inputs = self.read(places)
            self.take(self._ask(inputs), np.arange(places.start, places.stop), inputs)
            advance()
        return self.state()

    def begin(self) -> None:
        """Begin a block with nothing."""
        self._block_used = Used()
        for head in self._heads:
            head.begin()
        for reader in self._readers.values():
            reader.begin()

    def read(self, places: range) -> Tensors:
        """Return the next images of a block, as `Subject.inputs` does, and take them into the hash of what was used."""
        inputs = self.subject.inputs(places)
        self._block_used.take(places, keras.tree.flatten(inputs))
        return inputs

    def take(self, found: Sequence[Array], indices: Array, inputs: Tensors) -> None:
        """Note what the model answered to some images of a block, in any order; errors as `run`.

        Args:
            found: The answers of all outputs.
            indices: The images.
            inputs: What the model was given.
        """
        if len(found) != len(self._heads):
            raise ModelError(
                f"The model {self.subject.record.name!r} returned {len(found)} outputs, and before that"
                f" {len(self._heads)}. Expected as many at every call. Use a model whose output has one form."
            )
        for head, values in zip(self._heads, found, strict=True):
            head.add(values, indices)
        for reader in self._readers.values():
            reader.take(found, indices, inputs)

    def state(self) -> State:
        """Return what the block leaves."""
        state = {"used": self._block_used.sums}
        for place, head in enumerate(self._heads):
            state |= {f"{place} {name}": array for name, array in head.state().items()}
        for kind, reader in self._readers.items():
            state |= {f"{kind} {name}": array for name, array in reader.state().items()}
        return state

    def learn(self, block: range, state: State) -> None:
        """Learn nothing: each block takes as long as any other."""

    def fold(self, block: range, state: State) -> None:
        """Take in the state of the next block."""
        for kind, reader in self._readers.items():
            reader.fold(block, part_of(state, f"{kind} "))
        self._used.add(state["used"])
        for place, head in enumerate(self._heads):
            head.fold(part_of(state, f"{place} "))

    def result(self) -> PredictionsResult:
        """Put all blocks together; errors as `run`."""
        dataset, given, model = self._dataset, self._given, self.subject.record
        kinds = [head.kind(given.get(head.record.name, dataset.labels)) for head in self._heads]
        main = main_output([has_labels(record, dataset, self._targets) for record in model.outputs], kinds, model)
        labels = _labels_by_output(model, dataset, main)
        results = [
            head.result(kind, labels.get(head.record.name), dataset, dataset.class_names if place == main else ())
            for place, (head, kind) in enumerate(zip(self._heads, kinds, strict=True))
        ]
        return replace(
            results[main],
            others=tuple(result for place, result in enumerate(results) if place != main),
            sha256=_sha256(self._used, dataset, self._targets),
        )


def _wanted(subject: Subject, dataset: Dataset, options: Options) -> Wanted:
    """Return what is wanted of the answers to single images."""
    labels = [each for each in (dataset.labels, *dict(dataset.head_labels).values()) if each is not None]
    images = None
    if answers.FORMAT not in options.format:
        chosen = asked_for.by_place(options.pick, labels, dataset.size, options.seed)
        images = np.union1d(chosen, asked_for.located(subject.record.macs, dataset.size, options.seed)[0])
    return Wanted(asked_for.most_chosen(options.pick, labels), options.seed, images)


def _activations(record: ModelRecord) -> int:
    return sum(call.activation_bytes for call in record.layers)


def _sha256(used: Used, dataset: Dataset, targets: Mapping[str, Array]) -> str:
    """Return the hash over what the model got and what is known of each image."""
    whole = hashlib.sha256(used.digest())
    own = (labels for _, labels in dataset.head_labels)
    for values in (dataset.labels, *own, *targets.values()):
        if values is not None:
            whole.update(np.ascontiguousarray(values).tobytes())
    return whole.hexdigest()


def main_output(labelled: Sequence[bool], kinds: Sequence[str], model: ModelRecord) -> int:
    """Return the place of the output to look at closely: one of classes with labels, of probabilities, of logits.

    Of equals it is one that ends in a softmax: four numbers of a sigmoid may be the corners of a box.

    Args:
        labelled: Of each output whether there are labels that belong to it alone.
        kinds: Of each output what its answers are.
        model: The model with these outputs.
    """
    ranks = [
        (
            kind != "values" and labels,
            kind in {"probabilities", multilabel.KIND},
            kind == "logits",
            output.activation == "softmax",
        )
        for labels, kind, output in zip(labelled, kinds, model.outputs, strict=True)
    ]
    return ranks.index(max(ranks))


def has_labels(record: TensorRecord, dataset: Dataset, targets: dict[str, Array]) -> bool:
    """Tell whether there are labels that belong to an output alone."""
    own = record.name in dict(dataset.head_labels)
    return own or (dataset.labels is None and multilabel.asks(record, targets.get(record.name)))


def targets_by_output(record: ModelRecord, dataset: Dataset) -> dict[str, Array]:
    """Return true values by name of the output.

    Raises:
        DataError: No output answers with so many values, or it answers with classes.
    """
    found = dict(dataset.targets)
    _check_names(found, record)
    for name in list(found):
        size = found[name][0].size
        fits = [
            output.name
            for output in record.outputs
            if output.name == (name or output.name) and output.activation != "softmax" and product(output.shape) == size
        ]
        if not fits:
            which = f"output called {name!r}" if name else "output"
            raise DataError(
                f"The labels of {dataset.name} hold values that are not class indices, {size} for each image, and no"
                f" {which} without a softmax answers with so many values. Expected one whole number from 0 for each"
                " image, as many true values as an output has, or a 0 or 1 for each of its classes. Number the classes."
            )
        found[fits[0]] = found.pop(name)
    labels = dataset.labels
    # Whole numbers are true values of one linear number, unless they are 0 and 1, which are the classes of a logit.
    if not found and labels is not None and _is_one_number(record) and not set(np.unique(labels)) <= {0, 1}:
        found[record.outputs[0].name] = labels.astype(np.float64)
    return found


def _is_one_number(record: ModelRecord) -> bool:
    return [(output.shape, output.activation in OF_LOGITS) for output in record.outputs] == [((1,), True)]


def _check_names(found: Iterable[str], record: ModelRecord) -> None:
    names = [output.name for output in record.outputs]
    unknown = [name for name in found if name and name not in names]
    if unknown:
        raise DataError(
            f"There are labels for an output {unknown[0]!r}, but the outputs are {', '.join(names)}. Expected the names"
            " of outputs. Rename the labels."
        )


def _labels_by_output(record: ModelRecord, dataset: Dataset, main: int) -> dict[str, Labels]:
    """Return true classes by name of the output."""
    found = dict(dataset.head_labels)
    _check_names(found, record)
    if dataset.labels is not None:
        found.setdefault(record.outputs[main].name, dataset.labels)
    return found
