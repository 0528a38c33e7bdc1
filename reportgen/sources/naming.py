"""Words that label images, and the names of a model's classes -> which class each word stands for.

Words are matched by name and never by their place in a sorted list: the folders that are there may be three of
nineteen. A word is the class that is called exactly so; else the one whose name differs only in case, spaces,
underscores, hyphens or a WordNet number ("n02110958-pug" and "Pug"); else the one whose WordNet number it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from reportgen.errors import DataError

_WORDNET = re.compile(r"(n[0-9]{8})(?=$|[-_ ])")
_BETWEEN = re.compile(r"[\s_-]+")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_MOST_NAMED = 10
_FEW = 3
# Below ten classes every number is one digit, so that their sorted order is that of the numbers.
_ONE_DIGIT = 10


@dataclass(frozen=True, slots=True)
class ClassNames:
    """Names of a model's classes.

    Attributes:
        names: The name of each class by its index.
        others: Further words for each class, such as its WordNet number; () where there are none.
    """

    names: tuple[str, ...]
    others: tuple[tuple[str, ...], ...] = ()

    def words_of(self, index: int) -> tuple[str, ...]:
        """Return all words for a class."""
        return (self.names[index], *(self.others[index] if self.others else ()))


@dataclass(frozen=True, slots=True)
class Match:
    """Which class each of some words stands for.

    Attributes:
        numbers: Index of the class of each word, in the order of the words.
        note: How they were matched, a whole sentence.
    """

    numbers: tuple[int, ...]
    note: str


def match(words: Sequence[str], known: ClassNames, what: str) -> Match:
    """Find the class of every word.

    Args:
        words: The words, each once.
        known: Names of all classes.
        what: What the words are called in an error, in the plural: "The labels in 'list.csv'".

    Raises:
        DataError: A word is no class name, or could stand for several classes.
    """
    found = matched(words, known, what)
    if None not in found:
        numbers = tuple(number for number in found if number is not None)
        return Match(numbers, _how(words, numbers, known))
    if not any(number is not None for number in found):
        written = read_as_numbers(words, len(known.names))
        if written is not None:
            return Match(written, f"Labels were read as class numbers: {_numbered(words, written, known.names)}.")
    raise DataError(_unknown([word for word, number in zip(words, found, strict=True) if number is None], known, what))


def matched(words: Sequence[str], known: ClassNames, what: str) -> tuple[int | None, ...]:
    """Return the class of every word, None for a word that is not a class name.

    Raises:
        DataError: A word could stand for several classes.
    """
    ways: tuple[tuple[Callable[[str], str], Mapping[str, set[int]]], ...] = tuple(
        (way, _by(way, known)) for way in (str, plain, wordnet)
    )
    found: list[int | None] = []
    for word in words:
        fits = next((places for way, by in ways if (places := by.get(way(word), set()))), set())
        if len(fits) > 1:
            named = ", ".join(f"{known.names[place]!r} (class {place})" for place in sorted(fits)[:_MOST_NAMED])
            raise DataError(
                f"{what} hold {word!r}, which could be {named}. Expected words that stand for one class each. Give the "
                "classes different names, or number them."
            )
        found.append(next(iter(fits), None))
    return tuple(found)


def read_as_numbers(words: Sequence[str], num_classes: int) -> tuple[int, ...] | None:
    """Return words that are class numbers as numbers; None where they are not, or where two readings are possible.

    Folders "0" to "18" are in the order 0, 1, 10, 11 … for whoever sorts their names, as Keras does: such names tell no
    class, unless they are written with as many digits each.

    >>> read_as_numbers(["3", "7"], 10), read_as_numbers(["03", "17"], 19), read_as_numbers(["3", "17"], 19)
    ((3, 7), (3, 17), None)
    """
    if not words or not all(map(_WHOLE_NUMBER.fullmatch, words)) or max(map(int, words)) >= num_classes:
        return None
    widths = set(map(len, words))
    is_clear = widths == {len(str(num_classes - 1))} if num_classes > _ONE_DIGIT else widths == {1}
    return tuple(map(int, words)) if is_clear else None


def plain(word: str) -> str:
    """Return a word without what names of one class often differ in.

    >>> plain("n02086240-Shih-Tzu"), plain("shih tzu"), plain("n02086240")
    ('shihtzu', 'shihtzu', '')
    """
    folded = unicodedata.normalize("NFKC", word).casefold()
    return _BETWEEN.sub("", _WORDNET.sub("", folded, count=1) if _WORDNET.match(folded) else folded)


def wordnet(word: str) -> str:
    """Return the WordNet number that a word begins with, or "".

    >>> wordnet("n02110958-pug"), wordnet("n02110958"), wordnet("pug")
    ('n02110958', 'n02110958', '')
    """
    found = _WORDNET.match(word)
    return found[1] if found else ""


def _by(way: Callable[[str], str], known: ClassNames) -> dict[str, set[int]]:
    """Return the classes by what a way makes of their words; of nothing it makes nothing."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for place in range(len(known.names)):
        for word in known.words_of(place):
            found[way(word)].add(place)
    found.pop("", None)
    return dict(found)


def _how(words: Sequence[str], numbers: Sequence[int], known: ClassNames) -> str:
    exact = sum(word == known.names[number] for word, number in zip(words, numbers, strict=True))
    said = f"Labels were matched to the class names by name: {len(words)} of {len(known.names)} classes occur"
    if exact == len(words):
        return f"{said}, all written exactly so."
    others = [
        f"{word} is {known.names[number]}"
        for word, number in zip(words, numbers, strict=True)
        if word != known.names[number]
    ]
    return (
        f"{said}, {exact} written exactly so and {len(others)} after ignoring case, spaces, underscores, hyphens and"
        f" WordNet numbers ({_few(others)})."
    )


def _unknown(words: Sequence[str], known: ClassNames, what: str) -> str:
    by_plain = {plain(name): name for name in known.names}
    listed = []
    for word in words[:_MOST_NAMED]:
        near = get_close_matches(plain(word), by_plain, n=1, cutoff=0.6)
        listed.append(repr(word) + (f" (the nearest class name is {by_plain[near[0]]!r})" if near else ""))
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    one = len(words) == 1
    names = _few([repr(name) for name in known.names])
    return (
        f"{what} hold {'a word that is not a class name' if one else f'{len(words)} words that are not class names'}:"
        f" {', '.join(listed)}{more}. Expected words among the {len(known.names)} class names: {names}. Rename the"
        " labels or correct the class names."
    )


def _numbered(words: Sequence[str], numbers: Sequence[int], names: Sequence[str]) -> str:
    return _few([f"{word} is {names[number]}" for word, number in zip(words, numbers, strict=True)])


def _few(items: Iterable[str]) -> str:
    listed = list(items)
    more = f" and {len(listed) - _FEW} more" if len(listed) > _FEW else ""
    return ", ".join(listed[:_FEW]) + more
