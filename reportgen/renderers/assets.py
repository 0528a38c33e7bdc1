"""A web page -> the page and its style sheet and pictures as files, for servers that allow nothing inside.

Jenkins serves what a build left with `default-src 'none'; img-src 'self'; style-src 'self'`: a page that holds its
styles and pictures shows neither there. The page is that of `html` with these taken out of it, and no other. Fonts stay
away, because that policy blocks them, too: the page is set in the reader's own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

STYLE_NAME = "report.css"
MARK = b"/* Written by reportgen. */\n"
"""First line of the style sheet, by which we know it again."""
_SUFFIXES = {
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
}
_NAME = re.compile(rf"[0-9a-f]{{20}}(?:{'|'.join(map(re.escape, _SUFFIXES.values()))})")
# No name can end an attribute early or begin one, because quotes in names are escaped.
_INSIDE = re.compile(f' (src|srcset|href)="data:({"|".join(map(re.escape, _SUFFIXES))});base64,([A-Za-z0-9+/=]+)"')
_SVG_RULE = re.compile(r'<style type="text/css">\*\{([^{}<]*)\}</style>')
_SVG_ROOT = re.compile(r"<svg\b[^>]*")
_SVG_STYLE = re.compile(r' style="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Parts:
    """A page and the files that it needs.

    Attributes:
        page: The page.
        files: Bytes of the files beside it, by name.
    """

    page: bytes
    files: Mapping[str, bytes]


def style_address(folder: str) -> str:
    """Return the address of the style sheet of a page with a folder beside it."""
    return f"{folder}/{STYLE_NAME}"


def take_apart(page: str, rules: str, folder: str) -> Parts:
    """Take the pictures out of a page.

    Args:
        page: The page, with the address of its style sheet in the place of the sheet.
        rules: The style sheet.
        folder: Name of the folder that the files go into, beside the page.
    """
    files: dict[str, bytes] = {}

    def address(found: re.Match[str]) -> str:
        attribute, media_type, data = found[1], found[2], base64.b64decode(found[3])
        if media_type == "image/svg+xml":
            data = _without_styles(data.decode("utf-8")).encode("utf-8")
        name = _name_of(data, _SUFFIXES[media_type])
        files[name] = data
        return f' {attribute}="{folder}/{name}"'

    files[STYLE_NAME] = MARK + rules.encode("utf-8")
    return Parts(_INSIDE.sub(address, page).encode("utf-8"), files)


def may_be_ours(name: str) -> bool:
    """Whether a file has a name that a file of ours could have."""
    return name == STYLE_NAME or bool(_NAME.fullmatch(name))


def is_ours(name: str, data: bytes) -> bool:
    """Whether a file is one of ours: its name is the hash of its bytes, or it is a style sheet with our mark."""
    if name == STYLE_NAME:
        return data.startswith(MARK)
    return may_be_ours(name) and name == _name_of(data, f".{name.rpartition('.')[2]}")


def folder_of(page: bytes) -> str:
    """Return the name of the folder that a page of ours takes its style sheet from, or "" where it holds its own."""
    found = re.search(rb'<link rel="stylesheet" href="([\w.-]+)/' + re.escape(STYLE_NAME.encode()) + rb'">', page)
    return found[1].decode("ascii") if found else ""


def _name_of(data: bytes, suffix: str) -> str:
    # The hash of its bytes, so that a file of ours proves itself.
    return hashlib.sha256(data).hexdigest()[:20] + suffix


def _without_styles(svg: str) -> str:
    """A chart of matplotlib with its style rules as presentation attributes, which every policy lets through."""
    for rule in _SVG_RULE.findall(svg):
        svg = _SVG_ROOT.sub(lambda root, rule=rule: root[0] + _attributes(rule), svg, count=1)  # type: ignore[misc]
    return _SVG_STYLE.sub(lambda style: _attributes(style[1]), _SVG_RULE.sub("", svg))


def _attributes(rules: str) -> str:
    pairs = (rule.partition(":") for rule in rules.split(";") if rule.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)
