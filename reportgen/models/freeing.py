"""Memory that is free -> the system, and when Python looks for more of it."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


def trim() -> None:
    """Give memory that is free back to the system; the C library of Linux keeps it, unless it is told not to."""
    if sys.platform == "linux":
        malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if malloc_trim is not None:
            malloc_trim(0)


def give_back() -> None:
    """Give the memory of what is no longer used back to the system.

    The parts of a model, and of a traced graph, refer to each other: it takes a collection to free them.
    """
    gc.collect()
    trim()


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
