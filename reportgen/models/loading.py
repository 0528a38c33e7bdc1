"""A model file -> a living model, without running any code that the file carries.

The stored configuration is judged before anything is built (`judging`), old faults in it are repaired on a copy
(`repairs`), and Keras then loads it with `compile=False` and `safe_mode=True`, never in another way.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras

from reportgen.errors import ModelError
from reportgen.models import formats, judging, legacy, repairs, stored
from reportgen.models.importing import Imported
from reportgen.models.judging import Known, Limits
from reportgen.models.stored import Config

_READERS = {formats.ARCHIVE: stored.read_archive, formats.HDF5: stored.read_hdf5, formats.SAVED_MODEL: legacy.read}
_UNKNOWN = re.compile(r"Could not locate (?:class|function) '([^']+)'|Unknown (?:layer|object)[^']*'([^']+)'")
# A layer in two models stands in both configurations, and once among the weights; some formats pack two in a byte.
_MOST_REUSE = 16
_FEW_PARAMETERS = 20_000_000


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model and the file that it came from.

    Attributes:
        model: The living model, not compiled.
        file_name: Name of the file or folder, without the folders around it.
        file_sha256: Hash of the file as read; of a folder, over its files' relative names and bytes.
        format: What kind of file it is, by its content.
        keras_version: Version of the Keras that wrote it, or "".
        repaired: What had to be repaired, in whole sentences.
    """

    model: Any
    file_name: str
    file_sha256: str
    format: str
    keras_version: str
    repaired: tuple[str, ...]


def load(path: Path, limits: Limits | None = None, imported: Sequence[Imported] = ()) -> LoadedModel:
    """Load a model that Keras saved.

    Args:
        path: A `.keras` archive, an HDF5 file or a SavedModel folder, whatever its name.
        limits: How large the model may be.
        imported: Modules of the user's own that were run, whose classes the file may name.

    Raises:
        ModelError: There is no such file, it is of another format, it is damaged, carries code, asks for too much, or
            Keras refuses it.
    """
    kind = formats.identify(path)
    found = _READERS[kind](path)
    known = Known([module.name for module in imported], _is_registered)
    parameters = judging.judge(found.config, path.name, limits or Limits(), known)
    if parameters > _MOST_REUSE * found.num_stored + _FEW_PARAMETERS:
        raise ModelError(
            f"{path.name!r} asks for {parameters} parameters or more, but holds {found.num_stored} numbers. Expected a "
            "model with its weights. Save it again with model.save('model.keras')."
        )
    config, said = repairs.repair(found.config)
    with tempfile.TemporaryDirectory(prefix="reportgen-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of the file, which the report states
        if kind == formats.SAVED_MODEL:
            model = _built(config, path)
        else:
            model = _loaded(_readable(path, kind, config if said else None, Path(folder)), path.name)
    return LoadedModel(model, path.name, _sha256(path), kind, found.keras_version, said)


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
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


def _is_registered(name: str) -> bool:
    return keras.saving.get_registered_object(name) is not None


def _readable(path: Path, kind: str, repaired: Config | None, folder: Path) -> Path:
    """Return a file that Keras reads: the file itself, or a copy of the right suffix and configuration."""
    if repaired is None and path.suffix == formats.SUFFIXES[kind]:
        return path
    copy = folder / f"model{formats.SUFFIXES[kind]}"
    shutil.copyfile(path, copy)
    if repaired is not None and kind == formats.HDF5:
        with h5py.File(copy, "r+") as file:
            file.attrs["model_config"] = json.dumps(repaired)
    elif repaired is not None:
        stored.replace_config(copy, repaired)
    return copy


def _built(config: Config, folder: Path) -> Any:
    try:
        model = legacy.build(config)
    except Exception as error:
        raise _refused(folder.name, error) from error
    legacy.restore(model, config, folder)
    return model


def _loaded(path: Path, name: str) -> Any:
    # Keras raises whatever its parts raise: zip, JSON, HDF5 and Python errors of many kinds for damaged or refused
    # files. They are all the file's fault here, and each is turned into one sentence.
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise _refused(name, error) from error


def _refused(name: str, error: Exception) -> ModelError:
    text = " ".join(
        "".join(sign if sign.isprintable() else " " for sign in re.sub(r"\x1b\[[0-9;]*m", "", str(error))).split()
    )
    if unknown := _UNKNOWN.search(text):
        kind = (unknown.group(1) or unknown.group(2))[:80]
        return ModelError(
            f"{name!r} uses the class {kind!r}, which Keras {keras.__version__} does not know. Expected Keras's own "
            "classes, or ones that were registered. Give the Python file that defines and registers it with --import."
        )
    return ModelError(
        f"Keras {keras.__version__} cannot load {name!r}: {_shortened(text or type(error).__name__)} Expected a whole "
        "model that can be loaded without running code from the file. Save it again with model.save('model.keras') in "
        "a current Keras."
    )


def _shortened(text: str, limit: int = 240) -> str:
    first = re.split(r" config=\{| Exception encountered| You can override|, or if loading", text)[0]
    cut = first if len(first) <= limit else first[:limit].rsplit(" ", 1)[0] + " …"
    return cut if cut.endswith((".", "…", "!", "?")) else cut + "."


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    for item in files:
        if path.is_dir():
            digest.update(f"{item.relative_to(path).as_posix()}\0".encode("utf-8", "surrogateescape"))
        with item.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
