"""Characters -> a font that has them and no others, made for a test, so that what it shows is known."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont


def typeface(characters: str, family: str = "Made for a test") -> TTFont:
    """A font whose glyphs are squares, each a little smaller than the one before."""
    names = [".notdef", *(f"square{place}" for place in range(len(characters)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(each): name for each, name in zip(characters, names[1:], strict=True)})
    builder.setupGlyf({name: _square(800 - 10 * place) for place, name in enumerate(names)})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, usWinAscent=900, usWinDescent=100)
    builder.setupPost()
    # A font tells when it was made; this one says nothing of the day of the test.
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    return builder.font


def save(characters: str, path: Path, family: str = "Made for a test") -> Path:
    """Make a font file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    typeface(characters, family).save(path)
    return path


def save_collection(path: Path, *characters: str) -> Path:
    """Make a file of several fonts."""
    collection = TTCollection()
    collection.fonts = [typeface(each, f"Made {place}") for place, each in enumerate(characters)]
    collection.save(path)
    return path


def _square(side: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    pen.lineTo((100, side))
    pen.lineTo((100 + side, side))
    pen.lineTo((100 + side, 0))
    pen.closePath()
    return pen.glyph()
