"""Bytes -> a file, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from reportgen.errors import RenderError
from reportgen.writing.folders import hold

# What is being written is a hidden file with this at the end of its name.
_PART = ".part"


def replace_file(target: Path, data: bytes) -> str:
    """Write a file whole or not at all, and return the SHA-256 of its bytes.

    Raises:
        RenderError: The folder cannot be written to.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=_PART, delete=False
        ) as file:
            temporary = Path(file.name)
            hold(file.fileno())
            file.write(data)
            file.flush()
            temporary.chmod(0o666 & ~_umask())
            if sys.platform == "win32":
                file.close()  # Windows renames no open file.
            os.replace(temporary, target)
            temporary = None
    except OSError as error:
        raise RenderError(
            f"{target.name} cannot be written: {error.strerror or error}. Expected a folder that can be written to,"
            " with room for the file. Choose another one with --output."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()


def clear_leftovers(target: Path) -> None:
    """Remove what a run that was killed left beside a file of ours; what another run is writing stays."""
    for leftover in target.parent.glob(f".{target.name}.*{_PART}"):
        with suppress(OSError), leftover.open("rb") as file:
            if hold(file.fileno()):
                leftover.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
