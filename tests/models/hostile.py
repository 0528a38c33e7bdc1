"""Model files that were made to hurt, with payloads that only leave a marker. One builder for each way."""

from __future__ import annotations

import base64
import copy
import json
import marshal
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Config = dict[str, Any]


def config_of(path: Path) -> Config:
    """The configuration in a `.keras` or an `.h5` file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found = json.loads(archive.read("config.json"))
    else:
        with h5py.File(path, "r") as file:
            found = json.loads(file.attrs["model_config"])
    assert isinstance(found, dict)
    return found


def with_config(path: Path, config: Config | bytes, target: Path) -> Path:
    """A copy of a model file with another configuration."""
    data = config if isinstance(config, bytes) else json.dumps(config).encode("utf-8")
    if zipfile.is_zipfile(path):
        return with_members(path, {"config.json": data}, target)
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "r+") as file:
        file.attrs["model_config"] = data
    return target


def with_members(path: Path, members: dict[str, bytes | None], target: Path) -> Path:
    """A copy of a `.keras` archive with other members; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name not in members}
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {**kept, **members}.items():
            if data is not None:
                archive.writestr(name, data)
    return target


def with_weights(path: Path, change: Callable[[Any], None], target: Path) -> Path:
    """A copy of a model file whose weights were changed in HDF5."""
    if not zipfile.is_zipfile(path):
        target.write_bytes(path.read_bytes())
        with h5py.File(target, "r+") as file:
            change(file)
        return target
    weights = target.with_suffix(".weights.h5")
    with zipfile.ZipFile(path) as archive:
        weights.write_bytes(archive.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        change(file)
    return with_members(path, {"model.weights.h5": weights.read_bytes()}, target)


def changed(path: Path, change: Callable[[Config], None], target: Path) -> Path:
    """A copy of a model file whose configuration was changed."""
    config = config_of(path)
    change(config)
    return with_config(path, config, target)


def first(config: Config, kind: str) -> Config:
    """The first object of a kind in a configuration."""
    waiting: list[Any] = [config]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, dict):
            if item.get("class_name") == kind:
                return item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    raise LookupError(kind)


def byte_code(marker: Path) -> Config:
    """A serialized function that leaves a marker if it is ever called."""
    code = compile(f"lambda x: open({str(marker)!r}, 'w').close() or x", "payload", "eval").co_consts[0]
    return {
        "class_name": "__lambda__",
        "config": {"code": base64.b64encode(marshal.dumps(code)).decode(), "defaults": None, "closure": None},
    }


def lambda_layer(marker: Path) -> Config:
    """A Lambda layer with byte code, as Keras 3 writes it."""
    return {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "payload", "function": byte_code(marker), "arguments": {}},
        "registered_name": None,
    }


def old_lambda_layer(marker: Path) -> Config:
    """A Lambda layer with byte code, as Keras 2 wrote it."""
    code = byte_code(marker)["config"]["code"]
    config: Config = {
        "name": "payload",
        "function": [code, None, None],
        "function_type": "lambda",
        "module": "builtins",
        "output_shape": None,
        "output_shape_type": "raw",
        "arguments": {},
    }
    return {"class_name": "Lambda", "config": config}


