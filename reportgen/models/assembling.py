"""A judged private copy of a model -> the living model, or the one sentence that says why Keras refuses it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import keras

from reportgen.errors import ModelError
from reportgen.models import formats, legacy
from reportgen.models.types import Config, Model

_VERSION = re.compile(r"\d+\.\d+[A-Za-z0-9.+-]*")
_UNKNOWN = re.compile(r"Could not locate (?:class|function) '([^']+)'|Unknown (?:layer|object)[^']*'([^']+)'")


@dataclass(frozen=True, slots=True)
class Judged:
    """A model that may be built.

    Attributes:
        path: The private copy, of the suffix that Keras asks for.
        kind: What it is, as `formats.identify` says.
        config: Its judged and repaired configuration, the same as in the copy.
        name: What the user calls the file, for messages.
        keras_version: Version of the Keras that wrote it, or "".
    """

    path: Path
    kind: str
    config: Config
    name: str
    keras_version: str = ""


def assemble(judged: Judged) -> Model:
    """Build a model and give it its weights.

    Raises:
        ModelError: Keras refuses it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of the file, which the report states
        try:
            if judged.kind != formats.SAVED_MODEL:
                return keras.models.load_model(judged.path, compile=False, safe_mode=True)
            model = legacy.build(judged.config)
        except Exception as error:
            # Keras raises whatever its parts raise: zip, JSON, HDF5 and Python errors of many kinds for damaged or
            # refused files. They are all the file's fault here, and each is turned into one sentence.
            raise _refused(judged, error) from error
        legacy.restore(model, judged.config, judged.path)
    return model


def _refused(judged: Judged, error: Exception) -> ModelError:
    text = " ".join(
        "".join(sign if sign.isprintable() else " " for sign in re.sub(r"\x1b\[[0-9;]*m", "", str(error))).split()
    )
    if unknown := _UNKNOWN.search(text):
        kind = (unknown.group(1) or unknown.group(2))[:80]
        return ModelError(
            f"{judged.name!r} uses the class {kind!r}, which Keras {keras.__version__} does not know. Expected Keras's "
            "own classes, or ones that were registered. Give the Python file that defines and registers it with "
            "--import."
        )
    writer = f", which Keras {judged.keras_version} wrote" if _VERSION.fullmatch(judged.keras_version) else ""
    return ModelError(
        f"Keras {keras.__version__} cannot load {judged.name!r}{writer}: {_shortened(text or type(error).__name__)} "
        f"Expected a whole model that can be loaded without running code from the file. {_advice(judged)}"
    )


def _advice(judged: Judged) -> str:
    """Return what leads to a model that loads. To load the file and save it again does not: Keras has refused it."""
    if judged.kind == formats.SAVED_MODEL:
        return (
            "In the Keras that wrote it, load it and save its weights with model.save_weights('old.h5'). Then build "
            "the same model in code with a current Keras, call model.load_weights('old.h5'), and save it with "
            "model.save('new.keras')."
        )
    if judged.kind != formats.HDF5 and judged.keras_version.startswith("2."):
        return "Load it in the Keras that wrote it, save it with model.save('model.h5'), and give that file."
    name, suffix = Path(judged.name), formats.SUFFIXES[judged.kind]
    if judged.kind == formats.UNPACKED:
        weights, how = name / "model.weights.h5", ""
    elif name.suffix == suffix or (judged.kind == formats.HDF5 and name.suffix == ".hdf5"):
        weights, how = name, ""
    else:  # Keras tells by the suffix what it reads
        weights, how = Path(name.stem + suffix), " on a copy of the file with that name"
    return (
        "Build the same model in code with a current Keras, give it the weights of the file with model.load_weights("
        f"{weights.as_posix()!r}){how}, and save it with model.save('new.keras')."
    )


def _shortened(text: str, limit: int = 240) -> str:
    first = re.split(r" config=\{| Exception encountered| You can override|, or if loading", text)[0]
    cut = first if len(first) <= limit else first[:limit].rsplit(" ", 1)[0] + " …"
    return cut if cut.endswith((".", "…", "!", "?")) else cut + "."
