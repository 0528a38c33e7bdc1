"""A model and images -> a report. The steps in order, each of which lives elsewhere."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from reportgen import registry
from reportgen.document.report import Fact, RunFacts, Section
from reportgen.errors import ModelError, OptionsError, UnknownNameError
from reportgen.evidence import Evidence, performance, texts
from reportgen.findings import families
from reportgen.models import environment
from reportgen.models.compiling import runnable
from reportgen.models.inspection import inspect
from reportgen.models.renaming import rename
from reportgen.models.subject import Subject
from reportgen.options import Options, chapters, words
from reportgen.pipeline import feeding
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.probing import probe
from reportgen.pipeline.result import Report
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.data import DatasetRecord
from reportgen.records.model import ModelRecord
from reportgen.records.places import matches
from reportgen.sources import classes, scaling
from reportgen.sources.dataset import Dataset


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
    from reportgen.pipeline import keeping
    from reportgen.renderers import coverage, fonts, overriding

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
        templates=own_templates,
        chapters=tuple(chosen),
    )
    evidence = replace(evidence, without_glyph=coverage.missing(texts(evidence), own_fonts))
    return keeping.keep(evidence, options, lambda seen: _assembled(seen, progress))


def _assembled(evidence: Evidence, progress: Progress) -> Report:
    """Judge what was seen and write the chapters."""
    evidence = replace(evidence, findings=families.judge(evidence))
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
        templates=evidence.templates,
        scores=performance.known(evidence.predictions),
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
            f"Samples cannot be picked by {', '.join(map(str, options.pick))}: there are no images. Expected images to"
            " pick from. Give them with --data."
        )


def _probe(subject: Subject, chosen: Sequence[str], options: Options, progress: Progress) -> Evidence:
    """Run each probe that a chosen chapter needs, and describe the data."""
    results = probe(subject, chosen, options, progress)
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
    return Evidence("", subject.record, empty, (), dataset=record, **results)


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
            f"SOURCE_DATE_EPOCH is {text!r}. Expected seconds since 1970 as a whole number. Fix or unset it."
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
