"""What blocks leave -> files, and back. A part holds the blocks of one shard, in the form of NumPy's .npz."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, overload

import numpy as np

from reportgen.cluster.plan import Plan, missing_words
from reportgen.errors import DataError, RenderError
from reportgen.models.blocks import State
from reportgen.sources.dataset import Array
from reportgen.writing.files import clear_leftovers, replace_file

FORMAT = "reportgen-part-1"
ABOUT = "about.json"
_LONGEST_ABOUT = 1 << 20
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, NotImplementedError)


class Finished:
    """The folder of the blocks that are finished, each in a file that is there whole or not at all."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Take a folder beside the part; it is made when the first block is kept."""
        self._folder, self._plan = folder, plan

    def _file(self, probe: str, block: int) -> Path:
        return self._folder / f"{self._plan.sha256[:16]}-{probe}-{block:02}.npz"

    def has(self, probe: str, block: int) -> bool:
        """Tell whether a block is finished, and whole."""
        path = self._file(probe, block)
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        except (OSError, *_DAMAGES):
            return False

    def keep(self, probe: str, block: int, state: State) -> None:
        """Keep what a block left.

        Raises:
            RenderError: It cannot be written.
        """
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            _put(archive, probe, block, state)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise RenderError(
                f"The folder {self._folder.name!r} cannot be made: {error.strerror or error}. Expected a place that can"
                " be written to. Choose another one with --output."
            ) from error
        replace_file(self._file(probe, block), stream.getvalue())

    def read(self, probe: str, block: int) -> dict[str, Array]:
        """Return what a block left.

        Raises:
            DataError: It cannot be read.
        """
        path = self._file(probe, block)
        try:
            with zipfile.ZipFile(path) as archive:
                return _taken(archive, probe, block)
        except (OSError, *_DAMAGES) as error:
            raise DataError(
                f"The block {path.name!r} can no longer be read. Expected it to stay as it was written. Start again."
            ) from error

    def clear(self) -> None:
        """Remove the folder and all blocks in it."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _put(archive: zipfile.ZipFile, probe: str, block: int, state: State) -> None:
    for name, array in state.items():
        with archive.open(_entry(f"{probe}/{block}/{name}.npy"), "w", force_zip64=True) as stream:
            np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # dated 1980: the same blocks make the same file
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _taken(archive: zipfile.ZipFile, probe: str, block: int) -> dict[str, Array]:
    before, found = f"{probe}/{block}/", {}
    for name in archive.namelist():
        if name.startswith(before):
            with archive.open(name) as stream:
                found[name.removeprefix(before).removesuffix(".npy")] = np.lib.format.read_array(
                    stream, allow_pickle=False
                )
    return found


def write(path: Path, plan: Plan, shard: tuple[int, int], finished: Finished) -> None:
    """Write a part of finished blocks, whole or not at all.

    Raises:
        DataError: A block can no longer be read.
        RenderError: The part cannot be written.
    """
    blocks = plan.blocks(*shard)
    about = {"schema": FORMAT, "plan": plan.sha256, "shard": list(shard), "blocks": [list(each) for each in blocks]}
    temporary = None
    clear_leftovers(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            out.writestr(_entry(ABOUT), json.dumps(about))
            for probe, block in blocks:
                _put(out, probe, block, finished.read(probe, block))
        temporary.chmod(0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise RenderError(
            f"{path.name} cannot be written: {error.strerror or error}. Expected a place with room for it. Finished"
            " blocks are kept: make room and start again, or choose another place with --output."
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


@dataclass(slots=True)
class _Blocks(Sequence[State]):
    """What the blocks of one pass left, read from parts when it is asked for."""

    probe: str
    files: Mapping[int, Path]

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, place: int) -> State: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[State]: ...
    def __getitem__(self, place: int | slice) -> State | Sequence[State]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        path = self.files[place]
        try:
            with zipfile.ZipFile(path) as archive:
                return _taken(archive, self.probe, place)
        except (OSError, *_DAMAGES) as error:
            raise _damaged(path) from error


@dataclass(slots=True)
class _Sorted:
    """Which part each block is in."""

    found: dict[tuple[str, int], Path] = field(default_factory=dict)

    def take(self, path: Path, about: Mapping[str, Any]) -> None:
        for probe, block in about["blocks"]:
            other = self.found.setdefault((probe, block), path)
            if other is not path:
                raise DataError(
                    f"{other.name!r} and {path.name!r} both hold block {block} of {probe}. Expected each block once."
                    " Leave one of them out."
                )


def read(paths: Sequence[Path], plan: Plan) -> dict[str, Sequence[State]]:
    """Return what all blocks of a plan left, by probe, read from parts in any order.

    Raises:
        DataError: A part is damaged, belongs to another plan, or holds a block that another one holds, too; or blocks
            are missing.
    """
    order = _Sorted()
    for path in paths:
        about = _about(path)
        if about["plan"] != plan.sha256:
            raise DataError(
                f"{path.name!r} belongs to another plan. Expected parts of this one. Leave it out, or collect it again."
            )
        order.take(path, about)
    missing = [each for each in plan.blocks() if each not in order.found]
    if missing:
        number = len(missing)
        raise DataError(
            f"{number} {'block is' if number == 1 else 'blocks are'} missing: {missing_words(missing)}. Expected all"
            f" {len(plan.blocks())}. Give all parts, and collect those that are not there."
        )
    return {
        probe: _Blocks(probe, {block: order.found[probe, block] for block in range(plan.num_blocks(probe))})
        for probe in plan.passes
    }


def _about(path: Path) -> Mapping[str, Any]:
    """Return what a part says of itself, after all of it was read."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(ABOUT).file_size > _LONGEST_ABOUT:
                raise _damaged(path)
            about: Mapping[str, Any] = json.loads(archive.read(ABOUT))
            if about["schema"] != FORMAT or archive.testzip() is not None:
                raise _damaged(path)
            held = {tuple(name.split("/")[:2]) for name in archive.namelist()} - {(ABOUT,)}
            blocks = {(str(probe), str(block)) for probe, block in about["blocks"]}
        if held != blocks or not isinstance(about["plan"], str):
            raise _damaged(path)
    except OSError as error:
        raise DataError(
            f"{path.name!r} cannot be read: {error.strerror or error}. Expected a part, as reportgen collect writes it."
            " Check its name."
        ) from error
    except _DAMAGES as error:
        raise _damaged(path) from error
    return about


def _damaged(path: Path) -> DataError:
    return DataError(
        f"{path.name!r} is damaged, or no part. Expected a whole file as reportgen collect writes it. Collect it again."
    )
