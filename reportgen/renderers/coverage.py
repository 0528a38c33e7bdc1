"""Text and the fonts of a report -> the characters that none of them has, and what is written in their place.

What is missing is known before anything is set in type, so that the report itself can say it. A page on a screen keeps
such a character, because the reader's machine may have a font for it; print, which has no other fonts, writes its
number: U+5C64 in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from fontTools.ttLib import TTFont

from reportgen.document.report import FontFile
from reportgen.language import cleaning
from reportgen.language.cleaning import clean
from reportgen.renderers import fonts

# Characters without a shape of their own, which no font needs to have: joiners, marks of direction, selectors of a
# variant, tags. Default_Ignorable_Code_Point of the Unicode Character Database, without the fillers of Hangul.
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Marks around a remark between lines: DejaVu has glyphs for them, and no typesetter takes these.
_NEVER = frozenset(range(0xFFF9, 0xFFFC))


def missing(texts: Iterable[str], more: tuple[FontFile, ...] = ()) -> tuple[str, ...]:
    """Return the characters that no font of the report has, each once, by number.

    Args:
        texts: As they came; what `templating.clean` takes out of them is not looked for.
        more: Fonts of the user's own.
    """
    seen = set[str]().union(*(re.findall(r"[^\x00-\x7f]", text) for text in texts))
    shown = _INVISIBLE.sub("", clean("".join(sorted(seen))))
    known = _drawable(more)
    # A rule may ask for capitals.
    return tuple(sorted({each for each in shown if not known.issuperset(map(ord, each + each.upper()))}))


def spelled(text: str, more: tuple[FontFile, ...] = ()) -> str:
    """Write the numbers of the characters that no font of the report has in their place.

    Args:
        text: Any text, HTML too: no name of an element or attribute is changed.
        more: Fonts of the user's own.

    >>> spelled("class 層層 of 9")
    'class [U+5C64 U+5C64] of 9'
    """
    return cleaning.spelled(text, missing([text], more))


@lru_cache(maxsize=8)
def _drawable(more: tuple[FontFile, ...]) -> frozenset[int]:
    found = set(range(0x80)).union(*map(fonts.codepoints, more))
    for face in fonts.bundled():
        with TTFont(face.path, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found - _NEVER)
