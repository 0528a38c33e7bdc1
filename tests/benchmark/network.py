"""One network -> what all its maps take us, the floor and others; run as a program of its own, prints JSON.

`python -m tests.benchmark.network NETWORK WHAT RUNS`: "ours", "floor" and "article" alone, for a look at the memory, or
"all" of them by turns.

The floor is what nobody can leave out: one plain forward pass, one look at every number to bring it to 8 bits, and one
PNG of these bytes for each layer at Pillow's fastest level.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import matplotlib as mpl
import numpy as np
from PIL import Image

from reportgen.document.report import RunFacts
from reportgen.evidence import Evidence
from reportgen.models.convnet import convnet
from reportgen.models.hooks import Call, watch
from reportgen.models.inspection import inspect
from reportgen.models.subject import Array, Subject
from reportgen.options import Options, make
from reportgen.probes import activations, predictions, samples
from reportgen.sections import maps as chapter
from reportgen.sources.memory import from_arrays

FURTHER = 4
"""Samples behind the first one, for the cost of a further one."""
_CHANNELS = 32  # of the article's way, at most


def made(name: str) -> Any:
    """Return a network with random weights."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    if name == "default":
        return convnet()
    if name != "large input":
        return getattr(keras.applications, name)(weights=None)
    return keras.Sequential(
        [
            keras.Input((2048, 2048, 3)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(4, 1),
        ]
    )


def pictures(number: int, shape: tuple[int, int, int]) -> Array:
    """Return textured blobs on a plain background, float32 (number, height, width, channels), 0..1."""
    height, width, channels = shape
    down, right = np.mgrid[:height, :width] / height
    found = []
    for index in range(number):
        blob = np.exp(-20 * ((right - 0.5) ** 2 + (down - 0.45) ** 2))
        wave = [np.sin(30 * right + channel) * np.cos(20 * down * (index + 1)) for channel in range(channels)]
        found.append(np.stack([blob * (1 + 0.3 * each) for each in wave], axis=-1))
    return np.asarray(np.clip(np.stack(found), 0, 1), np.float32)


class Work:
    """All ways to do it, for one network."""

    def __init__(self, name: str) -> None:
        self.model = made(name)
        self.images = pictures(1 + FURTHER, self.model.input_shape[1:])
        self._subject = self._chosen()
        self._volumes = self._captured()
        self._levels: list[Array] = []

    def ours(self, number: int = 1) -> int:
        """Make the chapter of the activation maps for some samples; return the number of maps of one."""
        subject = replace(self._subject, samples=self._subject.samples[:number])
        result = activations.run(subject, Options())
        run = RunFacts("", None, (), (), (), (), ())
        section = chapter.build(Evidence("", subject.record, run, (), samples=subject.samples, activations=result))
        assert section is not None, "there are samples"
        assert isinstance(section.content, chapter.Content), "it is this chapter's"
        return section.content.num_maps

    def floor(self) -> None:
        """Do what nobody can leave out, for one sample."""
        np.asarray(self.model(self.images[:1], training=False))
        levels = []
        for rows in self._volumes:
            low, high = rows.min(axis=0), rows.max(axis=0)
            levels.append(((rows - low) * (255 / np.where(high > low, high - low, 1))).astype(np.uint8))
        for each in levels:
            Image.fromarray(each).save(io.BytesIO(), "PNG", compress_level=1)

    def article(self) -> float:
        """Draw channels of one layer with one imshow each; return the seconds for all maps of all layers at that rate.

        A model is cut for every layer and asked once; the drawing grows with the maps.
        """
        import matplotlib.pyplot as plt

        calls = [(call.path, call.output_shape[-1] or 0) for call in self._subject.record.seen_calls]
        path, held = next(each for each in calls if each[1] >= min(_CHANNELS, max(number for _, number in calls)))
        channels = min(_CHANNELS, held)
        start = time.perf_counter()
        middle = keras.Model(self.model.inputs, self.model.get_layer(path).output)
        maps = middle.predict(self.images[:1], verbose=0)
        asked = time.perf_counter()
        figure, axes = plt.subplots(channels // 8, 8, figsize=(10, 8))
        for channel, axis in enumerate(axes.ravel()):
            axis.imshow(maps[0, :, :, channel], cmap="gray")
        figure.savefig(io.BytesIO(), format="png")
        plt.close(figure)
        drawn = time.perf_counter()
        num_maps: int = sum(rows.shape[1] for rows in self._volumes)
        return (asked - start) * len(self._volumes) + (drawn - asked) * num_maps / channels

    def _chosen(self) -> Subject:
        subject = Subject(self.model, inspect(self.model), from_arrays(self.images))
        answers = predictions.run(subject, Options())
        assert answers is not None, "there are images"
        picks = make({"pick": tuple(f"index:{index}" for index in range(len(self.images)))})
        subject = replace(subject, earlier={"predictions": answers})
        return samples.leave(subject, samples.run(subject, picks))

    def _captured(self) -> list[Array]:
        """The activations of the first image as rows of channels, of every layer that we draw."""
        paths = {call.path for call in self._subject.record.seen_calls}
        found: list[Array] = []

        def note(call: Call) -> None:
            if call.path in paths:
                output = np.asarray(keras.tree.flatten(call.output)[0])
                found.append(output.reshape(-1, output.shape[-1]))

        with watch(self.model, note):
            self.model(self.images[:1], training=False)
        return found


def seconds(work: Callable[[], object]) -> float:
    """Return what a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(arguments: Sequence[str]) -> None:
    """Measure by turns, so that what else the machine does falls on all alike."""
    name, what, runs = arguments
    mpl.use("Agg")
    work = Work(name)
    ways: dict[str, Callable[[], object]] = {
        "ours": work.ours,
        "floor": work.floor,
        "several": lambda: work.ours(1 + FURTHER),
    }
    if what != "all":
        ways[what]()
        return
    num_maps = work.ours()
    work.floor()
    times: dict[str, list[float]] = {each: [] for each in ways}
    for _ in range(int(runs)):
        for each, way in ways.items():
            times[each].append(seconds(way))
    print(json.dumps({"maps": num_maps, "article": work.article(), **times}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
