"""The five reports that are put before the checkers: files as a user gets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import reportgen
from tests.commands import Files, run
from tests.renderers.reports import HOSTILE


def demo(folder: Path, files: Files) -> None:
    """What `reportgen build` alone writes."""
    del files
    _build(folder)


def without_images(folder: Path, files: Files) -> None:
    """A model file and nothing else."""
    _build(folder, str(files.model))


def one_layer(folder: Path, files: Files) -> None:
    """A single convolution, whose answer is no class."""
    import keras

    del files
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, name="only")], name="one")
    _explain(folder, model, np.random.default_rng(0).random((3, 8, 8, 1), dtype=np.float32))


def big(folder: Path, files: Files) -> None:
    """A network of 154 layers with branches, maps of its first block."""
    import keras

    del files
    keras.utils.set_random_seed(3)
    model = keras.applications.MobileNetV2((64, 64, 3), weights=None, classes=10)
    images = np.random.default_rng(0).random((4, 64, 64, 3), dtype=np.float32) * 2 - 1
    _explain(folder, model, images, np.arange(4), layers="block_1_*", pick=("index:0",))


def hostile(folder: Path, files: Files) -> None:
    """Names that would like to be markup, commands, control characters, other scripts or without an end."""
    import keras

    del files
    keras.utils.set_random_seed(3)
    # Keras takes no "/" and no half characters.
    name = HOSTILE.replace("/", "∕").replace("\ud800", "")
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3), name="image"),
            keras.layers.Conv2D(3, 3, activation="relu", name=name),
            keras.layers.MaxPooling2D(name="weiß Ελληνικά кириллица שלום \u202eevil\u202c"),
            keras.layers.Flatten(name="{{ 7 * 7 }}{% raw %}"),
            keras.layers.Dense(3, activation="softmax", name="'\"><svg onload=alert(1)>"),
        ],
        name="]]>-->",
    )
    images = np.random.default_rng(0).random((9, 12, 12, 3), dtype=np.float32)
    _explain(
        folder, model, images, np.arange(9) % 3, class_names=(HOSTILE, "<b>cat</b>", "\x1b[31mdog\x07"), title=HOSTILE
    )


REPORTS: dict[str, Callable[[Path, Files], None]] = {
    "demo": demo,
    "without images": without_images,
    "one layer": one_layer,
    "big": big,
    "hostile names": hostile,
}


def _build(folder: Path, *arguments: str) -> None:
    folder.mkdir()
    shown = run("build", *arguments, "--output", str(folder), cwd=folder)
    assert shown.returncode == 0, shown.stderr


def _explain(folder: Path, *data: object, **choices: object) -> None:
    report = reportgen.explain(*data, **choices)  # type: ignore[arg-type]
    assert not report.failed
    reportgen.write(report, folder)
