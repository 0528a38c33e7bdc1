"""HTML -> PDF with WeasyPrint, which may fetch nothing. Runs in a process of its own (`typesetting_process`).

WeasyPrint goes on where something is wrong and writes it to its log. Here that counts as failure: a page with a hole in
it is worse than none.

WeasyPrint writes PDF/A-3a or PDF/UA-1. Ours is both, so that what it leaves out is put in before the file is written.
That reaches into its objects, each of which is looked at first: what is not where it was with version 70 is an error.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from io import BytesIO
from typing import Any

from tinyhtml5 import inputstream
from weasyprint import HTML, VERSION, Attachment
from weasyprint.document import Document
from weasyprint.images import RasterImage
from weasyprint.layout import block, column, inline, percent, preferred, table
from weasyprint.layout import page as pages
from weasyprint.pdf import pydyf
from weasyprint.svg import Node
from weasyprint.text import line_break
from weasyprint.text.ffi import harfbuzz_subset, pango
from weasyprint.urls import URLFetcher, URLFetcherResponse, URLFetchingError

from reportgen.renderers import embedding, lightening, remembering

# Fonts and colours inside, tags and order of reading, and a file attached.
VARIANT = "pdf/a-3a"
ATTACHMENT_NAME = "report.json"
_ATTACHMENT_DESCRIPTION = "The same report for programs (JSON)"
# What the pages are made from, in the words of ISO 32000-2, table 43.
_RELATIONSHIP = "Data"
_CLOSING = b"</rdf:RDF>"
# PDF/A knows no pdfuaid:part and wants an unknown property described (ISO 19005-3, 6.6.2.3.3); PDF/UA-1 wants it there
# (ISO 14289-1, clause 5).
_PDF_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


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
        pictures: PNG and JPEG files by the addresses that stand for them.
        refused: Addresses that were asked for in vain.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self.pictures: dict[str, bytes] = {}
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Open an address.

        Raises:
            ValueError: It is not a data: address; WeasyPrint goes on without what is there.
        """
        if url in self.pictures:
            picture = self.pictures[url]
            return URLFetcherResponse(url, picture, {"Content-Type": embedding.media_type(picture)})
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


class _Unknown(Exception):  # noqa: N818
    """WeasyPrint's objects are not as they were known."""

    def __init__(self, what: str) -> None:
        super().__init__(f"WeasyPrint {VERSION} {what}, unlike version 70.0")


def typeset(html: str, *shorter: str, attachment: bytes = b"") -> Outcome:
    """Lay out a document.

    Args:
        html: The whole document, its style sheet and pictures inside.
        *shorter: The same, shorter and shorter, for what has to fit on one page: the first that does is taken.
        attachment: The file that goes into the PDF as `report.json`; none where it is empty.
    """
    fetcher = NoFetch()
    options = {"pdf_variant": VARIANT, "attachments": [_attached(attachment)] if attachment else []}
    with _listening() as listener, _remembering():
        try:
            if _packed_anew is None:
                raise _Unknown("packs pictures elsewhere")
            # No base_url, so that no relative address means anything.
            for each in (html, *shorter):
                page, fetcher.pictures = embedding.set_aside(each)
                document = HTML(string=lightening.lightened(page), url_fetcher=fetcher).render(**options)
                if len(document.pages) == 1:
                    break
            if shorter and len(document.pages) > 1:
                listener.errors.append(f"one page was to be made, but it takes {len(document.pages)}")
            _link_once(document)
            pdf = document.write_pdf(finisher=_finish, **options)
        except _Unknown as error:
            listener.errors.append(str(error))
            pdf = b""
        except (URLFetchingError, ValueError):
            # Of a few places WeasyPrint lets the refusal through.
            if not fetcher.refused:
                raise
            pdf = b""
    return Outcome(pdf, _distinct(fetcher.refused), _distinct(listener.missing), _distinct(listener.errors))


class _Whole(str):
    """A text that is gone through in one step."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter((str(self),))


class _Words(str):
    """A text that is gone through word by word."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.split(" "))


