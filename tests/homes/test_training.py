"""Reports during a training: they are written when they are due, and the training is the same with and without."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import reportgen
from reportgen.errors import DataError, OptionsError, RenderError, UnknownNameError
from reportgen.models.inspection import inspect
from reportgen.writing.folders import held
from tests.commands import posix

pytestmark = pytest.mark.keras

DRAW = np.random.default_rng(5)
IMAGES = DRAW.random((48, 12, 12, 1), dtype=np.float32)
LABELS = DRAW.integers(0, 3, 48)


def network() -> Any:
    """A network in which everything is that draws numbers or keeps something between batches."""
    import keras

    keras.utils.set_random_seed(11)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.RandomFlip(name="flip"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(name="pool"),
            layers.Dropout(0.4, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="trained_here",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(*callbacks: Any, epochs: int = 4) -> tuple[Any, Any]:
    model = network()
    history = model.fit(
        IMAGES, LABELS, epochs=epochs, batch_size=16, verbose=0, validation_split=0.25, callbacks=list(callbacks)
    )
    return model, history.history


def state(model: Any) -> list[Any]:
    """All that a training leaves: weights, seeds, moments of the optimizer, in their order."""
    return [np.asarray(each.value) for each in (*model.variables, *model.optimizer.variables)]


def folders(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


@pytest.mark.slow
def test_training_is_the_same_with_and_without(tmp_path: Path) -> None:
    plain, plain_history = fitted(epochs=3)
    again, _ = fitted(epochs=3)
    callback = reportgen.ReportCallback(
        (IMAGES[:8], LABELS[:8]), every=2, directory=tmp_path, formats=("json",), pick="index:0", dream_steps=1
    )
    watched, watched_history = fitted(callback, epochs=3)
    wanted, repeated, found = state(plain), state(again), state(watched)
    # Two kernels, two biases, four of the normalization, two seeds, and what Adam keeps.
    assert len(wanted) == len(found) == 10 + 2 + 2 * 6
    # Else nothing could be said of the third.
    assert all(np.array_equal(*pair) for pair in zip(wanted, repeated, strict=True))
    assert all(np.array_equal(*pair) for pair in zip(wanted, found, strict=True))
    assert watched_history == plain_history
    assert [layer.name for layer in watched.layers] == [layer.name for layer in plain.layers]
    assert folders(tmp_path) == ["epoch-2/report.json", "trained/report.json"]
    hashes = [json.loads((tmp_path / name).read_text("utf-8"))["model"]["weights_sha256"] for name in folders(tmp_path)]
    assert len(set(hashes)) == 2
    assert inspect(watched, None).weights_sha256 == hashes[1]


@pytest.mark.slow
def test_reports_are_written_when_they_are_due(tmp_path: Path) -> None:
    fitted(reportgen.ReportCallback(every=5, directory=tmp_path, formats=("html",), section="summary"), epochs=12)
    assert folders(tmp_path) == ["epoch-05/report.html", "epoch-10/report.html", "trained/report.html"]
    title = "<title>What trained_here sees after 5 of 12 epochs</title>"
    assert title in (tmp_path / "epoch-05" / "report.html").read_text(encoding="utf-8")


def test_without_every_there_is_one_report_at_the_end(tmp_path: Path) -> None:
    chapters = ("summary", "samples")
    callback = reportgen.ReportCallback(
        IMAGES[:4], directory=tmp_path, formats=("json",), title="Mine", section=chapters
    )
    fitted(callback, epochs=2)
    assert folders(tmp_path) == ["trained/report.json"]
    report = json.loads((tmp_path / "trained" / "report.json").read_text(encoding="utf-8"))
    assert report["title"] == "Mine"
    assert report["sections"]["samples"]["content"]["num_images"] == 4


def test_a_failure_is_one_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    wrong = IMAGES[:4, :, :, [0, 0, 0, 0, 0]]
    callback = reportgen.ReportCallback(wrong, every=1, directory=tmp_path, formats=("json",))
    with pytest.warns(RuntimeWarning, match=r"no report after 1 of 4 epochs, and the training goes on\. DataError: "):
        _, history = fitted(callback)
    assert len(history["loss"]) == 4
    assert folders(tmp_path) == []


@posix
def test_a_folder_that_another_run_keeps_is_left_to_it(tmp_path: Path) -> None:
    callback = reportgen.ReportCallback(IMAGES[:4], every=2, directory=tmp_path, formats=("json",), section="summary")
    with (
        held(tmp_path / "trained"),
        pytest.warns(RuntimeWarning, match=r"after its training, and .* being written to by another run of reportgen"),
    ):
        fitted(callback, epochs=2)
    assert folders(tmp_path) == ["epoch-2/report.json"]


def test_it_is_warned_once_of_each_reason(tmp_path: Path) -> None:
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / "report.json").write_text("mine", encoding="utf-8")
    callback = reportgen.ReportCallback(IMAGES[:4, 0], every=1, directory=tmp_path, formats=("json",))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fitted(callback)
    told = [str(each.message) for each in seen if "reportgen" in str(each.message)]
    assert len(told) == 1, told
    assert (tmp_path / "trained" / "report.json").read_text(encoding="utf-8") == "mine"


def test_where_warnings_are_errors_the_training_goes_on_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    callback = reportgen.ReportCallback(IMAGES[:4, 0], every=1, directory=tmp_path, formats=("json",))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        _, history = fitted(callback)
    assert len(history["loss"]) == 4
    assert [record.message.partition(",")[0] for record in caplog.records if record.name.startswith("reportgen")] == [
        "reportgen wrote no report after 1 of 4 epochs"
    ]


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"every": 0}, OptionsError, "every 0 epochs. Expected a whole number of 1 or more, or None. Write"),
        ({"every": 2.5}, OptionsError, "every 2.5 epochs"),
        ({"formats": ("docx",)}, UnknownNameError, "no format called 'docx'"),
        ({"pick": "best:1"}, OptionsError, "cannot be picked by 'best:1'"),
        ({"data": "digits"}, OptionsError, "Expected images in memory"),
        ({"directory": __file__}, RenderError, "Nothing can be written to"),
        ({"directory": "/proc/nowhere"}, RenderError, "Choose another one with directory="),
        ({"evry": 2}, OptionsError, "no argument 'evry'. Did you mean 'every'"),
        ({"samples": "dogs"}, DataError, "The images are 'dogs', a name. Expected images in memory"),
        ({"samples": np.array(["a", "b"])}, DataError, "Expected at least one image"),
        ({"samples": (np.zeros((3, 8, 8, 1)), [0, 1])}, DataError, "Expected as many labels as images"),
        ({"samples": iter(())}, DataError, "is empty"),
    ],
)
def test_what_cannot_be_is_found_out_before_the_training(
    choices: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        reportgen.ReportCallback(**choices)


def test_samples_that_are_yielded_are_read_before_the_training(tmp_path: Path) -> None:
    images = np.zeros((6, 8, 8, 1), np.float32)
    samples = tf.data.Dataset.from_tensor_slices((images, np.arange(6) % 2)).batch(4)
    callback = reportgen.ReportCallback(samples, directory=tmp_path / "below", section="summary")
    assert not (tmp_path / "below").exists()
    read, labels = callback._samples
    np.testing.assert_array_equal(read, images)
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]
