"""Ratios measured in one run: ours against the article's way, and against the parts that nobody can leave out.

Run with `python -m tests.benchmark` (`--only PART` for a part of it, `--json` for machines). Nothing here is asserted:
times belong to the machine that they were measured on, and are printed as ratios with the target that the project has
set itself.

Memory is what a program and all processes that it starts hold at one time: their resident memory, read from Linux's
/proc a hundred times a second and added up, so that pages which two of them share count twice. No figure is below the
peak that the kernel notes for the program itself.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUNS = 3
# Ten families, among them the largest file and the deepest graphs.
NETWORKS = (
    "VGG16",
    "ResNet50",
    "ResNet50V2",
    "MobileNetV2",
    "MobileNetV3Small",
    "EfficientNetB0",
    "DenseNet121",
    "InceptionV3",
    "NASNetMobile",
    "ConvNeXtTiny",
)
REPORTED = ("default", "MobileNetV2", "ResNet50", "large images")
BATCH = 32

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
_LOAD = "import sys, keras; keras.models.load_model(sys.argv[1], compile=False)"
_PREDICT = """
import sys, keras, numpy
model = keras.models.load_model(sys.argv[1], compile=False)
images = numpy.load(sys.argv[2])["x"]
model.predict(images.astype("float32") / 255, batch_size=len(images), verbose=0)
"""
_DRAW = """
import sys, keras, numpy
shape = keras.models.load_model(sys.argv[1], compile=False).input_shape[1:]
draw = numpy.random.default_rng(0)
numpy.savez(sys.argv[2], x=draw.integers(0, 256, (int(sys.argv[3]), *shape), dtype=numpy.uint8))
"""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: What was done.
        ours: What it took us, median where it was done more than once.
        against: What it is compared with.
        theirs: What that took.
        ratio: The ratio that the target speaks of.
        target: The target, in words.
        unit: Unit of `ours` and `theirs`.
    """

    what: str
    ours: float
    against: str
    theirs: float
    ratio: float
    target: str
    unit: str = "s"


@dataclass(frozen=True)
class Cost:
    """What a program took: seconds, and megabytes (of 10^6 bytes) at its peak."""

    seconds: float
    megabytes: float


def main() -> None:
    """Measure and print."""
    parts: dict[str, Callable[[Path], Iterator[Row]]] = {
        "maps": _maps, "build": _build, "help": _help, "summary": _summary, "memory": _memory,
        "pdf": _pdf,
    }  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description="Measure and print ratios.")
    parser.add_argument("--only", action="append", choices=parts, metavar="PART", help=f"one of {', '.join(parts)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    if not given.json:
        print("| what | ours | against | theirs | ratio | target |\n|---|---|---|---|---|---|")  # noqa: T201
    rows = []
    for part in given.only or parts:
        with tempfile.TemporaryDirectory() as folder:
            for row in parts[part](Path(folder)):
                rows.append(row)
                if not given.json:
                    print(_line(row), flush=True)  # noqa: T201
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))  # noqa: T201


def _line(row: Row) -> str:
    ours, theirs = (f"{value:.3g} s" if row.unit == "s" else f"{value:.0f} MB" for value in (row.ours, row.theirs))
    return "| " + " | ".join((row.what, ours, row.against, theirs, f"{row.ratio:.3g}", row.target)) + " |"


def _maps(folder: Path) -> Iterator[Row]:
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

    model = keras.models.load_model(_saved(folder, "default"), compile=False)
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
    yield Row(what, fast, "one imshow per channel", slow, slow / fast, "at least 100 times faster")


def _build(folder: Path) -> Iterator[Row]:
    """A whole build against the sum of its unavoidable parts, each as a part of a process of its own."""
    path = _saved(folder, "default")
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
    yield Row("reportgen build MODEL --data digits", whole, against, unavoidable, whole / unavoidable, "at most 2.5")


def _help(_folder: Path) -> Iterator[Row]:
    """`reportgen --help` against starting Python."""
    ours = _median(
        lambda: subprocess.run([sys.executable, "-m", "reportgen", "--help"], check=True, capture_output=True), 5
    )
    bare = _median(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 5)
    yield Row("reportgen --help", ours, "python -c ''", bare, ours / bare, "under 0.4 s")


def _summary(folder: Path) -> Iterator[Row]:
    """`reportgen summary` of ten published networks against importing Keras and loading the same file."""
    _save(folder, NETWORKS)
    for name in NETWORKS:
        path = folder / f"{name}.keras"
        ours, theirs = _cost("-m", "reportgen", "summary", str(path), "-q"), _cost("-c", _LOAD, str(path))
        what, against = f"`summary` of {name}", "import Keras + load"
        yield Row(what, ours.seconds, against, theirs.seconds, ours.seconds / theirs.seconds, "none set")
        ratio = ours.megabytes / theirs.megabytes
        yield Row(f"{what}, memory", ours.megabytes, against, theirs.megabytes, ratio, "none set", "MB")
        path.unlink()


def _memory(folder: Path) -> Iterator[Row]:
    """Memory of a report on one sample against that of Keras's `predict` on one batch."""
    _save(folder, REPORTED)
    for name in REPORTED:
        path, images = folder / f"{name}.keras", folder / f"{name}.npz"
        _run(_DRAW, str(path), str(images), str(BATCH))
        theirs = _cost("-c", _PREDICT, str(path), str(images)).megabytes
        most = 1.3 * theirs + 300
        for formats in (("html", "json"), ("html", "json", "pdf")):
            options = ["--data", str(images), "--pick", "index:0", "-q", "-o", str(folder / "out")]
            options += [part for each in formats for part in ("--format", each)]
            ours = _cost("-m", "reportgen", "build", str(path), *options).megabytes
            what = f"`build` of {name}, one sample, {' + '.join(formats)}, memory"
            target = f"at most 1.3 times + 300 MB: {most:.0f} MB"
            yield Row(what, ours, f"load + `predict` on {BATCH} images", theirs, ours / theirs, target, "MB")


def _pdf(_folder: Path) -> Iterator[Row]:
    """ResNet50's whole PDF against a bare page with the same pictures."""
    from tests import benchmark_pdf

    for (ours, mine), (bare, theirs) in benchmark_pdf.measure():
        against = "WeasyPrint on a bare page with the same pictures"
        yield Row("PDF of ResNet50, one sample, every map", ours, against, bare, ours / bare, "at most 3")
        yield Row("PDF of ResNet50, memory of its process", mine, against, theirs, mine / theirs, "under 1 GB", "MB")


def _saved(folder: Path, name: str) -> Path:
    _save(folder, (name,))
    return folder / f"{name}.keras"


def _save(folder: Path, names: tuple[str, ...]) -> None:
    _run(_SAVE, str(folder), *names)


def _cost(*arguments: str) -> Cost:
    """Run Python in a process of its own, and watch it."""
    start, most = time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, *arguments], stdout=said, stderr=said)
        while process.poll() is None:
            most = max(most, _resident(process.pid, "VmHWM"), sum(_resident(each) for each in _family(process.pid)))
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            sys.exit(f"{arguments} ended with exit code {process.returncode}: {said.read().decode()[-1000:]}")
    return Cost(seconds, most / 1e6)


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
