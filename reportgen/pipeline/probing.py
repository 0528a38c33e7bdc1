"""A subject and the chapters to write -> evidence. Each probe that they read runs once, after those that it needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, replace
from types import ModuleType
from typing import Any

from reportgen import registry
from reportgen.document.report import RunFacts, Score
from reportgen.evidence import Evidence
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import Explanation
from reportgen.language.vocabulary import Words, words
from reportgen.models import freeing
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.pipeline import passing
from reportgen.progress import Progress
from reportgen.records.data import DatasetRecord
from reportgen.records.judged import Judged
from reportgen.sources.dataset import Dataset


def needed_by(chapters: Iterable[str]) -> tuple[str, ...]:
    """Return the probes that some chapters read from, and those that these need, in the order in which they run.

    It is the order of their names, but for those that another one needs or reads, which come before it.
    """
    wanted: dict[str, None] = {}
    for name in chapters:
        for need in registry.load("sections", name).NEEDS:
            _add(need, wanted)
    ordered: dict[str, None] = {}
    for name in registry.names("probes"):
        if name in wanted:
            _put(name, wanted, ordered)
    return tuple(ordered)


def _put(name: str, wanted: Collection[str], ordered: dict[str, None]) -> None:
    """Add a probe behind those that it needs or reads."""
    module = registry.load("probes", name)
    for before in (*module.NEEDS, *getattr(module, "READS", ())):
        if before in wanted and before not in ordered:
            _put(before, wanted, ordered)
    ordered.setdefault(name)


def _add(name: str, ordered: dict[str, None]) -> None:
    for need in registry.load("probes", name).NEEDS:
        _add(need, ordered)
    ordered.setdefault(name)


def gathered(subject: Subject, chapters: Iterable[str], options: Options, progress: Progress) -> Evidence:
    """Run each probe that some chapters need, and describe the model and the data.

    Returns:
        The evidence, without what is known of the report only: its title, its run, its findings.
    """
    data = None if subject.dataset is None else _described(subject.dataset, words(subject.record))
    nothing = RunFacts("", None, (), (), (), (), ())
    return Evidence("", subject.record, nothing, (), dataset=data, **probe(subject, chapters, options, progress))


def _described(data: Dataset, known: Words) -> DatasetRecord:
    # A place that data come from calls all of them images: "200 images given in memory".
    name = re.sub(r"^([\d\u202f]+) image(s?)(?= )", rf"\1 {known.sample}\2", data.name)
    return DatasetRecord(
        name=name,
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
        hash_command=data.hash_command,
        kinds=data.kinds,
    )


def probe(subject: Subject, chapters: Iterable[str], options: Options, progress: Progress) -> dict[str, Any]:
    """Run each probe that some chapters need, once.

    Returns:
        The fields of `Evidence` that hold what the probes saw.
    """
    results = _results(subject, needed_by(chapters), options, progress)
    known = {field.name for field in fields(Evidence)}
    further = {name: result for name, result in results.items() if name not in known}
    return {name: result for name, result in results.items() if name in known} | {"further": further}


def scored(subject: Subject, options: Options, progress: Progress) -> tuple[Score, ...]:
    """Run the probe that says how often a model is right, and what it needs; () where that is not known."""
    name = _first("scores")
    ordered: dict[str, None] = {}
    _add(name, ordered)
    scores: tuple[Score, ...] = registry.load("probes", name).scores(
        _results(subject, ordered, options, progress)[name]
    )
    return scores


def num_samples(dataset: Dataset, options: Options) -> int:
    """Return how many samples there will be for a close look, at most."""
    number: int = registry.load("probes", _first("num_samples")).num_samples(dataset, options)
    return number


def places(subjects: tuple[Subject, Subject], pairs: Sequence[tuple[Judged, Judged]], seed: int) -> Any:
    """Draw the same places of the maps of two models, as the probe that watches their channels does it."""
    return registry.load("probes", _first("places")).places(subjects, pairs, seed)


def responses(subject: Subject, images: Any, wanted: Sequence[Any], progress: Progress) -> list[Any]:
    """Return what channels respond at such places, float32 (places, channels) for each call."""
    found: list[Any] = registry.load("probes", _first("places")).responses(subject, images, wanted, progress)
    return found


def outlined(
    subjects: Sequence[Subject], answers: Sequence[Any], indices: Sequence[int], seed: int, progress: Progress
) -> tuple[str, list[list[tuple[SampleRecord, Explanation | None]]]]:
    """Explain what some models answer to some images by one map each, made in one way for all.

    Returns:
        How the maps were made; and for each model its images, as it got them, each with its explanation, which is None
        where the answer is no number.

    Raises:
        ModelError: One of the models has nothing that could be explained.
    """
    module = registry.load("probes", _first("outlined"))
    method = module.method(subjects)
    found = []
    for subject, given in zip(subjects, answers, strict=True):
        with runnable(subject.model):
            found.append(module.outlined(subject, given, indices, method, seed, progress))
    return method, found


def _first(export: str) -> str:
    """The first probe whose module exports a name."""
    return next(name for name in registry.names("probes") if hasattr(registry.load("probes", name), export))


def _results(subject: Subject, names: Iterable[str], options: Options, progress: Progress) -> dict[str, Any]:
    results: dict[str, Any] = {}
    names = tuple(names)
    passes = passing.made(subject, names, options, progress)
    for name in names:
        module = registry.load("probes", name)
        results[name] = module.run(replace(subject, earlier=results, passes=passes), options, progress)
        passes.pop(name, None)  # with all that it kept beside its result
        freeing.give_back()  # that of graphs above all: of ResNet-50's, cut at every layer, 400 MB
        subject = _left(module, subject, results[name])
    return results


def _left(module: ModuleType, subject: Subject, result: Any) -> Subject:
    """The subject as a probe leaves it to those after it."""
    left: Subject = module.leave(subject, result) if hasattr(module, "leave") else subject
    return left
