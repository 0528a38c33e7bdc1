"""A model and images -> a report. The steps in order, each of which lives elsewhere."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy.typing as npt

from reportgen import feeding, findings, registry, scores
from reportgen.document import Fact, Finding, Report, RunFacts, Section, TemplateFile
from reportgen.errors import ModelError, OptionsError, UnknownNameError
from reportgen.evidence import DatasetRecord, Evidence, TrainingRecord, texts
from reportgen.models import environment, extraction, loading, training
from reportgen.models.compiling import runnable
from reportgen.models.estimating import Limits
from reportgen.models.importing import import_modules
from reportgen.models.inspection import inspect, require_model
from reportgen.models.renaming import rename
from reportgen.options import Options, chapters, make, words
from reportgen.probes import NAMES as PROBES
from reportgen.probes import places, predictions, samples
from reportgen.probes.subject import Subject, matches
from reportgen.progress import Progress, silent
from reportgen.records import ModelRecord
from reportgen.sources import classes, digits, fitting, scaling
from reportgen.sources.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Origin:
    """A living model and what is known of where it comes from.

    Attributes:
        model: The model.
        facts: Lines for the run facts.
        argument: How it is named on the command line, "" for the default network.
        training: How it was trained, for the default network.
    """

    model: Any
    facts: tuple[Fact, ...]
    argument: str = ""
    training: TrainingRecord | None = None


def explain(
    model: Any,
    images: npt.ArrayLike | Mapping[str, npt.ArrayLike] | tuple[npt.ArrayLike, ...] | None = None,
    labels: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    *,
    class_names: Sequence[str] = (),
    progress: Progress = silent,
    **choices: Any,
) -> Report:
    """Explain a model in memory on images in memory.

    Args:
        model: A Keras model of any kind: Sequential, functional or subclassed. It is left as it was.
        images: Batch axis first, in the range that the model expects; whole numbers 0..255 are divided by 255 for a
            model that does not rescale, unless `preprocess` says otherwise, and the report says so. For a model with
            several inputs, a dictionary of one array by name of the input, or a tuple of arrays in the order of the
            inputs. None: the report says what the network is, not what it sees.
        labels: True classes: whole numbers, one-hot rows or words. For a model with several outputs they belong to the
            first that answers with classes; a dictionary gives them by name of the output.
        class_names: Names of the classes by index.
        progress: Told of every long step.
        **choices: Options of `reportgen build` under the same names: pick, layers, rename, title, colormap,
            scale_maps, max_size, pdf_channels, preprocess, resize, section, skip_section, font_dir, templates, seed,
            limit, nearly_dead, copy_correlation, class_level, class_selectivity, ablation_budget, dream, dream_steps.

    Returns:
        The report, ready for `reportgen.write`.

    Raises:
        ReportgenError: The model, the images or a choice cannot be used; the message says why and what to do.
    """
    options = explain_options(choices)
    require_model(model)
    if images is None and labels is not None:
        raise OptionsError(
            "explain got labels, but no images. Expected images that they belong to. Give them as the second argument."
        )
    dataset = None if images is None else feeding.in_memory(model, images, labels, class_names)
    origin = Origin(model, (Fact("model", "a model in memory"),))
    before = [(layer, layer.name) for layer in model.layers]
    try:
        return make_report(origin, dataset, options, progress)
    finally:
        for layer, name in before:
            layer.name = name


def explain_options(choices: Mapping[str, Any]) -> Options:
    """Check the choices of `explain`.

    Raises:
        OptionsError: One has no meaning for a model in memory, or a value is not allowed.
    """
    for name in ("data", "classes", "feature", "output", "format", "assets_dir", "summary"):
        if name in choices:
            raise OptionsError(
                f"explain got {name}={choices[name]!r}. Expected images in memory, and nothing written. Give the "
                "images as the second argument; reportgen.write takes the folder and the formats."
            )
    return make(choices)


def load(path: Path, options: Options, progress: Progress = silent) -> Origin:
    """Load a model from a file, after the user's own modules; errors as `importing` and `loading.load`."""
    imported = import_modules(options.imports)
    limits = Limits(options.max_parameters, options.max_memory)
    with progress("Loading the model"):
        loaded = loading.load(path, limits, imported)
    facts = [
        Fact("file", loaded.file_name),
        Fact("format", loaded.format),
        Fact("SHA-256 of the file", loaded.file_sha256),
    ]
    if loaded.keras_version:
        facts.append(Fact("written by Keras", loaded.keras_version))
    facts += [Fact("repaired", sentence) for sentence in loaded.repaired]
    facts += [Fact("the user's own code that was run", module.what) for module in imported]
    return Origin(loaded.model, tuple(facts), loaded.file_name)


