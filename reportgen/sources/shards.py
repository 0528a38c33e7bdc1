"""Shards, files of many images each -> their names, their hash, and how one is had on the disk while it is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from reportgen.errors import DataError, OptionsError
from reportgen.sources import hashing
from reportgen.sources.dataset import counted
from reportgen.sources.files import sha256_of, shown, writable
from reportgen.sources.labels import Truth
from reportgen.sources.remembering import Entry, remembered

MOST_HASHED_BYTES = 16 << 30
"""Shards that take more than this together are hashed by names, sizes and labels: contents take a second a gigabyte."""
BY_NAMES = (
    "The shards take more than {:g} GiB together: the hash of the data is that of names, sizes and labels, not of the"
    " contents."
)
_MOST_NAMED_FILES = 10


class Shard(Protocol):
    """A file of many images, here or on another machine."""

    @property
    def name(self) -> str:
        """What it is called: its path without the folders that all shards are in."""

    def local(self) -> AbstractContextManager[Path]:
        """Have it on the disk for a while.

        Raises:
            DataError: It cannot be had, or has changed since it was read first.
        """

    def num_bytes(self) -> int:
        """Return its size; errors as `local`."""

    def sha256(self) -> str:
        """Return the hash of its bytes; errors as `local`."""

    def known_sha256(self) -> str:
        """Return the hash of its bytes where that is known without reading it again; else ""."""

    def expect(self, num_bytes: int, sha256: str) -> None:
        """Know what it was when it was read first, so that it is refused where it is another one now.

        Args:
            num_bytes: Its size.
            sha256: The hash of its bytes; "" where that was not worked out.

        Raises:
            DataError: It can be seen at once that it is not there, or is another one.
        """


@dataclass(frozen=True, slots=True)
class LocalShard:
    """A shard on this machine's disks; what its methods do is said in `Shard`."""

    path: Path
    name: str

    @contextmanager
    def local(self) -> Iterator[Path]:  # noqa: D102
        yield self.path

    def num_bytes(self) -> int:  # noqa: D102
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise DataError(f"The file {shown(self.path)!r} cannot be read: {error.strerror}.") from error

    def sha256(self) -> str:  # noqa: D102
        return sha256_of(self.path)

    def known_sha256(self) -> str:  # noqa: D102
        return ""

    def expect(self, num_bytes: int, sha256: str) -> None:  # noqa: D102
        del sha256
        if self.num_bytes() != num_bytes:
            raise DataError(
                f"The file {self.name!r} has {self.num_bytes()} bytes, and {num_bytes} when the plan was made. Expected"
                " it to stay as it is. Make the plan again."
            )


@dataclass(frozen=True, slots=True)
class Shards:
    """Shards that belong together, in order.

    Attributes:
        source: What the report calls them, without the folders around.
        each: The shards, at least one.
        root: The folder that the names start from; None where they are not on this machine.
        notes: What is to be said of the choice.
    """

    source: str
    each: tuple[Shard, ...]
    root: Path | None = None
    notes: tuple[str, ...] = ()

    def called(self, place: int) -> str:
        """Return what stands before the name of an image in a shard; "" where there is one shard only."""
        return f"{self.each[place].name}/" if len(self.each) > 1 else ""

    def are_large(self) -> bool:
        """Tell whether they are hashed by names, sizes and labels; errors as `Shard.num_bytes`."""
        return sum(shard.num_bytes() for shard in self.each) > MOST_HASHED_BYTES

    def all_notes(self) -> tuple[str, ...]:
        """Return what is to be said of them, their hash among it; errors as `Shard.num_bytes`."""
        return (*self.notes, *((BY_NAMES.format(MOST_HASHED_BYTES / (1 << 30)),) if self.are_large() else ()))


def one_file(path: Path) -> Shards:
    """Return the shards of which there is one, a file."""
    return Shards(shown(path), (LocalShard(path, shown(path)),), path.parent)


def of_files(paths: Sequence[Path], source: str, notes: tuple[str, ...] = ()) -> Shards:
    """Return shards on this machine.

    Args:
        paths: The files, in order.
        source: What the report calls them together.
        notes: What is to be said of the choice.
    """
    names, root = without_common_folders([os.path.abspath(path) for path in paths])
    each = tuple(LocalShard(path, writable(name)) for path, name in zip(paths, names, strict=True))
    return Shards(source, each, Path(root or "/"), notes)


