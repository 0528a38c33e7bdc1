"""A model and images -> where the evidence for each class lies, and whether a single place makes an answer.

Of each image the evidence is input times gradient of the log-odds, from its median colour. A class whose images hold
much of their evidence in one place is put to the proof: that place of theirs is put into images of other classes, and
so is, as a control, the same place of the class's other images. On photographs gradients do not see a tag, so every
window is put to the proof, a few images each, and the best one again on images that it was not chosen by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb

import keras
import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.inference import mean_interval
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.shortcuts import (
    ALARM,
    ALARM_APART,
    GRID,
    LEAST_IMAGES,
    WINDOW,
    ClassEvidence,
    MeanShare,
    ShortcutsResult,
    Transplant,
)
from reportgen.models.explaining import Goal
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.activations import drawing, foreground
from reportgen.probes.predictions import class_name
from reportgen.probes.predictions.asked_for import GRADIENT, PART_FOR_MAPS, USUAL_MACS, located, num_located
from reportgen.probes.shortcuts import cells as of_cells
from reportgen.probes.why import painting
from reportgen.probes.why.ground import Ground
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions",)
_RECEIVERS, _FIRST = 100, 25
_SHOWN = 4


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of the gradients; transplants take no more."""
    del options, plan
    if len(places.spatial_shape(record)) != 2 or not record.macs:
        return None
    images = num_located(record.macs, dataset.size)
    return Work("looking for shortcuts", macs=2 * GRADIENT * images * record.macs)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ShortcutsResult | None:
    """Look where the evidence lies, and put the places of classes to the proof.

    Returns:
        What was found; None without data. Where nothing can be looked for, the result says why.
    """
    answers, dataset = subject.earlier.get("predictions"), subject.dataset
    if dataset is None or not isinstance(answers, PredictionsResult):
        return None
    try:
        return _Search(subject, answers, options.seed).result(progress)
    except ModelError as error:
        return _nothing(dataset, str(error))


def _nothing(dataset: Dataset, why: str) -> ShortcutsResult:
    return ShortcutsResult(0, dataset.size, (), (), 0, "", why)


