"""A model and data -> what a report would compute, show and write, and about how long it would take.

The model is inspected and never run on data, and nothing is written. Seconds are an estimate: three kinds of work that
a report consists of are measured for a moment on this machine, and multiplied by how much of each there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reportgen import registry
from reportgen.budget.plan import Plan, extent
from reportgen.budget.work import Work
from reportgen.models.compiling import runnable
from reportgen.models.convnet import convnet
from reportgen.models.inspection import inspect
from reportgen.models.renaming import rename
from reportgen.models.training import EPOCHS
from reportgen.options import Options, chapters
from reportgen.options.forms import Pick
from reportgen.pipeline import feeding, keeping
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.probing import needed_by
from reportgen.pipeline.reporting import check_choices
from reportgen.pipeline.speed import Speed, measured
from reportgen.probes.samples.picking import DEFAULT_WITH_LABELS
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.renderers.forms import form
from reportgen.sources import classes, digits
from reportgen.sources.dataset import Dataset

# Assumed: layers of all kinds together reach half the speed of a large convolution. Checked on one training only.
_SHARE_OF_CONVOLUTION = 0.5
# A backward pass costs twice a forward pass.
_TRAINING_PASSES = 3
# Work in written numbers: a row of the table of channels, the charts, the rest of a call.
_NUMBERS_PER_CHANNEL = 25
_NUMBERS_PER_REPORT = 400_000
_NUMBERS_PER_CALL = 20_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a report would be.

    Attributes:
        model: The model's facts.
        images: Images that the model would answer.
        plan: What the report would show.
        files: Bytes of each file by its format, estimated from above.
        seconds: Estimated seconds of each step by its name, without the start of the program.
    """

    model: ModelRecord
    images: int
    plan: Plan
    files: tuple[tuple[str, int], ...]
    seconds: tuple[tuple[str, float], ...]


def untrained() -> Origin:
    """Return the default network as it is before its training."""
    return Origin(convnet(), ())


def foretell(origin: Origin, dataset: Dataset | None, options: Options, progress: Progress = silent) -> Forecast:
    """Plan a report and estimate what it takes; errors as `pipeline.make_report` before it runs the model.

    Args:
        origin: The model; one without facts is the default network, which would be trained first.
        dataset: Images as they came, or None.
        options: What to show.
        progress: Told of every long step.
    """
    if options.rename:
        rename(origin.model, options.rename)
    with runnable(origin.model), progress("Inspecting the network"):
        dataset = None if dataset is None else feeding.fitted(origin.model, dataset, options)
        record = inspect(origin.model, feeding.input_shapes(dataset, options))
    dataset = None if dataset is None else classes.settle(dataset, record.outputs)
    check_choices(record, dataset, options)
    images = 0 if dataset is None else dataset.size
    seen = None if dataset is None else extent(record, images, _num_classes(dataset))
    plan = keeping.planned(record, 0 if dataset is None else _num_samples(dataset, options.pick), options, seen)
    training = 0 if origin.facts else digits.training_set().size * EPOCHS
    with progress("Measuring this machine"):
        speed = measured()
    steps = _steps(record, dataset, training, plan, options)
    seconds = tuple((work.step, _seconds(work, speed)) for work in steps)
    files = tuple((name, form(name).estimate(plan)) for name in options.format)
    return Forecast(record, images, plan, files, seconds)


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


def _num_samples(dataset: Dataset, picks: tuple[Pick, ...]) -> int:
    """How many samples are chosen, at most: two ways to choose may choose the same, which answers alone can tell."""
    asked: set[int] = set()
    others = 0
    for wish in picks or DEFAULT_WITH_LABELS:
        if wish.kind == "index":
            asked.update(wish.numbers)
        elif wish.kind == "per-class" and dataset.labels is not None:
            counts = Counter(dataset.labels.tolist()).values()
            others += sum(min(count, wish.numbers[0]) for count in counts)
        else:
            others += wish.numbers[0]
    return min(dataset.size, len(asked) + others)
