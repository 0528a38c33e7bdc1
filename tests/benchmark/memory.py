"""Memory of a report against that of Keras's own `predict`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import DRAW, cost, run, save, saved
from tests.benchmark.table import Row

REPORTED = ("default", "MobileNetV2", "ResNet50", "large images")
BATCH = 32
FEW, MANY = 2_000, 20_000
_LABELLED = """
import sys, numpy
draw, number = numpy.random.default_rng(0), int(sys.argv[2])
images = draw.integers(0, 256, (number, 28, 28, 1), dtype=numpy.uint8)
numpy.savez(sys.argv[1], x=images, y=draw.integers(0, 10, number))
"""
_PREDICT = """
import sys, keras, numpy
model = keras.models.load_model(sys.argv[1], compile=False)
images = numpy.load(sys.argv[2])["x"]
model.predict(images.astype("float32") / 255, batch_size=len(images), verbose=0)
"""


def memory(folder: Path) -> Iterator[Row]:
    """Memory of a report on one sample against that of Keras's `predict` on one batch."""
    save(folder, REPORTED)
    for name in REPORTED:
        path, images = folder / f"{name}.keras", folder / f"{name}.npz"
        run(DRAW, str(path), str(images), str(BATCH))
        theirs = cost("-c", _PREDICT, str(path), str(images)).megabytes
        most = 1.3 * theirs + 300
        for formats in (("html", "json"), ("html", "json", "pdf")):
            options = ["--data", str(images), "--pick", "index:0", "-q", "-o", str(folder / "out")]
            options += [part for each in formats for part in ("--format", each)]
            ours = cost("-m", "reportgen", "build", str(path), *options).megabytes
            what = f"`build` of {name}, one sample, {' + '.join(formats)}, memory"
            target = f"at most 1.3 times + 300 MB: {most:.0f} MB"
            yield Row(what, ours, f"load + `predict` on {BATCH} images", theirs, ours / theirs, target, "MB")


def samples(folder: Path) -> Iterator[Row]:
    """Memory of a report of ResNet-50 on eight samples against one, and of one on many images against a tenth."""
    path, images = saved(folder, "ResNet50"), folder / "images.npz"
    run(DRAW, str(path), str(images), "8")
    command = ["-m", "reportgen", "build", str(path), "--data", str(images), "-q", "-o", str(folder / "out")]
    command += ["--format", "html", "--format", "json"]
    one, eight = (
        cost(*command, *(part for index in range(number) for part in ("--pick", f"index:{index}"))).megabytes
        for number in (1, 8)
    )
    what = "`build` of ResNet50, 8 samples, html + json, memory"
    yield Row(what, eight, "the same with one sample", one, eight / one, "at most 1.25", "MB")
    small, both = saved(folder, "default"), []
    for number in (FEW, MANY):
        run(_LABELLED, str(folder / f"{number}.npz"), str(number))
        given = ["--data", str(folder / f"{number}.npz"), "-q", "-o", str(folder / "small")]
        both.append(cost("-m", "reportgen", "build", str(small), *given, "--format", "html", "--format", "json"))
    few, many = (each.megabytes for each in both)
    what = f"`build` of default on {MANY:,} labelled images, html + json, memory"
    yield Row(what, many, f"the same on {FEW:,}", few, many / few, "at most 1.1", "MB")