def _text(node: Node) -> str | None:
    """The text of an element of a drawing, whole where all of it stands in one place, or in words that stand apart.

    WeasyPrint 70 sets such text letter by letter, so that no letter knows its neighbours: Arabic falls apart, Hebrew
    runs the wrong way, and an accent stands alone.
    """
    text: str | None = node._etree_node.text
    if text and "data-apart" in node.attrib:
        return _Words(text)
    placed = any(len(node.attrib.get(name, "").split()) > 1 for name in ("x", "y", "dx", "dy", "rotate"))
    spaced = "letter-spacing" in node.attrib or "textLength" in node.attrib
    return text if not text or placed or spaced else _Whole(text)


Node.text = property(_text)


_packed_anew: Any = getattr(RasterImage, "_get_png_data", None)


def _png_data(picture: RasterImage) -> bytes:
    """The packed pixels of a picture: those of its file, where a PDF can keep them so."""
    file = picture.fp.getvalue() if isinstance(getattr(picture, "fp", None), BytesIO) else b""
    packed: bytes = embedding.packed_pixels(file) or _packed_anew(picture)
    return packed


if _packed_anew is not None:
    RasterImage._get_png_data = staticmethod(_png_data)


def _page_references(pdf: pydyf.PDF) -> tuple[bytes, ...]:
    """The references of all pages, made once for as many pages as there are: every tag asks for all of them."""
    numbers = pdf.pages["Kids"][::3]
    known: tuple[bytes, ...] = vars(pdf).get("_known_references", ())
    if len(known) != len(numbers):
        known = pdf._known_references = tuple(f"{number} 0 R".encode("ascii") for number in numbers)
    return known


pydyf.PDF.page_references = property(_page_references)


_stream_data: Any = pydyf.Stream.data.fget


def _data_packed_once(stream: pydyf.Stream) -> bytes:
    """What a file holds of a stream; pydyf would pack it for the file, and again for the file's identifier."""
    if stream.compress and "Filter" not in stream.extra:
        _pack_stream(stream, b"\n".join(map(_written, stream.stream)), 6)
    data: bytes = _stream_data(stream)
    return data


pydyf.Stream.data = property(_data_packed_once)


def libraries() -> dict[str, object]:
    """Return the version of Pango, and whether HarfBuzz can cut fonts; where it cannot, fontTools does."""
    number = pango.pango_version()
    version = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return {"pango": version, "subset": harfbuzz_subset is not None}


@contextmanager
def _remembering() -> Iterator[None]:
    """Let WeasyPrint work out once what it would ask for again."""
    with (
        remembering.lines(inline, preferred, line_break),
        remembering.lengths(percent, block, column, inline, table),
        remembering.columns(block),
        remembering.references(pages),
        remembering.patterns(inputstream),
    ):
        yield


@contextmanager
def _listening() -> Iterator[_Listener]:
    logger = logging.getLogger("weasyprint")
    listener = _Listener()
    logger.addHandler(listener)
    try:
        yield listener
    finally:
        logger.removeHandler(listener)


def _distinct(texts: list[str]) -> tuple[str, ...]:
    """Each text once, in the order of its first place."""
    return tuple(dict.fromkeys(texts))


def _attached(data: bytes) -> Attachment:
    # Without a date WeasyPrint would read the clock; this one is taken out again.
    never = datetime.fromtimestamp(0, timezone.utc)
    return Attachment(
        string=data,
        name=ATTACHMENT_NAME,
        description=_ATTACHMENT_DESCRIPTION,
        created=never,
        modified=never,
        relationship=_RELATIONSHIP,
    )


def _link_once(document: Document) -> None:
    """Keep one link for each piece of an <a>.

    WeasyPrint adds one for every element inside it, which is no link in the tag tree, and none to a reader.

    Raises:
        _Unknown: The links are not where they were.
    """
    for page in document.pages:
        if not all(len(link) == 4 and hasattr(link[3], "element_tag") for link in page.links):
            raise _Unknown("lists links in another way")
        page.links[:] = [link for link in page.links if str(link[3].element_tag).partition(":")[0] == "a"]


