"""A PDF -> its places, and what was appended to it after it was written: its pages, fonts, pictures and all else.

Read with pypdf. What an incremental update appends, as signing does, can change any object that came before; so the
whole document is compared as it stands after all updates, not only the bytes that were there before.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose
from typing import Any

from reportgen.errors import RenderError
from reportgen.pipeline.altered import Place, differences
from reportgen.policy.comparing import Difference

# How bytes are packed says nothing; and from a page one comes to all others.
_PACKING = frozenset({"/Length", "/Filter", "/DecodeParms", "/Size", "/Prev", "/ID", "/XRefStm"})
_OF_PAGES = frozenset({"/Parent", "/Annots"})
# What signing adds to a document: fields, permissions, what validates it, the version, the date of change.
_OF_SIGNATURES = frozenset({"/AcroForm", "/Perms", "/DSS", "/Extensions", "/Version", "/Metadata"})
_HIDDEN = 0b10
_WRITTEN = 1e-5


@dataclass(frozen=True, slots=True)
class Altered:
    """What was done to a PDF.

    Attributes:
        num_appended: Bytes that follow the ones that come out again; None where the file does not begin with these.
        signatures: Names of the fields for signatures.
        different: What differs.
    """

    num_appended: int | None
    signatures: tuple[str, ...]
    different: tuple[Difference, ...]


def attached(data: bytes, name: str) -> bytes:
    """Return the `report.json` that a PDF carries.

    Args:
        data: The PDF.
        name: What it is called in messages.

    Raises:
        RenderError: pypdf is not installed; or it is no PDF, or carries none or several.
    """
    try:
        found: list[bytes] = _opened(data).attachments.get("report.json", [])
    except RenderError:
        raise
    except Exception as error:
        # Of whatever kind: pypdf raises many on files that somebody has changed.
        raise _unreadable(name, error) from error
    if len(found) != 1:
        raise RenderError(
            f"{name!r} carries {len(found)} files called report.json. Expected one, as reportgen attaches it. Give"
            " the PDF of a report."
        )
    return found[0]


def places(data: bytes, name: str) -> tuple[Place, ...]:
    """Take a PDF apart, page by page; arguments and errors as for `attached`."""
    try:
        return tuple(_places(_opened(data)))
    except RenderError:
        raise
    except Exception as error:
        # As above.
        raise _unreadable(name, error) from error


def altered(claimed: bytes, found: bytes, name: str) -> Altered:
    """Return what was done to a PDF.

    Args:
        claimed: The PDF as it was found.
        found: The PDF as it comes out again.
        name: What it is called in messages.

    Raises:
        RenderError: It cannot be read.
    """
    try:
        one, other = _opened(claimed), _opened(found)
        different = differences(tuple(_places(one)), tuple(_places(other)))
        if not different:
            different = tuple(_of_the_rest(one, other))
        signatures = tuple(_signatures(one))
    except RenderError:
        raise
    except Exception as error:
        # As above.
        raise _unreadable(name, error) from error
    appended = len(claimed) - len(found) if claimed.startswith(found) else None
    return Altered(appended, signatures, different)


def _opened(data: bytes) -> Any:
    try:
        from pypdf import PdfReader
    except ImportError as error:
        raise RenderError(
            "A PDF is read with the library pypdf, which is not installed. Expected it here. Run: pip install"
            " 'reportgen[verify]', or give the JSON file."
        ) from error
    return PdfReader(io.BytesIO(data))


def _unreadable(name: str, error: Exception) -> RenderError:
    return RenderError(
        f"{name!r} cannot be read as a PDF ({error}). Expected a report as reportgen wrote it. Give the whole file."
    )


def _places(reader: Any) -> Iterator[Place]:
    for number, page in enumerate(reader.pages, 1):
        marks = [_mark(each.get_object()) for each in page.get("/Annots", ())]
        contents = page.get_contents()
        drawn = hashlib.sha256(contents.get_data() if contents else b"").hexdigest()[:12]
        yield Place(f"page {number}", tuple(page.extract_text().split()), (f"drawing {drawn}", *filter(None, marks)))


def _mark(annotation: Any) -> str:
    """What is laid over a page, in words; "" where nothing of it shows, as of a signature without a place."""
    kind = "signature" if _field(annotation) == "/Sig" else str(annotation.get("/Subtype", "mark")).lstrip("/").lower()
    left, bottom, right, top = (float(each) for each in annotation.get("/Rect", (0, 0, 0, 0)))
    is_hidden = int(annotation.get("/F", 0)) & _HIDDEN
    if kind == "signature" and (is_hidden or left == right or bottom == top or "/AP" not in annotation):
        return ""
    at = " ".join(f"{each:.0f}" for each in (left, bottom, right, top))
    return f"{kind} at {at}"


def _field(annotation: Any) -> str:
    kind = annotation.get("/FT") or annotation.get("/Parent", {}).get("/FT", "")
    return str(kind)


def _signatures(reader: Any) -> Iterator[str]:
    form = reader.trailer["/Root"].get("/AcroForm")
    for each in form.get_object().get("/Fields", ()) if form else ():
        field = each.get_object()
        if field.get("/FT") == "/Sig":
            yield str(field.get("/T", ""))


def _of_the_rest(one: Any, other: Any) -> Iterator[Difference]:
    """The first object of a page, and of the document, that is another."""
    for number, both in enumerate(zip(one.pages, other.pages, strict=True), 1):
        path = _apart(*both, frozenset())
        if path is not None:
            yield Difference(f"page {number}", f"another {path}", "as it is drawn")
            return
    path = _apart(one.trailer["/Root"], other.trailer["/Root"], _OF_SIGNATURES | {"/Pages"})
    if path is not None:
        yield Difference("the document", f"another {path}", "as it is written")


def _apart(one: Any, other: Any, left_out: frozenset[str]) -> str | None:
    """Where two objects differ, their children and these's with them: "/Resources/Font/f1"; None where they do not."""
    open_ = [("", one, other)]
    seen: set[tuple[int, int]] = set()
    while open_:
        path, first, second = open_.pop()
        pair = (_number(first), _number(second))
        if 0 not in pair and pair in seen:
            continue
        seen.add(pair)
        first, second = first.get_object(), second.get_object()
        if isinstance(first, dict) and isinstance(second, dict):
            out = _PACKING | (_OF_PAGES if first.get("/Type") == "/Page" else frozenset() if path else left_out)
            keys = [each for each in {**first, **second} if each not in out]
            if any(each not in first or each not in second for each in keys) or _data(first) != _data(second):
                return path or "/"
            # As they stand in the file: an index would follow the numbers of objects.
            open_ += [(f"{path}{key}", dict.get(first, key), dict.get(second, key)) for key in keys]
        elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
            open_ += [(path, *both) for both in zip(first, second, strict=True)]
        elif not _same(first, second):
            return path or "/"
    return None


def _same(one: Any, other: Any) -> bool:
    """Whether two leaves are the same; a number is, however it is written."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=0, abs_tol=_WRITTEN)
    return type(one) is type(other) and one == other


def _number(value: Any) -> int:
    """Number of an object that others name; 0 of one that stands where it is."""
    return int(getattr(value, "idnum", 0))


def _data(value: Any) -> bytes:
    """What a stream holds, unpacked; of a picture as it is packed."""
    if not hasattr(value, "get_data"):
        return b""
    try:
        data: bytes = value.get_data()
    except Exception:
        # pypdf knows no such filter, or the data are damaged: as they stand, then.
        data = value._data
    return data
