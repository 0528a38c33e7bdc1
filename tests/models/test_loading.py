"""Model files: what is loaded, and the sentence for everything that is not."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models.loading import load, save
from tests.models import hostile, toys

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


def refused_by_keras(folder: Path, suffix: str) -> Path:
    """A model with an argument that no Dense of today has, in a file that says it is from Keras 3.6."""
    toys.sequential().save(folder / f"new{suffix}")
    bad = hostile.changed(folder / f"new{suffix}", hostile.set_in("Dense", "old_argument", 1), folder / f"bad{suffix}")
    if suffix == ".keras":
        metadata = json.dumps({"keras_version": "3.6.0"}).encode()
        return hostile.with_members(bad, {"metadata.json": metadata}, folder / "dated.keras")
    with h5py.File(bad, "r+") as file:
        file.attrs["keras_version"] = "3.6.0"
    return bad


@pytest.mark.parametrize(
    ("suffix", "name", "given"),
    [
        (".keras", "model.keras", "model.keras"),
        (".keras", "model.v2.zip", "model.v2.keras"),
        (".h5", "model.h5", "model.h5"),
        (".h5", "model.keras", "model.h5"),
        (".keras", "folder", "folder/model.weights.h5"),
    ],
)
def test_advice_for_what_keras_refuses_leads_to_a_model(tmp_path: Path, suffix: str, name: str, given: str) -> None:
    bad = refused_by_keras(tmp_path, suffix)
    if name == "folder":
        with zipfile.ZipFile(bad) as archive:
            archive.extractall(tmp_path / name)
    else:
        bad.rename(tmp_path / name)
    with pytest.raises(ModelError, match=rf"cannot load '{name}', which Keras 3\.6\.0 wrote: ") as caught:
        load(tmp_path / name)
    advice = re.search(
        r"Build the same model in code.* model\.load_weights\('(.*?)'\)(.*), and save it", str(caught.value)
    )
    assert advice is not None
    assert advice.groups() == (given, "" if given.startswith(name) else " on a copy of the file with that name")
    if not given.startswith(name):
        shutil.copy(tmp_path / name, tmp_path / given)
    model = toys.sequential()
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    model.load_weights(tmp_path / given)
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(model(images)), np.asarray(toys.sequential()(images)))


@pytest.mark.parametrize("version", ["", "3.6.0\x1b[31m", "the newest"])
def test_only_a_version_is_named_as_one(tmp_path: Path, version: str) -> None:
    bad = refused_by_keras(tmp_path, ".keras")
    hostile.with_members(bad, {"metadata.json": json.dumps({"keras_version": version}).encode()}, tmp_path / "m.keras")
    with pytest.raises(ModelError, match=r"cannot load 'm\.keras': "):
        load(tmp_path / "m.keras")


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
    with pytest.raises(ModelError, match=r"'data\.h5' is an HDF5 file without a Keras model\..* Save the model with"):
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


def in_keras_2(config: dict[str, Any], *, root: str) -> dict[str, Any]:
    """What Keras 2 writes where today's Keras writes something else: the root's module, and the shapes of inputs."""
    config = json.loads(json.dumps(config).replace('"batch_shape"', '"batch_input_shape"'))
    return {**config, "module": root}


@pytest.mark.parametrize("root", ["tf_keras.src.engine.functional", "keras.src.engine.functional"])
def test_archive_of_keras_2_is_refused_with_what_leads_to_a_file_that_is_read(tmp_path: Path, root: str) -> None:
    toys.functional().save(tmp_path / "new.keras")
    config = in_keras_2(hostile.config_of(tmp_path / "new.keras"), root=root)
    metadata = json.dumps({"keras_version": "2.21.0"}).encode()
    path = hostile.with_config(tmp_path / "new.keras", config, tmp_path / "changed.keras")
    path = hostile.with_members(path, {"metadata.json": metadata}, tmp_path / "old.keras")
    with pytest.raises(ModelError, match=r"'old\.keras' is an archive of Keras 2 \((tf_)?keras\): it names") as caught:
        load(path)
    assert "save it with model.save('model.h5'), and give that file." in str(caught.value)
    assert "--import" not in str(caught.value)


def test_sequential_archive_of_keras_2_gets_the_same_advice(tmp_path: Path) -> None:
    toys.sequential().save(tmp_path / "new.keras")
    config = hostile.config_of(tmp_path / "new.keras")
    config["config"]["layers"][1]["config"]["an_argument_of_old"] = 1
    metadata = json.dumps({"keras_version": "2.15.0"}).encode()
    path = hostile.with_config(tmp_path / "new.keras", config, tmp_path / "changed.keras")
    path = hostile.with_members(path, {"metadata.json": metadata}, tmp_path / "old.keras")
    with pytest.raises(
        ModelError, match=r"cannot load 'old\.keras', which Keras 2\.15\.0 wrote: .*'model\.h5'\), and give"
    ):
        load(path)
