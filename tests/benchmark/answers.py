"""What explaining an answer costs, in seconds of processor time, against the passes that it is made of.

A pass is one image in a plain `predict` of a batch. Of single methods the passes are those of the design: a gradient
counts as two, 16 other images' maps beside those of the samples are the second null. Of the whole chapter they are
counted while it runs, so that its floor is what its own multiply-adds take.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from reportgen.models.subject import Array, Subject
from tests.benchmark.table import Row

_RUNS = 3
_IMAGES = 12
_STEPS, _TWINS, _OTHERS = 32, 39, 19
_TARGET = "at most 1.5"
# So many that what `predict` itself does hardly counts.
_PREDICTED = {"default": 2048, "MobileNet": 128, "ResNet50": 32}
NETWORKS = {"default": "the default network", "MobileNet": "a MobileNet of width 0.25 on 224 × 224"}


def answers(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Not used: nothing is written.

    Yields:
        A row for each method and network, and one for the whole chapter of ResNet-50.
    """
    del folder
    for name, words in NETWORKS.items():
        yield from _methods(name, words)
    yield _chapter()


def _methods(name: str, words: str) -> Iterator[Row]:
    import numpy as np

    from reportgen.options import Options
    from reportgen.probes import predictions
    from reportgen.probes.why import carrying, judging, mapping
    from reportgen.probes.why.ground import Ground, Mapper

    subject = _subject(name)
    found = predictions.run(subject, Options())
    assert found is not None, "there are images"
    call = carrying.cam_call(subject.record, 2)
    assert call is not None, "there are maps"
    ground = Ground(subject, found)
    goal = ground.goals(0)[0][2]
    tail = ground.explained.tail(call.path)
    assert tail is not None, "there is a graph"
    windows = mapping.windows(ground.sizes)
    heats = mapping.smoothed(np.random.default_rng(0).normal(size=(1 + _OTHERS, *ground.sizes)))

    def occlusion() -> Array:
        return Mapper(ground, _STEPS, coarse=False).occlusion(0, goal)

    def integrated() -> Array:
        return Mapper(ground, _STEPS, coarse=False).integrated(0, goal)[0]

    def verdict() -> Any:
        own = judging.twins(heats[0], _TWINS, np.random.default_rng(1))
        return judging.judge(heats[0], ground.answered(0, goal), ground.left(0, goal), own, list(heats[1:]))

    shares = len(judging.tops(heats[:1])[0])
    methods: tuple[tuple[str, int, Callable[[], Any]], ...] = (
        (f"integrated gradients at {_STEPS} points", 2 * _STEPS, integrated),
        (f"occlusion by {len(windows)} windows", len(windows) + 1, occlusion),
        ("a class-activation map", 2, lambda: carrying.activation_maps(ground, tail, call, [(0, goal)])),
        ("a verdict with both nulls", shares * (1 + _TWINS + _OTHERS) + 2, verdict),
    )
    a_pass = _pass(subject, _PREDICTED[name])
    for what, passes, work in methods:
        seconds = _seconds(work)
        theirs = passes * a_pass
        yield Row(f"{what}: {words}", seconds, f"{passes} plain passes", theirs, seconds / theirs, _TARGET)


def _chapter() -> Row:
    from reportgen import registry
    from reportgen.options import make
    from reportgen.probes import why

    subject, options = _subject("ResNet50"), make({"pick": "index:0,1,2"})
    known: dict[str, Any] = {}
    for name in why.NEEDS:
        module = registry.load("probes", name)
        known[name] = module.run(replace(subject, earlier=known), options)
        subject = module.leave(subject, known[name]) if hasattr(module, "leave") else subject
    a_pass = _pass(subject, _PREDICTED["ResNet50"])
    start = time.process_time()
    found = why.run(replace(subject, earlier=known), options)
    seconds = time.process_time() - start
    assert found is not None, "there are samples"
    assert found.spent is not None, found.missing
    floor = found.spent.made * a_pass
    what = f"why three samples of ResNet50 were answered so, in {found.spent.made:,} passes"
    return Row(what, seconds, "as many plain passes", floor, seconds / floor, _TARGET)


def _subject(name: str) -> Subject:
    import keras
    import numpy as np

    from tests.benchmark.network import made
    from tests.probes import subjects

    keras.utils.set_random_seed(0)
    model: Any = (
        keras.applications.MobileNet(weights=None, alpha=0.25, classes=1000) if name == "MobileNet" else made(name)
    )
    pixels = np.random.default_rng(0).random((_IMAGES, *model.input_shape[1:]), np.float32)
    return subjects.subject(model, subjects.data(pixels))


def _pass(subject: Subject, number: int) -> float:
    """Seconds of processor time that one image takes in a plain `predict` of some, in batches of 32."""
    images = subject.images([place % _IMAGES for place in range(number)])
    return _seconds(lambda: subject.model.predict(images, batch_size=32, verbose=0)) / number


def _seconds(work: Callable[[], Any]) -> float:
    """Seconds of processor time, which do not count what else the machine does: the least of some runs."""
    found = []
    for _ in range(1 + _RUNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)
