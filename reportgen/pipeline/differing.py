"""Two model files and images -> what changed from one to the other, without a report of either.

Both are put to the same images in the same way, and what `policy.differing` compares is taken from reports that are
made for that and never written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reportgen.document.difference import Difference
from reportgen.document.likeness import Matching, Yardstick
from reportgen.evidence.answers import FORMAT, unpacked
from reportgen.figures.drawing import undrawn
from reportgen.models.compiling import runnable
from reportgen.models.formats import identify
from reportgen.models.initialising import untrained
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.pipeline import feeding, marking, origins, probing, reporting
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.reporting import Looked
from reportgen.policy import aligning, differing, matching
from reportgen.policy.differing import Given
from reportgen.progress import Progress, silent
from reportgen.records.judged import Judged, judged
from reportgen.renderers import forms
from reportgen.renderers.tools import Tools

CHAPTERS = ("performance", "channels", "provenance")
"""The chapters that hold what is compared."""
# What the chapter on channels shows besides is not compared; no page is written that could be too large.
_QUICK = {"ablation_budget": "1", "dream_steps": 1, "max_size": 1 << 40}


@dataclass(frozen=True, slots=True)
class _Model:
    """A model that was looked at, and the report that it gives."""

    origin: Origin
    looked: Looked
    given: Given

    @property
    def subject(self) -> Subject:
        """The model with its data."""
        return self.looked.subject

    @property
    def convs(self) -> dict[str, Judged]:
        """The conv calls by their paths."""
        return {each.record.path: each for each in judged(self.subject.record.layers)}


def differ(
    old: Path, new: Path, options: Options, progress: Progress = silent, yardstick: Path | None = None
) -> Difference:
    """Compare two models on the same images.

    Args:
        old: File of the model before.
        new: File of the model now.
        options: The data, and how they are put to both models; without data only the networks are compared.
        progress: Told of every long step.
        yardstick: File of another training of the old model, which says how far two trainings differ by themselves.

    Raises:
        ReportgenError: A model or the data cannot be used; or as `reporting.make_report`.
    """
    paths = [old, new] if yardstick is None else [old, new, yardstick]
    for path in paths:
        identify(path)
    options = options.model_copy(update={"section": CHAPTERS, "format": ("json", FORMAT), **_QUICK})
    before, now, *third = (_looked(path, options, progress) for path in paths)
    found = differing.differ(before.given, now.given)
    if found.apart:
        return found
    found = replace(found, matching=_matching(before, now, options, progress))
    for other in third:
        apart = differing.differ(before.given, other.given).answers
        shift = apart.accuracy if apart else None
        found = replace(
            found,
            yardstick=Yardstick(
                other.given.name,
                shift.lost if shift else None,
                shift.won if shift else None,
                apart.changed if apart else None,
            ),
        )
    return marking.marked(found, [each.looked for each in (before, now, *third)], options, progress)


def _looked(path: Path, options: Options, progress: Progress) -> _Model:
    origin = origins.load(path, options, progress)
    dataset = feeding.opened(origin.model, options.data, options, progress) if options.data is not None else None
    looked = reporting.look(origin, dataset, options, progress)
    return _Model(origin, looked, _given(origin, looked, options, progress))


def _given(origin: Origin, looked: Looked, options: Options, progress: Progress) -> Given:
    answers = looked.evidence.predictions
    keeps = answers is not None and answers.names_one_class
    options = options.model_copy(update={"format": ("json", FORMAT) if keeps else ("json",)})
    with undrawn():
        report = reporting.report_of(origin, looked, options, progress)
    written = forms.ending_in(".json").render(report, Tools())
    facts = {fact.name: fact.value for fact in origin.facts}
    return Given(
        name=str(facts["file"]),
        sha256=str(facts["SHA-256 of the file"]),
        report=json.loads(written),
        answers=unpacked(report.answers, "answers") if keeps else None,
        kind="model",
    )


def _matching(before: _Model, now: _Model, options: Options, progress: Progress) -> Matching | None:
    """Match the channels of conv layers that are one another by what they respond to."""
    _, same = aligning.changes(*(each.given.report["model"]["layers"] for each in (before, now)))
    pairs = [(before.convs[old], now.convs[new]) for old, new in same if old in before.convs and new in now.convs]
    places = probing.places((before.subject, now.subject), pairs, options.seed)
    if not places.pairs:
        return None
    olds, news = zip(*places.pairs, strict=True)
    with runnable(before.origin.model):
        old = probing.responses(before.subject, places.images, olds, progress)
    with runnable(now.origin.model):
        new = probing.responses(now.subject, places.images, news, progress)
        with untrained(now.origin.model, options.seed):
            bare = probing.responses(now.subject, places.images, news, progress)
    layers = [
        matching.matched(tuple(each.call.record.path for each in pair), *(part.astype(np.float64) for part in parts))
        for pair, *parts in zip(places.pairs, old, new, bare, strict=True)
    ]
    return Matching(len(places.images), places.number, tuple(each for each in layers if each is not None))
