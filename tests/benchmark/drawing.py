"""All maps of a network, from the loaded model to pictures, against the floor and against others' ways."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmark.programs import cost
from tests.benchmark.table import Row

_DRAWN = ("default", "ResNet50", "EfficientNetB0", "DenseNet121", "large input")
_NAMES = {"default": "the default network", "large input": "a small convolutional network on 2048 × 2048 pixels"}
_ARTICLE = {"default": "at least 100 times faster", "ResNet50": "at least 500 times faster"}
_RUNS = 5
_FURTHER = 4


def maps(_folder: Path) -> Iterator[Row]:
    """All maps of five networks against the floor, and against the article's way."""
    for name in _DRAWN:
        found = _measured("network", name, "all", str(_RUNS))
        ours, floor = (statistics.median(found[each]) for each in ("ours", "floor"))
        what = f"all {found['maps']:,} maps of {_NAMES.get(name, name)}, one sample, loaded model to PNG"
        yield Row(what, ours, "the floor", floor, _ratio(found["ours"], found["floor"]), "at most 2.0")
        further = [(more - one) / _FURTHER for one, more in zip(found["ours"], found["several"], strict=True)]
        ratio = _ratio(further, found["floor"])
        yield Row("the same, a further sample", statistics.median(further), "the floor", floor, ratio, "at most 1.5")
        against = "one imshow per channel, at most 32 channels of one layer scaled to all"
        target = _ARTICLE.get(name, "none set")
        yield Row("the same, one sample", ours, against, found["article"], found["article"] / ours, target)
        ours_mb, floor_mb = (
            cost("-m", "tests.benchmark.network", name, way, "1").megabytes for way in ("ours", "floor")
        )
        yield Row("the same, memory", ours_mb, "the floor", floor_mb, ours_mb / floor_mb, "none set", "MB")


def explaining(_folder: Path) -> Iterator[Row]:
    """All maps of ResNet-50 against tf-explain, where that is installed."""
    theirs = _measured("explaining")
    if "skipped" in theirs:
        print(f"Skipped: {theirs['skipped']}", file=sys.stderr)  # noqa: T201
        return
    found = _measured("network", "ResNet50", "all", str(_RUNS))
    ours, floor = (statistics.median(found[each]) for each in ("ours", "floor"))
    what = "all maps of ResNet50, one sample, loaded model to PNG"
    against = "tf-explain's ExtractActivations, every sixth layer scaled to all"
    yield Row(what, ours, against, theirs["seconds"], theirs["seconds"] / ours, "at least 60 times faster")
    yield Row("the floor of the same", floor, against, theirs["seconds"], theirs["seconds"] / floor, "none set")


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """Median of the ratios of each turn: on a busy machine what is measured side by side can be compared best."""
    return statistics.median(our / their for our, their in zip(ours, theirs, strict=True))


def _measured(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module of this package, and return what it says in its last line."""
    command = [sys.executable, "-m", f"tests.benchmark.{module}", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
