"""What does not fit in memory -> a temporary file without a name, which is gone when nobody holds it any more."""

from __future__ import annotations

import gzip
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reportgen.errors import DataError

_CHUNK_BYTES = 1 << 20
# Text of one letter shrinks to a thousandth; images, already compressed or not, to a twentieth at most.
_SUSPECT_BYTES = 64 << 20
_MOST_SHRUNK = 200


class Spool:
    """A temporary file.

    Attributes:
        file: The file, open for reading and writing; it is closed, and so gone, with the spool.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="reportgen-")  # noqa: SIM115
        weakref.finalize(self, self.file.close)


@contextmanager
def room(what: str) -> Iterator[None]:
    """Say in a sentence when there is no room for what is put into a spool inside.

    Args:
        what: What is put there.

    Raises:
        DataError: There is no room for it.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{what} cannot be put into the temporary folder: {error.strerror or error}. Expected room for all of "
            f"it in {tempfile.gettempdir()!r}. Free some, or set TMPDIR to a folder on a larger disk."
        ) from error


def unpack(path: Path, what: str) -> Spool:
    """Unpack a file that gzip compressed into a temporary one.

    Args:
        path: The file.
        what: What it is called in an error.

    Raises:
        DataError: It is damaged, shrinks as no images do, or there is no room for it.
    """
    packed_bytes, unpacked_bytes = path.stat().st_size, 0
    with room(what):
        made = Spool()
        for chunk in _chunks(path, what):
            unpacked_bytes += len(chunk)
            if unpacked_bytes > _SUSPECT_BYTES and unpacked_bytes > _MOST_SHRUNK * packed_bytes:
                raise DataError(
                    f"{what} takes {packed_bytes} bytes and more than {_MOST_SHRUNK} times as many unpacked. "
                    "Expected images, which do not shrink that far. Give it uncompressed."
                )
            made.file.write(chunk)
        made.file.flush()
        return made


def _chunks(path: Path, what: str) -> Iterator[bytes]:
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{what} is damaged: it cannot be unpacked. Expected a whole file that gzip wrote. Copy it again."
        ) from error