def without_common_folders(paths: Sequence[str]) -> tuple[list[str], str]:
    """Return paths without the folders that all of them are in, and these folders.

    >>> without_common_folders(["/data/a/0.tar", "/data/b/0.tar"])
    (['a/0.tar', 'b/0.tar'], '/data')
    >>> without_common_folders(["s3://photos/0.tar"])
    (['0.tar'], 's3://photos')
    """
    parts = [path.split("/") for path in paths]
    shortest = min(len(each) - 1 for each in parts)
    common = next((place for place in range(shortest) if len({each[place] for each in parts}) > 1), shortest)
    return ["/".join(each[common:]) for each in parts], "/".join(parts[0][:common])


def hashed(shards: Shards, members: Iterable[tuple[str, int]], truth: Truth) -> hashing.Hashed:
    """Return the hash of the shards' contents, or of names, sizes and labels where contents are too large.

    Args:
        shards: The shards.
        members: Name and size in bytes of what stands in them, in order; asked for only where contents are too large.
        truth: What is known of the images.

    Returns:
        Of a file the hash of its bytes; of several that of their `sha256sum` listing; and the command that gives it.

    Raises:
        DataError: A shard cannot be read.
    """
    return remembered(
        "shards",
        lambda: _hashed(shards, members, truth),
        lambda found: {
            "sha256": found.sha256,
            "command": found.command,
            "each": [[shard.num_bytes(), shard.known_sha256()] for shard in shards.each],
        },
        lambda entry: _expected(shards, entry),
    )


def _expected(shards: Shards, entry: Entry) -> hashing.Hashed:
    """Return the hash that an index holds, and let the shards know what they were then."""
    if len(entry["each"]) != len(shards.each):
        raise DataError(
            f"{shards.source!r} stands for {counted(len(shards.each), 'file')}, and for {len(entry['each'])} when the"
            " plan was made. Expected the same ones. Make the plan again."
        )
    for shard, (num_bytes, sha256) in zip(shards.each, entry["each"], strict=True):
        shard.expect(num_bytes, sha256)
    return hashing.Hashed(entry["sha256"], entry["command"])


def _hashed(shards: Shards, members: Iterable[tuple[str, int]], truth: Truth) -> hashing.Hashed:
    if shards.are_large():
        return _of_names(shards, members, truth)
    shard = shards.each[0]
    if len(shards.each) == 1 and shard.name == shards.source:
        return hashing.of_file(shard.path) if isinstance(shard, LocalShard) else hashing.Hashed(shard.sha256())
    names = [shard.name for shard in shards.each]
    found = hashing.of_listing({f"./{shard.name}": shard.sha256() for shard in shards.each})
    return hashing.Hashed(found, _command(shards.root, names) if shards.root is not None else "")


def _command(root: Path, names: Sequence[str]) -> str:
    """Return the command of a shell that hashes the same files; "" where they cannot be named shortly."""
    if any("/" in name for name in names):
        return ""
    if len(names) <= _MOST_NAMED_FILES:
        return hashing.by_name(root, names)
    suffix = Path(names[0]).suffix
    there = sorted(entry.name for entry in root.iterdir() if entry.is_file() and not entry.name.startswith("."))
    if there == sorted(names):
        return hashing.in_folder(root, "-maxdepth 1 -type f ! -path '*/.*'")
    if suffix[1:].isalnum() and [name for name in there if name.endswith(suffix)] == sorted(names):
        return hashing.in_folder(root, f"-maxdepth 1 -type f -name '*{suffix}' ! -path '*/.*'")
    return ""


def _of_names(shards: Shards, members: Iterable[tuple[str, int]], truth: Truth) -> hashing.Hashed:
    digest = hashlib.sha256()
    lines = ((shard.name, shard.num_bytes()) for shard in shards.each)
    for some in (lines, members):
        for name, size in some:
            digest.update(f"{size}  {name}\0".encode())
    digest.update("\0".join(truth.class_names).encode())
    if truth.known is not None:
        digest.update(np.ascontiguousarray(truth.known).tobytes())
    return hashing.Hashed(digest.hexdigest())


def refuse_masks(shards: Shards, features: Iterable[tuple[str, str]]) -> None:
    """Refuse where a feature of masks is named of shards that are read without.

    Raises:
        OptionsError: It is.
    """
    if any(role == "mask" for role, _ in features):
        raise OptionsError(
            f"Masks of {shards.source!r} are not read. Expected TFRecord data with --feature mask=NAME. Leave it out,"
            " or give a folder with images and masks."
        )


def read_part(stream: IO[bytes], start: int, length: int) -> bytes:
    """Return some bytes of a file; fewer where it ends before."""
    stream.seek(start)
    return stream.read(length)
