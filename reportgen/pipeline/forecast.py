"""A model and data -> what a report would compute, show and write, and about how long it would take.

The model is inspected and never run on data, and nothing is written. Seconds are an estimate: three kinds of work that
a report consists of are measured for a moment on this machine, and multiplied by how much of each there is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from reportgen import registry
from reportgen.budget.extent import extent
from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.models.training import EPOCHS
from reportgen.options import Options, chapters
from reportgen.pipeline import keeping, passing
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.preparing import prepared
from reportgen.pipeline.probing import needed_by, num_samples
from reportgen.pipeline.speed import Speed, measured, num_cores, resident_bytes
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.renderers.forms import form
from reportgen.sources.dataset import Dataset

# Assumed: layers of all kinds together reach half the speed of a large convolution. Checked on one training only.
_SHARE_OF_CONVOLUTION = 0.5
# A backward pass costs twice a forward pass.
_TRAINING_PASSES = 3
# Work in written numbers: a row of the table of channels, the charts, the rest of a call.
_NUMBERS_PER_CHANNEL = 25
_NUMBERS_PER_REPORT = 400_000
_NUMBERS_PER_CALL = 20_000
# Images that are read, to measure how long that takes.
_READ = 64
# What TensorFlow takes besides once it runs a network: threads, kernels and the traced graph.
_RUNNING_BYTES = 150 << 20


@dataclass(frozen=True, slots=True)
class Passing:
    """What it takes to pass over all images, in one process or dealt among many.

    Attributes:
        core_seconds: Seconds of one core in all, those for reading the images included.
        memory_bytes: Bytes that a process takes at its peak, the program, the model and the index of the data included.
    """

    core_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a report would be.

    Attributes:
        model: The model's facts.
        images: Images that the model would answer.
        plan: What the report would show.
        files: Bytes of each file by its format, estimated from above.
        seconds: Estimated seconds of each step by its name, without the start of the program.
        notes: What would be done less thoroughly, each in whole sentences.
        passing: What passes over all images take; None where no chapter has one.
    """

    model: ModelRecord
    images: int
    plan: Plan
    files: tuple[tuple[str, int], ...]
    seconds: tuple[tuple[str, float], ...]
    notes: tuple[str, ...] = ()
    passing: Passing | None = None


def foretell(origin: Origin, dataset: Dataset | None, options: Options, progress: Progress = silent) -> Forecast:
    """Plan a report and estimate what it takes; errors as `pipeline.make_report` before it runs the model.

    Args:
        origin: The model; the default network may still be before its training.
        dataset: Images as they came, or None.
        options: What to show.
        progress: Told of every long step.
    """
    with runnable(origin.model):
        subject = prepared(origin.model, dataset, options, progress)
    record, dataset = subject.record, subject.dataset
    images = 0 if dataset is None else dataset.size
    seen = None if dataset is None else extent(record, images, _num_classes(dataset))
    plan = keeping.planned(record, 0 if dataset is None else num_samples(dataset, options), options, seen)
    training = origin.images_ahead * EPOCHS
    with progress("Measuring this machine"):
        speed = measured()
    steps = tuple(_steps(record, dataset, training, plan, options))
    seconds = tuple((work.step, _seconds(work, speed)) for work in steps)
    files = tuple((name, form(name).estimate(plan)) for name in options.format)
    notes = tuple(note for work in steps for note in work.notes)
    return Forecast(record, images, plan, files, seconds, notes, _passing(subject, plan, speed, options))


def _passing(subject: Subject, plan: Plan, speed: Speed, options: Options) -> Passing | None:
    dataset = subject.dataset
    own = passing.of_probes(subject, needed_by(chapters(options)), options)
    if not own or dataset is None:
        return None
    seconds = 0.0
    for probe in (registry.load("probes", name) for name in own):
        work = probe.forecast(subject.record, dataset, options, plan)
        seconds += _seconds(work, speed) * num_cores()
    few = min(dataset.size, _READ)
    start = time.process_time()
    subject.inputs(range(few))
    seconds += (time.process_time() - start) / few * dataset.size
    memory = max(each.memory_bytes for each in passing.to_make(own).values())
    return Passing(seconds, resident_bytes() + _RUNNING_BYTES + memory)


def _steps(record: ModelRecord, dataset: Dataset | None, training: int, plan: Plan, options: Options) -> Iterator[Work]:
    """What there is to do, in the order of a run."""
    if training:
        yield Work("training", macs=training * _TRAINING_PASSES * record.macs)
    if dataset is not None:
        for probe in (registry.load("probes", name) for name in needed_by(chapters(options))):
            work = probe.forecast(record, dataset, options, plan) if hasattr(probe, "forecast") else None
            if work is not None:
                yield work
    listed = sum(grid.shown for grid in plan.grids) + sum(grid.channels for grid in plan.grids)
    numbers = _NUMBERS_PER_REPORT + listed * _NUMBERS_PER_CHANNEL + plan.num_calls * _NUMBERS_PER_CALL
    yield Work("charts, page and facts", numbers=numbers)
    yield from (each.work(plan) for each in map(form, options.format) if each.work is not None)


def _seconds(work: Work, speed: Speed) -> float:
    passes = speed.macs * _SHARE_OF_CONVOLUTION
    return work.seconds + work.macs / passes + work.encoded_bytes / speed.encoded_bytes + work.numbers / speed.numbers


def _num_classes(dataset: Dataset) -> int:
    """How many classes the labels name; 0 without labels."""
    return 0 if dataset.labels is None else len(set(dataset.labels.tolist()))
