"""Findings about the data: how they were scaled, what cannot be read, what was done to them."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.evidence.scaling import ScalingResult
from reportgen.findings.doubts import doubts
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words
from reportgen.records.data import DatasetRecord
from reportgen.records.model import ModelRecord


def _scaling(model: ModelRecord, scaling: ScalingResult | None, dataset: DatasetRecord | None) -> Iterator[Finding]:
    found = doubts(scaling, dataset.doubts if dataset else ())
    if found:
        reasons = " ".join(
            f"{doubt.why} Compare with --preprocess {doubt.other}." if doubt.other else doubt.why for doubt in found
        )
        title = f"The {words(model).samples} may be scaled wrongly."
        yield Finding("warning", title, reasons, "scaling" if scaling else "provenance")


def _fitted(model: ModelRecord, dataset: DatasetRecord | None) -> Iterator[Finding]:
    if dataset and dataset.unmatched:
        yield Finding("warning", "The labels were not used.", dataset.unmatched, "samples")
    if dataset and dataset.notes:
        yield Finding("note", f"What was done to the {words(model).samples}.", " ".join(dataset.notes), "samples")


def _broken(model: ModelRecord, dataset: DatasetRecord | None) -> Iterator[Finding]:
    if dataset and dataset.broken_reasons:
        number_ = sum(reason.number for reason in dataset.broken_reasons)
        counts = ", ".join(f"{reason.reason} ({number(reason.number)})" for reason in dataset.broken_reasons)
        yield Finding(
            "warning",
            f"{plural(number_, words(model).sample)} of {number(number_ + dataset.size)} cannot be read.",
            f"No number in this report includes {'it' if number_ == 1 else 'them'}. Each of them: {counts}.",
            "broken",
        )
