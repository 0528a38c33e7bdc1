"""Model files: what is loaded, and the sentence for everything that is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models.loading import load, save
from tests.models import toys

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model in both formats, under right and wrong names, and with files that are no models."""
    folder = tmp_path_factory.mktemp("models")
    model = toys.sequential()
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    model.save_weights(folder / "only.weights.h5")
    archive = (folder / "model.keras").read_bytes()
    (folder / "model.txt").write_bytes(archive)
    (folder / "really_h5.keras").write_bytes((folder / "model.h5").read_bytes())
    (folder / "really_keras.h5").write_bytes(archive)
    (folder / "empty.keras").write_bytes(b"")
    (folder / "text.keras").write_text("no model at all", encoding="utf-8")
    (folder / "cut.keras").write_bytes(archive[: len(archive) // 2])
    (folder / "folder.keras").mkdir()
    lambdas = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2, name="code")])
    lambdas.save(folder / "lambda.keras")
    return folder


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("model.keras", "Keras archive (.keras)"),
        ("model.h5", "HDF5 (.h5)"),
        ("model.txt", "Keras archive (.keras)"),
        ("really_h5.keras", "HDF5 (.h5)"),
        ("really_keras.h5", "Keras archive (.keras)"),
    ],
)
def test_format_is_told_by_the_first_bytes(files: Path, name: str, form: str) -> None:
    loaded = load(files / name)
    assert (loaded.file_name, loaded.format) == (name, form)
    assert loaded.file_sha256 == hashlib.sha256((files / name).read_bytes()).hexdigest()
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(loaded.model(images)), np.asarray(toys.sequential()(images)))


def test_model_is_loaded_without_its_optimizer(tmp_path: Path) -> None:
    model = toys.sequential()
    model.compile(optimizer="adam", loss="mse")
    model.save(tmp_path / "compiled.keras")
    assert not load(tmp_path / "compiled.keras").model.compiled


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.keras", r"There is no file '.*missing\.keras'\. Expected a Keras archive.* Check the name"),
        ("empty.keras", r"'empty\.keras' is empty\. Expected a Keras archive"),
        ("text.keras", r"'text\.keras' begins with the bytes b'no model', as no model does\. Expected a Keras archive"),
        ("cut.keras", r"'cut\.keras' is a damaged zip archive \(.*\)\. .* Copy it again"),
        ("folder.keras", r"'folder\.keras' is a folder without a model\. Expected a Keras archive"),
        ("only.weights.h5", r"'only\.weights\.h5' holds weights only, no architecture\. Expected a whole model"),
        ("lambda.keras", r"The layer 'code' of 'lambda\.keras' names Lambda, which runs code that is stored in"),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(files: Path, name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load(files / name)
    assert "\n" not in str(caught.value)


def test_file_that_may_not_be_read_is_refused(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str = "r") -> Any:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, whom no permission stops.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelError, match=r"'model\.keras' cannot be read: Permission denied"):
        load(files / "model.keras")


def test_hdf5_file_without_a_model_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(ModelError, match=r"'data\.h5' is an HDF5 file without a Keras model\. Expected a whole model"):
        load(tmp_path / "data.h5")


def test_saved_model_answers_as_before(tmp_path: Path) -> None:
    model = toys.sequential()
    save(model, tmp_path / "new" / "model.keras")
    loaded = load(tmp_path / "new" / "model.keras").model
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))


@pytest.mark.parametrize("name", ["model.h5", "model", "model.keras.zip", "model.KERAS"])
def test_only_the_suffix_keras_is_saved(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be saved as .* ends in '\.keras'"):
        save(toys.sequential(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_failed_saving_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    class Failing(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        def call(self, inputs: Any) -> Any:
            return inputs

        def get_config(self) -> dict[str, Any]:
            message = "no space left"
            raise OSError(28, message)

    target = tmp_path / "model.keras"
    target.write_bytes(b"the old model")
    with pytest.raises(ModelError, match=r"cannot be written to 'model\.keras': no space left"):
        save(keras.Sequential([keras.Input((2,)), Failing()]), target)
    assert target.read_bytes() == b"the old model"
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_saving_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match=r"Expected a folder that can be written to"):
        save(toys.sequential(), tmp_path / "file" / "model.keras")
