"""Names -> one piece of a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Return names one after the other, "and" before the last; "" of none.

    >>> listed(["conv"]), listed(["conv", "pool"]), listed(["conv", "pool", "flat"])
    ('conv', 'conv and pool', 'conv, pool and flat')
    """
    *others, last = names or ("",)
    return f"{', '.join(others)} and {last}" if others else last