def train(options: Options, progress: Progress = silent) -> Origin:
    """Train the default network on the bundled digits."""
    dataset = digits.training_set()
    fitted = fitting.fit(dataset, (28, 28, 1), rescales=False, dtype="float32")
    model, record = training.train(fitted, options.seed, progress)
    return Origin(model, (Fact("model", "the default network, trained for this report"),), training=record)


def save(origin: Origin, path: Path) -> None:
    """Save a model; errors as `models.loading.save`."""
    loading.save(origin.model, path)


def score_held_out(origin: Origin, progress: Progress = silent) -> tuple[int, int, str]:
    """Return how many held-out digits the default network answers rightly, how many there are, and what they are."""
    dataset = feeding.fitted(origin.model, digits.held_out_set(), Options())
    result = predictions.run(Subject(origin.model, inspect(origin.model), dataset), Options(), progress)
    assert result is not None, "there is data"
    assert result.right is not None, "it has labels"
    return result.right, result.num_images, dataset.split


def inspect_file(path: Path, options: Options, progress: Progress = silent) -> ModelRecord:
    """Return the record of a model in a file; errors as `load` and `models.inspection.inspect`."""
    origin = load(path, options, progress)
    with progress("Inspecting the network"), runnable(origin.model):
        return inspect(origin.model, feeding.input_shapes(None, options))


def extract_layer(path: Path, layer: str, output: Path, options: Options, progress: Progress = silent) -> None:
    """Cut a model at a layer and save the new one; errors as `models.extraction.extract` and `models.loading.save`."""
    origin = load(path, options, progress)
    with progress("Cutting the network"), runnable(origin.model):
        loading.save(extraction.extract(origin.model, layer, feeding.input_shapes(None, options)), output)


def open_dataset(origin: Origin, spec: str, options: Options, progress: Progress = silent) -> Dataset:
    """Open data for a model; errors as `feeding.opened`."""
    with progress("Looking at the images"):
        return feeding.opened(origin.model, spec, options)


def make_report(origin: Origin, dataset: Dataset | None, options: Options, progress: Progress = silent) -> Report:
    """Inspect, probe, judge and write the chapters.

    Args:
        origin: The model.
        dataset: Images as they came, or None.
        options: What to show.
        progress: Told of every long step.

    Raises:
        ReportgenError: Something that came from outside cannot be used.
    """
    # What only a report needs; `summary` and `extract` do without it.
    from reportgen import budget
    from reportgen.renderers import fonts, overriding

    chosen, time = chapters(options), created()
    own_fonts, own_templates = fonts.given(options.font_dir), overriding.given(options.templates)
    if options.rename:
        rename(origin.model, options.rename)
    with runnable(origin.model) as compiled:
        dataset = None if dataset is None else feeding.fitted(origin.model, dataset, options)
        with progress("Inspecting the network"):
            record = inspect(origin.model, feeding.input_shapes(dataset, options))
        dataset = None if dataset is None else classes.settle(dataset, record.outputs)
        check_choices(record, dataset, options)
        evidence = _probe(Subject(origin.model, record, dataset), chosen, options, progress)
    origin = replace(origin, facts=(*origin.facts, *_compiled(compiled)))
    look = [Fact(f"SHA-256 of the font {font.name}", font.sha256) for font in own_fonts]
    look += [Fact(f"SHA-256 of the template {file.name}", file.sha256) for file in own_templates]
    evidence = replace(
        evidence,
        title=options.title or f"What {record.name} sees",
        run=replace(_run_facts(origin, record, dataset, options, time), look=tuple(look)),
        training=origin.training,
        colormap=options.colormap,
        fonts=own_fonts,
        chapters=tuple(chosen),
    )
    return budget.keep(evidence, options, lambda seen: _assembled(seen, own_templates, progress))


def _assembled(evidence: Evidence, own_templates: tuple[TemplateFile, ...], progress: Progress) -> Report:
    """Judge what was seen and write the chapters."""
    evidence = replace(evidence, findings=_judge(evidence, own_templates))
    with progress("Drawing", total=len(evidence.chapters)) as advance:
        built = []
        for name in evidence.chapters:
            section: Section | None = registry.load("sections", name).build(evidence)
            if section is not None:
                built.append(section)
            advance()
    return Report(
        title=evidence.title,
        subject=f"Explainability report of the convolutional network {evidence.model.name}",
        model=evidence.model,
        run=evidence.run,
        findings=evidence.findings,
        sections=tuple(built),
        fonts=evidence.fonts,
        templates=own_templates,
        scores=scores.known(evidence.predictions),
    )


def _compiled(names: Sequence[str]) -> tuple[Fact, ...]:
    said = "TensorFlow has no channels_first kernels for them on this processor, so XLA compiled them"
    return (Fact("layers compiled to run", f"{', '.join(names)}: {said}"),) if names else ()


