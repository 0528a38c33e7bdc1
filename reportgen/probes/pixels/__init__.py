"""A model whose answers are pictures, and all images -> how good these are, pixel by pixel.

Answers are reduced batch by batch: counts, sums and a number or two for each image stay. What is drawn is put to the
model once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.pixels import PixelHead, PixelsResult
from reportgen.language.ties import first
from reportgen.models.subject import Answering, Array, Subject
from reportgen.models.subject import answers as answers_of
from reportgen.options import Options
from reportgen.probes import samples
from reportgen.probes.pixels.classes import ClassTally
from reportgen.probes.pixels.errors import ErrorTally, MeanPicture
from reportgen.probes.samples import pixel_answers
from reportgen.probes.samples.picking import Picked
from reportgen.probes.samples.pixel_answers import Look
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.records.pictured import PictureOutput, picture_outputs
from reportgen.sources.dataset import Dataset, PixelTruth

NEEDS = ("predictions",)
NUM_WORST = 4
_SUM_TOLERANCE = 1e-3
_MOST_DRAWN = 4
"""Of values of which nothing is known, so many channels may be a picture; more are something else, as boxes."""


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of one pass over all images, where an output is a picture."""
    del options, plan
    if not picture_outputs(record):
        return None
    return Work("answers pixel by pixel", macs=dataset.size * record.macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> PixelsResult | None:
    """Score every picture-shaped output; None where there is none.

    Raises:
        DataError: A mask cannot be read.
        ModelError: The model cannot be run on the images.
    """
    dataset = subject.dataset
    if dataset is None or not dataset.pixels:
        return None
    outputs = {output.name: output for output in picture_outputs(subject.record)}
    started = answers_of(subject.model, subject.inputs(range(min(subject.batch_size, dataset.size))))
    measuring = [
        _Measuring(subject, outputs[truth.output], truth, started[outputs[truth.output].place])
        for truth in dataset.pixels
    ]
    measuring = [each for each in measuring if each.is_picture]
    if not measuring:
        return None
    starts = range(0, dataset.size, subject.batch_size)
    batches = [range(start, min(start + subject.batch_size, dataset.size)) for start in starts]
    if any(each.has_values for each in measuring):
        with progress("Averaging what is true of each pixel", total=len(batches)) as advance:
            for indices in batches:
                for each in measuring:
                    each.average(indices)
                advance()
    answering = Answering(subject, len(batches))
    with progress("Comparing answers pixel by pixel", total=len(batches)) as advance:
        for indices in batches:
            found = answering(subject.inputs(indices))
            for each in measuring:
                each.take(indices, found[each.look.output.place])
            advance()
    heads = [_with_worst(subject, each.result(), each.look, options.seed) for each in measuring]
    return PixelsResult(tuple(heads), options.seed)


def _with_worst(subject: Subject, head: PixelHead, look: Look, seed: int) -> PixelHead:
    """Look closely at the images that are answered worst."""
    if head.scores is None:
        return head
    scores, sign = head.scores, 1.0 if head.kind == "classes" else -1.0
    places = np.flatnonzero(np.isfinite(scores)).tolist()
    chosen, tie = first(places, NUM_WORST, seed, key=lambda place: sign * float(scores[place]))
    main = subject.earlier["predictions"]
    picked = [Picked(index, "predicted worst") for index in chosen]
    return replace(
        head,
        worst=samples.records(subject, main, picked, (replace(look, head=head),)),
        worst_scores=tuple(float(scores[index]) for index in chosen),
        worst_tie=tie,
    )


@dataclass(slots=True)
class _Seen:
    """What came out of one output so far."""

    low: float = np.inf
    high: float = -np.inf
    num_nonfinite: int = 0


class _Measuring:
    """Measures one picture-shaped output."""

    def __init__(self, subject: Subject, output: PictureOutput, truth: PixelTruth, started: Array) -> None:
        answered = pixel_answers.planes(started, output)
        kind = truth.kind or ("classes" if _sum_to_one(answered) else "values")
        self.is_picture = truth.read is not None or kind != "values" or output.channels <= _MOST_DRAWN
        threshold = 0.5 if output.activation == "sigmoid" or _are_shares(output, answered) else 0.0
        shape = subject.record.outputs[output.place].shape
        assert subject.dataset is not None, "what is measured has data"
        head = PixelHead(output.name, kind, shape, subject.dataset.size, threshold=threshold)
        self.look = Look(output, truth, head, pixel_answers.class_names(subject, output))
        self._subject, self._seen = subject, _Seen()
        self._mean_picture = MeanPicture()
        self._classes = ClassTally(output.num_classes) if kind == "classes" else None
        self._errors = ErrorTally(self._mean_picture) if self.has_values else None
        self._scores: list[Array] = []

    @property
    def has_values(self) -> bool:
        """Whether it answers with values, and it is known which are true."""
        kind = self.look.head.kind
        return kind == "input" or (kind == "values" and self.look.truth.read is not None)

    def average(self, indices: Sequence[int]) -> None:
        """Take what is true of a batch into the mean picture."""
        true = pixel_answers.truths(self._subject, self.look, indices) if self.has_values else None
        if true is not None:
            self._mean_picture.take(true)

    def take(self, indices: Sequence[int], values: Array) -> None:
        """Compare a batch of answers with what is true."""
        answered = pixel_answers.planes(values, self.look.output)
        finite = np.isfinite(answered)
        self._seen.num_nonfinite += int((~finite.all(axis=(1, 2, 3))).sum())
        if finite.any():
            self._seen.low = min(self._seen.low, float(answered[finite].min()))
            self._seen.high = max(self._seen.high, float(answered[finite].max()))
        true = pixel_answers.truths(self._subject, self.look, indices)
        scores = None
        if self._classes is not None:
            scores = self._classes.take(pixel_answers.classes(answered, self.look.head.threshold), true)
        elif self._errors is not None and true is not None:
            scores = self._errors.take(answered, true)
        if scores is not None:
            self._scores.append(scores)

    def result(self) -> PixelHead:
        """Put all batches together."""
        scores = np.concatenate(self._scores) if self._scores else None
        head = replace(self.look.head, num_nonfinite=self._seen.num_nonfinite, scale=self._scale(), scores=scores)
        if self._classes is not None:
            known = 0 if scores is None else int(np.isfinite(scores).sum())
            by_class = self._classes.result(self.look.names, head.num_images, known)
            if not known:
                return replace(head, by_class=by_class, scores=None)
            often = self._classes.wrong / np.maximum(self._classes.counted, 1)
            return self._with_map(replace(head, by_class=by_class), often)
        by_error = self._errors.result() if self._errors is not None else None
        if self._errors is None or by_error is None:
            return replace(head, scores=None)
        head = replace(head, by_error=by_error, error_top=self._errors.usual_most)
        return self._with_map(head, self._errors.place_means)

    def _with_map(self, head: PixelHead, values: Array) -> PixelHead:
        top, output = float(values.max()), self.look.output
        found = pixel_answers.drawn(pixel_answers.levels(values, 0.0, top), output)
        return replace(head, error_map=found, error_map_top=top, num_slices=pixel_answers.num_slices(output))

    def _scale(self) -> tuple[float, float]:
        """What is drawn black and white: usual ranges of pictures, else the lowest and the highest true value."""
        mean, seen = self._mean_picture, self._seen
        low, high = (mean.low, mean.high) if mean.low <= mean.high else (seen.low, seen.high)
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
