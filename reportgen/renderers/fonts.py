"""The characters of a document -> style rules with the glyphs that they need; and the files behind them, for print.

IBM Plex Sans and Mono come from PyPI, DejaVu from inside matplotlib, so a report looks the same on every machine. All
of them may be passed on (SIL Open Font License, Bitstream Vera licence); their notices stay inside the subsets.
"""

from __future__ import annotations

import base64
import io
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import fontpkg
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from reportgen.errors import RenderError

_ALWAYS = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")
_WEIGHTS = (400, 600)
# Copyright, licence and its address.
_NAMES_KEPT = [0, 13, 14]
# Hinting, variation of metrics that no page uses, and kerning: cutting the variable kerning of Plex Sans takes three
# times as long as everything else.
_DROPPED = ["DSIG", "FFTM", "GDEF", "GPOS", "HVAR", "MVAR", "STAT", "cvar", "fpgm", "gasp", "meta", "prep"]


@dataclass(frozen=True, slots=True)
class Face:
    """One font file and what the style sheets call it.

    Attributes:
        family: Family name.
        weight: Its weight, or the range of weights that is used of a variable font, as CSS writes it.
        path: The file.
        variable: Whether it is a variable font.
        fallback_for: Family that it stands in for where that lacks a character, or "".
    """

    family: str
    weight: str
    path: Path
    variable: bool = False
    fallback_for: str = ""


@lru_cache(maxsize=1)
def bundled() -> tuple[Face, ...]:
    """Return the faces that a page is set in, the preferred ones first.

    Raises:
        RenderError: matplotlib, which holds some of them, is not installed.
    """
    dejavu = _dejavu_folder()
    return (
        Face("IBM Plex Sans", "400 600", fontpkg.path("IBM Plex Sans"), variable=True),
        Face("IBM Plex Mono", "400", fontpkg.path("IBM Plex Mono", weight=400)),
        Face("IBM Plex Mono", "600", fontpkg.path("IBM Plex Mono", weight=600)),
        Face("DejaVu Sans", "400 600", dejavu / "DejaVuSans.ttf", fallback_for="IBM Plex Sans"),
        Face("DejaVu Sans Mono", "400 600", dejavu / "DejaVuSansMono.ttf", fallback_for="IBM Plex Mono"),
    )


def files() -> tuple[Path, ...]:
    """Return the font files that a PDF may be set in: those of the page, and DejaVu's bold ones."""
    dejavu = _dejavu_folder()
    bold = (dejavu / "DejaVuSans-Bold.ttf", dejavu / "DejaVuSansMono-Bold.ttf")
    return (*(face.path for face in bundled()), *bold)


def _dejavu_folder() -> Path:
    # Found, not imported: matplotlib takes a second and a half.
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise RenderError(
            "The fonts of the report were not found, because matplotlib is not installed. It holds the DejaVu fonts. "
            "Run: pip install matplotlib"
        )
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def faces(text: str) -> str:
    """Return one @font-face rule for each face that the text needs, with the glyphs it needs inside.

    Equal sets of characters give equal rules; printable ASCII is always there.

    Args:
        text: All characters of the document, in any order.
    """
    # A page shows "e" and a combining accent as one letter, where the font has that letter.
    return _faces(_ALWAYS.union(text, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=8)
def _faces(characters: frozenset[str]) -> str:
    wanted = frozenset(map(ord, characters))
    covered: dict[str, frozenset[int]] = {}
    rules = []
    for face in bundled():
        with TTFont(face.path, lazy=True, recalcTimestamp=False) as font:
            # Two files of one family have the same characters.
            needed = wanted.intersection(font.getBestCmap()) - covered.get(face.fallback_for, frozenset())
            covered[face.family] = needed
            if needed:
                rules.append(_rule(face, needed, _subset(font, needed, face.variable)))
    return "\n".join(rules)


def _subset(font: TTFont, codepoints: frozenset[int], variable: bool) -> bytes:
    """The font as WOFF2 with these characters only, at its normal width."""
    options = Options()
    options.layout_features = ["ccmp", "liga", "lnum", "tnum"]
    options.name_IDs = _NAMES_KEPT
    options.name_languages = [0x409]
    options.drop_tables = [*options.drop_tables, *_DROPPED, "cvt "]
    options.hinting = False
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codepoints)
    subsetter.subset(font)
    if variable:
        instantiateVariableFont(font, {"wdth": 100, "wght": _WEIGHTS}, inplace=True, optimize=False)
    font.flavor = "woff2"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def _rule(face: Face, codepoints: Iterable[int], data: bytes) -> str:
    only = f"unicode-range:{_unicode_range(codepoints)};" if face.fallback_for else ""
    return (
        f'@font-face{{font-family:"{face.family}";font-style:normal;font-weight:{face.weight};font-display:block;{only}'
        f'src:url("data:font/woff2;base64,{base64.b64encode(data).decode("ascii")}") format("woff2")}}'
    )


def _unicode_range(codepoints: Iterable[int]) -> str:
    """The characters as CSS lists them.

    >>> _unicode_range([0x230A, 0x230B, 0x25B2])
    'U+230A-230B,U+25B2'
    """
    runs: list[tuple[int, int]] = []
    for codepoint in sorted(codepoints):
        if runs and runs[-1][1] == codepoint - 1:
            runs[-1] = (runs[-1][0], codepoint)
        else:
            runs.append((codepoint, codepoint))
    return ",".join(f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in runs)
