"""Models, images and programs for the measurements, and what a program takes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS = 3

_SAVE = """
import sys, keras
folder, *names = sys.argv[1:]
for name in names:
    if name == "default":
        from reportgen.models.convnet import convnet
        model = convnet()
    elif name == "large images":
        layers = keras.layers
        model = keras.Sequential([keras.Input((1024, 1024, 3)), layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.MaxPooling2D(), layers.Conv2D(16, 3, activation="relu"), layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax")])
    else:
        size = {} if name != "MobileNetV3Small" else {"input_shape": (224, 224, 3)}  # which leaves it open
        model = getattr(keras.applications, name)(weights=None, **size)
    model.save(f"{folder}/{name}.keras")
"""
DRAW = """
import sys, keras, numpy
shape = keras.models.load_model(sys.argv[1], compile=False).input_shape[1:]
draw = numpy.random.default_rng(0)
numpy.savez(sys.argv[2], x=draw.integers(0, 256, (int(sys.argv[3]), *shape), dtype=numpy.uint8))
"""


@dataclass(frozen=True)
class Cost:
    """What a program took: seconds, megabytes (of 10^6 bytes) at its peak, and processor time of all its processes."""

    seconds: float
    megabytes: float
    processor: float = 0.0


def saved(folder: Path, name: str) -> Path:
    save(folder, (name,))
    return folder / f"{name}.keras"


def save(folder: Path, names: tuple[str, ...]) -> None:
    run(_SAVE, str(folder), *names)


def cost(*arguments: str) -> Cost:
    """Run Python in a process of its own, and watch it."""
    start, most, before = time.perf_counter(), 0, _processor()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, *arguments], stdout=said, stderr=said)
        while process.poll() is None:
            most = max(most, _resident(process.pid, "VmHWM"), sum(_resident(each) for each in _family(process.pid)))
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            sys.exit(f"{arguments} ended with exit code {process.returncode}: {said.read().decode()[-1000:]}")
    return Cost(seconds, most / 1e6, _processor() - before)


def in_turns(*programs: tuple[str, ...], runs: int = RUNS) -> tuple[Cost, ...]:
    """Run Python programs by turns, so that what else the machine does meets all alike; medians of each."""
    rounds = [[cost(*arguments) for arguments in programs] for _ in range(runs)]
    return tuple(
        Cost(statistics.median(each.seconds for each in own), statistics.median(each.megabytes for each in own))
        for own in zip(*rounds, strict=True)
    )


def _processor() -> float:
    """Seconds of processor time of all processes that this one started and that have ended, with theirs."""
    used = os.times()
    return used.children_user + used.children_system


def _family(process: int) -> list[int]:
    """A process and all that it has started, at this moment."""
    found = [process]
    for each in found:
        try:
            tasks = list(Path(f"/proc/{each}/task").iterdir())
            found += [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _resident(process: int, which: str = "VmRSS") -> int:
    """Resident memory of a process now ("VmRSS") or at its peak ("VmHWM"), bytes; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(f"{which}:")), 0)


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def median(work: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