def function(module: str, name: str) -> Config:
    """A reference to a function, as Keras 3 writes it."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def instance(module: str, name: str, /, **config: Any) -> Config:
    """A reference to a class with its configuration, as Keras 3 writes it."""
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def array(kind: str, value: list[Any]) -> Config:
    """A Constant whose value is an array in the file."""
    return instance("keras.initializers", "Constant", value=instance("builtins", "__numpy__", value=value, dtype=kind))


def appended(layer: Config) -> Callable[[Config], None]:
    """Put a layer behind the first of a Sequential."""

    def change(config: Config) -> None:
        config["config"]["layers"].insert(1, layer)

    return change


def nested(layer: Config) -> Callable[[Config], None]:
    """Put a layer into a Sequential in a Sequential in the model."""

    def change(config: Config) -> None:
        core = {"class_name": "Sequential", "module": "keras", "config": {"name": "core", "layers": [layer]}}
        middle = {"class_name": "Sequential", "module": "keras", "config": {"name": "middle", "layers": [core]}}
        config["config"]["layers"].insert(1, copy.deepcopy(middle))

    return change


def behind(layer: Config) -> Callable[[Config], None]:
    """Put a layer behind the last of a Sequential."""

    def change(config: Config) -> None:
        config["config"]["layers"].append(layer)

    return change


def instead(kind: str, layer: Config) -> Callable[[Config], None]:
    """Put a layer in the place of the first of a kind in a Sequential."""

    def change(config: Config) -> None:
        entries = config["config"]["layers"]
        entries[[entry["class_name"] for entry in entries].index(kind)] = layer

    return change


def built_with(kind: str, *shape: int | None) -> Callable[[Config], None]:
    """Tell Keras to build the first layer of a kind with an input shape, whatever it is called on."""

    def change(config: Config) -> None:
        first(config, kind)["build_config"] = {"input_shape": list(shape)}

    return change


def set_in(kind: str, key: str, value: Any) -> Callable[[Config], None]:
    """Set an entry of the first layer of a kind."""

    def change(config: Config) -> None:
        first(config, kind)["config"][key] = value

    return change


def first_dataset(file: Any) -> str:
    """The name of the first dataset in an HDF5 file."""
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found[0]


def kept_elsewhere(outside: Path) -> Callable[[Any], None]:
    """External storage: the numbers of a dataset are the bytes of another file."""

    def change(file: Any) -> None:
        name = first_dataset(file)
        shape = file[name].shape
        del file[name]
        file.create_dataset(name, shape, "float32", external=[(str(outside), 0, h5py.h5f.UNLIMITED)])

    return change


def virtual(outside: Path) -> Callable[[Any], None]:
    """A virtual dataset: its numbers are those of a dataset in another file."""

    def change(file: Any) -> None:
        name = first_dataset(file)
        shape = file[name].shape
        del file[name]
        layout = h5py.VirtualLayout(shape, "float32")
        layout[...] = h5py.VirtualSource(str(outside), "x", shape)
        file.create_virtual_dataset(name, layout)

    return change


def linked(link: Any) -> Callable[[Any], None]:
    """A link where a dataset was."""

    def change(file: Any) -> None:
        name = first_dataset(file)
        del file[name]
        file[name] = link

    return change


def with_shared_text(path: Path, write: Callable[[Any, Any], None], target: Path) -> Path:
    """A copy of a model file with 4000 texts of variable length that are all one and the same of 100 000 letters.

    Args:
        path: The model file.
        write: Puts the texts into its HDF5, which is handed to it with them.
        target: The copy.
    """
    number, long = 4000, b"L" * 100_000
    texts = np.array([long, *(f"text {place}".encode() for place in range(1, number))], object)
    with_weights(path, lambda file: write(file, texts), target)
    data = bytearray(_hdf5_of(target))
    # Each text is its length, the address of its collection and its number there.
    (place,) = (
        found.start()
        for found in re.finditer(re.escape(struct.pack("<I", len(long))) + b".{12}", data, re.DOTALL)
        if data[struct.unpack_from("<Q", data, found.start() + 4)[0] :].startswith(b"GCOL")
    )
    data[place : place + 16 * number] = data[place : place + 16] * number
    if zipfile.is_zipfile(target):
        return with_members(path, {"model.weights.h5": bytes(data)}, target)
    target.write_bytes(data)
    return target


def _hdf5_of(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read("model.weights.h5")


def terabytes(file: Any) -> None:
    """A dataset of 4 TiB that takes no room in the file."""
    name = first_dataset(file)
    del file[name]
    file.create_dataset(name, (1 << 20, 1 << 20), "float32", chunks=(1024, 1024), compression="gzip")


def inflating(file: Any) -> None:
    """Zeros of 256 MiB that gzip brings to a quarter of a MiB."""
    name = first_dataset(file)
    del file[name]
    zeros = file.create_dataset(name, (64, 1 << 20), "float32", chunks=(1, 1 << 20), compression="gzip")
    zeros[...] = 0


def crowded(file: Any) -> None:
    """More groups than any model has."""
    group = file.create_group("crowd")
    for number in range(50_001):
        group.create_group(str(number))


def deep(file: Any) -> None:
    """Groups in groups in groups."""
    for _ in range(25_000):
        file = file.create_group("in")


def without_numbers(file: Any) -> None:
    """NaN in a kernel."""
    name = first_dataset(file)
    file[name][...] = np.nan


def bomb(path: Path, target: Path, size: int) -> Path:
    """An archive with a member that inflates a thousandfold."""
    target.write_bytes(path.read_bytes())
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("assets/zeros", "w", force_zip64=True) as member,
    ):
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return target
