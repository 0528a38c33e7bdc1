"""Evidence -> three questions with answers: can I trust it, is anything broken, and what can this report not tell?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reportgen.evidence import Evidence
from reportgen.evidence.pixels import ByClass, ByError
from reportgen.evidence.predictions import PredictionsResult
from reportgen.evidence.responses import ResponsesResult
from reportgen.evidence.watching import WatchingResult
from reportgen.findings.doubts import in_doubt
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words
from reportgen.sections.summary.keys import scope, scored_pixels
from reportgen.sections.summary.sureness import SURE, UNSURE, Band, Trust, trust
from reportgen.sections.summary.verdict import main_scores

_MOST_COUNTS = 3
_FOR_PEOPLE = "Whether the network is fit for a purpose: that is for people to judge."


@dataclass(frozen=True, slots=True)
class BandRow:
    """The answers that are about equally sure.

    Attributes:
        name: How sure: "90 % or more".
        right: Share that is right, 0..1; without labels their share of all answers.
        interval: 95 % interval, or None.
        told: The same in words: "185 of 188".
    """

    name: str
    right: float
    interval: tuple[float, float] | None
    told: str


@dataclass(frozen=True, slots=True)
class Box:
    """One question and its answer.

    Attributes:
        name: "trust", "broken" or "limits".
        question: The question.
        strong: What carries the answer: "99.0 %".
        answer: The rest of it.
        is_bad: Whether a check failed.
        bands: Rows below it.
        sentences: Whole sentences below these.
        anchor: Where the report says more, or "".
    """

    name: str
    question: str
    strong: str
    answer: str
    is_bad: bool
    bands: tuple[BandRow, ...]
    sentences: tuple[str, ...]
    anchor: str


def boxes(evidence: Evidence, cannot_say: tuple[str, ...], *, with_bands: bool = True) -> tuple[Box, ...]:
    """Return the three boxes.

    Args:
        evidence: Everything.
        cannot_say: What the report does not show, in whole sentences.
        with_bands: Whether the first one shows how often answers are right by how sure they are.
    """
    first = _trust(evidence)
    return first if with_bands else replace(first, bands=()), _broken(evidence), _limits(evidence, cannot_say)


def _there(evidence: Evidence, chapter: str) -> str:
    return chapter if chapter in evidence.chapters else ""


def _trust(evidence: Evidence) -> Box:
    found, known = evidence.predictions, words(evidence.model)
    strong, answer = "Not known", f": there are no {known.samples}"
    sentences: tuple[str, ...] = ()
    bands: tuple[BandRow, ...] = ()
    measured = trust(found) if found is not None else None
    scored = scored_pixels(evidence)
    if found is None:
        pass
    elif measured is not None:
        strong, answer = _when_sure(measured)
        bands, sentences = tuple(map(_row, measured.bands)), tuple(_passed_on(evidence, measured))
    elif found.right is not None:
        right = percent(found.right / found.num_images)
        strong, answer = right, " of all predictions are entirely right"
    elif scored is not None and scored.by_class is not None and scored.by_class.accuracy is not None:
        strong, answer = percent(scored.by_class.accuracy.value), " of all pixels are right"
        sentences = tuple(_beside_the_commonest(scored.by_class))
    elif scored is not None and scored.by_error is not None:
        strong, answer = number(scored.by_error.errors.absolute.value), " off on average"
        sentences = tuple(_beside_the_mean(scored.by_error, scored.others(known.samples)))
    elif found.mean_error is not None:
        strong, answer = number(found.mean_error), " off on average"
        sentences = tuple(_errors(found, known.sample))
    else:
        strong, answer = "Not known", ": there are no labels"
        bands = tuple(_unlabelled(found))
        if bands:
            sentences = (f"How sure it is of each {known.sample}. Without labels, nobody knows how often it is right.",)
    if (doubt := in_doubt(evidence)) and found is not None:
        sentences = (*sentences, doubt)
    # Without labels there is no chapter on how often it is right.
    chapter = "pixels" if scored is not None and evidence.performance is None else "performance"
    anchor = "" if chapter == "performance" and evidence.performance is None else _there(evidence, chapter)
    return Box("trust", "Can I trust an answer?", strong, answer, False, bands, sentences, anchor)


def _when_sure(measured: Trust) -> tuple[str, str]:
    if measured.sure is not None:
        return percent(measured.sure.value), f" right when it is at least {percent(measured.above, 0)} sure"
    right = sum(band.right.part for band in measured.bands if band.right)
    total = sum(band.right.whole for band in measured.bands if band.right)
    return percent(right / max(total, 1)), f" right, and never {percent(measured.above, 0)} sure"


def _passed_on(evidence: Evidence, measured: Trust) -> Iterator[str]:
    unsure, bound = measured.unsure, percent(measured.bound, 0)
    total = evidence.predictions.num_images if evidence.predictions else 0
    if unsure is not None and measured.num_wrong and unsure.whole < total:
        yield (
            f"Passing every answer below {bound} to a person would mean checking {number(unsure.whole)} of"
            f" {number(total)}, and catch"
            f" {number(measured.num_caught)} of {plural(measured.num_wrong, 'mistake')}."
        )
    head = main_scores(evidence)
    calibrated = head.calibration if head else None
    if calibrated is not None and calibrated.is_off:
        gap = calibrated.confidence - calibrated.right.value
        yield (
            f"On average it is {number(abs(100 * gap), 2)} points {'surer' if gap > 0 else 'less sure'} than it is"
            " right."
        )


def _row(band: Band) -> BandRow:
    assert band.right is not None, "bands without answers are left out"
    told = f"{number(band.right.part)} of {number(band.right.whole)}"
    return BandRow(_named(band.low, band.high), band.right.value, band.right.interval, told)


def _named(low: float, high: float) -> str:
    if high >= 1:
        return f"{percent(low, 0)} or more"
    return f"under {percent(high, 0)}" if low <= 0 else f"{low * 100:.0f} to {percent(high, 0)}"


def _unlabelled(found: PredictionsResult) -> Iterator[BandRow]:
    total = found.num_images
    for low, high in ((SURE, 1.0), (UNSURE, SURE), (0.0, UNSURE)) if found.sure is not None else ():
        inside = found.num_sure(low, high)
        yield BandRow(_named(low, high), inside / total, None, f"{number(inside)} of {number(total)}")


def _beside_the_commonest(scores: ByClass) -> Iterator[str]:
    """What an answer reaches that does not look at the image: most pixels of a mask are often background."""
    if scores.commonest is not None:
        yield f"Always predicting {scores.commonest.name} would reach {percent(scores.commonest.accuracy)}."


def _beside_the_mean(scores: ByError, others: str) -> Iterator[str]:
    if scores.mean_picture is not None:
        yield f"Always predicting the mean of {others} would be {number(scores.mean_picture.absolute.value)} off."


def _errors(found: PredictionsResult, sample: str) -> Iterator[str]:
    if found.errors is not None and found.errors.spread is not None:
        half, most, largest = found.errors.spread
        yield (
            f"Of {plural(found.num_images, sample)}, half are off by less than {number(half)}, 95 in 100 by less than"
            f" {number(most)}, and the worst by {number(largest)}."
        )


def _broken(evidence: Evidence) -> Box:
    failed = [finding for finding in evidence.findings if finding.severity == "failed"]
    observed = dict(evidence.activations.checks) if evidence.activations else {}
    checks = [
        check
        for call in evidence.model.layers
        for check in (*call.checks, *((observed[call.path],) if call.path in observed else ()))
    ]
    agree = sum(check.agrees for check in checks)
    watched = _responses(evidence)
    silent = _count(watched, {"dead", "stuck", "no number"})
    dead = _count(watched, {"dead"})
    strong, answer = f"{number(agree)} of {number(len(checks))}", " checks agree"
    if failed:
        strong = plural(len(failed), "check")
        answer = " failed"
    elif silent and watched:
        strong = f"{number(dead or silent)} of {number(_total(watched))}"
        answer = (
            f" channels (filters) never respond{'s' if dead == 1 else ''}"
            if dead
            else " channels give one value, or none that is a number"
        )
    elif not checks:
        strong, answer = "Nothing", " was found"
    sentences = [finding.title for finding in failed[:_MOST_COUNTS]]
    if watched is not None:
        sentences += _channels(watched, is_dead_said=bool(dead) and not failed)
    if failed or silent:
        sentences.append(f"{number(agree)} of {number(len(checks))} sizes and counts agree with the model.")
    else:
        sentences.append("Sizes, parameters and arithmetic were worked out by formula and agree with the model.")
    anchor = _there(evidence, "channels") if watched is not None else _there(evidence, "architecture")
    return Box("broken", "Is anything broken?", strong, answer, bool(failed), (), tuple(sentences), anchor)


def _responses(evidence: Evidence) -> ResponsesResult | None:
    if evidence.responses is not None:
        return evidence.responses
    watched = evidence.further.get("watching")
    return watched.responses if isinstance(watched, WatchingResult) else None


def _count(watched: ResponsesResult | None, states: set[str]) -> int:
    """How many channels are in one of some states by themselves; what follows from another's is the same fault."""
    every = (each for call in (watched.calls if watched else ()) for each in call.channels)
    return sum(each.state in states and not each.origin for each in every)


