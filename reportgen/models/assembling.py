"""A judged private copy of a model -> the living model, or the one sentence that says why Keras refuses it."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import keras

from reportgen.errors import ModelError
from reportgen.models import formats, legacy
from reportgen.models.described import Config

_UNKNOWN = re.compile(r"Could not locate (?:class|function) '([^']+)'|Unknown (?:layer|object)[^']*'([^']+)'")


def assemble(path: Path, kind: str, config: Config, name: str) -> Any:
    """Build a model and give it its weights.

    Args:
        path: The copy, of the suffix that Keras asks for.
        kind: What it is, as `formats.identify` says.
        config: Its judged and repaired configuration, the same as in the copy.
        name: What the user calls it, for messages.

    Raises:
        ModelError: Keras refuses it.
    """
    # Keras raises whatever its parts raise: zip, JSON, HDF5 and Python errors of many kinds for damaged or refused
    # files. They are all the file's fault here, and each is turned into one sentence.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of the file, which the report states
        try:
            if kind != formats.SAVED_MODEL:
                return keras.models.load_model(path, compile=False, safe_mode=True)
            model = legacy.build(config)
        except Exception as error:
            raise _refused(name, error) from error
        legacy.restore(model, config, path)
    return model


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
