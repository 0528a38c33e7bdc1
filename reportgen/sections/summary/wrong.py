"""The scores -> where the network goes wrong: by class, by kind of class, or by how sure it was; worst first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from reportgen.evidence import Evidence
from reportgen.evidence.performance import HeadScores, Share, share
from reportgen.evidence.pixels import ByClass
from reportgen.findings.weak_classes import LEAST_OF_A_CLASS, weak_classes
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import Words, words
from reportgen.sections.summary.keys import scored_pixels
from reportgen.sections.summary.sureness import trust
from reportgen.sections.summary.verdict import main_scores

MOST_ROWS, MOST_KINDS = 10, 15
_MOST_BESIDE = 3
# Places up to which images are counted together; 0 for the last one.
_RANKS = (1, 5, 20, 0)
NO_KIND = "no kind"
BY_SURENESS = "how sure"
"""What the rows are where they are bands of confidence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a class, a kind, or a band of confidence.

    Attributes:
        name: What it is.
        right: Share that is right, 0..1.
        interval: 95 % interval of it, or None.
        told: The same in words: "88 of 100".
        near: Share of near misses, 0..1; None where there is no such.
        beside: What its mistakes are, and how often: "3 (4×), 8 (3×)".
        is_weak: Whether it is worse than the rest by more than chance.
    """

    name: str
    right: float
    interval: tuple[float, float] | None
    told: str
    near: float | None
    beside: str
    is_weak: bool


@dataclass(frozen=True, slots=True)
class Wrong:
    """Where the network goes wrong.

    Attributes:
        title: What stands above it.
        lead: One or two sentences; "" where the title says it.
        head: What the rows are: "class", "kind", "how sure".
        near: What the middle part of a bar is called; "" without one, and then each row is an interval and a mark.
        low: Where the scale of intervals begins, 0..1.
        average: The whole share that is right, 0..1; None where it is not marked.
        rows: The rows.
        caption: What is shown, of how many, and what the marks mean.
        ranks: At which place the true class stands among all, with its share of the images; () where that is not shown.
        measure: What is given of each row, over its column.
    """

    title: str
    lead: str
    head: str
    near: str
    low: float
    average: float | None
    rows: tuple[Row, ...]
    caption: str
    ranks: tuple[Row, ...] = ()
    measure: str = "right"

    def place(self, share: float) -> float:
        """Return where a share lies on the scale, 0..1."""
        return max(0.0, (share - self.low) / (1 - self.low))

    def span(self, row: Row) -> float:
        """Return how much of the scale the interval of a row takes, 0..1."""
        return self.place(row.interval[1]) - self.place(row.interval[0]) if row.interval else 0.0


def wrong(evidence: Evidence) -> Wrong | None:
    """Return where it goes wrong; None where that is not known, or there is one class only."""
    head, known = main_scores(evidence), words(evidence.model)
    if head is None:
        scored = scored_pixels(evidence)
        return _by_pixels(scored.by_class) if scored is not None and scored.by_class is not None else None
    sizes = [each.recall.whole for each in head.classes if each.recall]
    if not sizes:
        return None
    kinds = evidence.dataset.kinds if evidence.dataset else ()
    if any(kinds) and head.confusions:
        return _by_kind(head, kinds, known)
    if max(sizes) >= LEAST_OF_A_CLASS:
        return _by_class(head, known)
    return _by_sureness(evidence, head, max(sizes), known)


def _by_class(head: HeadScores, known: Words) -> Wrong:
    tested = weak_classes(head)
    weak = {name for name, _, _ in tested.found}
    recalls = [(each.index, each.name, each.recall) for each in head.classes if each.recall]
    order = sorted(recalls, key=lambda each: (each[2].value, -each[2].whole, each[0]))[:MOST_ROWS]
    rows = tuple(
        Row(name, recall.value, recall.interval, _of(recall), None, _mistaken(head, index), name in weak)
        for index, name, recall in order
    )
    called = listed([f"“{name}”" for name, _, _ in tested.found[:_MOST_BESIDE]])
    title = f"Where it goes wrong: {called}" if weak else "Where it goes wrong"
    if all(recall.value == 1 for _, _, recall in recalls):
        title = "Right in every class" if len(recalls) > 1 else "Never wrong"
    lead = ""
    if not weak and tested.num_tested:
        lead = "No class is worse than the others by more than chance."
    every = len(recalls) <= MOST_ROWS
    all_of_them = "Both" if len(recalls) == 2 else f"All {number(len(recalls))}"
    which = all_of_them if every else f"The {number(len(rows))} of {number(len(recalls))}"
    what = "found" if not head.confusions else "classified correctly"
    caption = (
        f"{which} classes{'' if every else ' that are recognised least'}, worst first: how many {known.samples} of each"
        f" are {what}. Bars: 95 % intervals; the line is the average."
        if len(recalls) > 1
        else f"The only class that occurs: how many of its {known.samples} are {what}. Bar: 95 % interval."
    )
    if weak:
        caption += " Orange: worse than the rest by more than chance (Fisher's exact test, corrected for all classes)."
    low = min((row.interval[0] for row in rows if row.interval), default=0.0)
    return Wrong(title, lead, "class", "", _floor(low), head.right.value, rows, caption)


def _mistaken(head: HeadScores, index: int) -> str:
    """What the images of a class are taken for, and how often: "3 (4×), 8 (3×)"."""
    names = {each.index: each.name for each in head.classes}
    cells = [cell for cell in head.confusions if cell.label == index != cell.answered]
    cells.sort(key=lambda cell: (-cell.number, -1 if cell.answered is None else cell.answered))
    told = [
        f"{'no number' if cell.answered is None else names[cell.answered]} ({number(cell.number)}×)"
        for cell in cells[:_MOST_BESIDE]
    ]
    rest = sum(cell.number for cell in cells[_MOST_BESIDE:])
    return ", ".join([*told, *([f"others ({number(rest)}×)"] if rest else [])])


def _by_kind(head: HeadScores, kinds: Sequence[str], known: Words) -> Wrong:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    chance, sizes = 0.0, Counter(kind for kind in kinds if kind)
    total = max(head.num_classes - 1, 1)
    for cell in head.confusions:
        kind = _kind(kinds, cell.label)
        same = cell.answered is not None and bool(kind) and kind == _kind(kinds, cell.answered)
        what = "right" if cell.answered == cell.label else "near" if same else "far"
        counts[kind or NO_KIND][what] += cell.number
        if what != "right" and kind:
            chance += cell.number * (sizes[kind] - 1) / total
    near = sum(each["near"] for each in counts.values())
    mistakes = near + sum(each["far"] for each in counts.values())
    rows = []
    for kind, each in counts.items():
        right = share(each["right"], sum(each.values()))
        if right is not None:
            rows.append(Row(kind, right.value, right.interval, _of(right), each["near"] / right.whole, "", False))
    rows.sort(key=lambda row: (row.name == NO_KIND, -row.right, row.name))
    shown = rows if len(rows) <= MOST_KINDS else rows[-MOST_KINDS:]
    which = "" if len(rows) <= MOST_KINDS else f"The {MOST_KINDS} of {number(len(rows))} kinds with the lowest share. "
    lead = (
        f"{number(near)} of {plural(mistakes, 'wrong prediction names', 'wrong predictions name')} a class of the same"
        f" kind; drawn at random from the other classes, about {number(round(chance))} would."
    )
    caption = (
        f"{which}Right answers by kind of class, as sorted with --groups. A near miss names another class of the same"
        f" kind. Thin lines: 95 % intervals of the share of {known.samples} that is right."
    )
    title = "Where it goes wrong: by kind"
    return Wrong(title, lead if mistakes else "", "kind", "near miss", 0.0, None, tuple(shown), caption)


def _kind(kinds: Sequence[str], index: int) -> str:
    return kinds[index] if 0 <= index < len(kinds) else ""


def _by_sureness(evidence: Evidence, head: HeadScores, most: int, known: Words) -> Wrong | None:
    measured = trust(evidence.predictions) if evidence.predictions else None
    if measured is None or not measured.bands:
        return None
    rows = []
    for band in measured.bands:
        assert band.right is not None, "bands without answers are left out"
        name = (
            f"{percent(band.low, 0)} or more"
            if band.high >= 1
            else f"{percent(band.low, 0)} to {percent(band.high, 0)}"
        )
        name = f"under {percent(band.high, 0)}" if band.low <= 0 else name
        near = None if band.near is None else band.near / band.right.whole
        rows.append(Row(name, band.right.value, band.right.interval, _of(band.right), near, "", False))
    lead = f"With at most {plural(most, known.sample)} of each class, single classes cannot be ranked."
    five = head.among_five
    has_near = all(row.near is not None for row in rows) and five is not None
    if five is not None and head.num_mistakes:
        among = five.part - head.right.part
        lead += (
            f" For {number(among)} of {plural(head.num_mistakes, 'wrong prediction')}, the right class is among the"
            " first five."
        )
    caption = (
        f"Right answers by how sure the network was, over all {plural(head.right.whole, known.sample)}."
        f"{' Nearly right: the right class is among its first five.' if has_near else ''} Thin lines: 95 % intervals"
        " of the share that is right."
    )
    ranks = _ranks(evidence)
    if ranks:
        caption += " Below: at which place the right class stands among all classes, by their probability."
    near_word = "nearly right" if has_near else ""
    low = 0.0 if has_near else _floor(min(row.interval[0] for row in rows if row.interval))
    average = None if has_near else head.right.value
    return Wrong("Where it goes wrong", lead, BY_SURENESS, near_word, low, average, tuple(rows), caption, ranks)


def _ranks(evidence: Evidence) -> tuple[Row, ...]:
    """At which place the true class stands among all classes."""
    found = evidence.predictions
    if found is None or found.places is None:
        return ()
    rows, before, highest = [], 0, max(len(found.places), 1)
    for most in _RANKS:
        last = min(most or highest, highest)
        inside = share(int(found.places[before:last].sum()), found.num_images)
        if inside is not None and last > before:
            name = "first" if last == 1 else f"{number(before + 1)} to {number(last)}"
            rows.append(Row(name, inside.value, inside.interval, _of(inside), None, "", False))
        before = last
    return tuple(rows)


def _by_pixels(scores: ByClass) -> Wrong | None:
    found = [(each, each.iou) for each in scores.classes if each.iou is not None]
    order = sorted(found, key=lambda each: each[1].value)[:MOST_ROWS]
    if not order:
        return None
    rows = tuple(Row(each.name, iou.value, iou.interval, percent(iou.value), None, "", False) for each, iou in order)
    which = "The classes" if len(found) <= MOST_ROWS else f"The {MOST_ROWS} of {number(len(found))} classes"
    caption = (
        f"{which}, worst first, by their overlap (intersection over union): of all pixels that are of a class or"
        " predicted as it, those that are both. Bars: 95 % intervals; the line is the mean."
    )
    low = min((row.interval[0] if row.interval else row.right for row in rows), default=0.0)
    mean = scores.mean_iou.value if scores.mean_iou else None
    return Wrong("Where it goes wrong", "", "class", "", _floor(low), mean, rows, caption, measure="overlap")


def _of(found: Share) -> str:
    return f"{number(found.part)} of {number(found.whole)}"


def _floor(low: float) -> float:
    """Where a scale begins: the last tenth below the lowest interval."""
    return min(floor(low * 10) / 10, 0.9)
