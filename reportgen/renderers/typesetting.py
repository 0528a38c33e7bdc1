"""HTML -> PDF with WeasyPrint, which may fetch nothing. Runs in a process of its own (`child`).

WeasyPrint goes on where something is wrong and writes it to its log. Here that counts as failure: a page with a hole in
it is worse than none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from weasyprint import HTML
from weasyprint.svg import Node
from weasyprint.text.ffi import harfbuzz_subset, pango
from weasyprint.urls import URLFetcher, URLFetcherResponse, URLFetchingError

# Tags, language, title and order of reading, as PDF/UA-1 asks for them.
VARIANT = "pdf/ua-1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document.

    Attributes:
        pdf: The file, or nothing where fetching was refused.
        refused: Addresses that the document wanted to fetch.
        missing: Characters that no font has.
        errors: What WeasyPrint calls errors.
    """

    pdf: bytes
    refused: tuple[str, ...]
    missing: tuple[str, ...]
    errors: tuple[str, ...]


class NoFetch(URLFetcher):  # type: ignore[misc]
    """Opens data: addresses and no others, and remembers those.

    Attributes:
        refused: Addresses that were asked for in vain.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Open an address.

        Raises:
            ValueError: It is not a data: address; WeasyPrint goes on without what is there.
        """
        if not url.lower().startswith("data:"):
            self.refused.append(url)
        return super().fetch(url, headers)


class _Listener(logging.Handler):
    """Collects what WeasyPrint has to say against a document."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Sort one message; a warning that is about no glyph is about CSS that does not matter here."""
        if str(record.msg).startswith(".notdef glyph") and isinstance(record.args, tuple):
            self.missing.append(str(record.args[0]))
        elif record.levelno >= logging.ERROR:
            self.errors.append(record.getMessage())


def typeset(html: str) -> Outcome:
    """Lay out a document.

    Args:
        html: The whole document, its style sheet and pictures inside.
    """
    fetcher = NoFetch()
    with _listening() as listener:
        try:
            # No base_url, so that no relative address means anything.
            pdf = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant=VARIANT, finisher=_finish)
        except (URLFetchingError, ValueError):
            # Of a few places WeasyPrint lets the refusal through.
            if not fetcher.refused:
                raise
            pdf = b""
    return Outcome(pdf, _once(fetcher.refused), _once(listener.missing), _once(listener.errors))


class _Whole(str):
    """A text that is gone through in one step."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter((str(self),))


def _text(node: Any) -> str | None:
    """The text of an element of a drawing, whole where all of it stands in one place.

    WeasyPrint 70 sets such text letter by letter, so that no letter knows its neighbours: Arabic falls apart, Hebrew
    runs the wrong way, and an accent stands alone.
    """
    text: str | None = node._etree_node.text
    placed = any(len(node.attrib.get(name, "").split()) > 1 for name in ("x", "y", "dx", "dy", "rotate"))
    spaced = "letter-spacing" in node.attrib or "textLength" in node.attrib
    return text if not text or placed or spaced else _Whole(text)


Node.text = property(_text)


def libraries() -> dict[str, object]:
    """Return the version of Pango, and whether HarfBuzz can cut fonts; where it cannot, fontTools does."""
    number = pango.pango_version()
    version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return {"pango": version, "subset": harfbuzz_subset is not None}


@contextmanager
def _listening() -> Iterator[_Listener]:
    logger = logging.getLogger("weasyprint")
    listener = _Listener()
    logger.addHandler(listener)
    try:
        yield listener
    finally:
        logger.removeHandler(listener)


def _once(texts: list[str]) -> tuple[str, ...]:
    """Each text once, in the order of its first place."""
    return tuple(dict.fromkeys(texts))


def _finish(document: Any, pdf: Any) -> None:
    """Say of each table header whether it heads a column or a row, which WeasyPrint leaves out."""
    del document
    for element in pdf.objects:
        if isinstance(element, dict) and element.get("S") == "/TH" and "A" in element:
            group = _parent(pdf, _parent(pdf, element))
            element["A"]["Scope"] = "/Column" if group.get("S") == "/THead" else "/Row"


def _parent(pdf: Any, element: Any) -> Any:
    # A reference reads b"12 0 R".
    return pdf.objects[int(element["P"].split()[0])]
