"""A model and images -> a report. The steps in order, each of which lives elsewhere."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from reportgen import registry, sections
from reportgen.document.report import Fact, RunFacts, Section
from reportgen.errors import OptionsError
from reportgen.evidence import Evidence, answers, performance, pixels, texts
from reportgen.findings import families
from reportgen.findings.doubts import in_doubt
from reportgen.models import environment
from reportgen.models.blocks import State
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import Options, chapters, words
from reportgen.options import card as cards
from reportgen.options.forms import function_name
from reportgen.pipeline import keeping
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.preparing import prepared
from reportgen.pipeline.probing import gathered
from reportgen.pipeline.result import Report
from reportgen.policy import checking
from reportgen.policy import reading as policy
from reportgen.policy.demands import Policy
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord
from reportgen.renderers import coverage, fonts, forms, overriding
from reportgen.renderers.tools import Tools
from reportgen.sections import VERDICT
from reportgen.sources import hashing, looking_again, scaling
from reportgen.sources.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Looked:
    """A model that was looked at.

    Attributes:
        subject: The model and the data, as the probes got them.
        evidence: What the probes saw.
        compiled: Layers that had to be compiled to run.
    """

    subject: Subject
    evidence: Evidence
    compiled: tuple[str, ...]


def make_report(
    origin: Origin,
    dataset: Dataset | None,
    options: Options,
    progress: Progress = silent,
    collected: Mapping[str, Sequence[State]] = MappingProxyType({}),
) -> Report:
    """Prepare, probe, judge and write the chapters.

    Args:
        origin: The model.
        dataset: Images as they came, or None.
        options: What to show.
        progress: Told of every long step.
        collected: What the blocks of the data left, by the probe that passes over them, where that was done elsewhere.

    Raises:
        ReportgenError: Something that came from outside cannot be used.
    """
    _check_look(options)
    return report_of(origin, look(origin, dataset, options, progress, collected), options, progress)


def look(
    origin: Origin,
    dataset: Dataset | None,
    options: Options,
    progress: Progress = silent,
    collected: Mapping[str, Sequence[State]] = MappingProxyType({}),
) -> Looked:
    """Prepare and probe: all for which the model is run; arguments and errors as for `make_report`."""
    with runnable(origin.model) as compiled:
        subject = replace(prepared(origin.model, dataset, options, progress), collected=collected)
        evidence = gathered(subject, chapters(options), options, progress)
        subject.made.clear()
    looking_again.forget()
    return Looked(subject, evidence, tuple(compiled))


def report_of(origin: Origin, looked: Looked, options: Options, progress: Progress = silent) -> Report:
    """Judge what was seen and write the chapters; errors as for `make_report`."""
    own_fonts, own_templates = fonts.given(options.font_dir), overriding.given(options.templates)
    subject, evidence, time = looked.subject, looked.evidence, created()
    kept = _kept(subject, evidence) if answers.FORMAT in options.format else b""
    origin = replace(origin, facts=(*origin.facts, *_compiled(looked.compiled)))
    own = [Fact(f"SHA-256 of the font {font.name}", font.sha256) for font in own_fonts]
    own += [Fact(f"SHA-256 of the template {file.name}", file.sha256) for file in own_templates]
    evidence = replace(
        evidence,
        title=options.title or f"What {_called(evidence.model, origin)} sees",
        run=replace(_run_facts(origin, subject, options, time, evidence, kept), look=tuple(own)),
        training=origin.training,
        card=cards.read(options.card) if options.card else None,
        colormap=options.colormap,
        fonts=own_fonts,
        templates=own_templates,
        chapters=chapters(options),
        built=(VERDICT,) if options.policy else (),
    )
    evidence = replace(evidence, without_glyph=coverage.missing(texts(evidence), own_fonts))
    asked_for = policy.read(options.policy) if options.policy else None

    def made(seen: Evidence) -> Report:
        return replace(_held(_assembled(seen, progress), seen, asked_for, options, kept), answers=kept)

    return keeping.keep(evidence, options, made)


def _kept(subject: Subject, evidence: Evidence) -> bytes:
    """What the main output answered to each image.

    Raises:
        OptionsError: It answers with no classes, or there are no images.
    """
    found, dataset = evidence.predictions, subject.dataset
    if dataset is None or found is None or not found.names_one_class or found.kept is None:
        raise OptionsError(
            "No answers can be kept: there are no images, or the main output predicts no single class. Expected images"
            " and a model that classifies them. Do without --keep-answers."
        )
    return answers.packed(found.kept.answered, found.kept.confidence, dataset.labels)


def _held(report: Report, evidence: Evidence, asked_for: Policy | None, options: Options, kept: bytes) -> Report:
    """Hold a report against a policy, and put the chapter that says so in its place."""
    if asked_for is None or options.policy is None:
        return report
    made = forms.ending_in(".json").render(report, Tools())
    found = checking.verdict(
        made,
        "report.json",
        asked_for=asked_for,
        day=checking.today(),
        folder=options.policy.parent,
        answers=answers.unpacked(kept, "report-answers.npz") if kept else None,
    )
    section = registry.load("sections", VERDICT).build(replace(evidence, further={VERDICT: found}))
    page_one = registry.load("sections", sections.PAGE_ONE)
    before = [page_one.held(each, found) for each in report.sections if each.name == sections.PAGE_ONE]
    chapters_ = (*before, section, *report.sections[len(before) :])
    return replace(report, sections=chapters_, verdict_code=found.exit_code)


def _assembled(evidence: Evidence, progress: Progress) -> Report:
    """Judge what was seen and write the chapters."""
    evidence = replace(evidence, findings=families.judge(evidence))
    doubt = in_doubt(evidence)
    with progress("Drawing", total=len(evidence.chapters)) as advance:
        built = []
        for name in evidence.chapters:
            module = registry.load("sections", name)
            section: Section | None = module.build(evidence)
            if section is not None:
                built.append(_beside(doubt, replace(section, part=module.PART)))
                evidence = replace(evidence, built=(*evidence.built, name))
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
        scores=(*performance.known(evidence.predictions), *pixels.known(evidence.pixels)),
    )


def _called(model: ModelRecord, origin: Origin) -> str:
    """The model's own name; without one that of its file, or what it is."""
    return model.given_name or Path(origin.argument).stem or model.name


