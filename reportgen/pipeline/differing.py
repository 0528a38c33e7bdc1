"""Two model files and images -> what changed from one to the other, without a report of either.

Both are put to the same images in the same way, and what `policy.differing` compares is taken from reports that are
made for that and never written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from reportgen.document.difference import Difference
from reportgen.evidence.answers import FORMAT, unpacked
from reportgen.models.formats import identify
from reportgen.options import Options
from reportgen.pipeline import feeding, origins, reporting
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.reporting import Looked
from reportgen.policy import differing
from reportgen.policy.differing import Given
from reportgen.progress import Progress, silent
from reportgen.renderers import forms
from reportgen.renderers.tools import Tools

CHAPTERS = ("performance", "channels", "provenance")
"""The chapters that hold what is compared."""
# What the chapter on channels shows besides, and is not compared.
_QUICK = {"ablation_budget": "1", "dream_steps": 1}


@dataclass(frozen=True, slots=True)
class _Model:
    """A model that was looked at, and the report that it gives."""

    looked: Looked
    given: Given


def differ(old: Path, new: Path, options: Options, progress: Progress = silent) -> Difference:
    """Compare two models on the same images.

    Args:
        old: File of the model before.
        new: File of the model now.
        options: The data, and how they are put to both models; without data only the networks are compared.
        progress: Told of every long step.

    Raises:
        ReportgenError: A model or the data cannot be used; or as `reporting.make_report`.
    """
    for path in (old, new):
        identify(path)
    options = options.model_copy(update={"section": CHAPTERS, **_QUICK})
    before, now = (_looked(path, options, progress) for path in (old, new))
    return differing.differ(before.given, now.given)


def _looked(path: Path, options: Options, progress: Progress) -> _Model:
    origin = origins.load(path, options, progress)
    dataset = feeding.opened(origin.model, options.data, options, progress) if options.data is not None else None
    looked = reporting.look(origin, dataset, options, progress)
    return _Model(looked, _given(origin, looked, options, progress))


def _given(origin: Origin, looked: Looked, options: Options, progress: Progress) -> Given:
    answers = looked.evidence.predictions
    keeps = answers is not None and answers.answered is not None and answers.confidence is not None
    options = options.model_copy(update={"format": ("json", FORMAT) if keeps else ("json",)})
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
