"""Findings about the predictions: NaN and infinity, a weak class, how far confidence can be trusted, and mistakes."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.evidence.performance import HeadScores
from reportgen.findings.weak_classes import weak_classes
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
WEAK_CLASS = Rule(
    code="RG312",
    name="weak-class",
    severity="warning",
    since="0.1.0",
    title="A class is recognised less often than the others",
    means="The model misses more images of one class than of the others, and more than chance would make it.",
    why=(
        "A good accuracy over all classes hides a class that fails. Whoever depends on that class meets the mistakes."
    ),
    measured=(
        "For every class with at least 5 images: how likely as many of all mistakes fall on so many images drawn at "
        "random (Fisher's exact test, one-sided), corrected for all classes (Holm). From 0.5 % down, the class with "
        "the lowest recall among those that stand is named, with its 95 % interval (Wilson)."
    ),
    cannot_tell=(
        "With few images of a class, only a class that fails nearly always is found. The labels of the class may be "
        "wrong instead of the model. Nothing is said without labels, and where the accuracy is not above that of "
        "always predicting the commonest class."
    ),
    mend=(
        "Look at the mistakes of this class in the chapter on accuracy, and at what it is confused with. Add images "
        "like them to the training data, or check their labels."
    ),
)
TRUST = Rule(
    code="RG313",
    name="confidence-and-accuracy",
    severity="note",
    since="0.1.0",
    title="How often it is right where it is sure",
    means="How many of the predictions above 90 % confidence are correct, and how many of the others.",
    why=(
        "Where the difference is large, the few unsure predictions can be passed to people, and most mistakes with "
        "them."
    ),
    measured=(
        "Predictions are divided by the probability of the predicted class, above 90 % and not; each share has its "
        "95 % interval (Wilson) in the chapter on accuracy."
    ),
    cannot_tell=(
        "It holds for images like these. A network that is sure of everything has no unsure predictions to pass on. "
        "Without labels nothing is said."
    ),
    mend=(
        "Have people look at unsure predictions. If the confidence is off (see the calibration error), calibrate it, "
        "for example by temperature scaling."
    ),
)
RULES = (NOT_FINITE, WRONG_AND_SURE, WEAK_CLASS, TRUST)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the predictions."""
    yield from _not_finite(evidence)
    yield from _mistakes(evidence)
    for head in evidence.performance.heads if evidence.performance else ():
        yield from _weak_class(evidence, head)
        yield from _trust(evidence, head)


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
                predictions=head.num_nonfinite,
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
    alike = sum(sample.answers[0].value == first.value for sample in wrong)
    place = "this is the surest" if alike == 1 else f"this is one of the {number(alike)} surest"
    surest = f"Of the mistakes among the {known.samples} shown, {place}"
    yield WRONG_AND_SURE.finding(
        title,
        f"{surest}, with a probability of {percent(first.value)}." if shares else f"{surest}.",
        f"sample-{worst.index}",
        facts={"sample": worst.index} | ({"probability": first.value} if shares else {}),
        predictions=1,
    )


def _weak_class(evidence: Evidence, head: HeadScores) -> Iterator[Finding]:
    known = words(evidence.model)
    mistakes, total = head.right.whole - head.right.part, head.right.whole
    tested = weak_classes(head)
    if not tested.found:
        return
    name, recall, p = tested.found[0]
    missed, others = recall.whole - recall.part, total - recall.whole
    rest = (head.right.part - recall.part) / others
    low, high = recall.interval
    more = len(tested.found) - 1
    also = f" {plural(more, 'more class stands', 'more classes stand')} out so." if more else ""
    at = f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""
    yield WEAK_CLASS.finding(
        f"The class {name} is recognised in {percent(recall.value)} of its {known.samples}, the other classes in"
        f" {percent(rest)}.",
        f"It has {number(missed)} of all {plural(mistakes, 'mistake')}{at} on {plural(recall.whole, known.sample)}"
        f" (95 % interval of its recall {percent(low)} to {percent(high)}); so many fall on a class by chance with"
        f" p = {number(p, 2)}, corrected for {plural(tested.num_tested, 'class', 'classes')}.{also}",
        "performance",
        where=name,
        facts={"num_missed": missed, "num_images": recall.whole, "num_mistakes": mistakes, "p_value": p},
        predictions=recall.whole,
    )


def _trust(evidence: Evidence, head: HeadScores) -> Iterator[Finding]:
    sureness = head.sureness
    if sureness is None or sureness.sure is None or sureness.unsure is None:
        return
    sure, unsure, known = sureness.sure, sureness.unsure, words(evidence.model)
    mistakes = head.right.whole - head.right.part
    at = f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""
    caught = unsure.whole - unsure.part
    detail = (
        f"Passing the {plural(unsure.whole, 'unsure ' + known.sample)} to a person would catch {number(caught)} of"
        f" {plural(mistakes, 'mistake')}."
    )
    if not mistakes:
        detail = f"Without a mistake these {known.samples} cannot show whether to trust it less when it is unsure."
    # Nobody passes most of the images to a person.
    elif unsure.whole > sure.whole:
        detail = (
            f"It is so sure of {number(sure.whole)} of {plural(head.right.whole, known.sample)} only; these hold"
            f" {number(sure.whole - sure.part)} of {plural(mistakes, 'mistake')}."
        )
    yield TRUST.finding(
        f"Over {percent(sureness.above, 0)} sure: {number(sure.part)} of {number(sure.whole)} correct; less sure:"
        f" {number(unsure.part)} of {number(unsure.whole)}{at}.",
        detail,
        "performance",
        where=head.name if at else "",
        facts={
            "sure_correct": sure.part,
            "sure": sure.whole,
            "unsure_correct": unsure.part,
            "unsure": unsure.whole,
        },
        predictions=head.right.whole,
    )
