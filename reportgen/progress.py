"""A step's name -> something to report its progress to; and how long work hears that it is to end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

asked_to_end = threading.Event()
"""Set where a signal asked the program to end. A library may have swallowed what the signal raised."""
_whole: list[None] = []


def end() -> None:
    """Answer a signal that asks the program to end, in its main thread.

    Raises:
        KeyboardInterrupt: Now, or as soon as what `whole` holds together is done.
    """
    asked_to_end.set()
    if not _whole:
        raise KeyboardInterrupt


@contextmanager
def whole() -> Iterator[None]:
    """Hold a moment's work together: a folder that is made and the note of who removes it. Signals wait for its end.

    Raises:
        KeyboardInterrupt: The work is done, and a signal asked the program to end meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():  # which no signal breaks off
        yield
        return
    asked_before = asked_to_end.is_set()
    _whole.append(None)
    try:
        yield
    finally:
        _whole.pop()
    if asked_to_end.is_set() and not asked_before:
        raise KeyboardInterrupt


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