class _Search:
    """Looks at one model."""

    def __init__(self, subject: Subject, answers: PredictionsResult, seed: int) -> None:
        dataset = subject.dataset
        assert dataset is not None, "there is data"
        self._subject, self._answers, self._dataset = subject, answers, dataset
        if len(answers.shape) != 1 or answers.kept is None or not answers.names_one_class:
            raise ModelError(
                "Where evidence lies is looked at by class, and the output does not name one class for each image."
            )
        if len(places.spatial_shape(subject.record)) != 2:
            raise ModelError("Places are looked for in pictures of height and width only.")
        self._images, generator = located(subject.record.macs, dataset.size, seed)
        self._called = answers.kept.answered_to(self._images)
        values, counts = np.unique(self._called[self._called >= 0], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        self._classes = [int(values[place]) for place in order if counts[place] >= LEAST_IMAGES]
        if not self._classes:
            raise ModelError(
                f"No class is predicted for {LEAST_IMAGES} or more of the images looked at. With fewer, nothing can be"
                " said of where the evidence for a class usually lies."
            )
        self._ground = Ground(subject, answers)
        if not self._ground.has_slopes:
            raise ModelError("The input is of whole numbers, which have no gradients, so no evidence was located.")
        height, width = self._ground.sizes
        if min(height, width) < GRID:
            raise ModelError(f"The images have fewer than {GRID} pixels along a side, so no place can be told apart.")
        self._generator = generator

    def result(self, progress: Progress) -> ShortcutsResult:
        """Look, and put to the proof."""
        batches = range(0, len(self._images), self._ground.explained.rows)
        cells, outside = [], []
        with progress("Locating the evidence", total=len(batches)) as advance:
            for start in batches:
                rows = slice(start, start + self._ground.explained.rows)
                maps, images = self._maps(self._images[rows], self._called[rows])
                cells.append(of_cells.shares(maps))
                outside += list(_outside(maps, images))
                advance()
        self._cells = np.concatenate(cells)
        self._classes = [own for own in self._classes if self._cells[self._called == own].any()]
        if not self._classes:
            raise ModelError("By their gradients, no pixel counts towards these answers, so no evidence was located.")
        self._outside = np.array(outside)
        macs = max(self._subject.record.macs, 1)
        each = self._cost()
        room = max(1, int((1 - PART_FOR_MAPS) * USUAL_MACS) // (each * macs))
        tested = self._classes[:room] if len(set(self._called.tolist())) > 1 else []
        with progress("Transplanting places", total=len(tested)) as advance:
            tests = []
            for own in tested:
                tests.append(self._test(own))
                advance()
        return ShortcutsResult(
            num_images=len(self._images),
            num_available=self._dataset.size,
            classes=tuple(self._evidence(own) for own in self._classes),
            tests=tuple(test for test in tests if test is not None),
            num_untested=len(self._classes) - len(tested),
            how="nominated" if self._ground.small else "searched",
        )

    def _cost(self) -> int:
        searched = (GRID - WINDOW + 1) ** 2 * _FIRST
        return 4 * _RECEIVERS if self._ground.small else searched + 2 * _RECEIVERS

    def _inputs(self, indices: Sequence[int]) -> list[Array]:
        return [np.asarray(part) for part in keras.tree.flatten(self._subject.inputs(indices))]

    def _maps(self, indices: Array, called: Array) -> tuple[Array, Array]:
        """Return input times gradient of what some images are called, (images, height, width), and the images."""
        ground = self._ground
        inputs = self._inputs(indices.tolist())
        images = np.moveaxis(inputs[ground.main], 1 + ground.channel_axis, -1)
        goals = [self._goal(max(int(each), 0)) for each in called]  # what is no number belongs to no class
        slopes = np.moveaxis(ground.explained.slopes(inputs, goals, ground.main), 1 + ground.channel_axis, -1)
        apart = images - np.stack([painting.empty(image) for image in images])
        maps = sum(apart[..., colour].astype(np.float64) * slopes[..., colour] for colour in range(apart.shape[-1]))
        return np.nan_to_num(maps), images

    def _goal(self, own: int) -> Goal:
        units = self._ground.explained.units
        if self._ground.explained.kind == "softmax":
            return Goal.of(units, own, is_log_odds=True)
        return Goal.of(units, own) if units > 1 else Goal.of(units, 0, sign=1 if own else -1)

    def _evidence(self, own: int) -> ClassEvidence:
        is_own = self._called == own
        mean = self._cells[is_own].mean(axis=0)
        ring = np.ones((GRID, GRID), bool)
        ring[1:-1, 1:-1] = False
        known = self._outside[is_own]
        known = known[np.isfinite(known[:, 0])]
        return ClassEvidence(
            class_index=own,
            name=class_name(self._dataset.class_names, own),
            number=int(is_own.sum()),
            levels=np.rint(mean * (255 / max(float(mean.max()), 1e-30))).astype(np.uint8),
            highest=float(mean.max()),
            border=_mean(self._cells[is_own][:, ring].sum(axis=1), float(ring.mean())),
            outside=_mean(known[:, 0], float(known[:, 1].mean())) if len(known) >= LEAST_IMAGES else None,
        )

    def _test(self, own: int) -> Transplant | None:
        is_own = self._called == own
        donors = self._images[is_own]
        pictures = np.stack([self._ground.image(int(index)) for index in donors])
        others = self._generator.permutation(self._images[(self._called != own) & (self._called >= 0)])
        cells = self._cells[is_own]
        if len(others) < LEAST_IMAGES:
            return None
        if self._ground.small:
            receivers = others[:_RECEIVERS]
            tried = [(*self._proof(own, pictures, place, receivers), place) for place in of_cells.nominated(cells)]
            turned, control, place = max(tried, key=lambda each: len(each[0]))
        else:
            place = self._searched(own, pictures, cells, others[:_FIRST])
            # What was chosen by some images is measured on others.
            receivers = others[_FIRST : _FIRST + _RECEIVERS]
            receivers = receivers if len(receivers) >= LEAST_IMAGES else others[:_RECEIVERS]
            turned, control = self._proof(own, pictures, place, receivers)
        return self._transplant(own, pictures, cells, place, receivers, turned, control)

    def _searched(self, own: int, pictures: Array, cells: Array, receivers: Array) -> tuple[int, int, Array]:
        """Try every window on a few images; return the one that turns most, the first of those that tie."""
        found = of_cells.windows(cells)
        best: tuple[int, tuple[int, int, Array]] | None = None
        for top in range(found.shape[1]):
            for left in range(found.shape[2]):
                place = (top, left, of_cells.members(found[:, top, left]))
                number = len(self._turned(own, pictures[place[2]], place, receivers))
                if best is None or number > best[0]:
                    best = (number, place)
        assert best is not None, "there are windows"
        return best[1]

    def _proof(self, own: int, pictures: Array, place: tuple[int, int, Array], receivers: Array) -> tuple[Array, Array]:
        members = place[2]
        rest = pictures[~members] if (~members).any() else pictures
        return self._turned(own, pictures[members], place, receivers), self._turned(own, rest, place, receivers)

    def _turned(self, own: int, donors: Array, place: tuple[int, int, Array], receivers: Array) -> Array:
        """Return which receivers are called so with the window of donors in them, donor after donor in turn."""
        inputs = self._inputs(receivers.tolist())
        inputs[self._ground.main] = self._ground.back(self._with_window(donors, place, receivers)).astype(
            inputs[self._ground.main].dtype
        )
        scores = self._ground.explained.scores(inputs)
        called = (scores[:, 0] >= 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return np.asarray(receivers[called == own])

    def _with_window(self, donors: Array, place: tuple[int, int, Array], receivers: Array) -> Array:
        height, width = self._ground.sizes
        rows, columns = of_cells.window_slices(place[0], place[1], (height, width))
        made = np.stack([self._ground.image(int(index)) for index in receivers]).copy()
        made[:, rows, columns] = donors[np.arange(len(made)) % len(donors)][:, rows, columns]
        return made

    def _transplant(
        self,
        own: int,
        pictures: Array,
        cells: Array,
        place: tuple[int, int, Array],
        receivers: Array,
        turned: Array,
        control: Array,
    ) -> Transplant:
        top, left, members = place
        values = of_cells.windows(cells)[:, top, left]
        share, other = len(turned) / len(receivers), len(control) / len(receivers)
        # A shortcut in all images of a class is in its other images, too: on photographs both bounds were needed.
        is_alarm = share >= ALARM and (self._ground.small or share - other >= ALARM_APART)
        shown = receivers[np.isin(receivers, turned)][:_SHOWN] if is_alarm else receivers[:0]
        after = self._with_window(pictures[members], place, receivers) if is_alarm else pictures[:0]
        return Transplant(
            class_index=own,
            name=class_name(self._dataset.class_names, own),
            place=of_cells.place_words(top, left),
            top=top,
            left=left,
            num_called=len(pictures),
            num_members=int(members.sum()),
            share_in=float(values[members].mean()),
            share_out=float(values[~members].mean()) if (~members).any() else 0.0,
            num_receivers=len(receivers),
            turned=len(turned),
            control=len(control),
            is_alarm=is_alarm,
            members=tuple(drawing.picture(each) for each in pictures[members][:_SHOWN]) if is_alarm else (),
            receivers=tuple(drawing.picture(self._ground.image(int(index))) for index in shown),
            turned_into=tuple(drawing.picture(after[int(np.flatnonzero(receivers == index)[0])]) for index in shown),
        )


def _outside(maps: Array, images: Array) -> Iterator[tuple[float, float]]:
    """Yield the share of the positive evidence outside of each image's object, and that area; NaN without an object."""
    for heat, image in zip(maps, images, strict=True):
        found = foreground.find(np.asarray(image, np.float64))
        positive = np.maximum(heat, 0)
        if not found.found or positive.sum() == 0:
            yield np.nan, np.nan
            continue
        is_outside = found.mask == 0
        yield float(positive[is_outside].sum() / positive.sum()), float(is_outside.mean())


def _mean(values: Array, area: float) -> MeanShare:
    mean = float(values.mean())
    low, high = mean_interval(values.astype(np.float64))
    above, number = int((values > area).sum()), len(values)
    chance = sum(comb(number, count) for count in range(above, number + 1)) / 2**number
    return MeanShare(mean, max(low, 0.0), min(high, 1.0), area, number, chance)
