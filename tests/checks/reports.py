"""The reports that are put before the checkers: files as a user gets them, which together hold all forms there are.

The first holds every form of table, chart and drawing of a large network, in names that would like to be something
else; the others are small, as it takes most of a checker's time to look at large ones: the forms of a small network,
without a date, and what is left where the answers are no classes, and where there are no images.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reportgen
from reportgen.commands.differing import sentences
from reportgen.document.difference import LostImage
from reportgen.document.likeness import Marked, MatchedLayer, Matching, Overlap
from reportgen.figures import evidence_maps, graph_folding
from reportgen.policy import differing
from reportgen.records.card import FIELDS
from reportgen.renderers import difference as of_difference
from tests.policy.pairs import pair, several
from tests.renderers.reports import HOSTILE

# How many classes there are at each output, and how many of them occur.
CLASSES = {"kind": (10, 10), "sort": (3, 3), "wide": (20, 20), "many": (60, 24)}
# Files hold no half characters, and Keras takes no "/".
WHOLE = HOSTILE.replace("\ud800", "")
NAME = WHOLE.replace("/", "∕")


def everything(folder: Path) -> None:
    """Blocks that repeat, branches, silent and copied channels, layers left out, right and wrong answers.

    Names would like to be markup, commands, control characters, other scripts or without an end.
    """
    images = np.random.default_rng(0).random((24, 12, 12, 3), dtype=np.float32)
    model = branched()
    labels = np.arange(24) % 3
    right, other = np.asarray(model(images[:2])).argmax(axis=1)
    labels[:2] = right, (other + 1) % 3
    with pytest.MonkeyPatch.context() as patch:
        # What networks of hundreds of layers take, so that this one has it, too: repeats are folded in the drawing.
        patch.setattr(graph_folding, "ENOUGH", 8)
        _explain(
            folder, model, images, labels, class_names=(HOSTILE, "<b>cat</b>", "\x1b[31mdog\x07"), title=HOSTILE,
            pick=("index:0,1",), layers="[sb]*", dream_steps=2, card=_hostile_card(folder.with_suffix(".toml")),
        )  # fmt: skip


def _hostile_card(path: Path) -> Path:
    """A card in whose fields the same names stand, whole in one of four: PDFs take long with long texts."""
    scripts, image, others = re.fullmatch("(.*)(<img.*)(]]>.*)", WHOLE, re.DOTALL).groups()  # type: ignore[union-attr]
    texts = cycle((WHOLE, scripts, image, others))
    lines = ["version = 1"]
    for table, fields in groupby(FIELDS, lambda field: field.table):
        lines.append(f"[{table}]")
        for field in fields:
            if field.form == "text":
                said = (each if each.isascii() and each.isalnum() else f"\\U{ord(each):08x}" for each in next(texts))
                lines.append(f'{field.name} = "{"".join(said)}"')
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def branched() -> Any:
    """A network with five alike blocks around which something leads, and a layer too wide for cells of a table."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="stem")(image)
    for block in range(1, 6):
        y = layers.Conv2D(5, 3, padding="same", name=f"block_{block}_conv")(x)
        y = layers.BatchNormalization(name=f"block_{block}_norm")(y)
        y = layers.ReLU(name=f"block_{block}_relu")(y)
        y = layers.Conv2D(5, 1, name=f"block_{block}_mix")(y)
        x = layers.Add(name=f"block_{block}_add")([x, y])
    x = layers.MaxPooling2D(name="weiß Ελληνικά кириллица שלום \u202eevil\u202c")(x)
    x = layers.Conv2D(66, 1, activation="relu", name="broad")(x)
    x = layers.Conv2D(3, 3, activation="relu", name=NAME)(x)
    x = layers.Flatten(name="{{ 7 * 7 }}{% raw %}")(x)
    x = layers.Dense(3, activation="softmax", name="'\"><svg onload=alert(1)>")(x)
    model = keras.Model(image, x, name="]]>-->")
    kernel, bias = model.get_layer("stem").get_weights()
    kernel[..., 0], bias[0] = 0, -1  # never above zero
    kernel[..., 2] = kernel[..., 1]  # a copy
    model.get_layer("stem").set_weights([kernel, bias])
    return model


