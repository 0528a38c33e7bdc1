"""`--preprocess` on the command line: real processes, and the warning that a wrong scaling gets."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.commands import here


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model for colour pictures that rescales inside, pictures, and code of the user's own."""
    import keras

    made = tmp_path_factory.mktemp("preprocess")
    layers = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3), name="image"),
            layers.Rescaling(1 / 255, name="to_unit"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="tiny",
    )
    with warnings.catch_warnings():
        # Keras saves through an old way of NumPy.
        warnings.simplefilter("ignore", DeprecationWarning)
        model.save(made / "tiny.keras")
    draw = np.random.default_rng(0)
    np.savez(made / "data.npz", x=draw.integers(0, 256, (20, 12, 12, 3), dtype=np.uint8), y=draw.integers(0, 3, 20))
    (made / "own_scaling.py").write_text("def brighter(images):\n    return images * 1.5\n", encoding="utf-8")
    (made / "reportgen.toml").write_text('scale-input = "none"\nformat = ["json"]\n', encoding="utf-8")
    return made


def build(folder: Path, *options: str) -> dict[str, Any]:
    """Build a report in JSON and return it."""
    shown = here(
        *("build", "tiny.keras", "--data", "data.npz", "--format", "json", "--section", "samples"),
        *("--section", "provenance", "--output", "made", *options),
        cwd=folder,
    )
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads((folder / "made" / "report.json").read_text(encoding="utf-8")))


def warned(report: dict[str, Any]) -> list[str]:
    return [finding["detail"] for finding in report["findings"] if finding["code"] == "RG201"]


def ways(report: dict[str, Any]) -> list[str]:
    return [way["way"] for way in report["sections"]["samples"]["content"]["scaling"]["ways"]]


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("spelling", ["--preprocess", "--scale-input"])
def test_values_that_are_scaled_twice_get_a_warning_and_the_command_to_repeat_it(folder: Path, spelling: str) -> None:
    report = build(folder, spelling, "-1..1")
    assert "they may be scaled twice. Compare with --preprocess none." in warned(report)[0]
    assert report["run"]["command"].endswith("--preprocess -1..1 --section samples --section provenance")
    assert ways(report) == ["-1..1", "none", "1/255", "keras.applications.resnet50", "keras.applications.densenet"]


@pytest.mark.slow
@pytest.mark.keras
def test_the_command_line_beats_the_other_spelling_in_a_file(folder: Path) -> None:
    report = build(folder, "--config", "reportgen.toml", "--preprocess", "own_scaling:brighter")
    options = {fact["name"]: fact["value"] for fact in report["run"]["options"]}
    assert options["preprocess"] == ["own_scaling:brighter"]
    assert {"name": "the user's own code that was run", "value": "own_scaling:brighter"} in report["run"]["data"]
    assert report["sections"]["samples"]["content"]["samples"][0]["value_range"][1] > 255
    assert ways(report)[0] == "own_scaling:brighter"


@pytest.mark.slow
@pytest.mark.keras
def test_an_unknown_network_is_refused_before_any_training(tmp_path: Path) -> None:
    shown = here("build", "--preprocess", "keras.applications.vgg", cwd=tmp_path)
    assert shown.returncode == 1
    assert "called 'vgg'. Expected one of: convnext, densenet," in shown.stderr
    assert "Training" not in shown.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("way", "code", "sentence"),
    [
        (
            "half",
            2,
            "Pixel values cannot be scaled by 'half'. Expected one of auto, none, 1/255, -1..1, 0..255, keras.",
        ),
        pytest.param(
            "own_scaling:darker",
            2,
            "The module 'own_scaling' has no function 'darker'. Expected module:function. Check --preprocess.",
            marks=[pytest.mark.slow, pytest.mark.keras],
        ),
    ],
)
def test_a_scaling_that_there_is_not_is_one_sentence(folder: Path, way: str, code: int, sentence: str) -> None:
    shown = here("build", "tiny.keras", "--data", "data.npz", "--preprocess", way, "--output", "none", cwd=folder)
    assert shown.returncode == code, shown.stderr
    assert sentence in shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (folder / "none").exists()
