"""The scores of one output -> its pictures: recall by class, what is taken for what, confidence and accuracy."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.performance import Calibration, ClassAccuracy, Confusion, HeadScores, Share, by_chance
from reportgen.figures import scores
from reportgen.figures.class_labels import Labels, Letters, labels
from reportgen.findings.weak_classes import weak_classes
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.ties import Tie, first
from reportgen.language.vocabulary import Words, words
from reportgen.sections.performance import confusions

MOST_WHOLE = 20
"""Up to so many classes, the mistakes are a matrix and all classes are drawn; of more, so many."""
LEAST_TOLD = 5
"""Of many classes, none is told of by itself where the largest has fewer images."""
_MOST_READ_AS = 3
_LEAST_READ_AS = 2


def recalls(evidence: Evidence, head: HeadScores, name: str, at: str) -> Figure | None:
    """Draw how often classes are recognised, the least often first.

    Args:
        evidence: All evidence.
        head: The output.
        name: Id of the figure.
        at: Which output it is, where there are several.

    Returns:
        The picture; None where there are many classes of a few images each, or none with any.
    """
    known = [each for each in head.classes if each.recall]
    largest = max((each.recall.whole for each in known if each.recall), default=0)
    is_whole = len(head.classes) <= MOST_WHOLE
    if not known or (not is_whole and largest < LEAST_TOLD):
        return None
    shown, tie = least_found(head.classes, head.seed)
    weak = {found for found, _, _ in weak_classes(head).found}
    short = dict(zip((each.index for each in head.classes), labels_of(head.classes, 0).names, strict=True))
    rows = [
        scores.RecallRow(short[each.index], each.recall, read_as(head, each, short), each.name in weak)
        for each in shown
        if each.recall
    ]
    worst = rows[0]
    alt = (
        f"Recall of {plural(len(rows), 'class', 'classes')}{at}, the lowest first: {worst.label},"
        f" {number(worst.share.part)} of {number(worst.share.whole)}"
        f"{', ' + worst.mistakes if worst.mistakes else ''}; the highest: {rows[-1].label},"
        f" {number(rows[-1].share.part)} of {number(rows[-1].share.whole)}."
    )
    caption = _recall_caption(head, rows, tie, at, words(evidence.model))
    return scores.recalls(name, rows, head.right.value, alt=alt, caption=caption, letters=_letters(evidence))


def _recall_caption(head: HeadScores, rows: Sequence[scores.RecallRow], tie: Tie | None, at: str, known: Words) -> str:
    total = sum(each.recall is not None for each in head.classes)
    which = "Recall by class" if len(rows) == total else f"Recall of {number(len(rows))} of {number(total)} classes"
    said = f"{which}{at}: of the {known.samples} of a class, how many are predicted as that class, the lowest first."
    if tie is not None and len(rows) < total:
        drawn = f"drawn at random with seed {head.seed}"
        verb = "is" if tie.shown == 1 else "are"
        said += f" Of {number(tie.total)} with the same recall and size, {number(tie.shown)} {verb} shown, {drawn}."
    said += " Lines: 95 % intervals; dotted: all classes together."
    if any(row.stands_out for row in rows):
        said += " Orange: more mistakes than chance would put there, corrected for the number of classes."
    if any(row.mistakes for row in rows):
        said += f" Named: what at least {number(_LEAST_READ_AS)} {known.samples} of a class are read as."
    return said + labels_of(head.classes, 0).left_out


def read_as(head: HeadScores, each: ClassAccuracy, names: dict[int, str]) -> str:
    """Say what the images of a class are taken for, where several are taken for the same.

    Args:
        head: The output.
        each: The class.
        names: What the classes are called.
    """
    wrong = sorted(
        (cell for cell in head.confusions if cell.label == each.index and cell.answered != cell.label),
        key=lambda cell: -cell.number,
    )
    told = [cell for cell in wrong if cell.number >= _LEAST_READ_AS][:_MOST_READ_AS]
    parts = [
        f"{number(cell.number)} {'' if place else 'read '}as"
        f" {confusions.NO_NUMBER if cell.answered is None else names[cell.answered]}"
        for place, cell in enumerate(told)
    ]
    return ", ".join(parts)


def least_found(classes: tuple[ClassAccuracy, ...], seed: int) -> tuple[tuple[ClassAccuracy, ...], Tie | None]:
    """Return the classes that are recognised least often, among equals the larger first; and a tie at their end."""
    known = [each for each in classes if each.recall]
    return first(
        known,
        MOST_WHOLE,
        seed,
        key=lambda each: (each.recall.value, -each.recall.whole) if each.recall else (0.0, 0),
    )


def labels_of(classes: tuple[ClassAccuracy, ...], num_nonfinite: int) -> Labels:
    """Return what stands for classes in pictures and lists."""
    return labels([(each.index, each.name) for each in classes], len(classes) + (num_nonfinite > 0))


def matrix(evidence: Evidence, head: HeadScores, name: str, at: str) -> Figure | None:
    """Draw which class is taken for which; None of many classes and without mistakes. Arguments as for `recalls`."""
    classes, num_nonfinite = head.classes, head.num_nonfinite
    if not head.confusions or len(classes) > MOST_WHOLE or head.right.part == head.right.whole:
        return None
    counts = _counts(classes, head.confusions, num_nonfinite)
    short, letters = labels_of(classes, num_nonfinite), _letters(evidence)
    numbered = short.written(letters, counts.shape[1]).numbered
    found = confusions.pairs(classes, head.confusions, short.names)
    often = confusions.most_frequent(found)
    wrong = head.right.whole - head.right.part
    listed_pairs = [f"{pair.label} read as {pair.answer}, {number(pair.number)}" for pair in found[:_MOST_READ_AS]]
    alt = f"Matrix of {plural(wrong, 'mistake')}{at}. Most often: {listed(listed_pairs)}."
    caption = (
        f"The {plural(wrong, 'mistake')}{at}: one row for each true class, one column for each predicted class, their"
        f" sums at the ends. Correct predictions are left out. {often}"
        f"{' The columns are numbered like the rows.' if numbered else ''}{short.left_out}"
    )
    return scores.mistakes_matrix(name, counts, short, alt=alt, caption=caption, letters=letters)


def _letters(evidence: Evidence) -> Letters:
    return Letters(tuple(font.path for font in evidence.fonts), evidence.without_glyph)


def _counts(classes: tuple[ClassAccuracy, ...], cells: tuple[Confusion, ...], num_nonfinite: int) -> scores.Counts:
    """Put the counts into a matrix, one row per true class, answers that are no number in a last column."""
    places = {each.index: place for place, each in enumerate(classes)}
    return scores.counted(
        (len(classes), len(classes) + (num_nonfinite > 0)),
        [
            (places[each.label], len(classes) if each.answered is None else places[each.answered], each.number)
            for each in cells
        ],
    )


def reliability(calibration: Calibration, name: str, at: str, known: Words) -> Figure:
    """Draw the confidence against the accuracy.

    Args:
        calibration: The bins.
        name: Id of the figure.
        at: Which output it is, where there are several.
        known: The words for its samples.
    """
    error, usual = percent(calibration.error), percent(calibration.error_by_chance[0])
    outside = [
        each
        for each in calibration.bins
        if each.right and each.confidence is not None and not _is_by_chance(each.right, each.confidence)
    ]
    filled = sum(each.right is not None for each in calibration.bins)
    alt = (
        f"Accuracy against confidence{at}: {plural(calibration.right.whole, 'prediction')} in {plural(filled, 'bin')};"
        f" {number(len(outside))} of them outside what chance gives; expected calibration error {error}, by chance"
        f" {usual}."
    )
    caption = (
        f"Confidence against accuracy{at}, over {plural(calibration.right.whole, 'prediction')} in"
        f" {len(calibration.bins)} bins of equal width. Dots: accuracy at the bin’s mean confidence, with its 95 %"
        " interval. Grey: where 95 of 100 networks would lie that are right exactly as often as they are confident;"
        f" dashed: where these two are equal. Below: predictions in each bin; few {known.samples} say little."
    )
    return scores.reliability(name, calibration, alt=alt, caption=caption)


def _is_by_chance(right: Share, confidence: float) -> bool:
    low, high = by_chance(confidence, right.whole)
    return low <= right.value <= high
