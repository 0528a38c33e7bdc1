"""An explanation -> what is said of it, in whole sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.evidence.performance import wilson
from reportgen.evidence.why import (
    LEAST_EFFECT,
    LEAST_OTHERS,
    OTHERS_LEVEL,
    PASSED_LEVEL,
    SHARES,
    WEAK_LEVEL,
    Carried,
    Contrast,
    Control,
    EvidenceMap,
    Explanation,
    Outline,
    Verdict,
    WorkedSum,
)
from reportgen.language.numerals import alike, number, p_value, percent, plural, short

METHODS = {
    "integrated-gradients": "Integrated gradients",
    "occlusion": "Occlusion",
    "grad-cam": "Grad-CAM",
    "hires-cam": "HiResCAM",
}
MARKS = {
    "supported": "passed",
    "weak": "warning",
    "not specific": "warning",
    "not supported": "warning",
    "no verdict": "note",
}
"""The mark that stands beside a word."""
DISCS = {"supported": "full", "not specific": "half", "weak": "half", "not supported": "empty", "no verdict": "none"}
"""The shape that stands for a word, in the order of what they are worth."""
_SHAPES = "same shape elsewhere"
_NOTICED = 0.005
"""From this effect on a page shows more than none."""


def title(explanation: Explanation, label: str | None) -> str:
    """Return the heading of an explanation: the answer, how sure it is, and whether it is right."""
    if explanation.class_index is None:
        return f"A value of {number(explanation.whole)}"
    said = f"“{explanation.class_name}”, {percent(explanation.whole)} sure"
    if explanation.correct is None:
        return said
    return f"{said}, and right" if explanation.correct else f"{said}, and wrong: it is “{label}”"


def headline(explanations: Sequence[Explanation]) -> str:
    """Say what the pictures claim and that it was tested; "" where it was not."""
    tested = [one for one in explanations if one.main is not None and one.main.verdict is not None]
    judged_ = [one for one in tested if one.main and one.main.verdict and one.main.verdict.word != "no verdict"]
    if not judged_:
        return ""
    if not any(one.outline for one in judged_):
        return "No single part carries " + ("this answer" if len(judged_) == 1 else "these answers")
    if len(tested) == len(explanations):
        return "An outline is a claim. " + ("Each one here was tested" if len(tested) > 1 else "This one was tested")
    return f"An outline is a claim. {number(len(tested))} of {number(len(explanations))} were tested"


def meaning(word: str, samples: str) -> str:
    """Say what a verdict means.

    Args:
        word: The verdict.
        samples: What samples are called: "images".
    """
    least = number(round(100 * LEAST_EFFECT))
    elsewhere = f"the {_SHAPES} takes (by at least {least} points of the answer, p\u202f≤\u202f{number(PASSED_LEVEL)})"
    return {
        "supported": f"Painting over what the map marks takes more than {elsewhere}, and more than what other"
        f" {samples}' maps mark (p\u202f≤\u202f{number(OTHERS_LEVEL)}).",
        "not specific": f"Only the first holds: the maps of other {samples} mark places that do as much.",
        "weak": f"The first holds only at p\u202f≤\u202f{number(WEAK_LEVEL)}, or there are fewer than {LEAST_OTHERS}"
        f" other {samples} to compare with.",
        "not supported": "It takes hardly more, or no more, than its own shape elsewhere: no evidence.",
        "no verdict": "Nothing can be taken away: with everything painted over, the answer is the same.",
    }[word]


def compared(num_others: int, sample: str) -> str:
    """Say what a map is compared with, and what is never claimed.

    Args:
        num_others: How many other samples' maps there are.
        sample: What a sample is called: "image".
    """
    elsewhere = "Shapes elsewhere are the map turned, mirrored and moved"
    if num_others >= LEAST_OTHERS:
        found = f"{elsewhere}; other maps are those of {plural(num_others, f'other {sample}')}."
    else:
        found = (
            f"{elsewhere}. There are too few other {sample}s to compare their maps, which takes {LEAST_OTHERS}, so"
            " no map can be called supported."
        )
    return f"{found} The test never says that a map marks all the evidence, or only evidence."


def claim(explanation: Explanation, sample: str) -> str:
    """Say in a sentence what a verdict means for this answer."""
    main, outline = explanation.main, explanation.outline
    verdict = main.verdict if main else None
    if main is None:
        return f"No map was made of this {sample}."
    if verdict is None:
        return "This map was not put to the test, so it claims nothing."
    said = "the answer" if explanation.class_index is None else f"“{explanation.class_name}”"
    if verdict.word == "no verdict":
        return outlined(explanation, sample)
    if verdict.word == "not supported":
        more = "hardly more" if verdict.twins.effect >= _NOTICED else "no more"
        return (
            f"This map is no evidence: painting over what it marks takes {more} of {said} away than painting over the"
            f" {_SHAPES}."
        )
    if outline is None:
        return f"What the map marks counts towards {said}, but no part of it carries the answer alone."
    if verdict.word == "weak" and verdict.others is None:
        return f"Without the outlined part {said} falls by half or more. Too few other {sample}s could be compared."
    if verdict.word == "weak":
        return f"Without the outlined part {said} falls, but hardly more than without the {_SHAPES}."
    if verdict.word == "not specific":
        return f"Without the outlined part {said} falls, but places that other {sample}s' maps mark do as much."
    turned = f": without it, the answer is “{outline.turned_into}”" if outline.turned_into else ""
    return f"The outlined {_share(outline.share)} carries {said}{turned}."


def outlined(explanation: Explanation, sample: str) -> str:
    """Say what painting over the outlined part does, or why nothing is outlined.

    Args:
        explanation: The explanation.
        sample: What a sample is called: "image".
    """
    outline, main = explanation.outline, explanation.main
    if main is None:
        return f"No map was made of this {sample}."
    if main.verdict is not None and main.verdict.word == "no verdict":
        if explanation.class_index is None:
            return f"An empty {sample} gets the same value, so there is nothing that could be taken away."
        return (
            f"An empty {sample} gets this answer, too, with {percent(explanation.empty)}: nothing can be taken away"
            " from it, so nothing is outlined."
        )
    if outline is None:
        return (
            f"Nothing is outlined: painting over what this map marks, up to {_share(SHARES[-1])} of the {sample},"
            " leaves more than half of the answer."
        )
    if explanation.class_index is None:
        return (
            f"Painting over the outlined {_share(outline.share)} leaves {percent(outline.left)} of the distance between"
            f" this value and {number(explanation.empty)}, which an empty {sample} gets; the same outline elsewhere"
            f" leaves {percent(outline.elsewhere)} ({_range(outline)})."
        )
    turned = f" The answer is then “{outline.turned_into}”." if outline.turned_into else ""
    return (
        f"Painting over the outlined {_share(outline.share)} lowers the probability of “{explanation.class_name}” from"
        f" {percent(explanation.whole)} to {percent(outline.left)}; the same outline elsewhere leaves"
        f" {percent(outline.elsewhere)} ({_range(outline)}).{turned}"
    )


def _share(share: float) -> str:
    return percent(share, 0 if share >= 0.02 else 1)


def _range(outline: Outline) -> str:
    return f"{percent(outline.elsewhere_low)} to {percent(outline.elsewhere_high)}"


def judged(verdict: Verdict, sample: str) -> str:
    """Say what the test of a map found, in numbers.

    Args:
        verdict: The verdict.
        sample: What a sample is called: "image".
    """
    if verdict.word == "no verdict":
        return f"No verdict: an empty {sample} is answered in the same way."
    own, others = verdict.twins, verdict.others
    found = (
        f"Of the whole answer, what it marks takes {_more(own.effect)} than the {_SHAPES}, on average over all shares"
        f" ({p_value(own.p_value, own.number)}, {number(own.number)} places)"
    )
    if others is None:
        return f"{found}. There were fewer than {LEAST_OTHERS} other {sample}s' maps to compare with."
    return (
        f"{found}, and {_more(others.effect)} than the maps of {plural(others.number, f'other {sample}')}"
        f" ({p_value(others.p_value, others.number)})."
    )


def brief(verdict: Verdict) -> str:
    """Say what the test of a map found, in as few words as hold all its numbers."""
    if verdict.word == "no verdict":
        return verdict.word
    own, others = verdict.twins, verdict.others
    found = f"{verdict.word}, {_more(own.effect)} than its shape in {number(own.number)} other places"
    found = f"{found} ({p_value(own.p_value, own.number)})"
    if others is None:
        return found
    return (
        f"{found}, {_more(others.effect)} than {number(others.number)} other maps"
        f" ({p_value(others.p_value, others.number)})"
    )


def _more(effect: float) -> str:
    """A difference of shares of the whole answer, in percentage points: one can lie above 100."""
    return f"{_points(abs(effect))} {'more' if effect >= 0 else 'less'}"


def _points(share: float) -> str:
    written = f"{100 * share:.1f}"
    return f"{'under 0.1' if share and written == '0.0' else written}\u00a0{'point' if written == '1.0' else 'points'}"


def plain(explanation: Explanation) -> str:
    """Say what the plainest maps would reach; "" where that was not measured."""
    main = explanation.main
    if not explanation.plain or main is None or main.verdict is None or main.verdict.word == "no verdict":
        return ""
    each = ", ".join(f"{one.name} alone {_more(one.effect)}" for one in explanation.plain)
    return f"Compared with the same places, maps that know no network take: {each}."


def made(shown: EvidenceMap, sample: str) -> str:
    """Say how a map was made, and what its colours mean."""
    scale = number(shown.scale)
    if shown.method == "occlusion":
        return (
            f"Each of {number(shown.steps)} windows painted over in turn; a place has the mean loss over the windows"
            f" around it, at most {scale}."
        )
    if shown.method == "integrated-gradients":
        complete = (
            f" Its parts add up to {_completeness(shown.complete)} of the change." if shown.complete is not None else ""
        )
        return (
            f"Gradients at {number(shown.steps)} points between an empty {sample} and this one, at most {scale} a"
            f" place.{complete} What has the median colour gets nothing."
        )
    size = " × ".join(map(number, shown.grid))
    return f"{size} numbers of {shown.path}, enlarged: its channels times their gradients, at most {scale} a place."


def added(part: WorkedSum, what: str) -> str:
    """Say why a sum over places is exact, and what it comes to."""
    rows, columns = len(part.cells), len(part.cells[0])
    places = sum(map(sum, part.cells))
    begins = "the starting values" if what == "lead" else "the starting value"
    largest = max(map(abs, (places, part.bias, part.score)))
    added_, bias, score = (alike(each, largest) for each in (places, part.bias, part.score))
    return (
        f"All {number(rows * columns)} ({added_}) and {begins} ({bias}) make the {what} {score}, exactly: after"
        f" {part.path} the network only averages and adds. Each place draws on its surroundings, too."
    )


def _completeness(share: float) -> str:
    """Write what parts add up to: on either side of the whole by a rounding, so that 99.997 and 100.003 are one."""
    return percent(round(share, 3))


def summed(part: WorkedSum | Carried, what: str) -> str:
    """Say what the channels of a call add up to, and how exactly; `what` is "value" or "log-odds"."""
    if isinstance(part, WorkedSum):
        largest = max(abs(part.bias), abs(part.score))
        return (
            f"The whole sum: the starting value {alike(part.bias, largest)}, then what each channel adds. The model"
            f" gave {alike(part.score, largest)}; the difference is {number(part.rest, 2)}."
        )
    against = f" and {number(part.against_it)} against it" if part.against_it else ""
    return (
        f"With every channel of {part.path} at its mean over the data, the {what} would be"
        f" {number(abs(part.change))} {'lower' if part.change > 0 else 'higher'}. {number(part.for_it)} speak for the"
        f" answer{against}. The parts add up to {_completeness(part.complete)} of the change."
    )


def contrasted(contrast: Contrast, name: str) -> str:
    """Say what a map of one class against another shows."""
    times = math.exp(min(contrast.lead, 30.0))
    said = short(times) if times >= 10**6 else number(float(f"{times:.3g}"), 2)
    if contrast.lead >= 30:
        ahead = "far ahead of"
    else:
        ahead = "about as probable as" if said == "1" else f"{said} times as probable as"
    return f"“{name}” is {ahead} “{contrast.other}” ({percent(contrast.probability)})."


def controlled(controls: Sequence[Control]) -> str:
    """Say how often maps that should not pass did; "" where none were tried."""
    words = {
        "shuffled weights": "{} of the same network with its weights shuffled",
        "runner-up": "{} for the runner-up instead of the answer",
    }
    parts = [
        f"{words[control.kind].format(plural(control.number, 'map'))}: {_none(control.supported)} supported"
        f" (95 % interval {_interval(control)})"
        for control in controls
    ]
    if not parts:
        return ""
    return f"Maps that should fail were put through the same test. {'; '.join(parts).capitalize()}."


def _interval(control: Control) -> str:
    """Few maps say little of how often such maps pass."""
    low, high = wilson(control.supported, control.number)
    return f"{percent(low, 0)} to {percent(high, 0)}"


def _none(count: int) -> str:
    return "none" if count == 0 else number(count)


def answer(explanations: Sequence[Explanation], sample: str) -> str:
    """Return the chapter's answer."""
    words = [one.main.verdict.word for one in explanations if one.main is not None and one.main.verdict is not None]
    supported = words.count("supported")
    if not words:
        return "No picture of the evidence was put to a test, so none is a claim."
    called = {"no verdict": "without a verdict"}
    rest = [
        f"{number(words.count(word))} {called.get(word, word)}" for word in dict.fromkeys(words) if word != "supported"
    ]
    if not supported:
        return _none_supported(words, rest, sample)
    found = (
        f"For {number(supported)} of {plural(len(words), sample)} the evidence map is supported: painting over what it"
        " marks takes more of the answer than painting over the same shape elsewhere, and more than what is marked in"
        f" other {sample}s."
    )
    if len(words) - supported == 1:
        return f"{found} The other one is {rest[0].removeprefix('1 ')}."
    return f"{found} The others: {', '.join(rest)}." if rest else found


def _none_supported(words: Sequence[str], rest: Sequence[str], sample: str) -> str:
    alone = len(words) == 1
    which = "The one evidence map" if alone else f"None of the {number(len(words))} evidence maps"
    if set(words) == {"no verdict"}:
        has, same = ("has no", "answer is") if alone else ("has a", "answers are")
        return f"{which} {has} verdict: with everything painted over, the {same} the same."
    return (
        f"{which} is {'not ' if alone else ''}supported. For that, painting over what it marks must take more of the"
        f" answer than painting over the same shape elsewhere, and more than what is marked in other {sample}s."
        + ("" if alone else f" They are: {', '.join(rest)}.")
    )
