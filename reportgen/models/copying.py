"""A model of the user's -> a private copy of it, with the hash of its bytes, from which alone it is read and built.

What is judged is what is built, whatever happens to the user's file meanwhile, and nothing beside it is within reach. A
copy takes a small part of the time that loading takes.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reportgen.errors import ModelError
from reportgen.models import formats

# The weights with both moments of an Adam optimizer, eight bytes each, and the configuration.
_BYTES_PER_PARAMETER = 24
_BYTES_BESIDE = 64 << 20
_BLOCK = 1 << 20
_MOST_FILES = 10_000
_SAVED_MODEL_FILES = ("saved_model.pb", "keras_metadata.pb", "variables/variables.index", "variables/variables.data-*")
_UNPACKED_FILES = ("config.json", "metadata.json", "model.weights.h5", "assets/**/*")


@dataclass(frozen=True, slots=True)
class Copy:
    """A private copy.

    Attributes:
        path: The copy, under the name of the original; an unpacked archive has become one file.
        sha256: Hash of its bytes; of a folder, over the relative names and the bytes of the files that were copied.
    """

    path: Path
    sha256: str


def copy(path: Path, kind: str, folder: Path, most_parameters: int) -> Copy:
    """Copy a model.

    Args:
        path: The model.
        kind: What it is, as `formats.identify` says.
        folder: An empty folder that nobody else writes to.
        most_parameters: The limit of its weights, which also limits its bytes.

    Raises:
        ModelError: It is too large, cannot be read any more, or there is no room for a copy.
    """
    target = folder / formats.name_of(path)
    copier = _Copier(formats.name_of(path), _BYTES_PER_PARAMETER * most_parameters + _BYTES_BESIDE)
    try:
        if kind == formats.SAVED_MODEL:
            copier.folder(path, _SAVED_MODEL_FILES, lambda name: _made(target / name).open("wb"))
        elif kind == formats.UNPACKED:
            with zipfile.ZipFile(target, "w") as archive:
                copier.folder(path, _UNPACKED_FILES, lambda name: archive.open(name, "w", force_zip64=True))
        else:
            with path.open("rb") as source, target.open("wb") as sink:
                copier.file(source, sink)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ModelError(
            f"{target.name!r} cannot be copied before it is read: {reason}. Expected a model that can be read, and room"
            " for a copy in the folder for temporary files. Look after both; TMPDIR names another such folder."
        ) from error
    return Copy(target, copier.digest.hexdigest())


class _Copier:
    """Copies and hashes in one go, so that the hash is that of the copy."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.digest = hashlib.sha256()
        self._name = name
        self._left = self._most = most_bytes

    def file(self, source: IO[bytes], sink: Any) -> None:
        while block := source.read(min(_BLOCK, self._left + 1)):
            self._left -= len(block)
            if self._left < 0:
                raise ModelError(
                    f"{self._name!r} has more than {self._most} bytes. Expected no more than a model within the limit"
                    " of parameters needs. Raise the limit with --max-parameters if you trust the file."
                )
            self.digest.update(block)
            sink.write(block)

    def folder(self, folder: Path, patterns: tuple[str, ...], sink: Callable[[str], Any]) -> None:
        """Copy the files of a folder that are named or matched; others do not belong to the model."""
        files = sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})
        if len(files) > _MOST_FILES:
            raise ModelError(
                f"{self._name!r} holds more than {_MOST_FILES} files. Expected a model as Keras writes it. Use a model"
                " from a source that you trust."
            )
        for file in files:
            name = file.relative_to(folder).as_posix()
            self.digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
            with file.open("rb") as source, sink(name) as opened:
                self.file(source, opened)


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
