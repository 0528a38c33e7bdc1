"""What the one pass over all images takes, in memory and time.

Images are made when they are asked for, so that the data themselves take nothing; they are those of a pool that is
drawn once, shifted by their index. A process that collects goes through every sixteenth block, as `reportgen collect`
does with `--shard 1/16`, and keeps none of them; the other one makes the whole pass, as `reportgen build` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import run
from tests.benchmark.table import Row

FEW, MANY = 10_000, 1_000_000
_PASS = """
import dataclasses, resource, sys
import numpy as np
from reportgen.models.convnet import convnet
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.pipeline import passing
from reportgen.probes import predictions, watching
from reportgen.progress import silent
from reportgen.sources.dataset import Dataset
number, way = int(sys.argv[1]), sys.argv[2]
pool = np.random.default_rng(0).random((997, 28, 28, 1), dtype=np.float32)
def read(indices):
    return np.stack([np.roll(pool[index % 997], index // 997 % 28, axis=0) for index in indices])
data = Dataset("made", "memory", "as given", number, read, (28, 28, 1), labels=np.arange(number) % 10,
    class_names=(), image_names=(), sha256="ab")
model = convnet()
subject = Subject(model, inspect(model), data)
names = ("predictions", "watching")
if way == "collect":
    (made,) = passing.to_make(passing.of_probes(subject, names, Options())).values()
    for block in made.blocks[:: len(made.blocks) // 4]:
        state = made.collect(block, lambda: None)
        made.learn(block, state)
else:
    passes = passing.made(subject, names, Options(), silent)
    for probe in (predictions, watching):
        assert probe.run(dataclasses.replace(subject, passes=passes), Options()) is not None
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)
"""


def passing(folder: Path) -> Iterator[Row]:
    """The memory of a pass over many small images against that over few, in two ways.

    Args:
        folder: Not used: nothing is written.
    """
    del folder
    for way, what in (("collect", "a process that collects a sixteenth"), ("build", "the pass of a build")):
        few, many = (float(run(_PASS, str(number), way).split()[-1]) for number in (FEW, MANY))
        named = f"{what}, of {MANY:,} images of 28 × 28 through the default network, memory"
        yield Row(named, many, f"the same of {FEW:,}", few, many / few, "at most 1.1", "MB")
