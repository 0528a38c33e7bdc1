"""A path -> its first bytes, its hash, and a name that may stand in a report."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from reportgen.errors import DataError

_CHUNK_BYTES = 1 << 20


def first_bytes(path: Path, count: int = 16) -> bytes:
    """Return how a file begins; b"" where there is no regular file or it cannot be read."""
    try:
        # A named pipe would wait for ever for its other end.
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(count)
    except (OSError, ValueError):
        return b""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        DataError: The file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"The file {shown(path)!r} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def shown(path: Path) -> str:
    """Return the last part of a path, as text that can be written: bytes that are no UTF-8 become escapes."""
    name = path.name if path.name not in ("", "..") else os.path.basename(os.path.realpath(path))
    return writable(name or "/")


def writable(text: str) -> str:
    r"""Return a text with the characters that UTF-8 cannot hold escaped.

    >>> print(writable("caf\udce9"))
    caf\udce9
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text
