"""`reportgen summary` of published networks against loading them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import in_turns, save
from tests.benchmark.table import Row

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
_LOAD = "import sys, keras; keras.models.load_model(sys.argv[1], compile=False)"


def summary(folder: Path) -> Iterator[Row]:
    """`reportgen summary` of ten published networks against importing Keras and loading the same file."""
    save(folder, NETWORKS)
    for name in NETWORKS:
        path = folder / f"{name}.keras"
        ours, theirs = in_turns(("-m", "reportgen", "summary", str(path), "-q"), ("-c", _LOAD, str(path)))
        what, against = f"`summary` of {name}", "import Keras + load"
        yield Row(what, ours.seconds, against, theirs.seconds, ours.seconds / theirs.seconds, "at most 1.3")
        ratio = ours.megabytes / theirs.megabytes
        yield Row(f"{what}, memory", ours.megabytes, against, theirs.megabytes, ratio, "none set", "MB")
        path.unlink()
