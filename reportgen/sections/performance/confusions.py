"""Counts of true classes and answers -> what is taken for what, the most frequent first, and that in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.evidence.performance import ClassAccuracy, Confusion
from reportgen.language.numerals import number, plural, times
from reportgen.language.ties import Tie, first

NO_NUMBER = "no number"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """A true class and a wrong answer to it.

    Attributes:
        label: What the true class is called.
        answered: What the predicted class is called; None for a prediction that holds NaN or infinity.
        number: How often it was predicted.
        whole: How many there are of the true class.
        ranks: First and last rank among all pairs by their numbers, from 1; pairs with one number share their ranks.
    """

    label: str
    answered: str | None
    number: int
    whole: int
    ranks: tuple[int, int]

    @property
    def rank(self) -> str:
        """The ranks in words."""
        lowest, highest = self.ranks
        return number(lowest) if lowest == highest else f"{number(lowest)}–{number(highest)}"

    @property
    def answer(self) -> str:
        """The answer in words."""
        return NO_NUMBER if self.answered is None else self.answered


def pairs(classes: Sequence[ClassAccuracy], confusions: Sequence[Confusion], names: Sequence[str]) -> tuple[Pair, ...]:
    """Return every true class and wrong answer that occur together, the most frequent first, then by class.

    Args:
        classes: The classes.
        confusions: How often each pair occurs, right ones among them.
        names: What the classes are called.
    """
    known = {each.index: (name, each) for each, name in zip(classes, names, strict=True)}
    wrong = sorted((each for each in confusions if each.answered != each.label), key=lambda each: -each.number)
    shared = Counter(each.number for each in wrong)
    ranks, before = {}, 0
    for count, several in sorted(shared.items(), reverse=True):
        ranks[count] = (before + 1, before + several)
        before += several
    found = []
    for each in wrong:
        label, accuracy = known[each.label]
        answered = None if each.answered is None else known[each.answered][0]
        whole = accuracy.recall.whole if accuracy.recall else 0
        found.append(Pair(label, answered, each.number, whole, ranks[each.number]))
    return tuple(found)


def frequent(found: Sequence[Pair], most: int, seed: int) -> tuple[tuple[Pair, ...], Tie | None]:
    """Return the most frequent pairs, and how many share the last place where not all of them are among these.

    Args:
        found: All pairs.
        most: How many of them, at most.
        seed: Seed of the draw among equally frequent ones.
    """
    return first(found, most, seed, key=lambda pair: -pair.number)


def most_frequent(found: Sequence[Pair]) -> str:
    """Say in a sentence which pairs are confused most often, and how many, where these are several.

    Args:
        found: All pairs, the most frequent first.
    """
    if not found:
        return "There are no mistakes."
    count = found[0].number
    top = [pair for pair in found if pair.number == count]
    if len(top) > _MOST_NAMED:
        if count == 1:
            return f"No pair is confused more than once ({plural(len(found), 'pair')})."
        return f"{plural(len(top), 'pair')} are confused {times(count)} each, and none more often."
    words = [
        f"{pair.label} read as NaN or infinity" if pair.answered is None else f"{pair.label} read as {pair.answered}"
        for pair in top
    ]
    listed = ("; " if any("," in word for word in words) else ", ").join(words)
    if len(top) == 1:
        which = "Only one pair is confused" if len(found) == 1 else "The most frequent mistake"
        return f"{which}: {listed} ({times(count)})."
    which = "Only these pairs are confused" if len(top) == len(found) else "The most frequent mistakes"
    return f"{which}, {times(count)} each: {listed}."


def caption(found: Sequence[Pair], shown: Sequence[Pair], tie: Tie | None, seed: int) -> str:
    """Say in sentences what a list of pairs shows of all of them.

    Args:
        found: All pairs; there is at least one.
        shown: Those of the list, the most frequent first.
        tie: How many of the equals at its end are shown, where not all are.
        seed: Seed of the draw among these.
    """
    total, drawn = len(found), f"drawn at random with seed {seed}"
    if tie is not None and tie.total == total:
        said = (
            f"{number(len(shown))} of {plural(total, 'pair')} of classes that are confused, each of them"
            f" {times(shown[0].number)}; {drawn}."
        )
    elif len(shown) < total:
        said = f"{number(len(shown))} of {plural(total, 'pair')} of classes that are confused, the most frequent first."
    elif total == 1:
        said = "the only pair of classes that is confused."
    elif shown[0].number == shown[-1].number:
        said = f"all {plural(total, 'pair')} of classes that are confused, each of them {times(shown[0].number)}."
    else:
        said = f"all {plural(total, 'pair')} of classes that are confused, the most frequent first."
    if any(pair.ranks[0] != pair.ranks[1] for pair in shown):
        said += " Pairs that are equally frequent share their ranks."
    if tie is not None and tie.total < total:
        said += (
            f" Of the {plural(tie.total, 'pair')} confused {times(shown[-1].number)} each, {number(tie.shown)}"
            f" {'is' if tie.shown == 1 else 'are'} shown, {drawn}."
        )
    return f"{said} report.json holds all." if len(shown) < total else said
