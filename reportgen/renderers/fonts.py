"""The characters of a document -> style rules with the glyphs that they need; and the files behind them, for print.

IBM Plex Sans and Mono come from PyPI, DejaVu from inside matplotlib, so a report looks the same on every machine. All
of them may be passed on (SIL Open Font License, Bitstream Vera licence); their notices stay inside the subsets. Fonts
of the user's own (`given`) come in where these lack a character.
"""

from __future__ import annotations

import base64
import hashlib
import io
import string
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import fontpkg
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib.instancer import instantiateVariableFont

from reportgen.document.report import FontFile
from reportgen.errors import OptionsError, RenderError

# What nearly every report holds: so most reports have the same fonts, which are cut once for all that a process writes.
_OF_REPORTS = "\xa0\u202f–—−·×±≤≥→↑…‘’“”°µĀ√⌈⌉⌊⌋⁰¹²³⁴⁵⁶⁷⁸⁹⁻●▲✓✕"
_ALWAYS = frozenset(string.ascii_letters + string.digits + string.punctuation + " " + _OF_REPORTS)
_WEIGHTS = (400, 600)
# Copyright, licence and its address.
_NAMES_KEPT = [0, 13, 14]
# Hinting, variation of metrics that no page uses, and kerning: cutting the variable kerning of Plex Sans takes three
# times as long as everything else.
_DROPPED = ["DSIG", "FFTM", "HVAR", "MVAR", "STAT", "cvar", "fpgm", "gasp", "meta", "prep"]
_PLACING = ["GDEF", "GPOS"]
_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
# Letters from here on (Hebrew, Arabic, the scripts of India and South-East Asia …) change with their neighbours.
_SHAPED = range(0x590, 0x1E00)
# What ties emoji and letters together has to come from the font of what it ties.
_JOINERS = frozenset((0x200C, 0x200D, 0xFE0E, 0xFE0F))
# What fontTools raises for a file that is no sound font.
_UNSOUND = (TTLibError, OSError, ValueError, LookupError, AssertionError, AttributeError, TypeError, struct.error)


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


def given(folders: Sequence[Path]) -> tuple[FontFile, ...]:
    """Return the fonts in some folders of the user's and in the folders below them, by name.

    Raises:
        OptionsError: A folder is none, has no font, or holds a file that calls itself a font and is not one.
    """
    return tuple(file for folder in folders for file in _fonts_in(folder))


def _fonts_in(folder: Path) -> list[FontFile]:
    remedy = f"Expected files that end in {', '.join(sorted(_SUFFIXES))}. Fix --font-dir."
    if not folder.is_dir():
        raise OptionsError(f"There is no folder of fonts {str(folder)!r}. {remedy}")
    named = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    found = []
    for name, path in sorted(named.items()):
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            try:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                codepoints(FontFile(name, digest, path))
            except _UNSOUND as error:
                raise OptionsError(
                    f"The font {name!r} cannot be read: {error or type(error).__name__}. Expected a TrueType or"
                    " OpenType font. Take it out of the folder, or give another one with --font-dir."
                ) from error
            found.append(FontFile(name, digest, path))
    if not found:
        raise OptionsError(f"The folder {str(folder)!r} holds no font. {remedy}")
    return found


def files() -> tuple[Path, ...]:
    """Return the bundled font files that a PDF may be set in: those of the page, and DejaVu's bold ones."""
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


def codepoints(file: FontFile) -> frozenset[int]:
    """Return the characters that a font of the user's has, of all fonts in its file."""
    return _codepoints(file.path, file.sha256)


@lru_cache(maxsize=256)
def _codepoints(path: Path, sha256: str) -> frozenset[int]:
    del sha256  # another file under the same name is read again
    found = set[int]()
    with path.open("rb") as file:
        for number in range(_fonts_of(file)):
            found.update(TTFont(file, lazy=True, fontNumber=number).getBestCmap() or ())
    return frozenset(found)


