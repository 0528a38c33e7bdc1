"""A report -> what its run found, in the few lines that stand at the end on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding, Report, Score
from reportgen.findings.families import rules
from reportgen.language.cleaning import clean, shortened
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words

MOST_FINDINGS = 8
_LONGEST_LINE = 600


def outcome(report: Report) -> tuple[str, ...]:
    """Return how often the model is right, then what went wrong: failed checks, warnings, and maps that are left out.

    Every line is one line, and nothing in it commands a terminal. Notes and checks that passed are left to the report.
    """
    named, sample = len(report.model.outputs) > 1, words(report.model).sample
    scores = [_score(score, sample, f" at output {score.output}" if named else "") for score in report.scores]
    return tuple(map(_one_line, [*scores, *_findings(report.findings)]))


def _score(score: Score, sample: str, where: str) -> str:
    images = plural(score.num_images, sample)
    low, high = score.interval or (None, None)
    interval = f"95\u202f% interval {percent(low)} to {percent(high)}; " if score.interval else ""
    if score.pixel_accuracy is not None:
        overlap = f", mean intersection over union {percent(score.mean_iou)}"
        return f"Pixel accuracy{where}: {percent(score.pixel_accuracy)} ({interval}{images}){overlap}"
    if score.right is None:
        return f"Mean absolute error{where}: {number(score.mean_error)} ({images})"
    # Numbers that are both classes and values of an output are judged as classes.
    what = "All classes right" if score.kind == "multi-label" else "Accuracy"
    share = percent(score.right / score.num_images)
    return f"{what}{where}: {share} ({interval}{number(score.right)} of {images})"


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    heavy = [f"Check failed: {each.title} {each.detail}" for each in findings if each.severity == "failed"]
    heavy += [f"Warning: {each.title}" for each in findings if each.severity == "warning"]
    yield from heavy[:MOST_FINDINGS]
    if len(heavy) > MOST_FINDINGS:
        yield f"and {number(len(heavy) - MOST_FINDINGS)} more: see the report"
    told = {rule.code for rule in rules() if rule.is_told}
    yield from (each.title for each in findings if each.code in told and each.severity == "note")


def _one_line(text: str) -> str:
    return shortened(clean(text.translate({ord(end): " " for end in "\t\n\r"})), _LONGEST_LINE)
