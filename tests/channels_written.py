"""Models and data of every kind, and the report that is written of each: what report.json holds, and what is read."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import keras
import numpy as np

import reportgen
from tests import channels_made
from tests.no_pictures import film, signal, volume

layers = keras.layers
IMAGES, LABELS = channels_made.pictures()
DRAW = np.random.default_rng(6)
CHAPTERS = ["performance", "samples", "edges", "channels", "glossary"]
NO_CLASSES = "The data have no classes that channels could tell apart."
VALUES = "The labels are values, not classes, so it is not known which classes channels tell apart."
SEVERAL = "One image may belong to several classes at once, so no channel can be said to speak for one of them."
ONE_CLASS = "All images are of one class, so no channel can be said to speak for it."


@dataclass(frozen=True)
class Written:
    """A report as its reader gets it.

    Attributes:
        model: What was explained.
        found: What report.json holds.
        page: The text of report.html, without marks and with single spaces.
    """

    model: Any
    found: Any
    page: str

    @property
    def channels(self) -> Any:
        """The chapter's contents."""
        return self.found["sections"]["channels"]["content"]

    @property
    def every(self) -> list[Any]:
        """All channels of all layers."""
        return [channel for layer in self.channels["layers"] for channel in layer["channels"]]

    @property
    def findings(self) -> list[str]:
        """The codes of all findings."""
        return [finding["code"] for finding in self.found["findings"]]

    def layer(self, path: str) -> Any:
        """What is known of one conv call."""
        return next(layer for layer in self.channels["layers"] if layer["path"] == path)


def text(page: str) -> str:
    """What a reader reads of a page: without style sheets, scripts and marks."""
    page = re.sub(r"<(style|script|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]*>", " ", page.replace("<wbr>", ""))))


def explained(model: Any, images: Any, labels: Any = None, **choices: Any) -> Written:
    choices = {"section": CHAPTERS, "dream_steps": 4, **choices}
    report = reportgen.explain(model, images, labels, **choices)
    with tempfile.TemporaryDirectory() as folder:
        reportgen.write(report, folder, ("html", "json"))
        found = json.loads(Path(folder, "report.json").read_text("utf-8"))
        return Written(model, found, text(Path(folder, "report.html").read_text("utf-8")))


def small(*parts: Any, seed: int = 1) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((16, 16, 1), name="image"), *parts], name="small")


def conv(filters: int = 4, name: str = "conv", **others: Any) -> Any:
    return layers.Conv2D(filters, 3, activation="relu", name=name, **others)


def ending(units: int, activation: str | None) -> list[Any]:
    return [layers.GlobalMaxPooling2D(name="highest"), layers.Dense(units, activation=activation, name="answer")]


def two_inputs() -> Any:
    keras.utils.set_random_seed(2)
    image, side = keras.Input((16, 16, 1), name="image"), keras.Input((8, 8, 1), name="side")
    seen = [layers.GlobalMaxPooling2D()(conv(3, "main")(image)), layers.GlobalMaxPooling2D()(conv(2, "beside")(side))]
    return keras.Model([image, side], layers.Dense(3, activation="softmax")(layers.Concatenate()(seen)), name="two")


def shared() -> Any:
    keras.utils.set_random_seed(3)
    image, twice = keras.Input((16, 16, 1), name="image"), conv(3)
    ways = [twice(image), twice(layers.MaxPooling2D(2, name="smaller")(image))]
    joined = layers.Concatenate()([layers.GlobalMaxPooling2D()(way) for way in ways])
    return keras.Model(image, layers.Dense(3, activation="softmax")(joined), name="shared")


def nested() -> Any:
    keras.utils.set_random_seed(4)
    inner = keras.Sequential([keras.Input((16, 16, 1)), conv(3), conv(3, "second")], name="inner")
    return keras.Sequential([keras.Input((16, 16, 1)), inner, *ending(3, "softmax")], name="nested")


def no_picture(build: Any) -> tuple[Any, Any, Any]:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(build(), name="toy")
    return model, DRAW.normal(size=(6, *model.input_shape[1:])).astype(np.float32), [0, 1, 2, 0, 1, 2]


def overflowing() -> Any:
    """Pictures of which the sixth is too bright for float32."""
    images = IMAGES.copy()
    images[5] *= 3e38
    return images


NAMED = {"class_names": channels_made.CLASSES}


@cache
def case(name: str) -> Written:
    faulty = channels_made.faulty
    few = IMAGES[:20]
    cases: dict[str, Any] = {
        # Findings have their titles on page one.
        "faulty": lambda: explained(faulty(), IMAGES, LABELS, section=["summary", *CHAPTERS], **NAMED),
        "healthy": lambda: explained(channels_made.healthy(), IMAGES, LABELS, **NAMED),
        "no labels": lambda: explained(faulty(), IMAGES),
        "random labels": lambda: explained(faulty(), IMAGES, np.random.default_rng(0).permutation(LABELS), **NAMED),
        "values": lambda: explained(small(conv(), *ending(1, None)), IMAGES, np.linspace(0.0, 1.0, 60)),
        "numbers": lambda: explained(small(conv(), *ending(1, None)), IMAGES, np.arange(60) % 7),
        "segmentation": lambda: explained(small(conv(padding="same"), layers.Conv2D(1, 1, name="mask")), few),
        "multi-label": lambda: explained(
            small(conv(), *ending(3, "sigmoid")), IMAGES, np.random.default_rng(1).integers(0, 2, (60, 3))
        ),
        "two inputs": lambda: explained(two_inputs(), (IMAGES, IMAGES[:, ::2, ::2]), LABELS),
        "shared": lambda: explained(shared(), IMAGES, LABELS),
        "nested": lambda: explained(nested(), IMAGES, LABELS),
        "one image": lambda: explained(faulty(), IMAGES[:1], LABELS[:1], **NAMED),
        "one class": lambda: explained(faulty(), IMAGES[LABELS == 2], LABELS[LABELS == 2], **NAMED),
        "a class without images": lambda: explained(faulty(), IMAGES[LABELS != 1], LABELS[LABELS != 1], **NAMED),
        "no numbers": lambda: explained(faulty(), overflowing(), LABELS, **NAMED),
        "signal": lambda: explained(*no_picture(signal)),
        "volume": lambda: explained(*no_picture(volume)),
        "film": lambda: explained(*no_picture(film)),
        "steps": lambda: explained(*no_picture(steps)),
    }
    return cases[name]()  # type: ignore[no-any-return]


def steps() -> list[Any]:
    return [
        keras.Input((5, 20, 2)),
        layers.TimeDistributed(layers.Conv1D(3, 3, name="conv"), name="each"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax", name="scores"),
    ]


CASES = (
    "faulty", "healthy", "no labels", "random labels", "values", "numbers", "segmentation", "multi-label", "two inputs",
    "shared", "nested", "one image", "one class", "a class without images", "no numbers", "signal", "volume", "film",
    "steps",
)  # fmt: skip
