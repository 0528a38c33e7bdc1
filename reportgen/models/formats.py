"""The path that the user gave -> what kind of model stands there, by its content. Needs neither Keras nor HDF5.

What is a file or a folder but no model that can be loaded is refused here, by its name.
"""

from __future__ import annotations

import re
from pathlib import Path

from reportgen.errors import ModelError

ARCHIVE = "Keras archive (.keras)"
HDF5 = "HDF5 (.h5)"
SAVED_MODEL = "legacy SavedModel folder"
UNPACKED = "unpacked Keras archive (folder)"

SUFFIXES = {ARCHIVE: ".keras", UNPACKED: ".keras", HDF5: ".h5", SAVED_MODEL: ""}

_EXPECTED = "Expected a Keras archive (.keras), an HDF5 file (.h5) with a whole model, or a legacy SavedModel folder."
_SAVE = "Save the model with model.save('model.keras')."
_STARTS = {b"PK\x03\x04": ARCHIVE, b"\x89HDF\r\n\x1a\n": HDF5}
_FOREIGN = (
    (b"\x80", "is a pickle, which could run any code when it is loaded"),
    (b"\x1f\x8b", "is compressed with gzip"),
    (b"\x93NUMPY", "is a NumPy array"),
    (b"BZh", "is compressed with bzip2"),
    (b"\xfd7zXZ", "is compressed with xz"),
    (b"\x08", "may be an ONNX or TensorFlow graph"),
)
_FOREIGN_SUFFIXES = (
    (r"\.joblib(\.|$)", "was written by joblib: a pickle, which could run any code when it is loaded"),
    (r"\.index$|\.data-\d+-of-\d+$|^checkpoint$", "is part of a TensorFlow checkpoint, which holds weights only"),
    (r"\.safetensors$", "is a safetensors file, which holds weights only"),
    (r"\.onnx$", "is an ONNX model"),
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
            start = file.read(8)
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
    if what := _foreign(path, start):
        raise ModelError(f"{path.name!r} {what}. {_EXPECTED} {_SAVE}")
    raise ModelError(f"{path.name!r} begins with the bytes {start!r}, as no model does. {_EXPECTED} {_SAVE}")


def _foreign(path: Path, start: bytes) -> str | None:
    """Tell what a file is that is no model of Keras, by its first bytes; by its name where these do not tell."""
    if start[4:8] == b"TFL3":
        return "is a TensorFlow Lite model"
    for suffix, what in _FOREIGN_SUFFIXES:
        if re.search(suffix, path.name):
            return what
    return next((what for magic, what in _FOREIGN if start.startswith(magic)), None)


def _identify_folder(folder: Path) -> str:
    names = {entry.name for entry in folder.iterdir()}
    if "saved_model.pb" in names:
        return SAVED_MODEL
    if names & {"_CHECKPOINT_METADATA", "_METADATA", "ocdbt.process_0", "manifest.ocdbt"}:
        raise ModelError(f"{folder.name!r} is an Orbax checkpoint, which holds weights only. {_EXPECTED} {_SAVE}")
    if "config.json" in names and "model.weights.h5" in names:
        raise ModelError(
            f"{folder.name!r} is an unpacked Keras archive. {_EXPECTED} Zip its contents again, or save the model with "
            "model.save('model.keras')."
        )
    if any(name.endswith(".index") for name in names) or "checkpoint" in names:
        raise ModelError(f"{folder.name!r} is a TensorFlow checkpoint, which holds weights only. {_EXPECTED} {_SAVE}")
    raise ModelError(f"{folder.name!r} is a folder without a model. {_EXPECTED} {_SAVE}")
