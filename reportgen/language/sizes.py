"""A number of bytes as it is written where an option or a policy asks for one, and back."""

from __future__ import annotations

import re

from reportgen.errors import OptionsError

_UNITS = {"": 1, "b": 1, **{f"{sign}b": 1000**power for power, sign in enumerate("kmg", 1)}}
_UNITS |= {f"{sign}ib": 1024**power for power, sign in enumerate("kmg", 1)}


def parse_size(text: str) -> int:
    """Read a number of bytes.

    Raises:
        OptionsError: It is no number with a known unit.

    >>> parse_size("25MB"), parse_size("1.5 MiB"), parse_size("900000")
    (25000000, 1572864, 900000)
    """
    found = re.fullmatch(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)\s*", text)
    if found and found[2].lower() in _UNITS:
        return int(float(found[1]) * _UNITS[found[2].lower()])
    raise OptionsError(
        f"{text!r} is not a file size. Expected a number of bytes with or without a unit: B, kB, MB, GB, KiB, MiB or"
        " GiB. Write for example 25MB."
    )


def size_words(size_bytes: int) -> str:
    """Write a number of bytes as `parse_size` reads it, without loss.

    >>> size_words(25_000_000), size_words(1_572_864)
    ('25MB', '1572864')
    """
    units = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
    return next((f"{size_bytes // unit}{name}" for name, unit in units if size_bytes % unit == 0), str(size_bytes))
