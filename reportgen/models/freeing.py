"""Memory that is free -> the system, and when Python looks for more of it."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

# Of malloc.h: the size from which a block is memory of its own, and how much may stay free at the end of the heap.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_LARGE_BYTES = 2 << 20
# Where Linux tells of a process's memory, in pages.
_MEMORY = Path("/proc/self/statm")
# By how much a process has to grow before it is worth while to look through all that lives for what is dead: on a small
# network that would take a twentieth of the time of its report.
_WORTH_BYTES = 32 << 20


def trim() -> None:
    """Give memory that is free back to the system; the C library of Linux keeps it, unless it is told not to."""
    if sys.platform == "linux":
        malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if malloc_trim is not None:
            malloc_trim(0)


def keep_little() -> None:
    """Have this process give the memory of every large block back as soon as it is free.

    The C library of Linux learns from the first large blocks to keep the like for later, and what stays in between
    keeps the holes open. The outputs of layers left half a gigabyte of such holes beside a network of 14 MB.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            for parameter in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
                mallopt(parameter, _LARGE_BYTES)


def held_bytes() -> int | None:
    """Return how much memory this process holds now; None where the system does not tell, as only Linux does."""
    try:
        pages = int(_MEMORY.read_text("ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


class _Growth:
    """By how much this process has grown since its memory was given back last.

    Attributes:
        held: Bytes that it held then, or the least that it was seen to hold since.
    """

    def __init__(self) -> None:
        self.held = 0

    def is_worth_while(self) -> bool:
        """Whether so much may be dead that a search for it pays; it may where the system does not tell."""
        held = held_bytes()
        if held is None:
            return True
        self.held = min(self.held, held)
        return held - self.held >= _WORTH_BYTES

    def begin(self) -> None:
        """Count from here on."""
        self.held = held_bytes() or 0


_GROWTH = _Growth()


def give_back() -> None:
    """Give the memory of what is no longer used back to the system, once this process has grown by some megabytes.

    The parts of a model, and of a traced graph, refer to each other: it takes a collection to free them.
    """
    if _GROWTH.is_worth_while():
        gc.collect()
        trim()
        _GROWTH.begin()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for circles of dead objects while short work makes many that live.

    Importing TensorFlow and building a model make hundreds of thousands of objects that stay, and the collector would
    look through all of them again and again.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def imported(name: str) -> ModuleType:
    """Import a module that brings TensorFlow, and spare the collector what came with it, which stays to the end."""
    if name in sys.modules:
        return sys.modules[name]
    with uncollected():
        module = import_module(name)
        gc.freeze()
    return module
