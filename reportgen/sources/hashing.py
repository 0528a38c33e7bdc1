"""Files -> the hash of their `sha256sum` listing, which a shell gives again, and the command that gives it.

The listing has a line for each file, with its hash and its name, ended by a zero byte, so that no name needs an escape;
the lines are in the order of the names, byte by byte. A file that cannot be read has no line.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from reportgen.errors import DataError
from reportgen.sources.files import sha256_of, shown
from reportgen.sources.remembering import remembered

_THREADS = min(8, os.cpu_count() or 1)
_AT_ONCE = 1 << 12
_SUM = "xargs -0 sha256sum -z -- | sha256sum"


@dataclass(frozen=True, slots=True)
class Hashed:
    """A hash and how it is made again.

    Attributes:
        sha256: The hash, in hexadecimal.
        command: The command of a shell, or the line of Python, that gives it; "" where there is none.
    """

    sha256: str
    command: str = ""


def remembered_hash(find: Callable[[], Hashed]) -> Hashed:
    """Find a hash out, or have it from the index that is looked up; errors as `find`."""
    return remembered(
        "hash",
        find,
        lambda found: {"sha256": found.sha256, "command": found.command},
        lambda entry: Hashed(entry["sha256"], entry["command"]),
    )


def of_file(path: Path) -> Hashed:
    """Return the hash of a file; errors as `files.sha256_of`."""
    return Hashed(sha256_of(path), f"sha256sum {name}" if (name := _quoted(path)) else "")


def of_files(root: Path, names: Iterable[str]) -> str:
    """Return the hash of the listing of files.

    Args:
        root: Folder that the names start from.
        names: What stands in the lines; each once.
    """
    digest = hashlib.sha256()

    def line(name: str) -> bytes:
        path = root / name
        try:
            # What is no regular file may have no end.
            return f"{sha256_of(path)}  ".encode("ascii") + os.fsencode(name) + b"\0" if os.path.isfile(path) else b""
        except DataError:
            return b""

    left = iter(sorted(set(names), key=os.fsencode))
    with ThreadPoolExecutor(_THREADS) as pool:
        while some := list(islice(left, _AT_ONCE)):
            for each in pool.map(line, some):
                digest.update(each)
    return digest.hexdigest()


def of_listing(hashes: Mapping[str, str]) -> str:
    """Return the hash of the listing of files whose hashes are known, by the names that stand in the lines."""
    lines = [
        f"{hashes[name]}  ".encode("ascii") + os.fsencode(name) + b"\0" for name in sorted(hashes, key=os.fsencode)
    ]
    return hashlib.sha256(b"".join(lines)).hexdigest()


def in_folder(folder: Path, tests: str) -> str:
    """Return the command for the files that `find` finds in a folder; "" where its name cannot be written.

    Args:
        folder: The folder.
        tests: Which files: the tests of `find`.
    """
    name = _quoted(folder)
    found = f"cd {name} && LC_ALL=C find . {tests} -print0 | LC_ALL=C sort -z | {_SUM}"
    return found if name else ""


def by_name(folder: Path, names: Iterable[str]) -> str:
    """Return the command for files of a folder that are named one by one; "" where a name cannot be written."""
    files = [_quoted(folder / name) for name in names]
    if not all(files):
        return ""
    listed = " ".join(name if name.startswith("./") else f"./{name}" for name in files)
    return f"cd {_quoted(folder)} && printf '%s\\0' {listed} | LC_ALL=C sort -z | {_SUM}" if _quoted(folder) else ""


def in_list(path: Path, places: Sequence[int], *, is_named: bool) -> str:
    """Return the command for a list in CSV and the files that it names, in the folder of the list.

    Args:
        path: The list.
        places: The columns of the names, from 0: that of the pictures, and that of their masks, if any.
        is_named: Whether the first line names the columns.
    """
    name = _quoted(path)
    rows = '(r for r in csv.reader(open(sys.argv[1], encoding="utf-8-sig", newline="")) if "".join(r).strip())'
    rows = f"itertools.islice({rows}, 1, None)" if is_named else rows
    each = f"for r in {rows} if r[{places[0]}:]"
    at = str(places[0])
    if len(places) > 1:
        each, at = f"for r in {rows} for p in {tuple(places)} if r[p:]", "p"
    written = f'sys.stdout.buffer.write(os.fsencode(r[{at}].strip()) + b"\\0")'
    script = f"import csv, itertools, os, sys; [{written} {each}]"
    listed = f"{{ printf '%s\\0' {name}; python3 -c {shlex.quote(script)} {name}; }}"
    return f"{listed} | LC_ALL=C sort -zu | {_SUM}" if name else ""


def _quoted(path: Path) -> str:
    """The last part of a path as a shell takes it; "" where it is no text, or shown as another one."""
    name = os.path.basename(os.path.realpath(path)) if path.name in ("", "..") else path.name
    if name != shown(path) or not name.isprintable():
        return ""
    return shlex.quote(f"./{name}" if name.startswith("-") else name)
