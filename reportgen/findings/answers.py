"""Findings about the answers: what is no number, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.samples import SampleRecord
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words
from reportgen.records.model import ModelRecord

_SURE = 0.8


def _prediction_faults(model: ModelRecord, predictions: PredictionsResult | None) -> Iterator[Finding]:
    for head in (predictions, *predictions.others) if predictions else ():
        if head.num_nonfinite:
            where = f" at the output {head.name}" if predictions and predictions.others else ""
            yield Finding(
                "failed",
                f"{plural(head.num_nonfinite, 'answer holds', 'answers hold')} values that are no numbers.",
                f"NaN or infinity came out{where} for {number(head.num_nonfinite)} of {number(head.num_images)}"
                f" {words(model).samples}.",
                "samples",
            )


def _mistakes(samples: tuple[SampleRecord, ...], predictions: PredictionsResult | None) -> Iterator[Finding]:
    wrong = [sample for sample in samples if sample.correct is False and sample.answers]
    if wrong:
        worst = max(wrong, key=lambda sample: sample.answers[0].value)
        shares = predictions is not None and predictions.output == "probabilities"
        sure = " and sure" if shares and worst.answers[0].value >= _SURE else ""
        yield Finding(
            "note",
            f"It can be wrong{sure}: sample {number(worst.index)}.",
            (
                f"Labelled {worst.label}, answered {worst.answers[0].name} with {percent(worst.answers[0].value)}."
                if shares
                else f"Labelled {worst.label}, answered {worst.answered}."
            ),
            f"sample-{worst.index}",
        )
