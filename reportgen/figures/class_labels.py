"""Names of classes -> what stands for them beside a confusion matrix and in tables: short, and none like another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.document import lettering
from reportgen.figures.graph_words import width_of
from reportgen.language.cleaning import clean, isolated, shortened, spelled

LABEL_SIZE = 10
"""Size of the letters of a label, CSS pixels: 7.5 points."""
NO_NUMBER = 38
"""Width of the words above a column of answers that are no number, CSS pixels."""
_WIDEST_SIDE = 32
_WIDEST = 560
_SEPARATORS = frozenset(" _-/\\.:,;|+")


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands for classes.

    Attributes:
        names: A name for each, in their order: without what all have in common, where that makes them shorter.
        numbered: Whether the names are too wide to stand above columns, so that their numbers do, from 1.
        beginning: What all names begin with and is left out of `names`, or "".
        ending: What all names end with and is left out of `names`, or "".
    """

    names: tuple[str, ...]
    numbered: bool
    beginning: str = ""
    ending: str = ""

    @property
    def left_out(self) -> str:
        """What the names are without: a sentence with a space before it, or ""."""
        parts = [
            f"the common {which} “{text}”"
            for which, text in (("beginning", self.beginning), ("ending", self.ending))
            if text
        ]
        return f" Names without {' and '.join(parts)}." if parts else ""

    @property
    def are_long(self) -> bool:
        """Whether the names, as they are, do not fit above the columns."""
        return self.numbered or bool(self.beginning or self.ending)

    def written(self, letters: Letters, num_columns: int) -> Labels:
        """Return what stands for the classes in a chart; numbers above columns where names with numbers are too wide.

        Args:
            letters: With what letters names are written.
            num_columns: As for `labels`.
        """
        names = tuple(map(letters.write, self.names))
        wider = bool(letters.lacking) and not _fit(names, num_columns)
        return replace(self, names=names, numbered=self.numbered or wider)

    @property
    def heads(self) -> tuple[str, ...]:
        """What stands above the columns: names, or numbers."""
        return tuple(map(str, range(1, len(self.names) + 1))) if self.numbered else self.names


def side_of(num_columns: int) -> int:
    """Return how wide a column of a confusion matrix is, CSS pixels; one more column has the sums."""
    return min(_WIDEST_SIDE, _WIDEST // (num_columns + 1))


def label_width(label: str) -> float:
    """Return how wide a label is in a chart, CSS pixels."""
    return width_of(label) * LABEL_SIZE / lettering.SIZE


def labels(classes: Sequence[tuple[int, str]], num_columns: int) -> Labels:
    """Return what stands for classes, the same in picture, table and list.

    Names that fit above the columns stay as they are. Of others, what all of them begin or end with is left out, up to
    a separator; if they still do not fit, the columns are numbered.

    Args:
        classes: Index and name of each class. A name that several have is told apart by their indices.
        num_columns: Columns of the confusion matrix; there may be one more than there are classes.
    """
    often = Counter(name for _, name in classes)
    names = [name if often[name] == 1 else f"{name} (class {index})" for index, name in classes]
    if _fit(names, num_columns):
        return Labels(tuple(names), numbered=False)
    beginning, ending = _in_common(names)
    short = tuple(name[len(beginning) : len(name) - len(ending)] for name in names)
    return Labels(short, not _fit(short, num_columns), beginning, ending)


def apart(names: Sequence[str], longest: int) -> tuple[str, ...]:
    """Shorten names in the middle, so that different ones stay different where their difference has room.

    Args:
        names: Any texts.
        longest: How many characters each may have.

    >>> apart(["a long name of one", "a long name of two", "short"], 9)
    ('a lo… one', 'a lo… two', 'short')
    >>> apart(["terrier, red, of Wales", "terrier, wire, of Wales"], 13)
    ('te…red, of…es', 'te…wire, o…es')
    """
    cut = [shortened(name, longest) for name in names]
    same: dict[str, list[str]] = {}
    for name, label in zip(names, cut, strict=True):
        same.setdefault(label, []).append(name)
    return tuple(
        label if len(set(same[label])) == 1 else _showing(name, same[label], longest)
        for name, label in zip(names, cut, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Letters:
    """With what letters names are written in a chart.

    Attributes:
        fonts: Files of fonts for characters that the report's own lack.
        lacking: Characters that no font has.
    """

    fonts: tuple[Path, ...] = ()
    lacking: tuple[str, ...] = ()

    def write(self, name: str) -> str:
        """Return a name as a chart may draw it.

        It is without controls, no writing direction leads out of it, and characters that no font has are numbers.

        >>> Letters(lacking=("層",)).write("層 1")
        '[U+5C64] 1'
        """
        return isolated(spelled(clean(name), self.lacking))


def _fit(names: Sequence[str], num_columns: int) -> bool:
    side = side_of(num_columns)
    beside = max(0, NO_NUMBER - side) / 2 if num_columns > len(names) else 0
    return max(map(label_width, names)) <= side - beside


def _showing(name: str, others: Sequence[str], longest: int) -> str:
    """A name cut so that the first place is seen in which it differs from all of some others that begin alike."""
    place = max(len(_shared([name, other])) for other in others if other != name)
    around = longest // 5
    middle = name[place : place + longest - 2 * around - 2]
    if place + len(middle) + around >= len(name):
        return f"{name[:around]}…{shortened(name[place:], longest - around - 1)}"
    return f"{name[:around]}…{middle}…{name[len(name) - around :]}"


def _in_common(names: Sequence[str]) -> tuple[str, str]:
    """What all names begin with, and what they end with, each up to a separator; something is left of every name."""
    if len(set(names)) < 2:
        return "", ""
    beginning = _beginning(names)
    return beginning, _beginning([name[len(beginning) :][::-1] for name in names])[::-1]


def _beginning(names: Sequence[str]) -> str:
    """The longest common beginning that ends at a separator, is more than one, and leaves something of every name."""
    common = _shared(names)
    for length in range(len(common), 0, -1):
        part, rests = common[:length], [name[length:] for name in names]
        if part[-1] in _SEPARATORS and all(map(_says_something, (part, *rests))) and not _cuts_a_number(part, rests):
            return part
    return ""


def _shared(names: Sequence[str]) -> str:
    """The letters that all names begin with."""
    lowest, highest = min(names), max(names)
    different = (place for place, letter in enumerate(lowest) if letter != highest[place])
    return lowest[: next(different, len(lowest))]


def _says_something(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _cuts_a_number(part: str, rests: Sequence[str]) -> bool:
    """Whether the separator at the end of a part is the point, the comma or the sign of a number."""
    before, last = part[-2:-1], part[-1]
    belongs = before.isdigit() if last in ".," else last in "+-" and not before.isalnum()
    return belongs and any(rest[0].isdigit() for rest in rests)
