"""A text -> the same in characters that a stream can show: a plain one for each of the typographer's."""

from __future__ import annotations

import codecs
import re
import sys
from io import TextIOWrapper

HANDLER = "reportgen.plain"
"""Name of the error handler of codecs that writes what an alphabet lacks."""
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_PLAIN = {
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ",
    "×": "x", "−": "-", "–": "-", "—": "-", "‑": "-", "·": "*", "…": "...", "→": "->", "←": "<-", "≤": "<=", "≥": ">=",
    "≈": "about ", "±": "+/-", "∞": "infinity", "°": " degrees", "✓": "+", "✕": "x",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'",
}  # fmt: skip


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Answer for what cannot be encoded, as `codecs.register_error` says."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    power = _POWER.match(lacking)
    if power is not None:
        return f"^{power[0].translate(_SUPERSCRIPTS)}", error.start + power.end()
    if lacking[0] in _PLAIN:
        return _PLAIN[lacking[0]], error.start + 1
    return codecs.backslashreplace_errors(
        UnicodeEncodeError(error.encoding, error.object, error.start, error.start + 1, error.reason)
    )


codecs.register_error(HANDLER, _plain)


def fit_streams() -> None:
    """Let standard output and error write plain characters for what their alphabet lacks, instead of failing.

    Names of files go through a stream in UTF-8 byte for byte.
    """
    for stream, is_output in ((sys.stdout, True), (sys.stderr, False)):
        if isinstance(stream, TextIOWrapper):
            utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if utf8 and is_output else HANDLER)


def fitted(text: str, encoding: str | None) -> str:
    r"""Return a text in the characters of an encoding; None for one that has all.

    >>> fitted("1\u202f000 × 10⁻⁵ … 不", "ascii")
    '1 000 x 10^-5 ... \\u4e0d'
    """
    encoding = encoding or "utf-8"
    return text.encode(encoding, HANDLER).decode(encoding)