def _finish(document: Document, pdf: pydyf.PDF) -> None:
    """Put in what WeasyPrint leaves out, just before the file is written.

    Raises:
        _Unknown: An object is not where it was.
    """
    del document
    _claim_pdf_ua(pdf)
    _finish_attachments(pdf)
    _scope_headers(pdf)
    pdf.objects[:] = [_Settled(each) if each.compressible and each.free == "n" else each for each in pdf.objects]


class _Settled(pydyf.Object):  # type: ignore[misc]
    """An object that will not change; pydyf works out what to write for the file, and again for its identifier."""

    data = b""

    def __init__(self, known: pydyf.Object) -> None:
        super().__init__()
        self.number, self.generation, self.data = known.number, known.generation, known.data


def _claim_pdf_ua(pdf: pydyf.PDF) -> None:
    """Say in the metadata that the file follows PDF/UA-1, too."""
    stream = getattr(_object(pdf, pdf.catalog.get("Metadata")), "stream", [])
    if len(stream) != 1 or stream[0].count(_CLOSING) != 1:
        raise _Unknown("keeps the metadata elsewhere")
    stream[0] = stream[0].replace(_CLOSING, _PDF_UA + _CLOSING)


def _finish_attachments(pdf: pydyf.PDF) -> None:
    """Give the attached file the dates of the document, or none where that has none, list it once, and pack it.

    WeasyPrint packs at zlib's highest level, which takes seven times as long as the third for 12 % less.
    """
    files: list[pydyf.Dictionary] = [
        each for each in pdf.objects if isinstance(each, dict) and each.get("Type") == "/Filespec"
    ]
    listed = pdf.catalog.get("AF", [])
    if {*listed} != {each.reference for each in files}:
        raise _Unknown("lists attached files elsewhere")
    listed[:] = [each.reference for each in files]
    for each in files:
        file = _object(pdf, each.get("EF", {}).get("F"))
        parameters = getattr(file, "extra", {}).get("Params", {})
        for name in ("CreationDate", "ModDate"):
            if name not in parameters:
                raise _Unknown("keeps the dates of attached files elsewhere")
            parameters[name] = pdf.info.get(name)
            if parameters[name] is None:
                del parameters[name]
        if not file.compress or not all(isinstance(piece, bytes) for piece in file.stream):
            raise _Unknown("holds attached files in another way")
        _pack_stream(file, b"".join(file.stream), 3)


def _pack_stream(stream: pydyf.Stream, content: bytes, level: int) -> None:
    stream.stream, stream.compress, stream.extra["Filter"] = [zlib.compress(content, level)], False, "/FlateDecode"


def _written(item: object) -> bytes:
    """A part of a stream as pydyf writes it."""
    data = item.encode("ascii") if isinstance(item, str) else getattr(item, "data", item)
    if not isinstance(data, bytes):
        raise _Unknown("holds the content of pages in another way")
    return data


def _scope_headers(pdf: pydyf.PDF) -> None:
    """Say of each table header whether it heads a column or a row."""
    for element in pdf.objects:
        if isinstance(element, dict) and element.get("S") == "/TH":
            if "A" not in element:
                raise _Unknown("keeps the attributes of table headers elsewhere")
            group = _parent(pdf, _parent(pdf, element))
            element["A"]["Scope"] = "/Column" if group.get("S") == "/THead" else "/Row"


def _parent(pdf: pydyf.PDF, element: pydyf.Dictionary) -> pydyf.Dictionary:
    return _object(pdf, element.get("P"))


def _object(pdf: pydyf.PDF, reference: object) -> pydyf.Object:
    """What a reference, such as b"12 0 R", stands for."""
    found = re.fullmatch(rb"(\d+) 0 R", reference) if isinstance(reference, bytes) else None
    if not found or int(found[1]) >= len(pdf.objects):
        raise _Unknown("refers to objects in another way")
    return pdf.objects[int(found[1])]
