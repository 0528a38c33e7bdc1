"""An explanation -> what is said of it, in whole sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.evidence.performance import wilson
from reportgen.evidence.why import (
    LEAST_OTHERS,
    SHARES,
    Carried,
    Contrast,
    Control,
    EvidenceMap,
    Explanation,
    Outline,
    Verdict,
)
from reportgen.language.numerals import number, p_value, percent, plural

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
_SHAPES = "same shape elsewhere"


def title(explanation: Explanation, label: str | None) -> str:
    """Return the heading of an explanation: the answer, how sure it is, and whether it is right."""
    if explanation.class_index is None:
        return f"A value of {number(explanation.whole)}"
    said = f"“{explanation.class_name}”, {percent(explanation.whole)} sure"
    if explanation.correct is None:
        return said
    return f"{said}, and right" if explanation.correct else f"{said}, and wrong: it is “{label}”"


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


def judged(verdict: Verdict) -> str:
    """Say what the test of a map found, in numbers."""
    if verdict.word == "no verdict":
        return "No verdict: an empty image is answered in the same way."
    own, others = verdict.twins, verdict.others
    found = (
        f"What it marks takes {_more(own.effect)} of the answer than the {_SHAPES}"
        f" ({p_value(own.p_value, own.number)}, {number(own.number)} places)"
    )
    if others is None:
        return f"{found}. There were fewer than {LEAST_OTHERS} other images' maps to compare with."
    return (
        f"{found}, and {_more(others.effect)} than the maps of {number(others.number)} other images"
        f" ({p_value(others.p_value, others.number)})."
    )


def _more(effect: float) -> str:
    return f"{percent(abs(effect))} {'more' if effect >= 0 else 'less'}"


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
            f" Its parts add up to {percent(shown.complete)} of the change." if shown.complete is not None else ""
        )
        return (
            f"Gradients at {number(shown.steps)} points between an empty {sample} and this one, at most {scale} a"
            f" place.{complete} What has the median colour gets nothing."
        )
    size = " × ".join(map(number, shown.grid))
    return f"{size} numbers of {shown.path}, enlarged: its channels times their gradients, at most {scale} a place."


def carried(part: Carried) -> str:
    """Say what the channels of a call add up to."""
    against = f" and {number(part.against_it)} against it" if part.against_it else ""
    exact = f"The parts add up to {percent(part.complete)} of the change."
    return (
        f"With every channel of {part.path} at its mean over the data, the log-odds would be {number(abs(part.change))}"
        f" {'lower' if part.change > 0 else 'higher'}. {number(part.for_it)} speak for the answer{against}. {exact}"
    )


def contrasted(contrast: Contrast, name: str) -> str:
    """Say what a map of one class against another shows."""
    times = math.exp(min(contrast.lead, 30.0))
    ahead = f"“{name}” is {number(times, 2)} times as probable" if contrast.lead < 30 else f"“{name}” is far ahead"
    return f"{ahead} as “{contrast.other}” ({percent(contrast.probability)})."


def controlled(controls: Sequence[Control]) -> str:
    """Say how often maps that should not pass did; "" where none were tried."""
    words = {
        "shuffled weights": "{} of the same network with its weights shuffled",
        "runner-up": "{} for the runner-up in the place of the answer",
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
    rest = [f"{number(words.count(word))} {word}" for word in dict.fromkeys(words) if word != "supported"]
    found = (
        f"For {number(supported)} of {plural(len(words), sample)} the evidence map is supported: painting over what it"
        " marks takes more of the answer than painting over the same shape elsewhere, and more than what is marked in"
        f" other {sample}s."
    )
    return f"{found} The others: {', '.join(rest)}." if rest else found
