"""A model and data -> what a report would compute, show and write, and about how long it would take.

The model is inspected and never run on data, and nothing is written. Seconds are an estimate: three kinds of work that
a report consists of are measured for a moment on this machine, and multiplied by how much of each there is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod

from reportgen import registry
from reportgen.budget.plan import Plan, extent
from reportgen.models.compiling import runnable
from reportgen.models.convnet import convnet
from reportgen.models.inspection import inspect
from reportgen.models.renaming import rename
from reportgen.models.training import EPOCHS
from reportgen.options import Options, chapters
from reportgen.options.forms import Pick
from reportgen.pipeline import feeding, keeping
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.reporting import check_choices
from reportgen.pipeline.speed import Speed, measured
from reportgen.probes import ablation, dreams, scaling
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
# Each byte of a map is reduced, found again in a picture and put into the page besides being encoded.
_TIMES_ENCODED = 4
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
    chosen = chapters(options)
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
        steps = _seconds(record, images, training, plan, options, speed)
        probes = [] if dataset is None else _of_probes(record, dataset, options, speed)
        seconds = (*steps[: 1 + bool(training)], *probes, *steps[1 + bool(training) :]) if images else steps
    if "activations" not in chosen and "summary" not in chosen:
        seconds = tuple((name, value) for name, value in seconds if name != "maps of the samples")
    files = tuple((name, form(name).estimate(plan)) for name in options.format)
    return Forecast(record, images, plan, files, seconds)


def _seconds(
    record: ModelRecord, images: int, training: int, plan: Plan, options: Options, speed: Speed
) -> tuple[tuple[str, float], ...]:
    passes = speed.macs * _SHARE_OF_CONVOLUTION
    drawn = sum(grid.shown * grid.map_bytes for grid in plan.grids)
    listed = sum(grid.shown for grid in plan.grids) + sum(grid.channels for grid in plan.grids)
    steps = []
    if training:
        steps.append(("training", training * _TRAINING_PASSES * record.macs / passes))
    if images:
        steps.append(("answers on all images", images * record.macs / passes))
        steps.append(
            (
                "maps of the samples",
                plan.num_samples * record.macs / passes + _TIMES_ENCODED * drawn / speed.encoded_bytes,
            )
        )
    numbers = _NUMBERS_PER_REPORT + listed * _NUMBERS_PER_CHANNEL + plan.num_calls * _NUMBERS_PER_CALL
    steps.append(("charts, page and facts", numbers / speed.numbers))
    for work in (form(name).work for name in options.format):
        if work is not None:
            step, written = work(plan)
            steps.append((step, written / speed.numbers))
    return tuple(steps)


def _of_probes(record: ModelRecord, dataset: Dataset, options: Options, speed: Speed) -> list[tuple[str, float]]:
    """Seconds of what the network is asked besides: each as many multiply-adds as its probe spends at most."""
    needed = {need for name in chapters(options) for need in registry.load("sections", name).NEEDS}
    macs, images = max(record.macs, 1), min(dataset.size, options.limit or dataset.size)
    passes = speed.macs * _SHARE_OF_CONVOLUTION
    found = []
    if "responses" in needed:
        # The network itself, and a look at every number that comes out of its conv layers.
        numbers = sum(prod(size or 1 for size in call.output_shape) for call in record.layers if call.role == "conv")
        found.append(("every channel on all images", images * (macs / passes + numbers / speed.encoded_bytes)))
    ways = len(dataset.scaling.names) if "scaling" in needed and dataset.scaling else 0
    if ways > 1:
        most = max(scaling.LEAST_IMAGES, min(scaling.NUM_IMAGES, scaling.USUAL_MACS // (ways * macs)))
        found.append(("other scalings of the pixels", ways * min(dataset.size, most) * macs / passes))
    if "ablation" in needed:
        found.append(("switching channels off", _ablation(record, dataset, options, passes)))
    if "dreams" in needed:
        per_step = dreams.PASSES_PER_STEP * (len(options.dream) or dreams.NUM_DREAMS) * macs
        usual = dreams.USUAL_MACS // (dreams.PASSES_PER_STEP * dreams.NUM_DREAMS * macs)
        steps = options.dream_steps or max(dreams.LEAST_STEPS, min(dreams.USUAL_STEPS, usual))
        found.append(("images that channels like best", steps * per_step / passes))
    return found


def _ablation(record: ModelRecord, dataset: Dataset, options: Options, passes: float) -> float:
    """Seconds of switching channels off: those of the budget, or of all channels on all images where it is larger."""
    if options.ablation_budget.endswith("s"):
        return float(options.ablation_budget[:-1])
    macs = ablation.USUAL_MACS
    if options.ablation_budget != "auto":
        macs = int(options.ablation_budget) * record.macs
    all_of_them = sum(
        (call.output_shape[call.channel_axis] or 1) * sum(each.macs or 0 for each in record.layers[place + 1 :])
        for place, call in enumerate(record.layers)
        if call.role == "conv"
    )
    return min(macs, dataset.size * all_of_them) / passes


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
