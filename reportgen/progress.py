"""A step's name -> something to report its progress to. What long work calls, whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import Protocol

asked_to_end = Event()
"""Set where a signal asked the program to end. A library may have swallowed what the signal raised."""


class Progress(Protocol):
    """How a long step tells that it goes on.

    `with progress("Reading images", total=20) as advance:` opens a step of 20 equal parts (`None`: unknown), and
    `advance()` says that one of them is done.
    """

    def __call__(self, step: str, total: int | None = None) -> AbstractContextManager[Callable[[], None]]:
        """Open a step."""
        ...


@contextmanager
def silent(step: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Report to nobody."""
    del step, total
    yield lambda: None
