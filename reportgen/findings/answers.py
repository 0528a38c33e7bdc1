"""Findings about the predictions: NaN and infinity, and mistakes."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words

_SURE = 0.8

NOT_FINITE = Rule(
    code="RG103",
    name="answers-not-finite",
    severity="failed",
    since="0.1.0",
    title="Predictions hold NaN or infinity",
    means="For some images, an output of the model came out with NaN or infinity.",
    why=(
        "Such a prediction says nothing. Software that takes the largest probability still gets a class, often the "
        "first one, and does not notice."
    ),
    measured=(
        "All images of the data go through the model, and the predictions with at least one value that is not finite "
        "are counted. One finding stands for one output."
    ),
    cannot_tell="Other images may cause it where these do not. Without data it is not measured.",
    mend=(
        "Look for weights and activations that are not finite (`RG101`, `RG102`), then at how these images are scaled "
        "(`RG201`). A logarithm of 0 or a division by 0 in a layer of your own is another usual cause."
    ),
)
WRONG_AND_SURE = Rule(
    code="RG311",
    name="wrong-and-sure",
    severity="note",
    since="0.1.0",
    title="A confident mistake",
    means=(
        "The model is wrong about at least one of the samples shown. The finding names the one that it was surest "
        "about."
    ),
    why=(
        "Users see the confidence, not the truth. A mistake made with 99 % confidence slips through wherever only "
        "uncertain cases are checked by people."
    ),
    measured=(
        "Of the wrong predictions among the samples shown (`--pick` chooses them), the one with the highest value is "
        "named. Its probability is given where the output is one; from 80 % on, the title says so."
    ),
    cannot_tell=(
        "It is one example and says nothing about how often this happens: see accuracy and calibration for that. The "
        "label may be wrong instead of the model. Without labels nothing is said."
    ),
    mend=(
        "Look at the image first, and check its label. If such images are common, add more of them to the training "
        "data. Calibrating the model, for example by temperature scaling, lowers its confidence but not its mistakes."
    ),
)
RULES = (NOT_FINITE, WRONG_AND_SURE)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the predictions."""
    yield from _not_finite(evidence)
    yield from _mistakes(evidence)


def _not_finite(evidence: Evidence) -> Iterator[Finding]:
    predictions = evidence.predictions
    for head in (predictions, *predictions.others) if predictions else ():
        if head.num_nonfinite:
            output = f" at the output {head.name}" if predictions and predictions.others else ""
            yield NOT_FINITE.finding(
                f"{plural(head.num_nonfinite, 'prediction holds', 'predictions hold')} NaN or infinity.",
                f"This happened for {number(head.num_nonfinite)} of {number(head.num_images)}"
                f" {words(evidence.model).samples}{output}.",
                "samples",
                where=head.name,
                facts={"num_nonfinite": head.num_nonfinite, "num_images": head.num_images},
            )


def _mistakes(evidence: Evidence) -> Iterator[Finding]:
    wrong = [sample for sample in evidence.samples if sample.correct is False and sample.answers]
    if not wrong:
        return
    worst = max(wrong, key=lambda sample: sample.answers[0].value)
    shares = evidence.predictions is not None and evidence.predictions.output == "probabilities"
    first, known = worst.answers[0], words(evidence.model)
    read = first.name if shares else worst.answered
    which = f"{known.sample} {number(worst.index)}, {worst.label} read as {read}"
    if shares and first.value >= _SURE:
        title = f"It was {percent(first.value, 0).replace('>', 'over ')} sure of a wrong prediction: {which}."
    else:
        title = f"It can be wrong: {which}."
    surest = f"Of the mistakes among the {known.samples} shown, this is the surest"
    yield WRONG_AND_SURE.finding(
        title,
        f"{surest}, with a probability of {percent(first.value)}." if shares else f"{surest}.",
        f"sample-{worst.index}",
        facts={"sample": worst.index} | ({"probability": first.value} if shares else {}),
    )
