"""Pictures of a page -> the same pictures in its PDF, past the parser of HTML and without packing them anew.

A PDF keeps a picture in the packed form that PNG has, too: what stands in a PNG file can be taken over as it is
(ISO 32000-2, 7.4.4.4, predictors of 10 and above). WeasyPrint would unpack and pack each one again.
"""

from __future__ import annotations

import base64
import re
import zlib

_LONGEST_INLINE = 1024
_ADDRESS = re.compile('="(data:image/(?:png|jpeg);base64,)')
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR = 0, 2


def set_aside(html: str) -> tuple[str, dict[str, bytes]]:
    """Give the large PNG and JPEG files of a page short addresses, so that nobody has to read through them.

    Args:
        html: The page. Outside of tags it has no quotation marks that are not escaped.

    Returns:
        The page with addresses of a few letters, and the file at each of them.
    """
    addresses: dict[str, str] = {}
    files: dict[str, bytes] = {}
    pieces, place = [], 0
    for found in _ADDRESS.finditer(html):
        if not html.endswith((" src", " href"), 0, found.start()):
            continue
        # The end is searched for and not matched: of these megabytes nobody reads a letter.
        text = html[found.end() : html.find('"', found.end())]
        file = _decoded(text) if len(text) >= _LONGEST_INLINE and text not in addresses else b""
        if file:
            addresses[text] = f"data:,picture-{len(addresses)}"
            files[addresses[text]] = file
        if text in addresses:
            pieces += [html[place : found.start(1)], addresses[text]]
            place = found.end() + len(text)
    return "".join((*pieces, html[place:])), files


def _decoded(text: str) -> bytes:
    """The bytes that base64 stands for; none where it is damaged, which is left to who reads the page."""
    try:
        file = base64.b64decode(text)
    except ValueError:
        return b""
    # Other letters are passed over, twice as fast as they are looked for.
    return file if len(file) == len(text) // 4 * 3 - text[-2:].count("=") else b""


def media_type(file: bytes) -> str:
    """Return what a picture that was set aside is, by its first bytes."""
    return "image/png" if file.startswith(_SIGNATURE) else "image/jpeg"


def packed_pixels(png: bytes) -> bytes | None:
    """Return the pixels of a PNG file as they are packed in it, where a PDF can keep them so; else None.

    That is: 8 bits for each of one or three colours, from the top to the bottom, and nothing that is damaged.
    Source: Portable Network Graphics (PNG) Specification (Second Edition), clauses 5 and 11.2.2.
    """
    if not png.startswith(_SIGNATURE):
        return None
    place, pixels, kind = len(_SIGNATURE), [], b""
    while place < len(png) and kind != b"IEND":
        size = int.from_bytes(png[place : place + 4], "big")
        kind, data, check = (
            png[place + 4 : place + 8],
            png[place + 8 : place + 8 + size],
            png[place + 8 + size : place + 12 + size],
        )
        if zlib.crc32(kind + data).to_bytes(4, "big") != check:
            return None
        if kind == b"IHDR" and not _is_embeddable(data):
            return None
        if kind == b"IDAT":
            pixels.append(data)
        place += size + 12
    return b"".join(pixels) if kind == b"IEND" and pixels else None


def _is_embeddable(header: bytes) -> bool:
    depth, colours, packing, filters, interlaced = header[8:13]
    return depth == 8 and colours in (_GREY, _COLOUR) and packing == filters == interlaced == 0
