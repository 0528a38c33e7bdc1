"""What it costs to watch every channel, against a plain `predict` of the same data, measured in turns in one run.

Both are measured once they are warm, on the same images in memory. "Watching" is the pass over the data, up to the
merged tallies of all channels; the whole probe also judges channels under permuted labels, compares them with each
other and cuts patches, which takes nearly the same time for few images as for many.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmark.table import Row

# Name of the network, images, repetitions, the ratio that is wished for.
CASES = (("default", 1000, 5, 1.4), ("ResNet50", 96, 3, 1.25))


def responses(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Not used: nothing is written.

    Yields:
        One row for watching and one for the whole probe, of each network.
    """
    del folder
    for name, number, turns, target in CASES:
        yield from _network(name, number, turns, target)


def _network(name: str, number: int, turns: int, target: float) -> Iterator[Row]:
    import keras
    import numpy as np

    from reportgen.models.blocks import passed
    from reportgen.models.convnet import convnet
    from reportgen.models.inspection import inspect
    from reportgen.models.subject import Subject
    from reportgen.options import Options
    from reportgen.probes import watching as probe
    from reportgen.probes.watching.collecting import Watched
    from reportgen.sources.memory import from_arrays

    keras.utils.set_random_seed(0)
    model = convnet() if name == "default" else getattr(keras.applications, name)(weights=None)
    shape = model.input_shape[1:]
    images = np.random.default_rng(0).random((number, *shape), dtype=np.float32)
    subject = Subject(model, inspect(model), from_arrays(images, np.arange(number) % 10))

    def watch() -> None:
        passed(Watched(subject, Options()), None)

    def predict() -> None:
        model.predict(images, batch_size=32, verbose=0)

    def whole() -> None:
        probe.run(subject, Options())

    times: dict[str, list[float]] = {"predict": [], "watching": [], "whole": []}
    for turn in range(turns + 1):
        for what, work in (("predict", predict), ("watching", watch), ("whole", whole)):
            seconds = _seconds(work)
            if turn:  # the first turn traces
                times[what].append(seconds)
    plain = statistics.median(times["predict"])
    against = f"`predict` of the same {number} images"
    for what, label in (("watching", "watching every channel"), ("whole", "the whole probe of channels")):
        ours = statistics.median(times[what])
        wished = f"at most {target}" if what == "watching" else "none set"
        yield Row(f"{label} of {name}", ours, against, plain, ours / plain, wished)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
