"""The answers of picture-shaped outputs, and what is true -> counts and sums, in the pass over all images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import keras
import numpy as np

from reportgen.evidence.pixels import PixelHead
from reportgen.models.blocks import State, batches, cut, part_of
from reportgen.models.subject import Answering, Array, Subject
from reportgen.models.subject import answers as answers_of
from reportgen.models.types import Tensors
from reportgen.options import Options
from reportgen.probes.pixels.classes import ClassTally
from reportgen.probes.pixels.errors import ErrorTally, MeanPicture
from reportgen.probes.pixels.scored import ScoredTally
from reportgen.probes.predictions import asked_for
from reportgen.probes.samples import pixel_answers
from reportgen.probes.samples.pixel_answers import Look
from reportgen.records.pictured import PictureOutput, picture_outputs
from reportgen.sources.dataset import Dataset, PixelTruth

_SUM_TOLERANCE = 1e-3
# Of single numbers, each in an array.
_FEW_BYTES = 1024
_MOST_DRAWN = 4
"""Of values of which nothing is known, so many channels may be a picture; more are something else, as boxes."""


class Compared:
    """The pass in which picture-shaped answers are compared with what is true, as `models.blocks.Pass`.

    It may also read what another pass over the same images answers.

    Attributes:
        is_wanted: Whether any output is compared.
    """

    step = "Comparing answers pixel by pixel"
    learns = False

    def __init__(self, subject: Subject, dataset: Dataset, options: Options) -> None:
        """Find out what the outputs mean, from the first images.

        Raises:
            ModelError: The model cannot be run on them.
        """
        self._subject = subject
        self.batch_size: int = subject.batch_size
        self.blocks = cut(dataset.size, self.batch_size)
        outputs = {output.name: output for output in picture_outputs(subject.record)}
        started = answers_of(subject.model, subject.inputs(range(min(self.batch_size, dataset.size))))
        measuring = [
            _Measuring(subject, outputs[truth.output], truth, started[outputs[truth.output].place], options)
            for truth in dataset.pixels
        ]
        self._measuring = [each for each in measuring if each.is_picture]
        self.is_wanted = bool(self._measuring)
        self._ask = Answering(subject, -(-dataset.size // self.batch_size), self.batch_size)
        self.own_bytes = 2 * sum(each.num_bytes for each in self._measuring)
        self.memory_bytes = self.own_bytes + self.batch_size * sum(
            call.activation_bytes for call in subject.record.layers
        )
        self.drawn: State = {
            f"pixels {place} {name}": images
            for place, each in enumerate(self._measuring)
            for name, images in each.drawn()
        }

    def collect(self, block: range, advance: Callable[[], None]) -> State:
        """Put the images of a block to the model.

        Raises:
            DataError: A mask cannot be read.
            ModelError: The model cannot be run on the images.
        """
        self.begin()
        for places in batches(block, self.batch_size):
            inputs = self._subject.inputs(places)
            self.take(self._ask(inputs), np.arange(places.start, places.stop), inputs)
            advance()
        return self.state()

    def begin(self) -> None:
        """Begin a block with nothing."""
        for each in self._measuring:
            each.begin()

    def take(self, found: Sequence[Array], indices: Array, inputs: Tensors) -> None:
        """Compare what was answered to some images of a block; errors as `collect`.

        Args:
            found: The answers of all outputs.
            indices: The images.
            inputs: What the model was given.
        """
        images = np.asarray(keras.tree.flatten(inputs)[self._subject.main_place])
        pictures = np.moveaxis(images, 1 + self._subject.record.input_channel_axis(images.shape[1:]), -1)
        for each in self._measuring:
            each.take(indices, found[each.look.output.place], pictures)

    def state(self) -> State:
        """Return what the block leaves."""
        return {
            f"{place} {name}": array
            for place, each in enumerate(self._measuring)
            for name, array in each.block.state().items()
        }

    def learn(self, block: range, state: State) -> None:
        """Learn nothing: each block takes as long as any other."""

    def fold(self, block: range, state: State) -> None:
        """Take in the state of the next block."""
        del block
        for place, each in enumerate(self._measuring):
            each.whole.fold(part_of(state, f"{place} "))

    def results(self) -> Iterator[tuple[PixelHead, Look]]:
        """Yield each output with how it is read, all blocks put together."""
        for each in self._measuring:
            yield each.result(), each.look


@dataclass(slots=True)
class _Seen:
    """What is known of the answers of one output to some images.

    Attributes:
        scored: How well single images are answered.
        classes: Pixels by class; None of values.
        errors: How far values are off; None of classes, and of values of which nothing is known.
        low: The lowest answer.
        high: The highest.
        num_nonfinite: Answers that hold NaN or infinity.
    """

    scored: ScoredTally
    classes: ClassTally | None
    errors: ErrorTally | None
    low: float = np.inf
    high: float = -np.inf
    num_nonfinite: int = 0

    def state(self) -> State:
        """Return it as arrays."""
        found = {"range": np.array([self.low, self.high]), "nonfinite": np.array(self.num_nonfinite)}
        for kind, tally in self._tallies():
            found |= {f"{kind} {name}": array for name, array in tally.state().items()}
        return found

    def fold(self, state: State) -> None:
        """Take in what is known of other images."""
        low, high = state["range"].tolist()
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.num_nonfinite += int(state["nonfinite"])
        for kind, tally in self._tallies():
            tally.fold(part_of(state, f"{kind} "))

    def _tallies(self) -> list[tuple[str, ScoredTally | ClassTally | ErrorTally]]:
        each = (("scored", self.scored), ("classes", self.classes), ("errors", self.errors))
        return [(kind, tally) for kind, tally in each if tally is not None]


class _Measuring:
    """Measures one picture-shaped output.

    Attributes:
        is_picture: Whether it is compared, or drawn, at all.
        look: How its answers are read.
        block: What is known of the block.
        whole: What is known of the blocks before it.
    """

    def __init__(
        self, subject: Subject, output: PictureOutput, truth: PixelTruth, started: Array, options: Options
    ) -> None:
        answered = pixel_answers.planes(started, output)
        kind = truth.kind or ("classes" if _sum_to_one(answered) else "values")
        self.is_picture = truth.read is not None or kind != "values" or output.channels <= _MOST_DRAWN
        threshold = 0.5 if output.activation == "sigmoid" or _are_shares(output, answered) else 0.0
        shape = subject.record.outputs[output.place].shape
        assert subject.dataset is not None, "what is measured has data"
        size, labels = subject.dataset.size, [subject.dataset.labels, *dict(subject.dataset.head_labels).values()]
        head = PixelHead(output.name, kind, shape, size, threshold=threshold)
        self.look = Look(output, truth, head, pixel_answers.class_names(subject, output))
        self._subject = subject
        most = asked_for.most_chosen(options.pick, [each for each in labels if each is not None])
        self._new_scored: Callable[[], ScoredTally] = partial(ScoredTally, size, most, options.seed)
        has_values = kind == "input" or (kind == "values" and truth.read is not None)
        self._mean_picture = MeanPicture(size, options.seed) if has_values else None
        self._is_averaged = False
        self.whole, self.block = self._nothing(), self._nothing()

    @property
    def num_bytes(self) -> int:
        """How many bytes a block leaves at most."""
        places, known = int(np.prod(self.look.output.plane)), self.whole
        found = _FEW_BYTES + known.scored.num_bytes
        found += 0 if known.classes is None else known.classes.num_bytes(places)
        return found + (0 if known.errors is None else known.errors.num_bytes(places))

    def drawn(self) -> Iterator[tuple[str, Array]]:
        """Yield what was drawn of the images."""
        yield "kept", self.whole.scored.images
        if self._mean_picture is not None:
            yield "averaged", self._mean_picture.images

    def _nothing(self) -> _Seen:
        classes = ClassTally(self.look.output.num_classes) if self.look.head.kind == "classes" else None
        errors = None if self._mean_picture is None else ErrorTally(self._mean_picture)
        return _Seen(self._new_scored(), classes, errors)

    def begin(self) -> None:
        """Begin a block with nothing."""
        self.block = self._nothing()
        if self._mean_picture is not None and not self._is_averaged:
            self._mean_picture.average(lambda indices: pixel_answers.truths(self._subject, self.look, indices))
            self._is_averaged = True

    def take(self, indices: Array, values: Array, pictures: Array) -> None:
        """Compare a batch of answers with what is true."""
        answered, seen = pixel_answers.planes(values, self.look.output), self.block
        finite = np.isfinite(answered)
        seen.num_nonfinite += int((~finite.all(axis=(1, 2, 3))).sum())
        if finite.any():
            seen.low = min(seen.low, float(answered[finite].min()))
            seen.high = max(seen.high, float(answered[finite].max()))
        true = pixel_answers.truths(self._subject, self.look, indices.tolist(), pictures)
        losses = None
        if seen.classes is not None:
            overlaps = seen.classes.take(pixel_answers.classes(answered, self.look.head.threshold), true)
            losses = None if overlaps is None else -overlaps
        elif seen.errors is not None and true is not None:
            losses = seen.errors.take(answered, true, indices)
        if losses is not None:
            seen.scored.add(indices, losses)

    def result(self) -> PixelHead:
        """Put all blocks together."""
        seen, scored = self.whole, self.whole.scored.result()
        head = replace(self.look.head, num_nonfinite=seen.num_nonfinite, scale=self._scale())
        if seen.classes is not None:
            by_class = seen.classes.result(self.look.names, head.num_images, seen.scored.number)
            head = replace(head, by_class=by_class, scored=scored)
            often = seen.classes.wrong / np.maximum(seen.classes.counted, 1)
            return head if scored is None else self._with_map(head, often)
        by_error = None if seen.errors is None else seen.errors.result()
        if seen.errors is None or by_error is None:
            return head
        head = replace(head, by_error=by_error, error_top=seen.errors.usual_most, scored=scored)
        return self._with_map(head, seen.errors.place_means)

    def _with_map(self, head: PixelHead, values: Array) -> PixelHead:
        top, output = float(values.max()), self.look.output
        found = pixel_answers.drawn(pixel_answers.levels(values, 0.0, top), output)
        return replace(head, error_map=found, error_map_top=top, num_slices=pixel_answers.num_slices(output))

    def _scale(self) -> tuple[float, float]:
        """What is drawn black and white: usual ranges of pictures, else the lowest and the highest true value."""
        seen = self.whole
        low, high = (np.inf, -np.inf) if seen.errors is None else seen.errors.ends
        if low > high:
            low, high = seen.low, seen.high
        if low > high:
            return 0.0, 1.0
        if self.look.head.kind == "input" and low >= 0:
            return 0.0, next((white for white in (1.0, 255.0) if high <= white), high)
        return low, high


def _sum_to_one(answered: Array) -> bool:
    sums = answered.sum(axis=-1)
    return bool((answered >= 0).all() and np.allclose(sums, 1.0, atol=_SUM_TOLERANCE))


def _are_shares(output: PictureOutput, answered: Array) -> bool:
    """Whether one channel of which it is not known what it ends in answers with probabilities."""
    return output.activation is None and bool((answered >= 0).all() and (answered <= 1).all())
