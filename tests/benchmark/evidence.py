"""What it costs to tell patterns from chance, against a plain `predict` of the same data, in one run.

The default network is asked about the bundled digits, a MobileNet of a quarter of the width about noise: the work is
the same whatever the weights are, but for copies and objects, of which random weights on noise show none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.benchmark.table import Row

PROBES = ("scaling", "activations", "edges", "watching", "ablation")
WORDS = {
    "scaling": "comparing scalings of the pixels",
    "activations": "maps of three samples, compared with shuffled weights",
    "edges": "edges, with shuffled kernels",
    "watching": "watching every channel, with permuted labels and bounds",
    "ablation": "switching channels off, found and confirmed",
}


def evidence(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Not used: nothing is written.

    Yields:
        One row for each probe and network.
    """
    del folder
    for name in ("default", "MobileNet"):
        yield from _network(name)


def _network(name: str) -> Iterator[Row]:
    import keras
    import numpy as np

    from reportgen import registry
    from reportgen.models.convnet import convnet
    from reportgen.models.subject import Subject
    from reportgen.options import Options
    from reportgen.pipeline.preparing import prepared
    from reportgen.probes import samples
    from reportgen.progress import silent
    from reportgen.sources import digits
    from reportgen.sources.memory import from_arrays

    keras.utils.set_random_seed(0)
    model: Any
    if name == "default":
        model, data = convnet(), digits.held_out_set()
    else:
        model = keras.applications.MobileNet(weights=None, input_shape=(96, 96, 3), alpha=0.25, classes=10)
        pixels = np.random.default_rng(0).integers(0, 256, (500, 96, 96, 3), np.uint8)
        data = from_arrays(pixels, np.arange(500) % 10)
    subject: Subject = prepared(model, data, Options(), silent)
    assert subject.dataset is not None, "there are images"
    images = subject.images(range(subject.dataset.size))
    plain = min(_seconds(lambda: model.predict(images, batch_size=32, verbose=0)) for _ in range(2))
    against = f"`predict` of the same {len(images):,} images"
    results: dict[str, Any] = {}
    for probe in ("predictions", "samples", *PROBES):
        module, asked = registry.load("probes", probe), replace(subject, earlier=dict(results))
        start = time.perf_counter()
        results[probe] = module.run(asked, Options(), silent)
        seconds = time.perf_counter() - start
        if module is samples:
            subject = replace(subject, samples=results[probe])
        if probe in WORDS:
            of = "the default network" if name == "default" else "a MobileNet of width 0.25 on 96 × 96"
            yield Row(f"{WORDS[probe]}: {of}", seconds, against, plain, seconds / plain, "none set")


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
