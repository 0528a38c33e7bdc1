"""Names -> one piece of a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names one after the other, "and" or another word before the last; "" of none.

    >>> listed(["conv"]), listed(["conv", "pool"]), listed(["conv", "pool", "flat"])
    ('conv', 'conv and pool', 'conv, pool and flat')
    """
    *others, last = names or ("",)
    return f"{', '.join(others)} {word} {last}" if others else last