def check_choices(record: ModelRecord, dataset: Dataset | None, options: Options) -> None:
    """Refuse a model without anything to look at, and a choice that would choose nothing.

    Raises:
        ModelError: There is no conv or pooling layer.
        UnknownNameError: No layer has the name.
        OptionsError: Samples are to be picked without data.
    """
    if not record.seen_calls:
        kinds = ", ".join(sorted({call.kind for call in record.layers}))
        raise ModelError(
            f"The model {record.name!r} has no conv or pooling layer; its layers are {kinds}. Expected a convolutional "
            "network. Use a model with at least one conv layer."
        )
    paths = [call.path for call in record.seen_calls]
    if not any(matches(path, options.layers) for path in paths):
        raise UnknownNameError("conv or pooling layer", options.layers, paths)
    for layer, channel in options.dream:
        places.find(record, layer, channel)
    if options.pick and dataset is None:
        raise OptionsError(
            f"Samples are to be picked by {', '.join(map(str, options.pick))}, but there are no images. Expected images"
            " to pick from. Give them with --data."
        )


def _probe(subject: Subject, chosen: Sequence[str], options: Options, progress: Progress) -> Evidence:
    """Run each probe that a chosen chapter needs, once."""
    needed = {need for name in chosen for need in registry.load("sections", name).NEEDS}
    if needed - {"names"}:
        needed.add("predictions")  # the samples are chosen by the answers
    results: dict[str, Any] = {}
    for name in PROBES:
        if name in needed:
            results[name] = registry.load("probes", name).run(replace(subject, earlier=results), options, progress)
        if name == "predictions" and results.get(name) is not None:
            subject = samples.choose(subject, results[name], options)
    data = subject.dataset
    record = (
        None
        if data is None
        else DatasetRecord(
            name=data.name,
            split=data.split,
            size=data.size,
            shape=data.shape,
            class_names=data.class_names,
            has_labels=data.labels is not None,
            sha256=data.sha256,
            notes=data.notes,
            unmatched=data.unmatched,
            doubts=data.scaling.doubts if data.scaling else (),
            broken=data.broken,
            broken_reasons=data.broken_reasons,
        )
    )
    empty = RunFacts("", None, (), (), (), (), ())
    return Evidence("", subject.record, empty, (), dataset=record, samples=subject.samples, **results)


def _judge(evidence: Evidence, templates: tuple[TemplateFile, ...]) -> tuple[Finding, ...]:
    from reportgen.renderers import coverage

    return findings.judge(
        evidence.model,
        dataset=evidence.dataset,
        samples=evidence.samples,
        predictions=evidence.predictions,
        scaling=evidence.scaling,
        activations=evidence.activations,
        pooling=evidence.pooling,
        names=evidence.names,
        responses=evidence.responses,
        without_glyph=coverage.missing([*texts(evidence), *texts(templates)], evidence.fonts),
        templates=tuple(file.name for file in templates),
    )


def _run_facts(
    origin: Origin, record: ModelRecord, dataset: Dataset | None, options: Options, time: str | None
) -> RunFacts:
    data = (
        ()
        if dataset is None
        else (
            Fact("data", dataset.name),
            Fact("split", dataset.split),
            Fact("SHA-256 of the data", dataset.sha256),
            *((Fact("the user's own code that was run", options.preprocess),) if ":" in options.preprocess else ()),
        )
    )
    return RunFacts(
        command=_command(origin, dataset, options),
        created=time,
        versions=environment.versions(),
        machine=environment.machine(),
        options=tuple(Fact(name, values or "the default") for name, values in words(options).items()),
        model=(*origin.facts, Fact("SHA-256 of the weights", record.weights_sha256)),
        data=data,
    )


def check(options: Options) -> None:
    """Refuse what can be known to be wrong before any model is trained or loaded; errors as `created` and `scaling`."""
    created()
    scaling.check(options.preprocess)


def created() -> str | None:
    """Return the time that SOURCE_DATE_EPOCH gives, ISO 8601 in UTC, or None; the clock is never read.

    Raises:
        OptionsError: The variable holds no whole number of seconds.
    """
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        return datetime.fromtimestamp(int(text), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise OptionsError(
            f"SOURCE_DATE_EPOCH is {text!r}. Expected seconds since 1970 as a whole number. Correct or unset it."
        ) from error


def _command(origin: Origin, dataset: Dataset | None, options: Options) -> str:
    if dataset is not None and dataset.source == "memory":
        return "reportgen.explain(model, images, labels, …)"
    usual = words(Options())
    given = [origin.argument] if origin.argument else []
    for name, values in words(options).items():
        if values != usual[name]:
            given += [part for value in values for part in (f"--{name}", value)]
    return " ".join(["reportgen", "build", *map(shlex.quote, given)])
