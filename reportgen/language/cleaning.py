"""Text from outside -> text that may stand in a report: cleaned, shortened, kept apart, made an anchor."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence


def fold_anchor(path: str) -> str:
    """Return the id of a call's part of the chapter."""
    return f"channels-{anchor(path)}"


def layer_anchor(path: str) -> str:
    """Return the id of a call's row in the layer table."""
    return f"layer-{anchor(path)}"


def channel_anchor(path: str, channel: int) -> str:
    """Return the id of a channel's card, or of its patch among all of the layer."""
    return f"channel-{anchor(path)}-{channel}"


_UNPRINTABLE = re.compile(
    # C0 and C1 without tab and line feed; line separators; bidi embeddings, overrides and isolates; lone surrogates.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)

# Runs of letters that are written from right to left (Hebrew, Arabic, Syriac, Thaana, N'Ko, Adlam …), with the marks on
# them and the spaces and hyphens between their words; the ranges are those that Unicode keeps for such scripts.
_LEFTWARD = "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
_LEFTWARDS = re.compile(f"{_LEFTWARD}+(?:[ '’\\-]+{_LEFTWARD}+)*")

_LONGEST_NAME = 80
_LONGEST_ANCHOR = 200


def spelled(text: str, lacking: Sequence[str]) -> str:
    """Write the numbers of characters in their place, once where the number stands behind its character already.

    Args:
        text: Any text, HTML too: names of elements and attributes hold no such characters.
        lacking: The characters.

    >>> spelled("class 層層 of 9", ["層"])
    'class [U+5C64 U+5C64] of 9'
    >>> spelled("no glyph for 層 (U+5C64)", ["層"])
    'no glyph for U+5C64'
    """
    if not lacking:
        return text
    written = re.sub(
        f"[{''.join(map(re.escape, lacking))}]+", lambda run: f"[{' '.join(map(codepoint, run.group()))}]", text
    )
    return re.sub(r"\[(U\+[0-9A-F]{4,6})\] \(\1\)", r"\1", written)


def clean(text: str) -> str:
    r"""Replace characters that no page should hold by U+FFFD.

    These are control characters, noncharacters, lone surrogates, and the controls that make a text run the other way,
    with which one name can be shown as another. Tabs, line feeds and the writing direction of letters stay.

    >>> clean("conv\x1b[31m_\u202egnp.tac")
    'conv�[31m_�gnp.tac'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def isolated(text: str) -> str:
    r"""Enclose what is written from right to left, so that it cannot move the text around it.

    Characters do it (first strong isolate, pop directional isolate: Unicode Standard Annex 9), and not an element, so
    that it holds in titles and text alternatives too. None are left in the text before: `clean` takes them out.

    >>> isolated("class אב, 3")
    'class \u2068אב\u2069, 3'
    """
    return _LEFTWARDS.sub("\u2068\\g<0>\u2069", text)


def shortened(name: str, limit: int = _LONGEST_NAME) -> str:
    """Leave the middle of a long name out.

    Args:
        name: Any text.
        limit: How many characters it may have, the "…" in its middle counted.

    >>> shortened("block_1_conv_1_relu", 11)
    'block…_relu'
    """
    if len(name) <= limit:
        return name
    half = (limit - 1) // 2
    return f"{name[: limit - 1 - half]}…{name[len(name) - half :]}"


def anchor(name: str) -> str:
    """Turn any name into an id of a-z, 0-9, "-" and "_"; different names give different ids.

    A "/" becomes "--", any other character its number in hexadecimal between two "-". A very long name becomes its
    SHA-256.

    >>> anchor("backbone/conv_1#2"), anchor("Conv-1"), anchor("")
    ('backbone--conv_1-23-2', '-43-onv-2d-1', '-empty')
    """
    # What follows a single "-" is closed by another one, so that neither "-empty" nor "-sha" can come from a name.
    written = re.sub("[^a-z0-9_]", lambda odd: "--" if odd.group() == "/" else f"-{ord(odd.group()):x}-", name)
    if len(written) > _LONGEST_ANCHOR:
        return f"-sha{hashlib.sha256(written.encode('ascii')).hexdigest()}"
    return written or "-empty"


def codepoint(character: str) -> str:
    """Write the number of a character.

    >>> codepoint("A"), codepoint("😀")
    ('U+0041', 'U+1F600')
    """
    return f"U+{ord(character):04X}"


def with_plain_spaces(text: str) -> str:
    r"""Return a text with ordinary spaces in place of the typographer's, for terminals, tables and logs.

    >>> with_plain_spaces("1\u202f000\u00a0images")
    '1 000 images'
    """
    return text.translate({0xA0: " ", 0x202F: " "})
