"""The page on Python: its lines run one after the other, and leave what they say that they leave."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import reportgen
from reportgen.pipeline.result import Report

pytestmark = [pytest.mark.keras, pytest.mark.slow]
PAGE = Path(reportgen.__file__).parent / "guide" / "python.md"
BREEDS = ["beagle", "boxer", "collie"]


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def names() -> dict[str, Any]:
    """What the lines of the page take for given: a model, and pictures of three breeds."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(3, 3, activation="relu", name="conv_1"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    draw = np.random.default_rng(0)
    images, labels = draw.random((9, 12, 12, 3)).astype(np.float32) * 255, np.arange(9) % 3
    masks = np.arange(9 * 12 * 12).reshape(9, 12, 12) % 3
    image = keras.Input((12, 12, 3))
    seen = layers.Conv2D(3, 3, padding="same", activation="softmax", name="masks")(image)
    kind = layers.Dense(3, activation="softmax", name="kind")(layers.GlobalAveragePooling2D()(seen))
    last = {
        "unet": layers.Conv2D(3, 3, padding="same", activation="softmax"),
        "autoencoder": layers.Conv2D(3, 3, padding="same", activation="sigmoid"),
        "depth_net": layers.Conv2D(1, 3, padding="same"),
    }
    return {
        **{name: keras.Sequential([keras.Input((12, 12, 3)), layer]) for name, layer in last.items()},
        "two_heads": keras.Model(image, [kind, seen]),
        "masks": masks,
        "masked": tf.data.Dataset.from_tensor_slices((images, masks)).batch(4),
        "depths": images.mean(axis=-1),
        "keras": keras,
        "reportgen": reportgen,
        "model": model,
        "images": images,
        "labels": labels,
        "dataset": tf.data.Dataset.from_tensor_slices((images, labels)).batch(4),
        "table": {"breed": [BREEDS[label] for label in labels]},
    }


def shortened(text: str) -> str:
    """The lines, with fewer epochs and chapters, and a page instead of a PDF."""
    for long, short in (
        ("epochs=20", "epochs=2, verbose=0"),
        ("every=5", "every=1"),
        ('"html", "pdf", "json"', '"html"'),
        ("reportgen.explain(", "explain("),
        ('directory="reports"', 'directory="reports", section="summary"'),
    ):
        text = text.replace(long, short)
    return text


def test_lines_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    known, reports = names(), 0
    short = partial(reportgen.explain, section=("performance", "pixels"), ablation_budget="20", dream_steps=1)
    for text in map(shortened, blocks()):
        # The last of these reports is read on channels, too.
        more = ("summary", "performance", "channels")
        known["explain"] = partial(short, section=more) if ".quantize(" in text else short
        exec(compile(text, str(PAGE), "exec"), known)
        made = known["report"]
        assert isinstance(made, Report)
        reports += "explain(" in text
    assert reports >= 3
    assert (tmp_path / "my-report" / "report.html").exists()
    assert (tmp_path / "my-report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(each.name for each in (tmp_path / "reports").iterdir()) == ["epoch-1", "epoch-2", "trained"]
    shown = capsys.readouterr().out
    assert re.search(r"^background 0\.\d+$", shown, re.MULTILINE)
    assert "\n<Report 'What " in shown
    assert re.search(r"^RG\d{3} (warning|note|passed) .+\.$", shown, re.MULTILINE)
    assert known["record"].startswith("{")
    assert known["page"].startswith("<!DOCTYPE html>")


HABITS = {
    "tf.data": "explain(model, dataset)",
    "words as labels": 'table["breed"]',
    "preprocessing of one's own": "preprocess=keras.applications",
    "results": "report.channels(",
    "progress": "progress=True",
    "callback": "ReportCallback(",
    "masks": "explain(unet, images, masks",
    "reconstruction": "explain(autoencoder, images)",
    "depth": "explain(depth_net, images, depths)",
}


@pytest.mark.parametrize("habit", list(HABITS))
def test_page_shows_a_line_for_each_habit(habit: str) -> None:
    assert any(HABITS[habit] in text for text in blocks())
