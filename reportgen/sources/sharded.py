"""A pattern, a list, a folder or an address -> the dataset in the shards that it stands for.

Shards are files that another source reads one after the other: those that export `of_shards(shards, shape, reading)`.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType

from reportgen import registry
from reportgen.errors import DataError, OptionsError
from reportgen.records import addresses
from reportgen.records.model import Shape
from reportgen.sources import remote, shards
from reportgen.sources.dataset import USUAL, Dataset, Reading, counted
from reportgen.sources.files import first_bytes, shown, writable
from reportgen.sources.images import SUFFIXES
from reportgen.sources.shards import Shards

ACCEPTED = (
    "a pattern (train-*.tar), a list or a folder of such files, an address of them (s3://, gs://, az://, https://)"
)
IN_SHORT = "lists, patterns and addresses (s3://, gs://, az://, https://) of these"
HAS_FEATURES = True
_RANGE = re.compile(r"\{(?:(?P<first>[0-9]{1,9})\.\.(?P<last>[0-9]{1,9})|(?P<words>[^{}]*,[^{}]*))\}")
_MOST_SHARDS = 1_000_000
_LONGEST_LIST = 1 << 26
_MOST_LOOKED_AT = 1000
_HEAD_BYTES = 1 << 12
# Files that are no shards, and may be brought here from an address, too.
_WHOLE = ("npz", "npy")
# What was found before TensorFlow was imported, until it is opened.
_checked: dict[str, Shards] = {}


def accepts(spec: str) -> bool:
    """Tell whether a name is an address or a pattern, or leads to a list of shards or a folder with nothing else."""
    if addresses.scheme_of(spec):
        return True
    path = Path(spec)
    if os.path.isdir(spec):
        return _is_folder_of_shards(path)
    if os.path.exists(spec):
        return _is_list(path)
    return "\0" not in spec and bool(_RANGE.search(spec) or glob.has_magic(spec))


def check(spec: str) -> None:
    """Find the shards, and have the first one: what is wrong with either is known before TensorFlow is imported.

    Raises:
        DataError: There are none, they cannot be had, or a library that reads them is missing.
    """
    found = _found(spec)
    source = _reader_of(found)
    if hasattr(source, "check"):
        source.check(spec)
    _checked[spec] = found


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open the shards that a name stands for, in order.

    Args:
        spec: An address; a pattern such as "train-*.tar" or "train-{000..127}.tar"; a list, with a path, a pattern or
            an address in each line; or a folder of shards.
        shape: Shape of one sample of the model's input.
        reading: What the user chose about how they are read.

    Raises:
        DataError: There are none, they cannot be had or differ in kind; and as the source that reads them.
        OptionsError: Features are named of data that have none.
    """
    found = _checked.pop(spec, None) or _found(spec)
    source = _reader_of(found)
    if hasattr(source, "of_shards"):
        dataset: Dataset = source.of_shards(found, shape, reading)
        return dataset
    if reading.features:
        raise OptionsError(f"{found.source!r} has no features to name. Expected none with --feature. Leave it out.")
    with found.each[0].local() as path:
        whole: Dataset = source.open(str(path), shape, reading)
        return whole


def _reader_of(found: Shards) -> ModuleType:
    """Return the source that reads the shards, by the first one.

    Raises:
        DataError: There is none, or it cannot be had.
    """
    sources = [registry.load("sources", name) for name in registry.names("sources") if name != "sharded"]
    ours = [source for source in sources if hasattr(source, "of_shards")]
    if len(found.each) == 1:
        ours += [registry.load("sources", name) for name in _WHOLE]
    with found.each[0].local() as path:
        source = next((source for source in ours if path.is_file() and source.accepts(str(path))), None)
    if source is None:
        raise DataError(
            f"{found.each[0].name!r} holds something else. Expected {', '.join(each.ACCEPTED for each in ours)}. Give"
            " such files."
        )
    return source


def _found(spec: str) -> Shards:
    path = Path(spec)
    if addresses.scheme_of(spec):
        source = addresses.shown(spec).rstrip("/").rpartition("/")[2]
        return remote.found(list(_expanded(spec)), writable(source))
    if path.is_file():
        return _listed(path)
    if path.is_dir():
        files = sorted(file for file in _files(path) if _is_shard(file))
        return shards.of_files(files, shown(path), _others(path, files))
    return shards.of_files(_matching(spec), shown(path))


