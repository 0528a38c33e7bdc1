"""A model file -> a living model, without running any code that the file carries.

The file is copied (`copying`), and all that follows is done with the copy: its configuration is judged before anything
is built (`judging`), old faults in it are repaired (`repairs`), what cannot be judged is tried in a process of its own
(`trial`), and Keras then loads it with `compile=False` and `safe_mode=True`, never in another way (`assembling`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras

from reportgen.errors import ModelError
from reportgen.models import assembling, copying, formats, judging, legacy, repairs, stored, trial
from reportgen.models.assembling import Judged
from reportgen.models.estimating import Limits
from reportgen.models.importing import Imported
from reportgen.models.judging import Known
from reportgen.models.types import Config, Model
from reportgen.progress import whole

_READERS = {
    formats.ARCHIVE: stored.read_archive,
    formats.UNPACKED: stored.read_archive,
    formats.HDF5: stored.read_hdf5,
    formats.SAVED_MODEL: legacy.read,
}
# A layer in two models stands in both configurations, and once among the weights; some formats pack two in a byte.
_MOST_REUSE = 16
_FEW_PARAMETERS = 20_000_000
_PLAIN_NAME = "model"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model and the file that it came from.

    Attributes:
        model: The living model, not compiled.
        file_name: Name of the file or folder, without the folders around it.
        file_sha256: Hash of the bytes that were read; of a folder, over the relative names and the bytes of the
            model's own files.
        format: What kind of file it is, by its content.
        keras_version: Version of the Keras that wrote it, or "".
        repaired: What had to be repaired, in whole sentences.
    """

    model: Model
    file_name: str
    file_sha256: str
    format: str
    keras_version: str
    repaired: tuple[str, ...]


def load(path: Path, limits: Limits | None = None, imported: Sequence[Imported] = ()) -> LoadedModel:
    """Load a model that Keras saved.

    Args:
        path: A `.keras` archive, packed or unpacked, an HDF5 file or a SavedModel folder, whatever its name.
        limits: How large the model may be.
        imported: Modules of the user's own that were run, whose classes the file may name.

    Raises:
        ModelError: There is no such file, it is of another format, it is damaged, carries code, asks for too much, or
            Keras refuses it.
    """
    kind, limits = formats.identify(path), limits or Limits()
    with _folder() as folder:
        copied = copying.copy(path, kind, folder, limits.parameters)
        name = copied.path.name
        found = _READERS[kind](copied.path)
        config, said = repairs.repair(found.config, found.keras_version)
        estimate = judging.judge(config, name, limits, Known([module.name for module in imported], _is_registered))
        if estimate.parameters > _MOST_REUSE * found.num_stored + _FEW_PARAMETERS:
            raise ModelError(
                f"{name!r} asks for {estimate.parameters} parameters or more, but holds {found.num_stored} numbers."
                " Expected a model with its weights. Save the trained model with model.save('model.keras')."
            )
        ready = _ready(copied.path, kind, config if said else None)
        judged = Judged(ready, kind, config, name, found.keras_version)
        if estimate.unknown:
            memory = trial.OWN_BYTES + trial.BYTES_PER_NUMBER * found.num_stored + limits.activation_bytes
            trial.hold(judged, memory_bytes=memory, imported=imported)
        model = assembling.assemble(judged)
    return LoadedModel(model, name, copied.sha256, kind, found.keras_version, said)


@contextmanager
def _folder() -> Iterator[Path]:
    """Have a folder among the temporary files, which is gone afterwards whatever signal comes when."""
    folder = None
    try:
        with whole():
            folder = Path(tempfile.mkdtemp(prefix="reportgen-"))
        yield folder
    finally:
        if folder is not None:
            with whole():
                shutil.rmtree(folder, ignore_errors=True)


def save(model: Model, path: Path) -> None:
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


def _ready(copy: Path, kind: str, repaired: Config | None) -> Path:
    """Give a private copy the suffix that Keras asks for, and the repaired configuration."""
    if kind == formats.SAVED_MODEL:
        return copy
    ready = copy.rename(copy.parent / f"{_PLAIN_NAME}{formats.SUFFIXES[kind]}")
    if repaired is not None and kind == formats.HDF5:
        with h5py.File(ready, "r+") as file:
            file.attrs["model_config"] = json.dumps(repaired)
    elif repaired is not None:
        stored.replace_config(ready, repaired)
    return ready
