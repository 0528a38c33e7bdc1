"""A web page -> its places: what stands under each anchor, in its words, and the elements around them."""

from __future__ import annotations

import hashlib
from html.parser import HTMLParser

from reportgen.pipeline.altered import Place
from reportgen.renderers import assets

_HEAD = "the head of the page"
_STYLE = "the style sheet"


def places(page: bytes, *, pictured: bool = True) -> tuple[Place, ...]:
    """Take a page apart.

    Args:
        page: Its bytes.
        pictured: Whether it matters what its pictures show, or only what is said of them.
    """
    reader = _Reader(pictured)
    reader.feed(page.decode("utf-8", "replace"))
    reader.close()
    return tuple(Place(name, tuple(words), tuple(further)) for name, (words, further) in reader.places.items())


class _Reader(HTMLParser):
    """Reads a page.

    Attributes:
        places: Words and elements by the anchor that they stand under: "performance, #recalls".
    """

    def __init__(self, pictured: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._pictured = pictured
        self.places: dict[str, tuple[list[str], list[str]]] = {}
        self._chapter = ""
        self._in_style = False
        self._enter(_HEAD)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go on to the place that an element begins, and keep what the element is."""
        given = {name: value or "" for name, value in attrs}
        anchor = given.get("id", "")
        if tag == "section" and "chapter" in given.get("class", "").split():
            self._chapter = anchor
            self._enter(f"chapter {anchor}")
        elif anchor:
            self._enter(f"chapter {self._chapter}, #{anchor}" if self._chapter else f"#{anchor}")
        self._in_style = tag == "style"
        told = sorted(attrs, key=lambda each: each[0] not in {"alt", "title"})
        shown = [f"{name}={self._short(value or '')!r}" for name, value in told]
        self._further.append(f"<{' '.join([tag, *shown])}>")

    def handle_endtag(self, tag: str) -> None:
        """Keep that an element ends."""
        self._in_style = False
        self._further.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if self._in_style:
            self.places.setdefault(_STYLE, ([], []))[0].extend(data.split())
        else:
            self._words.extend(data.split())

    def handle_comment(self, data: str) -> None:
        """Keep a comment, of which there is none in a page of ours."""
        self._further.append(f"<!--{data}-->")

    def _enter(self, name: str) -> None:
        self._words, self._further = self.places.setdefault(name, ([], []))

    def _short(self, value: str) -> str:
        """An attribute; of a picture, in the page or beside it, the hash."""
        if assets.may_be_ours(value.rpartition("/")[2]):
            return value if self._pictured else "a picture"
        if value.startswith("data:"):
            what = hashlib.sha256(value.encode()).hexdigest()[:12] if self._pictured else "a picture"
            return f"{value.partition(',')[0]} {what}"
        return value
