"""Evidence -> the verdict, which opens page one: what the network reads and names, how often it is right, and when.

It is for someone who knows nothing of networks. What carries it is set apart: `Phrase.weight`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from reportgen.document.verdict import MET, NOT_DECIDED, Verdict
from reportgen.evidence import Evidence
from reportgen.evidence.performance import HeadScores, Share
from reportgen.evidence.pixels import PixelHead
from reportgen.evidence.predictions import PredictionsResult
from reportgen.findings.doubts import in_doubt
from reportgen.findings.weak_classes import weak_classes
from reportgen.language.cleaning import shortened
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural, shape, size
from reportgen.language.vocabulary import Words, words
from reportgen.records.model import Shape, TensorRecord
from reportgen.records.places import spatial_shape
from reportgen.sections.summary.keys import scored_pixels
from reportgen.sections.summary.sureness import Trust, trust

_LONGEST_LIST = 44
_LONGEST_NAME = 18
_LONGEST_POLICY = 60
_EXAMPLES = 3
_MOST_WEAK = 3
_FEW = 20
_SURE = 0.9
_MANY = 30
"""From so many images on the mean of their errors is about normal."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of the verdict.

    Attributes:
        text: What it says, with the spaces around it.
        weight: "strong" for what carries the verdict, "warn" for what to beware of, else "".
    """

    text: str
    weight: str = ""


def verdict(evidence: Evidence) -> tuple[Phrase, ...]:
    """Return the verdict, in whole sentences."""
    model = evidence.model
    found = [Phrase(f"{model.given_name or 'The network'} {_reads(evidence)} and predicts {_answers(evidence)}.")]
    found += _measured(evidence)
    if doubt := in_doubt(evidence):
        found.append(Phrase(f" {doubt}", "warn"))
    return tuple(found)


def main_scores(evidence: Evidence) -> HeadScores | None:
    """Return the scores of the output that is looked at closely; None where it has no known classes."""
    found = evidence.predictions
    heads = evidence.performance.heads if evidence.performance else ()
    if found is None or found.right is None:
        return None
    return next((head for head in heads if head.name == found.name), heads[0] if heads else None)


def _measured(evidence: Evidence) -> Iterator[Phrase]:
    found, dataset, known = evidence.predictions, evidence.dataset, words(evidence.model)
    if found is None or dataset is None:
        yield Phrase(f" It was inspected without {known.samples}, so nothing is known about its predictions.")
        return
    scored, images = scored_pixels(evidence), plural(found.num_images, known.sample)
    if found.right is None and scored is not None:
        yield Phrase(f" {_said_of_pixels(scored, known)}")
    elif found.right is None and found.mean_error is not None:
        yield Phrase(f" Its mean absolute error on {images} is ")
        yield Phrase(number(found.mean_error), "strong")
        yield Phrase(_spread(found))
    elif found.right is None:
        yield Phrase(f" It was run on {images} without usable labels, so how often it is right is not known.")
    else:
        yield from _accuracy(evidence, found.right, found.num_images)


def _spread(found: PredictionsResult) -> str:
    """Say how sure a mean error is, how the errors spread, and beside which values they stand."""
    said, errors = "", found.errors
    if errors is not None and errors.moments is not None and errors.moments.count >= _MANY:
        half = 1.96 * errors.moments.deviation / sqrt(errors.moments.count)
        low, high = max(errors.moments.mean - half, 0.0), errors.moments.mean + half
        said += f" (95 % interval {number(low)} to {number(high)})"
    if errors is not None and errors.spread is not None:
        middle, most, _ = errors.spread
        said += f"; half of the errors are {number(middle)} or less, and 95 in 100 are {number(most)} or less"
    if found.value_range is None:
        return f"{said}."
    low, high = found.value_range
    return f"{said}. Its predictions run from {number(low)} to {number(high)}."


def _accuracy(evidence: Evidence, right: int, total: int) -> Iterator[Phrase]:
    found, dataset, known, head = evidence.predictions, evidence.dataset, words(evidence.model), main_scores(evidence)
    assert found is not None, "it has an accuracy"
    assert dataset is not None, "it has an accuracy"
    where = f" at the output {found.name}" if found.others else ""
    yield Phrase(f" It predicts exactly the true classes{where} for " if found.counts else f" It is right{where} for ")
    yield Phrase(f"{number(right)} of {number(total)}", "strong")
    yield Phrase(f" {known.sample if total == 1 else known.samples}")
    yield Phrase("" if dataset.split == "as given" else f", {dataset.split}")
    if found.interval is not None:
        yield Phrase(f", so for {between(found.interval)} of {known.samples} like these")
    if head is not None and head.among_five is not None:
        yield Phrase(f"; the right class is among its first five for {number(head.among_five.part)}")
    yield Phrase(".")
    if head is not None and found.interval is not None:
        yield from _no_better(head, found.interval[0], known)
    measured = trust(found)
    if measured is not None:
        yield from _when_to_trust(measured)
    if head is not None:
        yield from _weakest(head)


def _no_better(head: HeadScores, low: float, known: Words) -> Iterator[Phrase]:
    """Say so where always predicting the commonest class might do as well; of one class alone everything is right."""
    found = head.commonest
    if found is None or not low <= found.share.value < 1:
        return
    always = f"“{found.names[0]}”" if len(found.names) == 1 else "the same class"
    yield Phrase(
        f" These {known.samples} do not show that it is better than always predicting {always}, which is right for"
        f" {number(found.share.part)}.",
        "warn",
    )


def between(interval: tuple[float, float]) -> str:
    """Write an interval of shares: "54 to 60 %", with a decimal where it is narrow.

    >>> between((0.5424, 0.6034)), between((0.9517, 0.9748)), between((0.9963, 1.0))
    ('54 to 60\u202f%', '95 to 97\u202f%', '99.6 to 100.0\u202f%')
    """
    digits = 0 if interval[1] - interval[0] >= 0.015 else 1
    low, high = (percent(end, digits) for end in interval)
    return f"{low[:-2]} to {high}"


def _when_to_trust(measured: Trust) -> Iterator[Phrase]:
    sure, unsure = measured.sure, measured.unsure
    if sure is None or unsure is None or min(sure.whole, unsure.whole) < _FEW:
        return
    bound = percent(measured.bound, 0)
    apart = sure.interval[0] > unsure.interval[1]
    if apart and sure.value >= _SURE:
        yield Phrase(" Trust it when it is sure", "strong")
    else:
        yield Phrase(" It is right more often when it is sure" if apart else " How sure it is says little", "strong")
    yield Phrase(f": at {percent(measured.above, 0)} or more it is right {_times(sure)}; ")
    yield Phrase(f"below {bound}, {_times(unsure)}", "warn" if apart else "")
    yield Phrase(".")


def _times(share: Share) -> str:
    return f"{number(share.part)} times in {number(share.whole)}"


def _weakest(head: HeadScores) -> Iterator[Phrase]:
    found = weak_classes(head).found[:_MOST_WEAK]
    if not found:
        return
    yield Phrase(" Weakest is " if len(found) == 1 else " Weakest are ")
    named = listed(
        [f"“{name}”, right for {number(recall.part)} of {number(recall.whole)}" for name, recall, _ in found]
    )
    yield Phrase(named, "warn")
    yield Phrase(".")


def _said_of_pixels(head: PixelHead, known: Words) -> str:
    over = plural(head.num_images, known.sample)
    if head.by_class is not None and head.by_class.accuracy is not None and head.by_class.mean_iou is not None:
        return (
            f"It predicts the right class for {percent(head.by_class.accuracy.value)} of the pixels of {over}; the mean"
            f" intersection over union is {percent(head.by_class.mean_iou.value)}."
        )
    error = head.by_error.errors.absolute.value if head.by_error else None
    return f"Its mean absolute error on {over} is {number(error)}."


def _reads(evidence: Evidence) -> str:
    inputs = evidence.model.inputs
    main = inputs[evidence.model.main_input]
    if len(inputs) != 1:
        others = ", ".join(f"{record.name} ({shape(record.shape)})" for record in inputs if record is not main)
        return f"{_reads_input(evidence, main.shape)} together with {others}"
    return _reads_input(evidence, main.shape)


def _reads_input(evidence: Evidence, shape_: Shape) -> str:
    if len(shape_) == 3:
        channels = shape_[evidence.model.input_channel_axis(shape_)]
        colour = {1: "grey images", 3: "colour images"}.get(channels or 0, f"images with {number(channels)} channels")
        return f"reads {colour} of {size(spatial_shape(evidence.model))} pixels"
    known = words(evidence.model)
    if len(shape_) == 1:
        return f"reads {known.samples} of {plural(shape_[0] or 0, known.point)}"
    spatial = spatial_shape(evidence.model)
    channels = shape_[evidence.model.input_channel_axis(shape_)]
    several = f" with {plural(channels or 0, 'channel')}" if channels != 1 else ""
    return f"reads {known.samples} of {shape(spatial)} {known.points}{several}"


def _answers(evidence: Evidence) -> str:
    outputs = evidence.model.outputs
    if len(outputs) == 1:
        return _answers_at(evidence, outputs[0])
    return " and ".join(f"{_answers_at(evidence, output)} (output {output.name})" for output in outputs)


def _answers_at(evidence: Evidence, output: TensorRecord) -> str:
    last, activation = output.shape, output.activation
    for pixels in evidence.pixels.heads if evidence.pixels else ():
        if pixels.name == output.name:
            return _answers_with_pixels(pixels)
    if len(last) != 1:
        return f"an array of {shape(last)}"
    if last == (1,):
        if (
            evidence.predictions
            and evidence.predictions.name == output.name
            and evidence.predictions.output == "logits"
        ):
            return "one logit"
        named = evidence.dataset.class_names if evidence.dataset else ()
        if activation == "sigmoid" and len(named) == 2 and len(evidence.model.outputs) == 1:
            return f"one of {plural(2, 'class', 'classes')}{_named(named)}"
        return "one probability" if activation == "sigmoid" else "one number"
    predictions = evidence.predictions
    for head in (predictions, *predictions.others) if predictions else ():
        if head.name == output.name and head.counts:
            return f"any number of {plural(last[0] or 0, 'class', 'classes')}"
    names = evidence.dataset.class_names if evidence.dataset else ()
    classes = activation == "softmax" or (bool(names) and (len(evidence.model.outputs) == 1 or len(names) == last[0]))
    if not classes:
        return plural(last[0] or 0, "number")
    return f"one of {plural(last[0] or 0, 'class', 'classes')}{_named(names)}"


def _named(names: tuple[str, ...]) -> str:
    """The classes by name: all where they are few and short, else some of them."""
    whole = listed(names)
    if len(whole) <= _LONGEST_LIST and len(names) > 1:
        return f": {whole}"
    short = [name for name in names if len(name) <= _LONGEST_NAME][:_EXAMPLES]
    return f", such as {listed(short)}" if len(short) == _EXAMPLES < len(names) else ""


def _answers_with_pixels(head: PixelHead) -> str:
    if head.by_class is not None:
        return f"one of {plural(len(head.by_class.classes), 'class', 'classes')} for each pixel"
    return "its input again" if head.kind == "input" else f"a map of {shape(head.shape)} values"


def of_the_policy(found: Verdict) -> tuple[Phrase, ...]:
    """Return what came of a policy, in a sentence that goes on after the verdict."""
    name = shortened(found.policy, _LONGEST_POLICY)
    if found.exit_code == MET:
        return (Phrase(f" It meets the policy {name}."),)
    if found.exit_code == NOT_DECIDED:
        return (Phrase(f" These data cannot decide the policy {name}.", "warn"),)
    failed = sum(each.blocks and each.outcome == "fail" for each in found.results)
    counted = f"{number(failed)} of {plural(len(found.results), 'demand')}"
    return (
        Phrase(f" It does not meet the policy {name}", "warn"),
        Phrase(f": {counted} {'is' if failed == 1 else 'are'} not met."),
    )
