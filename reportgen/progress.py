"""A step's name -> something to report its progress to. What long work calls, whoever listens."""

from __future__ import annotations

import sys
import time
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
def printed(step: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Print each step to standard error, and how long it took where that was a second or more."""
    del total
    sys.stderr.write(f"{step} …\n")
    start = time.monotonic()
    yield lambda: None
    seconds = time.monotonic() - start
    if seconds >= 1:
        sys.stderr.write(f"{step}: {seconds:.0f} s\n")


@contextmanager
def silent(step: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Report to nobody."""
    del step, total
    yield lambda: None
