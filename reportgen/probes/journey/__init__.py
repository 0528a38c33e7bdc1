"""One of the samples -> its way through the network: at a few places, the maps that its answer needs most.

A channel is switched off as in `ablation`, by setting it to its mean over the data where it is judged, and only what
lies behind is computed again; but here in one image, and for the odds of its one answer. Where that is too dear for all
channels, one gradient says which are tried, and where it is too dear for any, the gradient alone decides.
"""

from __future__ import annotations

from contextlib import suppress

import keras
import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.journey import ALL_ANSWERS, FIRST_ANSWERS, JourneyResult, RowOfNumbers, StageMaps
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import Answer
from reportgen.evidence.watching import WatchingResult
from reportgen.models import running
from reportgen.models.hooks import Call, watch
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes import predictions
from reportgen.probes.journey import choosing, mapping
from reportgen.probes.journey.affording import afford
from reportgen.probes.journey.switching import Switching
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.records.stages import Way, way
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions", "pixels", "samples", "watching")


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work | None:
    """Return the work of switching off the channels that are tried."""
    del dataset, options
    if not plan.num_samples:
        return None
    return Work("one image through the network", macs=sum(each.macs for each in afford(record, way(record))))


def run(subject: Subject, options: Options, progress: Progress = silent) -> JourneyResult | None:
    """Follow one sample through the network; None without samples."""
    found = subject.earlier.get("predictions")
    if not subject.samples or not isinstance(found, PredictionsResult):
        return None
    return _followed(subject, found, options, progress)


def _followed(subject: Subject, found: PredictionsResult, options: Options, progress: Progress) -> JourneyResult:
    sample, reason = choosing.travelling(subject.samples, subject.earlier.get("why"))
    passing = way(subject.record)
    extremes, measures = choosing.extremes(subject, found)
    seen, answer = _watched(subject, passing, found, sample.index)
    costs = afford(subject.record, passing)
    watched = subject.earlier.get("watching")
    means = _means(watched) if isinstance(watched, WatchingResult) else {}
    switching: Switching | None = None
    # What cannot be computed again is shown by how strongly it responds.
    with suppress(ModelError):
        switching = Switching(subject, found, sample.index)
    stages: list[StageMaps] = []
    with progress("Following one image", total=len(passing.stages)) as advance:
        for stage, cost in zip(passing.stages, costs, strict=True):
            falls = None if switching is None else switching.falls(stage, means.get(stage.call.path), cost)
            stages.append(mapping.maps(stage, seen[stage.drawn.path], falls, stages[-1:]))
            advance()
    numbers = None
    if passing.numbers is not None and passing.numbers.path in seen:
        speaking = () if switching is None else switching.speaking(passing.numbers)
        numbers = _numbers(passing.numbers.path, seen[passing.numbers.path], speaking)
    return JourneyResult(
        sample=sample.index,
        reason=reason,
        kind="" if switching is None else switching.kind,
        stages=tuple(stages),
        numbers=numbers,
        answers=_answers(answer, found, subject.dataset.class_names if subject.dataset else ()),
        macs=subject.record.macs + sum(cost.macs for cost in costs if switching is not None),
        extremes=extremes,
        measures=measures,
    )


def _watched(subject: Subject, passing: Way, found: PredictionsResult, index: int) -> tuple[dict[str, Array], Array]:
    """Return what comes out at the stages and of the numbers, channels last, and the answer, in one pass."""
    wanted = {stage.drawn.path: stage.drawn for stage in passing.stages}
    if passing.numbers is not None:
        wanted[passing.numbers.path] = passing.numbers
    seen: dict[str, Array] = {}

    def note(call: Call) -> None:
        if call.path in wanted and call.path not in seen:
            values = np.asarray(keras.tree.flatten(call.output)[0], np.float64)[0]
            seen[call.path] = np.moveaxis(values, min(wanted[call.path].channel_axis, values.ndim - 1), -1)

    with watch(subject.model, note):
        outputs = keras.tree.flatten(running.call(subject.model, subject.inputs([index])))
    place = [output.name for output in subject.record.outputs].index(found.name)
    return seen, np.asarray(outputs[place], np.float64)[0]


def _means(watched: WatchingResult) -> dict[str, Array]:
    """Return the mean of every channel over the data by conv call, where all are finite."""
    found = {call.path: np.array([each.mean for each in call.channels]) for call in watched.responses.calls}
    return {path: means for path, means in found.items() if np.isfinite(means).all()}


def _numbers(path: str, values: Array, speaking: tuple[int, ...]) -> RowOfNumbers:
    levels, top = mapping.lit(values.reshape(-1))
    return RowOfNumbers(path, levels, top, speaking)


def _answers(values: Array, found: PredictionsResult, names: tuple[str, ...]) -> tuple[Answer, ...]:
    """Return classes with their probabilities; () for what answers with values, and for no number."""
    if values.ndim != 1 or not np.isfinite(values).all():
        return ()
    if found.output == predictions.multilabel.KIND:
        output = values if values.min() >= 0 and values.max() <= 1 else 1 / (1 + np.exp(-values))
        shares: Array | None = output
    else:
        shares = predictions.probabilities(values[None], found.output)
        shares = None if shares is None else shares[0]
    if shares is None:
        return ()
    order = np.argsort(-shares, kind="stable")[:FIRST_ANSWERS]
    if len(shares) <= ALL_ANSWERS:
        order = np.arange(len(shares))
    return tuple(Answer(int(place), predictions.class_name(names, int(place)), float(shares[place])) for place in order)
