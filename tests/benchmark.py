"""Ratios measured in one run: ours against the article's way, and against the parts that nobody can leave out.

Run with `python -m tests.benchmark` (add `--json` for machines). Nothing here is asserted: times belong to the machine
that they were measured on, and are printed as ratios with the target that the project has set itself.
"""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUNS = 3


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: What was done.
        ours: Seconds it took us, median.
        against: What it is compared with.
        theirs: Seconds that took, median.
        ratio: The ratio that the target speaks of.
        target: The target, in words.
    """

    what: str
    ours: float
    against: str
    theirs: float
    ratio: float
    target: str


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "mnist.keras"
        _run("from reportgen.models.convnet import convnet; import sys; convnet().save(sys.argv[1])", str(model))
        rows = [_maps(model), _build(model, Path(folder)), _help()]
    if "--json" in sys.argv:
        print(json.dumps([asdict(row) for row in rows], indent=1))  # noqa: T201
        return
    print("| what | ours | against | theirs | ratio | target |\n|---|---|---|---|---|---|")  # noqa: T201
    for row in rows:
        cells = (row.what, f"{row.ours:.3g} s", row.against, f"{row.theirs:.3g} s", f"{row.ratio:.3g}", row.target)
        print("| " + " | ".join(cells) + " |")  # noqa: T201


def _maps(path: Path) -> Row:
    """All maps of the default network for one sample, from the loaded model to PNG bytes."""
    import keras
    import matplotlib
    import numpy as np

    from reportgen.figures import mosaic
    from reportgen.models.inspection import inspect
    from reportgen.options import Options
    from reportgen.probes import activations, samples
    from reportgen.probes.predictions import run as predict
    from reportgen.probes.subject import Subject
    from reportgen.sources.memory import from_arrays

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    model = keras.models.load_model(path, compile=False)
    images = np.random.default_rng(0).random((1, 28, 28, 1), dtype=np.float32)
    subject = Subject(model, inspect(model), from_arrays(images))
    answers = predict(subject, Options())
    assert answers is not None
    subject = samples.choose(subject, answers, Options())

    def ours() -> None:
        result = activations.run(subject, Options())
        assert result is not None
        for call in result.samples[0].calls:
            mosaic.contact_sheet(call.path, call.levels, alt="maps", caption="")

    def the_articles_way() -> None:
        for name, rows in (("input_layer", 4), ("conv_1", 8), ("pool_1", 8)):
            middle = keras.Model(model.inputs, model.get_layer(name).output)
            maps = middle.predict(images, verbose=0)
            figure, axes = plt.subplots(rows, 8, figsize=(10, 8))
            for channel, axis in enumerate(axes.ravel()):
                axis.imshow(maps[0, :, :, channel], cmap="gray")
            figure.savefig(io.BytesIO(), format="png")
            plt.close(figure)

    ours()
    fast, slow = _median(ours, 9), _median(the_articles_way, 1)
    what = "all 160 maps of the default network, one sample, loaded model to PNG"
    return Row(what, fast, "one imshow per channel", slow, slow / fast, "at least 100 times faster")


def _build(path: Path, folder: Path) -> Row:
    """A whole build against the sum of its unavoidable parts, each as a part of a process of its own."""
    parts = (
        "import time; a = time.perf_counter(); import tensorflow; b = time.perf_counter()\n"
        "import keras, numpy, sys; c = time.perf_counter()\n"
        "model = keras.models.load_model(sys.argv[1], compile=False); d = time.perf_counter()\n"
        "numpy.asarray(model(numpy.zeros((1, 28, 28, 1), 'float32'))); e = time.perf_counter()\n"
        "import weasyprint; f = time.perf_counter()\n"
        "print(b - a + d - c + e - d + f - e)"
    )
    unavoidable = statistics.median(float(_run(parts, str(path)).split()[-1]) for _ in range(RUNS))
    command = [
        sys.executable,
        "-m",
        "reportgen",
        "build",
        str(path),
        "--data",
        "digits",
        "-q",
        "-o",
        str(folder / "out"),
    ]
    whole = _median(lambda: subprocess.run(command, check=True, capture_output=True), RUNS)
    against = "import TensorFlow + load + one forward pass + import WeasyPrint"
    return Row("reportgen build MODEL --data digits", whole, against, unavoidable, whole / unavoidable, "at most 2.5")


def _help() -> Row:
    """`reportgen --help` against starting Python."""
    ours = _median(
        lambda: subprocess.run([sys.executable, "-m", "reportgen", "--help"], check=True, capture_output=True), 5
    )
    bare = _median(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 5)
    return Row("reportgen --help", ours, "python -c ''", bare, ours / bare, "under 0.4 s")


def _run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def _median(work: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
