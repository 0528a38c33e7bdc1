"""The scores of one output -> the classes on which more of its mistakes fall than chance would put there."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence.inference import LEVEL, fisher, holm
from reportgen.evidence.performance import HeadScores, Share

LEAST_OF_A_CLASS = 5
"""Fewest images of a class that is tested."""


@dataclass(frozen=True, slots=True)
class WeakClasses:
    """What the test of all classes found.

    Attributes:
        num_tested: How many classes were tested; 0 where none could be.
        found: Name, recall and corrected p-value of each that stands, the lowest recall first.
    """

    num_tested: int
    found: tuple[tuple[str, Share, float], ...] = ()


def weak_classes(head: HeadScores) -> WeakClasses:
    """Test every class with enough images: Fisher's exact test, one-sided, corrected for all of them (Holm).

    A network that is no better than its commonest prediction tells no classes apart, and none of them is weak.
    """
    mistakes, total = head.right.whole - head.right.part, head.right.whole
    classes = [(each.name, each.recall) for each in head.classes if each.recall]
    tested = [(name, recall) for name, recall in classes if recall.whole >= LEAST_OF_A_CLASS]
    if head.commonest is None or len(tested) < 2 or not mistakes:
        return WeakClasses(0)
    if head.right.interval[0] <= head.commonest.share.value:
        return WeakClasses(0)
    p_values = holm([fisher(recall.whole - recall.part, recall.whole, mistakes, total) for _, recall in tested])
    weak = [(*each, p) for each, p in zip(tested, p_values, strict=True) if p <= LEVEL]
    return WeakClasses(len(tested), tuple(sorted(weak, key=lambda each: each[1].value)))
