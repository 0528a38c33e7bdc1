"""What kind of model a path leads to, and the sentence for every other thing."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from reportgen.errors import ModelError
from reportgen.models.formats import ARCHIVE, HDF5, SAVED_MODEL, UNPACKED, identify


@pytest.mark.parametrize(
    ("start", "kind"), [(b"PK\x03\x04", ARCHIVE), (b"\x89HDF\r\n\x1a\n", HDF5)], ids=["zip", "hdf5"]
)
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.hdf5", "m.txt", "m"])
def test_kind_is_told_by_the_first_bytes_whatever_the_name(tmp_path: Path, name: str, start: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(start + b"more")
    assert identify(tmp_path / name) == kind


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("thing", [[1], {"a": 1}, Path("m"), (1, 2)], ids=["list", "dict", "object", "tuple"])
def test_pickle_of_any_protocol_is_refused_by_its_name(tmp_path: Path, thing: object, protocol: int) -> None:
    (tmp_path / "m.keras").write_bytes(pickle.dumps(thing, protocol))
    with pytest.raises(ModelError, match=r"'m\.keras' is a pickle, which could run any code"):
        identify(tmp_path / "m.keras")


def test_folder_of_an_unpacked_archive_is_told(tmp_path: Path) -> None:
    for name in ("config.json", "model.weights.h5"):
        (tmp_path / name).write_bytes(b"")
    assert identify(tmp_path) == UNPACKED


def test_folder_with_a_graph_is_a_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert identify(tmp_path) == SAVED_MODEL


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("m.keras", b"", r"'m\.keras' is empty\. Expected a Keras archive"),
        ("m.keras", b"no model at all", r"begins with the bytes b'no model', as no model does\. Expected a Keras"),
        ("m.pkl", b"\x80\x04\x95rest", r"'m\.pkl' is a pickle, which could run any code"),
        ("m.joblib", b"\x80\x04\x95rest", r"'m\.joblib' was written by joblib: a pickle"),
        ("m.joblib.z", b"x\x9crest", r"'m\.joblib\.z' was written by joblib: a pickle"),
        ("m.keras.gz", b"\x1f\x8brest", r"is compressed with gzip\. Expected.* Unpack it, and give what is inside\.$"),
        ("m.npy", b"\x93NUMPY\x01\x00", r"is a NumPy array\. Expected.* Give arrays with --data\.$"),
        (
            "m.tflite",
            b"\x1c\x00\x00\x00TFL3rest",
            r"is a TensorFlow Lite model\. Expected.* Keras model that it was made from",
        ),
        ("m.onnx", b"\x08\x07rest", r"is an ONNX model\. Expected"),
        ("model", b"\x08\x07\x12\x07pytorch\x1a\x051.0", r"may be an ONNX or TensorFlow graph\. Expected"),
        ("frozen.pb", b"\x0a\x07rest", r"is a TensorFlow graph without a Keras model"),
        ("saved_model.pb", b"\x08\x01rest", r"is only part of a SavedModel\. .* Give the folder that it is in\.$"),
        ("m.keras", b"x\x9crest", r"is compressed with zlib, as joblib does"),
        ("m.keras", b"(\xb5/\xfdrest", r"is compressed with Zstandard"),
        ("m.keras", b"PK\x05\x06" + bytes(18), r"is an empty zip archive"),
        ("m.keras", b"m/".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0"), r"is a tar archive\. .* Unpack it"),
        ("m.keras", b"\x10\0\0\0\0\0\0\0{}", r"is a safetensors file, which holds weights only"),
        ("m.json", b'{"class_name": "Sequential"}', r"is text in JSON, which can hold an architecture, but no weights"),
        ("m.keras", b' {"metadata": {}, "weight_map": {}}', r"is the index of sharded weights, without an archit"),
        ("m.yaml", b"backend: tensorflow\n", r"is text in YAML, which can hold an architecture, but no weights"),
        (
            "m.keras",
            b"version https://git-lfs.github.com/spec/v1\n",
            r"is a pointer of Git LFS, .* Fetch the file with 'git lfs pull'\.$",
        ),
        (
            "m.keras",
            b"<!DOCTYPE html><html>",
            r"is a web page or XML: a download may have failed\. .* Download the model again\.$",
        ),
        ("odd", b"\1" * 600 + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", r"is part of a TensorFlow checkpoint"),
        ("m.index", b"\x00\x00rest", r"is part of a TensorFlow checkpoint, .* give it these weights, and save it"),
        ("m.data-00000-of-00001", b"\x00\x00rest", r"is part of a TensorFlow checkpoint, which holds weights only"),
        ("m.safetensors", b"\x10\x00rest", r"is a safetensors file, which holds weights only"),
    ],
)
def test_file_of_another_kind_is_refused_by_its_name(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelError, match=message) as caught:
        identify(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], r"'m\.keras' is a folder without a model\. Expected"),
        (["_CHECKPOINT_METADATA", "manifest.ocdbt"], r"is an Orbax checkpoint, which holds weights only"),
        (["checkpoint", "m.index"], r"is a TensorFlow checkpoint, which holds weights only"),
        (["config.json"], r"is an unpacked Keras archive without model\.weights\.h5\. Expected"),
        (["config.json", "model.weights.json"], r"is an unpacked Keras archive without model\.weights\.h5"),
    ],
)
def test_folder_of_another_kind_is_refused_by_its_name(tmp_path: Path, members: list[str], message: str) -> None:
    folder = tmp_path / "m.keras"
    folder.mkdir()
    for name in members:
        (folder / name).write_bytes(b"")
    with pytest.raises(ModelError, match=message):
        identify(folder)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("gs://bucket/m.keras", r"'gs://bucket/m\.keras' is on another machine \(gs\)\. .* Download it first"),
        ("hf://someone/model", r"'hf://someone/model' is on another machine \(hf\)"),
        ("https://example.org/m.keras", r"'https://example\.org/m\.keras' is on another machine \(https\)"),
        ("s3://bucket/m.h5", r"is on another machine \(s3\)"),
    ],
)
def test_address_on_another_machine_is_refused(address: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        identify(Path(address))


def test_missing_file_is_refused_with_its_name() -> None:
    with pytest.raises(ModelError, match=r"There is no file 'nowhere/m\.keras'\. .* Check the name"):
        identify(Path("nowhere/m.keras"))


def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.keras")
    with pytest.raises(ModelError, match=r"is neither a file nor a folder"):
        identify(tmp_path / "m.keras")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000], ids=["null", "long"])
def test_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be read|There is no file"):
        identify(Path(name))
