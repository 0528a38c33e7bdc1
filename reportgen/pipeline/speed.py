"""Nothing -> how fast this machine does what a report consists of, each measured for a moment.

The quickest of several runs counts: what else the machine is doing only takes time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from reportgen.figures import mosaic
from reportgen.language.numerals import number
from reportgen.models import freeing

_MOMENT = 0.1  # seconds
_SIDE, _CHANNELS, _KERNEL = 56, 64, 3
_NOISE = 256
_NUMBERS = 200


@dataclass(frozen=True, slots=True)
class Speed:
    """What this machine does in a second.

    Attributes:
        macs: Multiply-adds of a convolution, float32.
        encoded_bytes: Bytes of noise encoded as PNG.
        numbers: Numbers written as a page writes them.
    """

    macs: float
    encoded_bytes: float
    numbers: float


def measured() -> Speed:
    """Measure this machine: a convolution of 3 × 3 from 64 to 64 channels, a PNG file of noise, and written numbers."""
    generator = np.random.default_rng(0)
    image = keras.ops.convert_to_tensor(generator.random((1, _SIDE, _SIDE, _CHANNELS), dtype=np.float32))
    kernel = keras.ops.convert_to_tensor(generator.random((_KERNEL, _KERNEL, _CHANNELS, _CHANNELS), dtype=np.float32))
    noise = generator.integers(0, 256, (_NOISE, _NOISE), dtype=np.uint8)
    return Speed(
        macs=_per_second(
            lambda: np.asarray(keras.ops.conv(image, kernel, padding="same", data_format="channels_last")),
            _SIDE**2 * _KERNEL**2 * _CHANNELS**2,
        ),
        encoded_bytes=_per_second(lambda: mosaic.png(noise), noise.size),
        numbers=_per_second(lambda: [number(value / 7) for value in range(_NUMBERS)], _NUMBERS),
    )


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resident_bytes() -> int:
    """Return how much memory this process takes now; where the system does not tell, at its peak, or 0 on Windows."""
    held = freeing.held_bytes()
    if held is not None:
        return held
    try:
        import resource
    except ImportError:
        return 0
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def _per_second(work: Callable[[], object], amount: int) -> float:
    seconds: list[float] = []
    end = time.perf_counter() + _MOMENT
    while len(seconds) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return amount / min(seconds)
