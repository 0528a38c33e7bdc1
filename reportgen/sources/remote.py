"""Addresses of data on other machines -> shards, brought to this machine's disk whole, a limited number at a time.

The library fsspec and those that it asks for speak to the servers. Credentials are the environment's and stand in no
sentence here: an address is shown without user, password and query, an error by its kind only.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import math
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import DataError, OptionsError
from reportgen.progress import whole
from reportgen.records import addresses
from reportgen.sources.faults import Fault, fault_of
from reportgen.sources.files import sha256_of, writable
from reportgen.sources.shards import Shards, without_common_folders
from reportgen.sources.spooling import room

LIMIT = "REPORTGEN_CACHE_GB"
"""Name of the variable of the environment that limits the cache."""
_USUAL_GB = 10.0
_LIBRARIES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}
_WAITS_S = (0.5, 2.0)
_CONNECT_S, _ANSWER_S = 10, 30
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def check(scheme: str) -> None:
    """Refuse where the libraries that speak to such servers are missing.

    Args:
        scheme: How the address begins.

    Raises:
        DataError: One is missing.
    """
    wanted = ("fsspec", _LIBRARIES.get(scheme, "aiohttp"))
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        ours = "'reportgen[remote]'" if wanted[1] in ("s3fs", "aiohttp") else f"'reportgen[remote]' {wanted[1]}"
        raise DataError(
            f"Addresses {scheme}:// are read with {' and '.join(wanted)}; {missing[0]} is not installed. Expected both"
            f" beside reportgen. Install them with: pip install {ours}."
        )


def found(listed: Sequence[str], source: str) -> Shards:
    """Return the shards at some addresses.

    Args:
        listed: The addresses; those with a pattern ("*", "[0-9]") stand for all that match, in the order of names.
        source: What the report calls them together.

    Raises:
        DataError: A library is missing, nothing matches, or a server does not answer.
        OptionsError: The limit of the cache is no number.
    """
    cache, each = _the_cache(), []
    for address in listed:
        check(addresses.scheme_of(address))
        each += _matching(address)
    names, _ = without_common_folders([addresses.shown(one.address) for one in each])
    return Shards(
        source, tuple(_RemoteShard(writable(name), one, cache) for name, one in zip(names, each, strict=True))
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A file on a server: its address, and the system of files that reads it, with its own name for it."""

    address: str
    system: Any
    path: str

    @property
    def shown(self) -> str:
        return writable(addresses.shown(self.address))


def _system(address: str) -> tuple[Any, str]:
    """Return what reads an address, and the address as that calls it."""
    import fsspec

    # It writes whole addresses into its log, where somebody asks for everything.
    logging.getLogger("fsspec.http").setLevel(logging.INFO)
    scheme = addresses.scheme_of(address)
    settings: dict[str, Any] = {"use_listings_cache": False}
    if scheme in ("http", "https"):
        import aiohttp

        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_ANSWER_S)
        settings |= {"client_kwargs": {"timeout": limits}, "encoded": "%" in address}
    elif scheme == "s3":
        retries = {"max_attempts": 1}
        settings["config_kwargs"] = {"connect_timeout": _CONNECT_S, "read_timeout": _ANSWER_S, "retries": retries}
    system = fsspec.filesystem(scheme, **settings)
    if scheme == "s3":
        system.retries = 1  # tried again here, where every kind of server is
    return system, str(system._strip_protocol(address))


def _matching(address: str) -> list[_Place]:
    """Return the file at an address, or those that match its pattern."""
    system, path = _system(address)
    if not set("*[") & set(addresses.shown(address)):
        return [_Place(address, system, path)]
    paths = _tried(lambda: sorted(system.glob(path)), f"{writable(addresses.shown(address))!r} cannot be listed")
    if not paths:
        raise DataError(
            f"Nothing matches {writable(addresses.shown(address))!r}. Expected files. Check the pattern and the"
            " address."
        )
    scheme = addresses.scheme_of(address)
    return [_Place(each if "://" in each else f"{scheme}://{each}", system, each) for each in paths]


@dataclass(slots=True, eq=False)
class _RemoteShard:
    """A shard on a server; what its methods do is said in `Shard`."""

    name: str
    place: _Place
    cache: Cache
    _digest: str = ""
    _size: int = 0

    @contextmanager
    def local(self) -> Iterator[Path]:
        with self.cache.held(self, os.path.basename(self.name) or "file", self._fetch) as path:
            yield path

    def num_bytes(self) -> int:
        self._know()
        return self._size

    def sha256(self) -> str:
        self._know()
        return self._digest

    def known_sha256(self) -> str:
        return self._digest

    def expect(self, num_bytes: int, sha256: str) -> None:
        self._size, self._digest = num_bytes, sha256

    def _know(self) -> None:
        if not self._digest:
            with self.local():
                assert self._digest, "it has been fetched"

    def _fetch(self, path: Path, make_room: Callable[[int], None]) -> None:
        """Bring the shard here, and see that it is the one that was here before."""

        def download() -> None:
            from fsspec.callbacks import Callback

            class Counting(Callback):  # type: ignore[misc]  # fsspec says nothing of its types
                """Makes room for what comes, before it comes."""

                def set_size(self, size: int | None) -> None:
                    self.size = size
                    make_room(size or 0)

                def relative_update(self, inc: int = 1) -> None:
                    self.value += inc
                    make_room(self.value)

            counting = Counting()
            self.place.system.get_file(self.place.path, str(path), callback=counting)
            if counting.size and path.stat().st_size < counting.size:
                raise EOFError

        with room(f"The shard {self.name!r}"):
            _tried(download, f"{self.place.shown!r} cannot be read")
        digest = sha256_of(path)
        if self._digest not in ("", digest):
            raise DataError(
                f"{self.place.shown!r} has changed while it was read: its bytes are others than before. Expected it to"
                " stay as it is. Run again."
            )
        self._digest, self._size = digest, path.stat().st_size


