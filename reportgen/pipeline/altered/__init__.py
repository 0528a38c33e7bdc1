"""A file of a report and the one that comes out again -> what reads otherwise, and where.

Both are taken apart into places, chapters or pages, each with its words and with what else it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reportgen.policy.comparing import Difference

_AROUND = 3
_MOST_WORDS = 20_000
_MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a file that a reader can find.

    Attributes:
        name: What a reader finds it by: "page 3".
        words: Its words, as they are read.
        further: What it is made of besides: pictures, links, drawings, as texts that differ where these do.
    """

    name: str
    words: tuple[str, ...]
    further: tuple[str, ...] = ()


def differences(claimed: Sequence[Place], found: Sequence[Place]) -> tuple[Difference, ...]:
    """Return what differs, in the order of the file: words first, and in places with the same words what else does.

    Args:
        claimed: The file as it was found.
        found: The file as it comes out again.
    """
    first, second = ({each.name: each for each in places} for places in (claimed, found))
    different: list[Difference] = []
    for name in {**first, **second}:
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            there = "there"
            different.append(Difference(name, there if one else _MISSING, there if other else _MISSING))
        elif one.words != other.words:
            different += (Difference(name, *each) for each in _reworded(one.words, other.words))
        elif one.further != other.further:
            different += (Difference(name, *each) for each in _reworded(one.further, other.further, 0))
    return tuple(different)


def _reworded(one: Sequence[str], other: Sequence[str], around: int = _AROUND) -> Iterator[tuple[str, str]]:
    """Yield what stands in the one and in the other where they differ, with some words around it."""
    if len(one) == len(other):
        spans = _runs([place for place, both in enumerate(zip(one, other, strict=True)) if both[0] != both[1]])
        changed = [(start, end, start, end) for start, end in spans]
    elif max(len(one), len(other)) > _MOST_WORDS:
        start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        changed = [(start, start + 1, start, start + 1)]
    else:
        blocks = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        changed = [places for kind, *places in blocks if kind != "equal"]  # type: ignore[misc]
    for from_one, to_one, from_other, to_other in changed:
        yield _text(one, from_one, to_one, around), _text(other, from_other, to_other, around)


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first place of each run of neighbours, and the one after its last."""
    start = None
    for place, after in zip(places, [*places[1:], None], strict=True):
        start = place if start is None else start
        if after != place + 1:
            yield start, place + 1
            start = None


def _text(words: Sequence[str], start: int, end: int, around: int) -> str:
    if start == end and not around:
        return _MISSING
    return f"“{' '.join(words[max(start - around, 0) : end + around])}”"
