"""PDFs changed as a forger, a program that packs anew, or a signer would, for the tests of `reportgen verify`."""

from __future__ import annotations

import io
import re
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)


def with_another_digit(data: bytes, page: int, *, appended: bool = False) -> tuple[bytes, str, str]:
    """Change one digit of the words that a page shows.

    Args:
        data: The PDF.
        page: Which page, from 0.
        appended: As an update behind the PDF; else the whole file is written anew and packed otherwise.

    Returns:
        The PDF, and the number before and after.
    """
    writer = PdfWriter(io.BytesIO(data), incremental=True) if appended else PdfWriter(clone_from=io.BytesIO(data))
    shown: Any = writer.pages[page]
    stream: Any = shown["/Contents"].get_object()
    drawn = stream.get_data()
    start, end, new, before, after = _place(drawn, shown["/Resources"]["/Font"])
    changed = StreamObject()
    changed.set_data(drawn[:start] + new + drawn[end:])
    changed = changed.flate_encode(level=1)
    shown[NameObject("/Contents")] = writer._add_object(changed)
    return _written(writer), before, after


def signed(data: bytes, *, at: tuple[int, int, int, int] = (0, 0, 0, 0), page: int = 0) -> bytes:
    """Append what a signature appends, without a cryptographic value; at a place it shows a box."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    value = DictionaryObject({
        NameObject("/Type"): NameObject("/Sig"), NameObject("/Filter"): NameObject("/Adobe.PPKLite"),
        NameObject("/SubFilter"): NameObject("/ETSI.CAdES.detached"), NameObject("/Contents"): TextStringObject("x"),
    })  # fmt: skip
    field = _annotation("/Widget", at) | {
        NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("Signature"),
        NameObject("/V"): writer._add_object(value),
    }  # fmt: skip
    named = _annotate(writer, page, DictionaryObject(field), is_shown=at[0] != at[2])
    form = DictionaryObject({NameObject("/Fields"): ArrayObject([named]), NameObject("/SigFlags"): NumberObject(3)})
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)
    return _written(writer)


def painted_over(data: bytes, page: int) -> bytes:
    """Append a note that lies over the words of a page."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    note = _annotation("/FreeText", (100, 700, 200, 720)) | {NameObject("/Contents"): TextStringObject("99 %")}
    _annotate(writer, page, DictionaryObject(note), is_shown=True)
    return _written(writer)


def with_another_font(data: bytes) -> bytes:
    """Append an update that leaves all pages and words, and draws the letters of a font otherwise."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    first: Any = writer.pages[0]
    font: Any = next(iter(first["/Resources"]["/Font"].values())).get_object()
    inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    (name,) = [each for each in inner if each.startswith("/FontFile")]
    old = inner[name]
    changed = StreamObject()
    changed.set_data(old.get_data() + b"\0")
    changed.update({key: each for key, each in old.items() if key not in {"/Length", "/Filter"}})
    inner[NameObject(name)] = writer._add_object(changed)
    return _written(writer)


def _annotation(kind: str, at: tuple[int, int, int, int]) -> dict[Any, Any]:
    return {
        NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject(kind),
        NameObject("/Rect"): ArrayObject(map(FloatObject, at)), NameObject("/F"): NumberObject(132),
    }  # fmt: skip


def _annotate(writer: PdfWriter, page: int, annotation: DictionaryObject, *, is_shown: bool) -> Any:
    if is_shown:
        box = StreamObject()
        box.set_data(b"0 0 40 20 re f")
        box.update({
            NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(map(FloatObject, (0, 0, 40, 20))),
        })  # fmt: skip
        annotation[NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(box)})
    named, shown = writer._add_object(annotation), writer.pages[page]
    shown[NameObject("/Annots")] = ArrayObject([*shown.get("/Annots", ()), named])
    return named


def _place(drawn: bytes, fonts: Any) -> tuple[int, int, bytes, str, str]:
    """Where the last digit of a number of two digits or more is shown, another digit's glyph, and both numbers."""
    font: dict[str, str] = {}
    for found in re.finditer(rb"(/\S+) \S+ Tf|<([0-9A-Fa-f]+)>", drawn):
        if found[1]:
            font = _letters(fonts[found[1].decode()].get_object())
            continue
        codes = [found[2][place : place + 4].decode() for place in range(0, len(found[2]), 4)]
        text = "".join(font.get(each, "?") for each in codes)
        number = re.search(r"(?<![\d.])\d{2,}(?!\d)", text)
        others = {letter: code for code, letter in font.items() if letter.isdigit() and letter.isascii()}
        if number is None or len(text) != len(codes):
            continue
        place = number.end() - 1
        for other in sorted(others):
            if other != text[place]:
                start = found.start(2) + 4 * place
                changed = number[0][:-1] + other
                return start, start + 4, others[other].encode(), number[0], changed
    raise AssertionError("There is no number of two digits on this page.")


def _letters(font: Any) -> dict[str, str]:
    """The letter of each glyph, by its code in four hexadecimal digits."""
    table = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>", table)
    return {code.lower(): chr(int(letter, 16)) for code, letter in pairs} | {
        code.upper(): chr(int(letter, 16)) for code, letter in pairs
    }


def _written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    PdfReader(file)
    return file.getvalue()
