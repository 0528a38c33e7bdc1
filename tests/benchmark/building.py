"""Whole builds against what nobody can leave out."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import RUNS, median, run, saved
from tests.benchmark.table import Row


def build(folder: Path) -> Iterator[Row]:
    """A whole build against the sum of its unavoidable parts, each as a part of a process of its own.

    The chapter on channels asks the network some ten thousand questions of its own; it is measured in `responses`.
    """
    path = saved(folder, "default")
    parts = (
        "import time; a = time.perf_counter(); import tensorflow; b = time.perf_counter()\n"
        "import keras, numpy, sys; c = time.perf_counter()\n"
        "model = keras.models.load_model(sys.argv[1], compile=False); d = time.perf_counter()\n"
        "numpy.asarray(model(numpy.zeros((1, 28, 28, 1), 'float32'))); e = time.perf_counter()\n"
        "import weasyprint; f = time.perf_counter()\n"
        "print(b - a + d - c + e - d + f - e)"
    )
    unavoidable = statistics.median(float(run(parts, str(path)).split()[-1]) for _ in range(RUNS))
    command = [
        sys.executable,
        "-m",
        "reportgen",
        "build",
        str(path),
        "--data",
        "digits",
        "--skip-section",
        "channels",
        "-q",
        "-o",
        str(folder / "out"),
    ]
    whole = median(lambda: subprocess.run(command, check=True, capture_output=True), RUNS)
    against = "import TensorFlow + load + one forward pass + import WeasyPrint"
    what = "reportgen build MODEL --data digits --skip-section channels"
    yield Row(what, whole, against, unavoidable, whole / unavoidable, "at most 2.5")


def help_page(_folder: Path) -> Iterator[Row]:
    """`reportgen --help` against starting Python."""
    ours = median(
        lambda: subprocess.run([sys.executable, "-m", "reportgen", "--help"], check=True, capture_output=True), 5
    )
    bare = median(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 5)
    yield Row("reportgen --help", ours, "python -c ''", bare, ours / bare, "under 0.4 s")
