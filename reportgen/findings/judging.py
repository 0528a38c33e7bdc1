"""Records and results -> what the reader should know, heaviest first. Failed checks decide the exit code."""

from __future__ import annotations

from reportgen.document.report import Finding, Severity
from reportgen.evidence.activations import ActivationsResult
from reportgen.evidence.names import NamesResult
from reportgen.evidence.pooling import PoolingResult
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.responses import ResponsesResult
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.scaling import ScalingResult
from reportgen.findings import channels
from reportgen.findings.answers import _mistakes, _prediction_faults
from reportgen.findings.channels import _silent_channels
from reportgen.findings.data import _broken, _fitted, _scaling
from reportgen.findings.explanations import cut_short
from reportgen.findings.model import (
    _activation_faults,
    _balance,
    _left_out,
    _names,
    _patches,
    _poolings,
    _sums,
    _unknown_kinds,
    _weights,
)
from reportgen.findings.report import _changed, _without_glyph
from reportgen.language.vocabulary import words
from reportgen.records.data import DatasetRecord
from reportgen.records.model import ModelRecord

_WEIGHT: dict[Severity, int] = {"failed": 0, "warning": 1, "note": 2, "passed": 3}


def judge(
    model: ModelRecord,
    *,
    dataset: DatasetRecord | None = None,
    samples: tuple[SampleRecord, ...] = (),
    predictions: PredictionsResult | None = None,
    scaling: ScalingResult | None = None,
    activations: ActivationsResult | None = None,
    pooling: PoolingResult | None = None,
    names: NamesResult | None = None,
    responses: ResponsesResult | None = None,
    without_glyph: tuple[str, ...] = (),
    templates: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Return the findings of a report, failed checks first, then warnings, notes and what was checked and is right.

    `without_glyph` are the characters that no font of the report has, `templates` the names of the templates that the
    user changed; all else is what the probes left.
    """
    found = [
        *_weights(model),
        *_activation_faults(activations),
        *_prediction_faults(model, predictions),
        *_sums(model, activations),
        *_names(model, names),
        *_poolings(pooling),
        *_scaling(model, scaling, dataset),
        *_broken(model, dataset),
        *_without_glyph(without_glyph),
        *_balance(model),
        *_patches(model),
        *_unknown_kinds(model),
        *channels.faults(responses, words(model).sample),
        *_silent_channels(activations),
        *cut_short(activations),
        *_mistakes(samples, predictions),
        *_left_out(model),
        *_changed(templates),
        *_fitted(model, dataset),
    ]
    return tuple(sorted(found, key=lambda finding: _WEIGHT[finding.severity]))
