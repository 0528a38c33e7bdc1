"""A model file -> the configuration that is stored in it, read without Keras and before anything is built.

Accepts only what can be read in bounds: members of a zip archive that do not inflate without measure, JSON that is not
nested without measure, weights that stand in the file itself and are as large as they say.
"""

from __future__ import annotations

import io
import json
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from reportgen.errors import ModelError
from reportgen.models.types import Config

_CONFIG_NAME = "config.json"
_WEIGHTS_NAME = "model.weights.h5"
_OTHER_WEIGHTS = re.compile(r"model(_\d+)?\.weights\.(json|h5|npz)")
_LARGEST_CONFIG = 16 << 20
_DEEPEST = 200
# Weights hardly shrink; a member that is this many times its size in the archive was made to hurt.
_LARGEST_RATIO = 100
_RATIO_COUNTS_FROM = 16 << 20
_MOST_MEMBERS = 10_000
# A layer is one group, and each of its weights may stand in another.
_MOST_OBJECTS = 50_000
# Text of variable length stands in heaps of the file, where all values of an array may be one and the same.
_HEAP = b"GCOL\x01\0\0\0"
_MOST_TEXT = 64 << 20
_READ_BY_KERAS = re.compile(r"model_config|training_config|keras_version|backend|dtype|(layer|weight)_names\d*")
_READING = (OSError, EOFError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a model file says of itself.

    Attributes:
        config: The serialized model: "class_name" and "config" at its root.
        keras_version: Version of the Keras that wrote it, or "".
        num_stored: How many numbers its weights have together.
    """

    config: Config
    keras_version: str
    num_stored: int


def read_archive(path: Path) -> Stored:
    """Read the configuration out of a `.keras` archive.

    Raises:
        ModelError: The archive is damaged, holds no configuration or no weights, or inflates without measure.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked(path, archive.infolist())
            inflated = sum(member.file_size for member in members.values())
            if inflated > max(_RATIO_COUNTS_FROM, _LARGEST_RATIO * path.stat().st_size):
                raise _too_large(path, "all its members", inflated)
            for name in (_CONFIG_NAME, "metadata.json"):
                if name in members and members[name].file_size > _LARGEST_CONFIG:
                    raise _too_large(path, name, members[name].file_size)
            config = parse(archive.read(_CONFIG_NAME), path)
            metadata = parse(archive.read("metadata.json"), path) if "metadata.json" in members else {}
            weights = archive.read(_WEIGHTS_NAME)
    except (zipfile.BadZipFile, *_READING) as error:
        raise ModelError(
            f"{path.name!r} is a damaged zip archive ({_first_line(error)}). Expected a whole Keras archive (.keras). "
            "Copy it again, or save the trained model with model.save('model.keras')."
        ) from error
    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            num_stored = check_weights(file, path, len(weights), largest_heap(weights))
    except _READING as error:
        raise _damaged_hdf5(path, f"{_WEIGHTS_NAME} in it: {_first_line(error)}") from error
    return Stored(config, _plain_text(metadata.get("keras_version")), num_stored)


def read_hdf5(path: Path) -> Stored:
    """Read the configuration out of an HDF5 file.

    Raises:
        ModelError: The file is damaged, or holds weights but no configuration.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            heap = largest_heap(mapped)
        with h5py.File(path, "r") as file:
            _check_attributes(file, path, heap)
            text = file.attrs.get("model_config")
            version = file.attrs.get("keras_version")
            only_weights = text is None and (
                "layer_names" in file.attrs or "layers" in file or "_layer_checkpoint_dependencies" in file
            )
            num_stored = 0 if text is None else check_weights(file, path, path.stat().st_size, heap)
            has_weights = "model_weights" in file
    except _READING as error:
        raise _damaged_hdf5(path, _first_line(error)) from error
    if text is None:
        if only_weights:
            raise ModelError(
                f"{path.name!r} holds weights only, no architecture. Expected a whole model. Build the model, load "
                "these weights with model.load_weights, and save it with model.save('model.keras')."
            )
        raise ModelError(
            f"{path.name!r} is an HDF5 file without a Keras model. Expected a whole model. Save the model with "
            "model.save('model.keras')."
        )
    if not has_weights:
        raise ModelError(
            f"{path.name!r} holds an architecture, but no weights. Expected a whole model. Save the trained model with "
            "model.save('model.keras')."
        )
    data = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    if len(data) > _LARGEST_CONFIG:
        raise _too_large(path, "model_config", len(data))
    return Stored(parse(data, path), _plain_text(version), num_stored)


def largest_heap(data: bytes | mmap.mmap) -> int:
    """Return how many bytes a value of variable length can have in an HDF5 file, from its bytes.

    Such a value lies in a collection of the global heap, which begins with its signature, version and size. Source: The
    HDF Group, "HDF5 File Format Specification", version 3.0, section III.E.
    """
    largest, place = 0, data.find(_HEAP)
    while place >= 0:
        size = int.from_bytes(data[place + len(_HEAP) : place + len(_HEAP) + 8], "little")
        largest = max(largest, min(size, len(data)))
        place = data.find(_HEAP, place + 1)
    return largest


def check_weights(file: Any, path: Path, size: int, heap: int) -> int:
    """Refuse weights that stand outside the file or claim to be far larger than it.

    Args:
        file: The open HDF5 file.
        path: For the message.
        size: Its size, bytes.
        heap: What a value of variable length can have, bytes, as `largest_heap` says.

    Returns:
        How many numbers all its datasets have together.

    Raises:
        ModelError: It holds a link, or a dataset that is virtual, external or too large for the file.
    """
    declared = numbers = 0
    for dataset in _datasets(file, path, heap):
        if dataset.external or dataset.is_virtual:
            raise ModelError(
                f"{path.name!r} keeps its weights {dataset.name[:80]!r} in another file. Expected a model that holds"
                " its own weights. Use a file that model.save('model.keras') wrote."
            )
        if dataset.dtype.hasobject:
            _check_text(path, dataset.name, int(dataset.size or 0), heap)
        numbers += int(dataset.size or 0)
        declared += int(dataset.size or 0) * dataset.dtype.itemsize
        if declared > _RATIO_COUNTS_FROM and declared > _LARGEST_RATIO * size:
            raise _too_large(path, dataset.name, declared)
    return numbers


def _datasets(file: Any, path: Path, heap: int) -> Iterator[Any]:
    """Yield the datasets of an HDF5 file, each once; a link to somewhere else is refused, not followed."""
    waiting: list[Any] = [file]
    seen: set[tuple[int, int]] = set()
    while waiting:
        item = waiting.pop()
        if len(seen) + len(waiting) > _MOST_OBJECTS:
            raise _odd_member(path, f"more than {_MOST_OBJECTS} groups and datasets among its weights")
        info = h5py.h5o.get_info(item.id)
        if (info.fileno, info.addr) in seen:
            continue
        seen.add((info.fileno, info.addr))
        _check_attributes(item, path, heap)
        if isinstance(item, h5py.Dataset):
            yield item
        elif isinstance(item, h5py.Group):
            if len(item) > _MOST_OBJECTS:
                raise _odd_member(path, f"more than {_MOST_OBJECTS} groups and datasets among its weights")
            for name in item:
                link = item.get(name, getlink=True)
                if not isinstance(link, h5py.HardLink):
                    where = f"the file {link.filename!r:.80}" if isinstance(link, h5py.ExternalLink) else "elsewhere"
                    raise ModelError(
                        f"{path.name!r} holds {name[:80]!r}, a link to {where}. Expected a model that holds its own"
                        " weights. Use a file that model.save('model.keras') wrote."
                    )
                waiting.append(item[name])


def _check_attributes(item: Any, path: Path, heap: int) -> None:
    """Refuse attributes that take more than a configuration may; Keras reads them whole."""
    for index in range(min(h5py.h5a.get_num_attrs(item.id), _MOST_OBJECTS)):
        attribute = h5py.h5a.open(item.id, index=index)
        number = max(attribute.get_space().get_simple_extent_npoints(), 0)
        size, name = attribute.get_type().get_size() * number, attribute.name.decode("utf-8", "replace")
        if size > _LARGEST_CONFIG:
            raise _too_large(path, name, size)
        if _READ_BY_KERAS.fullmatch(name) and attribute.dtype.hasobject:
            _check_text(path, name, number, heap)


def _check_text(path: Path, name: str, number: int, heap: int) -> None:
    if number * heap > _MOST_TEXT:
        raise _too_large(path, name, number * heap)


def replace_config(path: Path, config: Config) -> None:
    """Put another configuration into a `.keras` archive, in place."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != _CONFIG_NAME}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_CONFIG_NAME, json.dumps(config))
        for name, data in members.items():
            archive.writestr(name, data)


def parse(data: bytes, path: Path) -> Config:
    """Parse a configuration.

    Args:
        data: JSON text.
        path: The file that it stands in, for the message.

    Raises:
        ModelError: It is no JSON object, or nested too deeply.
    """
    try:
        config = json.loads(data)
    except RecursionError as error:
        raise _too_deep(path) from error
    except ValueError as error:
        raise ModelError(
            f"The configuration in {path.name!r} is not JSON ({_first_line(error)}). Expected what Keras "
            "writes. Copy the file again, or save the trained model with model.save('model.keras')."
        ) from error
    if not isinstance(config, dict):
        raise ModelError(
            f"The configuration in {path.name!r} is a {type(config).__name__}, not an object. Expected what Keras"
            " writes. Copy the file again, or save the trained model with model.save('model.keras')."
        )
    if _depth(config) > _DEEPEST:
        raise _too_deep(path)
    return config


def _depth(config: Any) -> int:
    """Return how deeply a structure is nested, without recursion of its own."""
    deepest, waiting = 0, [(config, 1)]
    while waiting and deepest <= _DEEPEST:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            item = list(item.values())
        if isinstance(item, list):
            waiting += [(child, depth + 1) for child in item if isinstance(child, dict | list)]
    return deepest


def _checked(path: Path, infos: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the members of an archive by name; refuse those that no Keras archive has."""
    members = {member.filename: member for member in infos}
    if any(name.endswith("data.pkl") for name in members):
        raise ModelError(
            f"{path.name!r} is a PyTorch file, which holds a pickle. Expected a Keras archive (.keras). Save the Keras "
            "model with model.save('model.keras')."
        )
    if members and all(name.endswith(".npy") for name in members):
        raise ModelError(
            f"{path.name!r} is a NumPy archive (.npz), which holds arrays and no model. Expected a Keras archive "
            "(.keras). Give arrays with --data."
        )
    for member in infos:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
            raise _odd_member(path, f"{name[:80]!r}, which leads outside the archive")
        if member.file_size > max(_RATIO_COUNTS_FROM, _LARGEST_RATIO * member.compress_size):
            raise _too_large(path, name, member.file_size)
    other = next((name for name in members if name != _WEIGHTS_NAME and _OTHER_WEIGHTS.fullmatch(name)), None)
    if _CONFIG_NAME in members and _WEIGHTS_NAME not in members and other is not None:
        raise ModelError(
            f"{path.name!r} holds its weights in {other!r}, which Keras does not load from an archive. Expected them in"
            f" one {_WEIGHTS_NAME}. Unzip it, build the model with keras.models.model_from_json from config.json, give"
            " it its weights with model.load_weights('model.weights.json'), and save it with model.save('model.keras')."
        )
    place = next((name for name in members if name.endswith(("/saved_model.pb", f"/{_CONFIG_NAME}"))), None)
    if _CONFIG_NAME not in members and (place is not None or "saved_model.pb" in members):
        raise ModelError(
            f"{path.name!r} is a zip archive of a whole folder: it holds {(place or 'saved_model.pb')[:80]!r}. Expected"
            " a Keras archive (.keras). Unzip it, and give the folder."
        )
    for wanted in (_CONFIG_NAME, _WEIGHTS_NAME):
        if wanted not in members:
            raise ModelError(
                f"{path.name!r} is a zip archive without {wanted}. Expected a Keras archive (.keras), which holds "
                f"{_CONFIG_NAME} and {_WEIGHTS_NAME}. Save the model with model.save('model.keras')."
            )
    if len(members) < len(infos):
        raise _odd_member(path, "two members of the same name")
    if len(members) > _MOST_MEMBERS:
        raise _odd_member(path, f"more than {_MOST_MEMBERS} members")
    return members


def _odd_member(path: Path, what: str) -> ModelError:
    return ModelError(
        f"{path.name!r} holds {what}. Expected a model as Keras writes it. Use a model from a source that you trust."
    )


def _damaged_hdf5(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"{path.name!r} is a damaged HDF5 file ({reason}). Expected a whole model. Copy it again, or save the "
        "trained model with model.save('model.keras')."
    )


def _plain_text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text[:40] if isinstance(text, str) else ""


def _too_large(path: Path, name: str, size: int) -> ModelError:
    return ModelError(
        f"{path.name!r} holds {name[:80]!r}, which claims {size} bytes, far more than the file has. Expected a "
        "file whose parts are not made to fill the memory. Use a model from a source that you trust."
    )


def _too_deep(path: Path) -> ModelError:
    return ModelError(
        f"The configuration in {path.name!r} is nested more than {_DEEPEST} levels deep. Expected what Keras writes."
        " Use a model from a source that you trust."
    )


def _first_line(error: Exception) -> str:
    text = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
    return "".join(sign if sign.isprintable() else "?" for sign in text)
