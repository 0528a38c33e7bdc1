"""The path that the user gave -> what kind of model stands there, by its content. Needs neither Keras nor HDF5.

What is a file or a folder but no model that can be loaded is refused here, by its name.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import IO

from reportgen.errors import ModelError

ARCHIVE = "Keras archive (.keras)"
HDF5 = "HDF5 (.h5)"
SAVED_MODEL = "legacy SavedModel folder"
UNPACKED = "unpacked Keras archive (folder)"

SUFFIXES = {ARCHIVE: ".keras", UNPACKED: ".keras", HDF5: ".h5", SAVED_MODEL: ""}

# A folder of more entries is none that a model was saved in.
_MOST_ENTRIES = 100_000
_EXPECTED = "Expected a Keras archive (.keras), an HDF5 file (.h5) with a whole model, or a legacy SavedModel folder."
_SAVE = "Save the model with model.save('model.keras')."
_SAVE_SOURCE = "Save the Keras model that it was made from with model.save('model.keras')."
_FILL = "Build the model in code, give it these weights, and save it with model.save('model.keras')."
_UNPACK = "Unpack it, and give what is inside."
_STARTS = {b"PK\x03\x04": ARCHIVE, b"\x89HDF\r\n\x1a\n": HDF5}
_PICKLE = "is a pickle, which could run any code when it is loaded"
_CHECKPOINT = "is part of a TensorFlow checkpoint, which holds weights only"
# The first bytes of a file, what it is, and what to do.
_FOREIGN = (
    (rb"\x80[\x02-\x05]|c[\w.]+\n[\w.]+\n|\((lp|dp|[ci][\w.]+\n|[IFL]-?\d|[KMJ][^a-zA-Z])|[\])}]q\x00", _PICKLE, _SAVE),
    (rb"x[\x01\x5e\x9c\xda]", "is compressed with zlib, as joblib does with a pickle", _SAVE),
    (rb"\x1f\x8b", "is compressed with gzip", _UNPACK),
    (rb"\x93NUMPY", "is a NumPy array", "Give arrays with --data."),
    (rb"BZh", "is compressed with bzip2", _UNPACK),
    (rb"\xfd7zXZ", "is compressed with xz", _UNPACK),
    (rb"\x28\xb5\x2f\xfd", "is compressed with Zstandard", _UNPACK),
    (rb"PK\x05\x06", "is an empty zip archive", _SAVE),
    (rb".{4}TFL3", "is a TensorFlow Lite model", _SAVE_SOURCE),
    (rb".{257}ustar", "is a tar archive", _UNPACK),
    (rb".{6}\0\0\{", "is a safetensors file, which holds weights only", _FILL),
    (rb"\s*\{.*\"weight_map\"", "is the index of sharded weights, without an architecture", _FILL),
    (rb"\s*\{", "is text in JSON, which can hold an architecture, but no weights", _SAVE),
    (
        rb"(backend|class_name|config|keras_version):",
        "is text in YAML, which can hold an architecture, but no weights",
        _SAVE,
    ),
    (
        rb"version https://git-lfs",
        "is a pointer of Git LFS, not the file itself",
        "Fetch the file with 'git lfs pull'.",
    ),
    (rb"\s*<(!|html|\?xml)", "is a web page or XML: a download may have failed", "Download the model again."),
    (rb"\x08[\x01-\x20][\x12\x1a\x22\x3a]", "may be an ONNX or TensorFlow graph", _SAVE_SOURCE),
)
# The last bytes of the table that a TensorFlow checkpoint's index is (LevelDB's magic number).
_CHECKPOINT_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_FOREIGN_SUFFIXES = (
    (r"\.joblib(\.|$)", "was written by joblib: a pickle, which could run any code when it is loaded", _SAVE),
    (r"\.index$|\.data-\d+-of-\d+$|^checkpoint$", _CHECKPOINT, _FILL),
    (r"\.safetensors$", "is a safetensors file, which holds weights only", _FILL),
    (r"\.onnx$", "is an ONNX model", _SAVE_SOURCE),
    (r"^saved_model\.pb$", "is only part of a SavedModel", "Give the folder that it is in."),
    (r"\.pb$", "is a TensorFlow graph without a Keras model", _SAVE_SOURCE),
)


def name_of(path: Path) -> str:
    """Return the name of a file or folder without the folders around it, also for "." and "..".

    >>> name_of(Path("models/model.keras"))
    'model.keras'
    """
    return path.name if path.name not in ("", "..") else path.resolve().name or "model"


def identify(path: Path) -> str:
    """Tell what kind of model a path leads to.

    Returns:
        `ARCHIVE`, `HDF5`, `SAVED_MODEL` or `UNPACKED`.

    Raises:
        ModelError: It is on another machine, is not there, cannot be read, or is of no kind that can be loaded.
    """
    text = str(path)
    if scheme := re.match(r"([a-zA-Z][a-zA-Z0-9+.-]{1,}):/", text):
        address = re.sub(r":/+", "://", text, count=1)
        raise ModelError(
            f"{address!r} is on another machine ({scheme.group(1)}). Expected a file on this one. Download it first, "
            "and give the name of the file."
        )
    try:
        if path.is_dir():
            return _identify_folder(path)
        if path.exists() and not path.is_file():
            raise ModelError(f"{path.name!r} is neither a file nor a folder. {_EXPECTED} {_SAVE}")
        with path.open("rb") as file:
            start = file.read(512)
            end = b"" if len(start) < 512 else _end(file)
    except FileNotFoundError as error:
        raise ModelError(f"There is no file {text!r}. {_EXPECTED} Check the name.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ModelError(f"{path.name!r} cannot be read: {reason}. {_EXPECTED} Check its permissions.") from error
    for magic, kind in _STARTS.items():
        if start.startswith(magic):
            return kind
    if not start:
        raise ModelError(f"{path.name!r} is empty. {_EXPECTED} {_SAVE}")
    if found := _foreign(path, start, end):
        what, advice = found
        raise ModelError(f"{path.name!r} {what}. {_EXPECTED} {advice}")
    raise ModelError(f"{path.name!r} begins with the bytes {start[:8]!r}, as no model does. {_EXPECTED} {_SAVE}")


def _end(file: IO[bytes]) -> bytes:
    file.seek(-8, os.SEEK_END)
    return file.read(8)


def _foreign(path: Path, start: bytes, end: bytes) -> tuple[str, str] | None:
    """Tell what a file is that is no model of Keras, and what to do: by its first bytes, or else by its name."""
    if end == _CHECKPOINT_END:
        return _CHECKPOINT, _FILL
    for suffix, what, advice in _FOREIGN_SUFFIXES:
        if re.search(suffix, path.name):
            return what, advice
    return next(((what, advice) for form, what, advice in _FOREIGN if re.match(form, start, re.DOTALL)), None)


def _identify_folder(folder: Path) -> str:
    names = {entry.name for entry in islice(folder.iterdir(), _MOST_ENTRIES)}
    if "saved_model.pb" in names:
        return SAVED_MODEL
    if names & {"_CHECKPOINT_METADATA", "_METADATA", "ocdbt.process_0", "manifest.ocdbt"}:
        raise ModelError(f"{folder.name!r} is an Orbax checkpoint, which holds weights only. {_EXPECTED} {_FILL}")
    if {"config.json", "model.weights.h5"} <= names:
        return UNPACKED
    if "config.json" in names:
        raise ModelError(f"{folder.name!r} is an unpacked Keras archive without model.weights.h5. {_EXPECTED} {_SAVE}")
    if any(name.endswith(".index") for name in names) or "checkpoint" in names:
        raise ModelError(f"{folder.name!r} is a TensorFlow checkpoint, which holds weights only. {_EXPECTED} {_FILL}")
    raise ModelError(f"{folder.name!r} is a folder without a model. {_EXPECTED} {_SAVE}")