def one_layer(folder: Path) -> None:
    """A single convolution, which answers with its map, which is no class, and with one of few classes and of many."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    only = layers.Conv2D(2, 3, name="only")(image)
    flat = layers.Flatten(name="flat")(only)
    kinds = {name: layers.Dense(units, activation="softmax", name=name)(flat) for name, (units, _) in CLASSES.items()}
    model = keras.Model(image, {"map": only, **kinds}, name="one")
    images = np.random.default_rng(0).random((48, 8, 8, 1), dtype=np.float32)
    _explain(
        folder, model, images, {name: np.arange(48) % occur for name, (_, occur) in CLASSES.items()}, dream_steps=2
    )


def map_alone(folder: Path) -> None:
    """A convolution whose map is the only answer, and no class; its maps are shown in a chapter and on page one."""
    _explain(folder, _only_conv(), np.random.default_rng(0).random((2, 24, 24, 1), dtype=np.float32), dream_steps=2)


def no_image(folder: Path) -> None:
    """A network of which nothing is known but itself."""
    _explain(folder, _only_conv())


def _only_conv() -> Any:
    import keras

    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((24, 24, 1)), keras.layers.Conv2D(8, 3, name="only")], name="one")


def difference(folder: Path) -> None:
    """What changed, in all its forms: every mark of a layer, images lost with and without outlines, channels matched.

    No report, but a page and a PDF of the same making, in files of the same names.
    """
    folder.mkdir()
    old, new = (differing.read(path) for path in pair(folder, lost=80, edit=_changed))
    found = differing.differ(old, new)
    assert found.answers is not None
    assert {each.change for each in found.layers} == {"added", "removed", "changed", "renamed"}
    assert {each.change for each in found.findings} == {"new", "gone", "as before"}
    assert all((found.channels, found.facts, found.answers.flips))
    layers = [
        MatchedLayer(HOSTILE, "conv", 3, 3, 3, 1, 0.9, 0.3, 0.7, 0.5, -0.1, (-0.2, 0.7, 1.0)),
        MatchedLayer("wide", "wide", 3, 5, 3, None, None, None, 0.7, 0.5, None, (0.7,)),
    ]
    found = replace(
        found,
        answers=replace(found.answers, lost=tuple(map(_with_pictures, found.answers.lost))),
        matching=Matching(40, 4000, tuple(layers)),
        overlap=Overlap("occlusion", 12, 0.08, 0.6, 0.1, 0.2, 0.4, 9),
    )
    told = sentences(found)
    for suffix, make in (("html", of_difference.page), ("pdf", of_difference.paper)):
        (folder / f"report.{suffix}").write_bytes(make(found, told))


def _changed(report: dict[str, Any]) -> None:
    several(report)
    first, _pool, *others = report["model"]["layers"]
    added = {**first, "path": WHOLE, "parameters": 7, "output_shape": [1, 1, 1]}
    first.update(parameters=first["parameters"] + 1)
    others[-1].update(path="]]>-->")
    report["model"].update(name=WHOLE, layers=[first, added, *others])
    report["findings"].append({**report["findings"][0], "code": "RG311", "severity": "note", "title": WHOLE})


def _with_pictures(lost: LostImage) -> LostImage:
    """With an outline of the right answer, and of every other one no outline of the wrong one, or no picture at all."""
    levels = np.random.default_rng(lost.index).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    mask = np.zeros((16, 16), np.uint8)
    mask[3:8, 4:9] = 1
    name = f"lost-{lost.index}"
    picture = evidence_maps.plain(f"{name}-picture", levels, 2, alt="Image.")
    outlined = evidence_maps.outlined(f"{name}-old", levels, mask, alt="Image, outlined.")
    now = Marked(picture, None, None) if lost.index % 2 else Marked(outlined, 0.1, 0.2)
    return replace(
        lost, name=HOSTILE, picture=picture, old_marked=Marked(outlined, 0.1, 0.3),
        new_marked=None if lost.index % 3 == 0 else now,
    )  # fmt: skip


PAGES: dict[str, Callable[[Path], None]] = {"difference": difference}
"""Pages that are no reports."""
REPORTS: dict[str, Callable[[Path], None]] = {
    "everything": everything,
    "one layer": one_layer,
    "map alone": map_alone,
    "no image": no_image,
}


def _explain(folder: Path, *data: object, **choices: object) -> None:
    report = reportgen.explain(*data, **choices)  # type: ignore[arg-type]
    assert not report.failed
    reportgen.write(report, folder)
