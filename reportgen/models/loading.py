"""A model file -> a living model, without running any code that the file carries.

What a file is is decided by its first bytes, never by its name.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from reportgen.errors import ModelError

_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_SUFFIXES = {_ZIP: ".keras", _HDF5: ".h5"}


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model and the file that it came from.

    Attributes:
        model: The living model, not compiled.
        file_name: Name of the file, without its folder.
        file_sha256: Hash of the file as read.
        format: "Keras 3 archive (.keras)" or "HDF5 (.h5)".
    """

    model: Any
    file_name: str
    file_sha256: str
    format: str


def load(path: Path) -> LoadedModel:
    """Load a model that Keras saved.

    Args:
        path: A `.keras` archive or an HDF5 file with a model in it, whatever its name.

    Returns:
        The model, loaded with `compile=False` and `safe_mode=True`.

    Raises:
        ModelError: There is no such file, it is of another format, it is damaged, or Keras refuses it.
    """
    kind = _first_bytes(path)
    digest = _sha256(path)
    with tempfile.TemporaryDirectory(prefix="reportgen-") as folder:
        # Keras chooses its reader by the suffix, so a file under a wrong name is read from a copy under a right one.
        readable = path
        if path.suffix.lower() != _SUFFIXES[kind]:
            readable = Path(folder) / f"model{_SUFFIXES[kind]}"
            shutil.copyfile(path, readable)
        model = _load(readable, path.name)
    names = {_ZIP: "Keras archive (.keras)", _HDF5: "HDF5 (.h5)"}
    return LoadedModel(model, path.name, digest, names[kind])


def save(model: Any, path: Path) -> None:
    """Save a model as a `.keras` archive, through a temporary file beside the target.

    Raises:
        ModelError: The name does not end in ".keras", or the folder cannot be written to.
    """
    if path.suffix != ".keras":
        raise ModelError(
            f"The model cannot be saved as {path.name!r}. Expected a file name that ends in '.keras'. "
            f"Use for example '{path.stem}.keras'."
        )
    temporary = path.with_name(f".{path.stem}.partial.keras")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(temporary)
        temporary.replace(path)
    except OSError as error:
        raise ModelError(
            f"The model cannot be written to {path.name!r}: {error.strerror or error}. Expected a folder that can be "
            "written to. Choose another one with -o."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ModelError(
                f"{path.name!r} is a folder. Expected a model file, .keras or .h5. "
                "Load the model where it was made and save it with model.save('model.keras')."
            )
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no file {str(path)!r}. Expected a model file, .keras or .h5. Check the name."
        ) from error
    except OSError as error:
        raise ModelError(
            f"{path.name!r} cannot be read: {error.strerror}. Expected a model file, .keras or .h5. "
            "Check its permissions."
        ) from error
    for kind in _SUFFIXES:
        if start.startswith(kind):
            return kind
    what = "is empty" if not start else f"begins with the bytes {start!r}"
    raise ModelError(
        f"{path.name!r} {what}. Expected a Keras archive (.keras) or an HDF5 file (.h5) with a whole model. "
        "Save the model with model.save('model.keras')."
    )


def _load(path: Path, name: str) -> Any:
    # Keras raises whatever its parts raise: zip, JSON, HDF5 and Python errors of many kinds for damaged or refused
    # files. They are all the file's fault here, and each is turned into one sentence.
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(
            f"Keras {keras.__version__} cannot load {name!r}: {_shortened(reason)} Expected a whole model that can be"
            " loaded without running code from the file. Save it again with model.save('model.keras') in a current"
            " Keras."
        ) from error


def _shortened(text: str, limit: int = 300) -> str:
    cut = text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
    return cut if cut.endswith((".", "…", "!", "?")) else cut + "."


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
