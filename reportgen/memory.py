"""Memory that is free -> the system, which has none of it as long as the C library keeps it."""

from __future__ import annotations

import ctypes
import sys


def trim() -> None:
    """Give memory that is free back to the system; the C library of Linux keeps it, unless it is told not to."""
    if sys.platform == "linux":
        malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if malloc_trim is not None:
            malloc_trim(0)