def _tried(action: Callable[[], Any], what: str) -> Any:
    """Do something that a server has a part in; what may pass by itself is tried again, a few times.

    Raises:
        DataError: It fails.
        OSError: The disk is full.
    """
    for attempt in range(len(_WAITS_S) + 1):
        try:
            return action()
        except DataError:
            raise
        except Exception as error:  # every system of files has a family of errors of its own
            if isinstance(error, OSError) and error.errno in _NO_SPACE:
                raise
            fault: Fault = fault_of(error)
        if not fault.passes or attempt == len(_WAITS_S):
            break
        time.sleep(_WAITS_S[attempt])
    tries = f", in {attempt + 1} tries" if attempt else ""
    # The error itself may hold the whole address, with credentials in it.
    raise DataError(f"{what}: {fault.said}{tries}. Expected a whole file. {fault.advice}") from None


@dataclass(slots=True)
class _Held:
    """A file in the cache: where it is, its size, and how many read it now."""

    path: Path
    size: int = 0
    readers: int = 0


class Cache:
    """Files from other machines on this machine's disk, up to a limit; those read longest ago go first.

    It is a folder among the temporary files (`TMPDIR`), which is removed when the process ends.

    Attributes:
        limit: Bytes that it takes at most.
        folder: Where they are.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        with whole():
            self.folder = Path(tempfile.mkdtemp(prefix="reportgen-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._files: OrderedDict[object, _Held] = OrderedDict()
        self._changed, self._fetching, self._number = threading.Condition(), threading.Lock(), 0

    @contextmanager
    def held(self, key: object, name: str, fetch: Callable[[Path, Callable[[int], None]], None]) -> Iterator[Path]:
        """Have a file on the disk for as long as it is read. A thread holds one at a time.

        Args:
            key: What tells it from others.
            name: What it is called.
            fetch: Brings it to a path; tells before how many bytes there will be there.

        Raises:
            DataError: It is larger than the limit; and what `fetch` raises.
        """
        file = self._taken(key)
        if file is None:
            with self._fetching:  # one at a time, so that what waits for room waits for readers only
                file = self._taken(key) or self._fetched(key, name, fetch)
        try:
            yield file.path
        finally:
            with self._changed:
                file.readers -= 1
                self._changed.notify_all()

    def _taken(self, key: object) -> _Held | None:
        with self._changed:
            file = self._files.get(key)
            if file is not None:
                self._files.move_to_end(key)
                file.readers += 1
            return file

    def _fetched(self, key: object, name: str, fetch: Callable[[Path, Callable[[int], None]], None]) -> _Held:
        self._number += 1
        folder = self.folder / str(self._number)
        folder.mkdir()
        path = folder / name
        try:
            fetch(path, lambda size: self._make_room(size, name))
            self._make_room(path.stat().st_size, name)
        except BaseException:  # whatever stopped it, half a file helps nobody
            shutil.rmtree(folder, ignore_errors=True)
            raise
        file = _Held(path, path.stat().st_size, readers=1)
        with self._changed:
            self._files[key] = file
        return file

    def _make_room(self, size: int, name: str) -> None:
        """Remove files until one of a size fits; what is being read is waited for."""
        if size > self.limit:
            raise DataError(
                f"The shard {name!r} takes {_in_gb(size)} GB, and the cache for files from other machines"
                f" {_in_gb(self.limit)} GB. Expected a cache that holds a shard. Set {LIMIT} to more."
            )
        with self._changed:
            while sum(file.size for file in self._files.values()) + size > self.limit:
                key = next((key for key, file in self._files.items() if not file.readers), None)
                if key is None:
                    self._changed.wait()
                else:
                    shutil.rmtree(self._files.pop(key).path.parent, ignore_errors=True)


_caches: list[Cache] = []


def _the_cache() -> Cache:
    """The cache of this process, with the limit that the environment says now."""
    limit = _limit()
    if not _caches:
        _caches.append(Cache(limit))
    _caches[0].limit = limit
    return _caches[0]


def _limit() -> int:
    given = os.environ.get(LIMIT, "")
    try:
        gigabytes = float(given) if given.strip() else _USUAL_GB
    except ValueError:
        gigabytes = math.nan
    if not 0 < gigabytes < math.inf:
        raise OptionsError(f"{LIMIT} is {given!r}. Expected gigabytes, such as 20. Fix or unset it.")
    return int(gigabytes * 1e9)


def _in_gb(size: int) -> str:
    return f"{size / 1e9:.3g}"