def _listed(path: Path) -> Shards:
    """Return the shards that a list names.

    Raises:
        DataError: It is too long, or names nothing.
    """
    if path.stat().st_size > _LONGEST_LIST:
        raise DataError(f"{shown(path)!r} is {path.stat().st_size} bytes long. Expected a list of files. Shorten it.")
    try:
        lines = list(_lines(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{shown(path)!r} cannot be read as text. Expected a list of files. Write it again.") from error
    distant = [bool(addresses.scheme_of(line)) for line in lines]
    if any(distant) and not all(distant):
        raise DataError(
            f"{shown(path)!r} lists {counted(sum(distant), 'address')} and {counted(len(lines) - sum(distant), 'file')}"
            " of this machine. Expected one kind. Make two lists, or bring all to one place."
        )
    if distant[0]:
        return remote.found([one for line in lines for one in _expanded(line)], shown(path))
    files = [file for line in lines for file in _matching(line, path.parent)]
    return shards.of_files(files, shown(path), (f"The shards are those that {shown(path)} lists.",))


def _matching(pattern: str, folder: Path | None = None) -> list[Path]:
    """Return the files that a pattern stands for, in the order of names.

    Raises:
        DataError: There are none, or one is missing.
    """
    found: list[Path] = []
    for one in _expanded(pattern):
        whole = os.path.join(folder, one) if folder is not None else one
        names = (
            sorted(glob.glob(whole, recursive=True)) if glob.has_magic(one) and not os.path.exists(whole) else [whole]
        )
        files = [Path(name) for name in names if os.path.isfile(name)]
        if not files:
            raise DataError(
                f"Nothing matches {writable(os.path.basename(one))!r}. Expected a file. Check the pattern, and the"
                " folder that it starts from."
            )
        found += files
    return found


def _expanded(pattern: str) -> Iterator[str]:
    """Yield a pattern for each number and word in its braces.

    Raises:
        DataError: There are far too many.

    >>> list(_expanded("{train,test}-{08..10}.tar"))[:4]
    ['train-08.tar', 'train-09.tar', 'train-10.tar', 'test-08.tar']
    """
    every = list(islice(_each(pattern), _MOST_SHARDS + 1))
    if len(every) > _MOST_SHARDS:
        raise DataError(f"{writable(addresses.shown(pattern))!r} stands for more than {_MOST_SHARDS} files. Check it.")
    yield from every


def _each(pattern: str) -> Iterator[str]:
    found = _RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    if found["words"] is not None:
        parts: Sequence[str] | Iterator[str] = found["words"].split(",")
    else:
        first, last = int(found["first"]), int(found["last"])
        parts = (str(number).zfill(len(found["first"])) for number in range(first, last + 1))
    for part in parts:
        for rest in _each(pattern[found.end() :]):
            yield f"{pattern[: found.start()]}{part}{rest}"


def _is_list(path: Path) -> bool:
    """Tell whether a file is text whose first line names a shard."""
    head = first_bytes(path, _HEAD_BYTES)
    if b"\0" in head or not head:
        return False
    line = next(_lines(head.decode("utf-8", "replace")), "")
    if addresses.scheme_of(line):
        return True
    first = next(_each(line), "")
    whole = os.path.join(path.parent, first)
    try:
        files = [whole] if os.path.isfile(whole) else glob.iglob(whole, recursive=True) if glob.has_magic(first) else []
        return any(_is_shard(Path(file)) for file in islice(files, 1))
    except ValueError:
        return False


def _lines(text: str) -> Iterator[str]:
    stripped = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return (line for line in stripped if line and not line.startswith("#"))


def _is_folder_of_shards(folder: Path) -> bool:
    """Tell whether a folder has shards and neither pictures nor folders; TFRecord files are a matter of their own."""
    try:
        with os.scandir(folder) as entries:
            if any(entry.is_dir() for entry in entries if not entry.name.startswith(".")):
                return False
    except OSError:
        return False
    files = list(islice(_files(folder), _MOST_LOOKED_AT))
    return not any(file.suffix.lower() in SUFFIXES for file in files) and any(_is_shard(file) for file in files)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder; links that lead out of it and names that begin with a dot are passed over."""
    inside = os.path.realpath(folder)
    with os.scandir(folder) as entries:
        for entry in entries:
            is_inside = not entry.is_symlink() or os.path.realpath(entry.path).startswith(inside + os.sep)
            if not entry.name.startswith(".") and is_inside and entry.is_file():
                yield Path(entry.path)


def _others(folder: Path, read: Sequence[Path]) -> tuple[str, ...]:
    left = sorted(writable(file.name) for file in _files(folder) if file not in set(read))
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return (f"{counted(len(left), 'file')} of another kind passed over: {left[0]}{more}.",) if left else ()


def _is_shard(path: Path) -> bool:
    sources = (registry.load("sources", name) for name in ("webdataset", "parquet", "tfrecord"))
    return any(source.accepts(str(path)) for source in sources)