def _total(watched: ResponsesResult) -> int:
    return sum(len(call.channels) for call in watched.calls)


def _channels(watched: ResponsesResult, *, is_dead_said: bool) -> Iterator[str]:
    """How many channels are dead, faulty or copies."""
    dead = _count(watched, {"dead"})
    kinds = (
        (0 if is_dead_said else dead, "never responds", "never respond"),
        (_count(watched, {"stuck"}), "has one value everywhere", "have one value everywhere"),
        (_count(watched, {"no number"}), "gives NaN or infinity", "give NaN or infinity"),
        (_count(watched, {"nearly dead"}), "hardly ever responds", "hardly ever respond"),
        (
            sum(each.copy_of is not None and not each.state for call in watched.calls for each in call.channels),
            "does the job of another",
            "do the job of another",
        ),
    )
    told = [f"{number(count)} {one if count == 1 else several}" for count, one, several in kinds if count]
    of = f"Of {plural(_total(watched), 'channel')} (filters)"
    if not dead:
        yield f"{of} none is dead{f'; {listed(told)}' if told else ', and none does the job of another'}."
    elif told:
        yield f"{'Of the others,' if is_dead_said else of} {listed(told)}."


def _limits(evidence: Evidence, cannot_say: tuple[str, ...]) -> Box:
    if evidence.dataset is None:
        samples = words(evidence.model).samples
        cannot_say += (
            f"No {samples} were given: how often it is right, and what its channels respond to, is not known.",
        )
    return Box(
        "limits",
        "What can’t this tell me?",
        "fit for your purpose",
        "Whether it is ",
        False,
        (),
        tuple(sentence for sentence in cannot_say if sentence != _FOR_PEOPLE),
        "unchecked" if "provenance" in evidence.chapters else "",
    )


def cannot_say(evidence: Evidence) -> tuple[str, ...]:
    """Return what the report does not show, in whole sentences."""
    said, known = [], words(evidence.model)
    if evidence.dataset and evidence.predictions and evidence.predictions.right is not None:
        said.append(scope(evidence.dataset, known))
    elif evidence.dataset and scored_pixels(evidence) is not None:
        said.append(scope(evidence.dataset, known, "score"))
    if evidence.samples:
        said.append(
            "A bright map shows that a filter responded there, and a supported outline that this answer hangs on what"
            f" it marks: not that nothing else matters, nor that it would be so on other {known.samples}."
        )
    said.append(_FOR_PEOPLE)
    return tuple(said)