def _fonts_of(file: BinaryIO) -> int:
    """How many fonts a file holds."""
    file.seek(0)
    start = file.read(12)
    return struct.unpack(">L", start[8:])[0] if start.startswith(b"ttcf") else 1


def faces(text: str, more: tuple[FontFile, ...] = ()) -> str:
    """Return one @font-face rule for each face that the text needs, with the glyphs it needs inside.

    Equal sets of characters give equal rules; printable ASCII and the signs of reports are always there.

    Args:
        text: All characters of the document, in any order.
        more: Fonts of the user's own, the preferred ones first.

    Raises:
        RenderError: One of these cannot be cut down to the characters that are needed.
    """
    # A page shows "e" and a combining accent as one letter, where the font has that letter.
    return _faces(_ALWAYS.union(text, unicodedata.normalize("NFC", text)), more)


@lru_cache(maxsize=8)
def _faces(characters: frozenset[str], more: tuple[FontFile, ...]) -> str:
    wanted = frozenset(map(ord, characters))
    covered: dict[str, frozenset[int]] = {}
    rules = []
    for face in bundled():
        # Two files of one family have the same characters.
        needed = (wanted & _has(face.path)) - covered.get(face.fallback_for, frozenset())
        covered[face.family] = needed
        if needed:
            rules.append(_bundled_rule(face, needed))
    lacking = wanted.difference(*covered.values())
    for file in more:
        try:
            lacking = _add_given(file, lacking, wanted, rules)
        except (*_UNSOUND, NotImplementedError) as error:
            raise RenderError(
                f"The font {file.name!r} cannot be put into the page: {error or type(error).__name__}. Expected a"
                " sound TrueType or OpenType font. Give another one with --font-dir."
            ) from error
    return "\n".join(rules)


@lru_cache(maxsize=16)
def _has(path: Path) -> frozenset[int]:
    """All characters of a font that does not change."""
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=32)
def _bundled_rule(face: Face, codepoints: frozenset[int]) -> str:
    with TTFont(face.path, lazy=True, recalcTimestamp=False) as font:
        return _rule(face, codepoints, _subset(font, codepoints, face.variable))


def _add_given(file: FontFile, lacking: frozenset[int], wanted: frozenset[int], rules: list[str]) -> frozenset[int]:
    """Add the rules for what a font of the user's has of what is lacking; return what is still lacking."""
    with file.path.open("rb") as stream:
        for number in range(_fonts_of(stream)):
            font = TTFont(stream, lazy=True, recalcTimestamp=False, fontNumber=number)
            has = frozenset(font.getBestCmap() or ())
            if not has & lacking:
                continue
            needed = has & (lacking | (wanted & _JOINERS))
            data = _subset(font, needed, "fvar" in font)
            # Under the names of the bundled fallbacks, so that every style rule finds it.
            for family in ("DejaVu Sans", "DejaVu Sans Mono"):
                rules.append(_rule(Face(family, "400 600", file.path, fallback_for=family), needed, data))
            lacking -= needed
    return lacking


def _subset(font: TTFont, codepoints: frozenset[int], variable: bool) -> bytes:
    """The font as WOFF2 with these characters only, at its normal width."""
    shaped = any(code in _SHAPED for code in codepoints)
    options = Options()
    if not shaped:
        options.layout_features = ["ccmp", "liga", "lnum", "tnum"]
    options.name_IDs = _NAMES_KEPT
    options.name_languages = [0x409]
    options.drop_tables = [*options.drop_tables, *_DROPPED, *([] if shaped else _PLACING), "cvt "]
    options.hinting = False
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codepoints)
    subsetter.subset(font)
    if variable:
        known = {"wdth": 100, "wght": _WEIGHTS} if "wdth" in {axis.axisTag for axis in font["fvar"].axes} else {}
        limits = known or {axis.axisTag: None for axis in font["fvar"].axes}
        instantiateVariableFont(font, limits, inplace=True, optimize=False)
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
