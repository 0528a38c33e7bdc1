"""Whether pictures are drawn: where only the numbers of chapters are looked at, none is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_DRAWS = ContextVar("draws", default=True)


def draws() -> bool:
    """Whether pictures are drawn here; else a figure has its size and its words, and no bytes."""
    return _DRAWS.get()


@contextmanager
def undrawn() -> Iterator[None]:
    """Make figures without their pictures inside."""
    before = _DRAWS.set(False)
    try:
        yield
    finally:
        _DRAWS.reset(before)
