"""TFRecord files -> where each of their records is, from an index where there is one; and any record of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from reportgen.sources import remembering
from reportgen.sources.features import Example, parse
from reportgen.sources.files import first_bytes
from reportgen.sources.framing import check, places
from reportgen.sources.shards import Shard, read_part
from reportgen.sources.spooling import Spool, unpack

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the records of some files are.

    Attributes:
        compressed: The places of the files that gzip compressed, among all files.
        sizes: How many records each file has, int64 (files).
        starts: Where the data of each record begin, int64 (records).
        lengths: How many bytes they are, int64 (records).
    """

    compressed: tuple[int, ...]
    sizes: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def written(self) -> dict[str, object]:
        """Return the same as what JSON can hold."""
        arrays = {name: remembering.packed(getattr(self, name)) for name in ("sizes", "starts", "lengths")}
        return {"compressed": list(self.compressed), **arrays}

    @classmethod
    def of_written(cls, entry: remembering.Entry) -> Places:
        """Return what `written` made an entry of."""
        arrays = {name: remembering.unpacked(entry[name]) for name in ("sizes", "starts", "lengths")}
        return cls(tuple(entry["compressed"]), **arrays)


class Records:
    """The records of some files. A file that was compressed is unpacked when one of its records is asked for."""

    def __init__(self, shards: Sequence[Shard], source: str) -> None:
        """Find the records, and compare all with their checksums; or have their places from an index.

        Args:
            shards: The files, in order.
            source: What they are called together.

        Raises:
            DataError: A file cannot be read, is damaged or cut short.
        """
        self._shards = tuple(shards)
        self._names = tuple(shard.name for shard in shards) if len(shards) > 1 else (source,)
        self._spools: dict[int, Spool] = {}
        self._lock = Lock()  # a temporary file has one position only
        self._places = remembering.remembered("records", self._find, Places.written, Places.of_written)
        sizes = self._places.sizes
        self._first = np.cumsum(sizes) - sizes
        self.size = len(self._places.starts)

    def _find(self) -> Places:
        compressed: list[int] = []
        found: list[npt.NDArray[np.int64]] = []
        for file, shard in enumerate(self._shards):
            what = f"The file {shard.name!r}"
            with shard.local() as path:
                is_compressed = first_bytes(path, len(GZIP)) == GZIP
                if is_compressed:
                    compressed.append(file)
                    self._spools[file] = unpack(path, what)
                with path.open("rb") as stream:
                    rows = list(places(self._spools[file].file if is_compressed else stream, what))
                check(path, is_compressed, what)
            found.append(np.array(rows, np.int64).reshape(-1, 2))
        both = np.concatenate(found)
        sizes = np.array([len(rows) for rows in found], np.int64)
        return Places(tuple(compressed), sizes, both[:, 0].copy(), both[:, 1].copy())

    def _file(self, place: int) -> int:
        """Return which file a record is in; files without records have none."""
        return int(np.searchsorted(self._first, place, side="right")) - 1

    def name(self, place: int) -> str:
        """Return what a record is called."""
        file = self._file(place)
        before = f"{self._names[file]}, " if len(self._names) > 1 else ""
        return f"{before}record {place - self._first[file]}"

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield what each record is called and how many bytes it has."""
        return ((self.name(place), int(self._places.lengths[place])) for place in range(self.size))

    def example(self, place: int) -> Example:
        """Read one record.

        Raises:
            DataError: It cannot be read, or is none.
        """
        file = self._file(place)
        start, length = int(self._places.starts[place]), int(self._places.lengths[place])
        if file in self._places.compressed:
            with self._lock:
                data = read_part(self._unpacked(file).file, start, length)
        else:
            with self._shards[file].local() as path, path.open("rb") as stream:
                data = read_part(stream, start, length)
        return parse(data, f"Record {place - self._first[file]} of {self._names[file]!r}")

    def _unpacked(self, file: int) -> Spool:
        if file not in self._spools:
            with self._shards[file].local() as path:
                self._spools[file] = unpack(path, f"The file {self._shards[file].name!r}")
        return self._spools[file]
