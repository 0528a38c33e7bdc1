"""A document and its golden file -> where they differ: words and structure exactly, numbers within a tolerance.

Numbers depend in their last digits on the processor, and on whether TensorFlow computes with oneDNN. A number in a
sentence may be off by what its last printed digit stands for, since a value may lie beside where it is rounded; whole
numbers are counts and names, and may not be off at all. Inside of a drawing all numbers are pixels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

RELATIVE = 1e-4
"""How far a number may be off, as a share of the golden one."""
ABSOLUTE = 1e-6
"""How far a number may be off that ought to be near zero: what is left where sums cancel."""
PIXELS = 0.5
"""How far a place in a drawing may be off."""
_NUMBER = re.compile(r"(?<![\w.#])[-−]?\d+(?:[\u202f\u00a0,]\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w#])")
_IN_DRAWING = re.compile(r"[-−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
_GEOMETRY = {
    "d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "width", "height",
    "transform", "viewbox", "viewBox",
}  # fmt: skip
_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def json_differences(made: str, golden: str) -> list[str]:
    """Return where a JSON text differs from a golden one, each in a line with its place."""
    return list(_values(json.loads(made), json.loads(golden), "$"))


def page_differences(made: str, golden: str) -> list[str]:
    """Return where a page differs from a golden one, each in a line with the elements around it.

    Where the elements themselves differ, only the first place is told: behind it nothing is at its place.
    """
    ours, theirs = _Parts.of(made), _Parts.of(golden)
    found: list[str] = []
    for one, other in zip(ours, theirs, strict=False):
        if one.what != other.what:
            return [*found, f"{other.place}: {one.what!r} instead of {other.what!r}"]
        if not alike(one.text, other.text, in_drawing=other.in_drawing):
            found.append(f"{other.place}, {other.what}: {one.text!r} instead of {other.text!r}")
    if len(ours) != len(theirs):
        found.append(f"{len(ours)} parts instead of {len(theirs)}")
    return found


def alike(made: str, golden: str, *, in_drawing: bool = False) -> bool:
    """Return whether two texts have the same words, and numbers that are the same within the tolerance.

    Args:
        made: A text.
        golden: What it should be.
        in_drawing: Whether its numbers are places in a drawing.
    """
    pattern = _IN_DRAWING if in_drawing else _NUMBER
    if pattern.sub("0", made) != pattern.sub("0", golden):
        return False
    pairs = zip(pattern.findall(made), pattern.findall(golden), strict=True)
    return all(one == other or abs(_read(one) - _read(other)) <= _room(other, in_drawing) for one, other in pairs)


def _values(made: Any, golden: Any, place: str) -> Iterator[str]:
    if isinstance(made, dict) and isinstance(golden, dict):
        if list(made) != list(golden):
            yield f"{place}: the names {list(made)} instead of {list(golden)}"
        for name in (name for name in golden if name in made):
            yield from _values(made[name], golden[name], f"{place}.{name}")
    elif isinstance(made, list) and isinstance(golden, list):
        if len(made) != len(golden):
            yield f"{place}: {len(made)} entries instead of {len(golden)}"
        for number, (one, other) in enumerate(zip(made, golden, strict=False)):
            yield from _values(one, other, f"{place}[{number}]")
    elif not _same(made, golden):
        yield f"{place}: {made!r} instead of {golden!r}"


def _same(made: Any, golden: Any) -> bool:
    if isinstance(made, str) and isinstance(golden, str):
        return alike(made, golden)
    if isinstance(golden, float) and isinstance(made, int | float) and not isinstance(made, bool):
        return abs(made - golden) <= max(RELATIVE * abs(golden), ABSOLUTE)
    # JSON writes 1.0 as 1.0: a whole number is a count.
    return type(made) is type(golden) and bool(made == golden)


def _read(number: str) -> float:
    return float(re.sub("[\u202f\u00a0,]", "", number).replace("−", "-"))


def _room(number: str, in_drawing: bool) -> float:
    if in_drawing:
        return PIXELS
    digits, _, power = number.partition("e")
    if "." not in digits and not power:
        return 0.0
    last = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return float(max(RELATIVE * abs(_read(number)), last)) * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class _Part:
    """A tag, an attribute or a text of a page, and where it stands there."""

    place: str
    what: str
    text: str
    in_drawing: bool


class _Parts(HTMLParser):
    """Takes a page apart, in its order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[_Part] = []
        self._open: list[str] = []

    @classmethod
    def of(cls, page: str) -> list[_Part]:
        parser = cls()
        parser.feed(page)
        parser.close()
        return parser.parts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(f"<{tag}>")
        self._open.append(tag)
        for name, value in attrs:
            self._add(f"{tag} {name}", value or "", self._draws and name in _GEOMETRY)
        if tag in _EMPTY:
            self._open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._add(f"</{tag}>")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._add("text", data)

    def handle_comment(self, data: str) -> None:
        self._add("comment", data)

    def handle_decl(self, decl: str) -> None:
        self._add("declaration", decl)

    @property
    def _draws(self) -> bool:
        return "svg" in self._open

    def _add(self, what: str, text: str = "", in_drawing: bool = False) -> None:
        line, _ = self.getpos()
        self.parts.append(_Part(f"line {line}, {' '.join(self._open[-4:])}", what, text, in_drawing))