def _beside(doubt: str, section: Section) -> Section:
    """Put a doubt about the images beside the answer of a chapter that was measured on them."""
    if not doubt or section.name not in sections.ON_IMAGES:
        return section
    return replace(section, answer=f"{section.answer} {doubt}")


def _compiled(names: Sequence[str]) -> tuple[Fact, ...]:
    said = "TensorFlow has no channels_first kernels for them on this processor, so XLA compiled them"
    return (Fact("layers compiled to run", f"{', '.join(names)}: {said}"),) if names else ()


def _run_facts(
    origin: Origin, subject: Subject, options: Options, time: str | None, evidence: Evidence, kept: bytes
) -> RunFacts:
    dataset = subject.dataset
    data = []
    if dataset is not None:
        data = [
            Fact("data", dataset.name),
            Fact("split", dataset.split),
            Fact("SHA-256 of the data", dataset.sha256),
            *([Fact("hash of the data by hand", dataset.hash_command)] if dataset.hash_command else []),
        ]
        if evidence.predictions is not None:
            data.append(Fact("SHA-256 of the images and labels used", evidence.predictions.sha256))
        if kept:
            data.append(Fact(answers.FACT, hashlib.sha256(kept).hexdigest()))
        if options.classes is not None:
            data += _hashed("class names", options.classes)
        if options.groups is not None:
            data += _hashed("kinds of classes", options.groups)
        if callable(options.preprocess):
            data.append(Fact("preprocessed by", function_name(options.preprocess)))
        elif ":" in options.preprocess:
            data.append(Fact("the user's own code that was run", options.preprocess))
    return RunFacts(
        command=_command(origin, dataset, options),
        created=time,
        versions=environment.versions(),
        machine=environment.machine(),
        options=(
            *(Fact(name, values or "the default") for name, values in words(options).items()),
            *(_hashed("config file", options.config) if options.config else ()),
            *(_hashed("policy", options.policy) if options.policy else ()),
            *(_of_the_card(options.card) if options.card else ()),
        ),
        model=(*origin.facts, Fact("SHA-256 of the weights", subject.record.weights_sha256)),
        data=tuple(data),
    )


def _hashed(what: str, path: Path) -> list[Fact]:
    """The hash of a file that the user gave besides the data, and the command that gives it again."""
    hashed = hashing.of_file(path)
    by_hand = [Fact(f"hash of the {what} by hand", hashed.command)] if hashed.command else []
    return [Fact(f"SHA-256 of the {what}", hashed.sha256), *by_hand]


def _of_the_card(card: Path) -> list[Fact]:
    readme = cards.readme_of(card)
    return [*_hashed("card", card), *(_hashed("README that the card names", readme) if readme else ())]


def check(options: Options) -> None:
    """Refuse what can be known to be wrong before any model is trained or loaded.

    Raises:
        OptionsError: As `created` and `scaling.check`; or a chapter that is to be an annex of the PDF is none.
    """
    created()
    _check_annexes(options)
    scaling.check(options.preprocess)


def _check_look(options: Options) -> None:
    """Refuse what cannot be drawn before the model is run; errors as for `make_report`."""
    _check_annexes(options)
    chapters(options)
    created()
    fonts.given(options.font_dir)
    overriding.given(options.templates)
    if options.card is not None:
        cards.read(options.card)


def _check_annexes(options: Options) -> None:
    for name in options.pdf_annexes:
        if name not in {"all", "none"} and registry.load("sections", name).PART != "annex":
            annexes = [each for each in registry.names("sections") if registry.load("sections", each).PART == "annex"]
            raise OptionsError(
                f"The chapter {name!r} is no annex: the PDF has it in any case. Expected all, none, or some of"
                f" {', '.join(annexes)}. Fix --pdf-annexes."
            )


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
    if not (origin.argument or origin.data):
        labels = ", labels" if dataset is not None and dataset.labels is not None else ""
        return f"reportgen.explain(model{', images' if dataset is not None else ''}{labels}, …)"
    usual = words(Options())
    given = [origin.argument] if origin.argument else []
    for name, values in words(options).items():
        if values != usual[name]:
            given += [part for value in values for part in (f"--{name}", value)]
    return " ".join(["reportgen", "build", *map(shlex.quote, given)])
