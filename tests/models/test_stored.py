"""What is read out of a model file before anything is built, and what is refused there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models import stored
from tests.models import hostile, toys

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stored") / "good.keras"
    toys.sequential().save(path)
    return path


def test_archive_tells_its_configuration_version_and_numbers(archive: Path) -> None:
    found = stored.read_archive(archive)
    assert found.config["class_name"] == "Sequential"
    assert (found.keras_version, found.num_stored) == (keras.__version__, toys.sequential().count_params())


def test_hdf5_tells_its_configuration_version_and_numbers(tmp_path: Path) -> None:
    toys.sequential().save(tmp_path / "good.h5")
    found = stored.read_hdf5(tmp_path / "good.h5")
    assert found.config["class_name"] == "Sequential"
    assert (found.keras_version, found.num_stored) == (keras.__version__, toys.sequential().count_params())


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"config.json": None}, r"is a zip archive without config\.json\. Expected a Keras archive"),
        ({"model.weights.h5": None}, r"is a zip archive without model\.weights\.h5\. Expected a Keras archive"),
        (
            {"model.weights.h5": None, "model.weights.json": b"{}"},
            r"holds its weights in 'model\.weights\.json', which",
        ),
        ({"model.weights.h5": None, "model_00000.weights.h5": b""}, r"'model_00000\.weights\.h5', .*load_weights"),
        ({"config.json": None, "m/saved_model.pb": b""}, r"is a zip archive of a whole folder: .* give the folder"),
        (
            {"config.json": None, "m/config.json": b"{}"},
            r"it holds 'm/config\.json'\. .* Unzip it, and give the folder",
        ),
        ({"model.weights.h5": b"no weights"}, r"is a damaged HDF5 file \(model\.weights\.h5 in it: "),
        ({"config.json": b"{"}, r"The configuration in 'bad\.keras' is not JSON"),
        ({"config.json": b"\xff\xfe\xfd"}, r"The configuration in 'bad\.keras' is not JSON"),
        ({"config.json": b"[1]"}, r"is a list, not an object"),
        ({"config.json": b'{"a": ' + b"9" * 5000 + b"}"}, r"is not JSON"),
        ({"metadata.json": b"null"}, r"is a NoneType, not an object"),
        ({"archive/data.pkl": b""}, r"is a PyTorch file, which holds a pickle"),
        ({"../outside": b""}, r"holds '\.\./outside', which leads outside the archive"),
        ({"assets/../../outside": b""}, r"which leads outside the archive"),
        ({"/outside": b""}, r"holds '/outside', which leads outside the archive"),
        ({"C:\\outside": b""}, r"which leads outside the archive"),
    ],
)
def test_archive_with_other_members_is_refused(
    archive: Path, tmp_path: Path, members: dict[str, bytes | None], message: str
) -> None:
    path = hostile.with_members(archive, members, tmp_path / "bad.keras")
    with pytest.raises(ModelError, match=message) as caught:
        stored.read_archive(path)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archive_with_two_configurations_is_refused(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "twice.keras"
    path.write_bytes(archive.read_bytes())
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(ModelError, match=r"'twice\.keras' holds two members of the same name"):
        stored.read_archive(path)


def test_many_members_that_inflate_a_little_each_are_refused(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.keras"
    path.write_bytes(archive.read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for number in range(3):
            file.writestr(f"assets/{number}", bytes(15 << 20))
    with pytest.raises(ModelError, match=r"'many\.keras' holds 'all its members', which claims \d+ bytes, far more"):
        stored.read_archive(path)


def test_npz_is_refused_as_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", x=np.zeros(3))
    with pytest.raises(ModelError, match=r"'m\.npz' is a NumPy archive \(\.npz\).* Give arrays with --data"):
        stored.read_archive(tmp_path / "m.npz")


@pytest.mark.parametrize("depth", [201, 20_000])
def test_deep_configuration_is_refused(archive: Path, tmp_path: Path, depth: int) -> None:
    deep = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    path = hostile.with_config(archive, deep, tmp_path / "deep.keras")
    with pytest.raises(ModelError, match=r"is nested more than 200 levels deep"):
        stored.read_archive(path)


def test_encrypted_archive_is_told(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(magic, at + 1)) >= 0:
            data[at + flags] |= 1
    (tmp_path / "locked.keras").write_bytes(data)
    with pytest.raises(ModelError, match=r"is a damaged zip archive \(.*encrypted"):
        stored.read_archive(tmp_path / "locked.keras")


def test_hdf5_weights_without_architecture_are_told(tmp_path: Path) -> None:
    toys.sequential().save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "old_weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv"]
    for name in ("m.weights.h5", "old_weights.h5"):
        with pytest.raises(ModelError, match=rf"'{name}' holds weights only, .* model\.load_weights"):
            stored.read_hdf5(tmp_path / name)


def test_hdf5_architecture_without_weights_is_told(tmp_path: Path) -> None:
    toys.sequential().save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        del file["model_weights"]
    with pytest.raises(ModelError, match=r"'m\.h5' holds an architecture, but no weights"):
        stored.read_hdf5(tmp_path / "m.h5")


def test_truncated_hdf5_is_told(tmp_path: Path) -> None:
    toys.sequential().save(tmp_path / "m.h5")
    data = (tmp_path / "m.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"'cut\.h5' is a damaged HDF5 file \(.*truncated"):
        stored.read_hdf5(tmp_path / "cut.h5")
