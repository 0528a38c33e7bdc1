"""What the probes saw, as plain data: everything that sections may read.

Arrays in here are already reduced: 8-bit maps and numbers per channel, never a layer's floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reportgen.document.report import Finding, FontFile, RunFacts, TemplateFile, field_names
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.activations import ActivationsResult
from reportgen.evidence.dreams import DreamsResult
from reportgen.evidence.edges import EdgesResult
from reportgen.evidence.journey import JourneyResult
from reportgen.evidence.names import NamesResult
from reportgen.evidence.performance import PerformanceResult
from reportgen.evidence.pixels import PixelsResult
from reportgen.evidence.pooling import PoolingResult
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.responses import ResponsesResult
from reportgen.evidence.samples import Levels as Levels
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.scaling import ScalingResult
from reportgen.evidence.shortcuts import ShortcutsResult
from reportgen.evidence.views import ViewsResult
from reportgen.evidence.why import WhyResult
from reportgen.records.card import Card
from reportgen.records.data import DatasetRecord, TrainingRecord
from reportgen.records.model import ModelRecord
from reportgen.sections import NAMES


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that sections may read.

    Attributes:
        title: Title of the report.
        model: The model's facts.
        run: How the report is made.
        findings: What was found, heaviest first.
        colormap: "gray" or "viridis", for activation maps.
        fonts: Fonts of the user's own, for charts.
        templates: Templates of the user's own, in the place of ours.
        without_glyph: Characters of all texts in here that no font of the report has.
        dataset: The data, or None.
        chapters: Names of the chapters that the report is to have.
        built: Names of the chapters that are there already when one is built: those before it, and that of a policy.
        training: How the default network was trained, or None for a loaded model.
        card: What the owner of the model stated, or None where no card was given.
        samples: Result of the probe of that name, the chosen samples; () where it did not run.
        predictions: Result of the probe of that name, or None where it did not run; likewise the following ones.
        further: Results of the probes that have no field here, by their names: of those that only other probes read,
            and of those from another package.
    """

    title: str
    model: ModelRecord
    run: RunFacts
    findings: tuple[Finding, ...]
    colormap: str = "gray"
    fonts: tuple[FontFile, ...] = ()
    templates: tuple[TemplateFile, ...] = ()
    without_glyph: tuple[str, ...] = ()
    dataset: DatasetRecord | None = None
    chapters: tuple[str, ...] = NAMES
    built: tuple[str, ...] = ()
    training: TrainingRecord | None = None
    card: Card | None = None
    samples: tuple[SampleRecord, ...] = ()
    predictions: PredictionsResult | None = None
    pixels: PixelsResult | None = None
    performance: PerformanceResult | None = None
    scaling: ScalingResult | None = None
    activations: ActivationsResult | None = None
    edges: EdgesResult | None = None
    pooling: PoolingResult | None = None
    names: NamesResult | None = None
    responses: ResponsesResult | None = None
    ablation: AblationResult | None = None
    dreams: DreamsResult | None = None
    why: WhyResult | None = None
    journey: JourneyResult | None = None
    shortcuts: ShortcutsResult | None = None
    views: ViewsResult | None = None
    further: Mapping[str, Any] = field(default_factory=dict)


_NUMBERS = frozenset({int, float, bool, type(None)})


def texts(value: object) -> Iterator[str]:
    """Return every string in a record and in the records inside it, in no promised order; arrays and bytes hold none.

    >>> sorted(texts((TemplateFile("parts.html", "ab", "<p>small</p>"), {"split": 3})))
    ['<p>small</p>', 'ab', 'parts.html', 'split']
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) in _NUMBERS:  # the most by far
            continue
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple | list):
            waiting.extend(each)
        elif isinstance(each, Mapping):
            waiting += [*each, *each.values()]
        else:
            waiting.extend(getattr(each, name) for name in field_names(type(each)) or ())
