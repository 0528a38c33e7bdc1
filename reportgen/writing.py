"""A report -> files. The one place that writes them: each through a temporary file beside its target."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from reportgen import registry
from reportgen.document import Report
from reportgen.errors import RenderError
from reportgen.progress import Progress, silent
from reportgen.renderers import apart, pdf
from reportgen.renderers.pdf import Worker

NAME = "report"
# What stands in each of our files and in no one else's: HTML, JSON, PDF.
_MARKS = (b'<meta name="generator" content="reportgen">', b'"schema": "reportgen/', b"/Creator (reportgen)")
# What is being written is a hidden file with this at the end of its name.
_PART = ".part"
_MOST_INFLATED_BYTES = 64 << 20


def write(
    report: Report,
    directory: str | os.PathLike[str],
    formats: Sequence[str] = ("html", "pdf", "json"),
    progress: Progress = silent,
    typesetter: Worker | None = None,
) -> tuple[Path, ...]:
    """Write a report.

    The PDF comes last: where it cannot be made, the other files are there before the error is raised.

    Args:
        report: What `explain` returned.
        directory: Folder for the files; made where it is missing.
        formats: "html", "pdf", "json".
        progress: Told of every format.
        typesetter: A process that was started with `renderers.pdf.warm`; without one, one is started for the PDF.

    Returns:
        The files, `report.html`, `report.pdf` and `report.json`, in the order of `formats`.

    Raises:
        UnknownNameError: A format is none of these.
        RenderError: The folder cannot be written to, a file there is not ours, or a format cannot be made.
    """
    targets = check(directory, formats)
    for target in targets.values():
        _clear_leftovers(target)
    renderers = {name: registry.load("renderers", name) for name in targets}
    _make_folder(Path(directory))
    worker = (typesetter or pdf.warm(report.fonts)) if "pdf" in renderers else None
    with ThreadPoolExecutor(1) as elsewhere:
        # The PDF is set in type by a process of its own; the other formats are made meanwhile.
        pages = elsewhere.submit(pdf.render, report, worker) if worker is not None else None
        try:
            for name, renderer in renderers.items():
                if name != "pdf":
                    with progress(f"Writing {targets[name].name}"):
                        replace_file(targets[name], renderer.render(report))
            if pages is not None:
                with progress(f"Writing {targets['pdf'].name}"):
                    replace_file(targets["pdf"], pages.result())
        except BaseException:
            # Nobody waits for a PDF that cannot be written, or that the user no longer wants.
            apart.stop()
            if worker is not None:
                worker.close()
            raise
    return tuple(targets.values())


def check(directory: str | os.PathLike[str], formats: Sequence[str]) -> dict[str, Path]:
    """Find out whether a report can be written, before any work is done for it; nothing is made.

    Returns:
        The files, by format.

    Raises:
        UnknownNameError: A format is not known.
        RenderError: The folder cannot be written to, or a file there is not ours.
    """
    folder = Path(directory)
    check_folder(folder)
    targets = {name: folder / f"{NAME}{registry.load('renderers', name).SUFFIX}" for name in dict.fromkeys(formats)}
    for target in targets.values():
        _check_ours(target)
    return targets


def give_back_memory() -> None:
    """Give the memory of what is no longer used, the model above all, back to the system: typesetting needs it.

    A model's parts refer to each other, so that it takes a collection to free them; and the C library of Linux keeps
    what was freed, unless it is told to trim itself.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def check_folder(folder: Path) -> None:
    """Find out whether files can be made in a folder that is there or could be made.

    Raises:
        RenderError: They cannot.
    """
    for place in (folder, *folder.parents):
        try:
            place.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unusable(place, error.strerror or str(error)) from error
        if not place.is_dir():
            raise _unusable(place, "it is a file")
        if not os.access(place, os.W_OK | os.X_OK):
            raise _unusable(place, "it is read-only")
        return


def _unusable(place: Path, why: str) -> RenderError:
    return RenderError(
        f"Nothing can be written to {str(place)!r}: {why}. Expected a folder that can be written to, or a free name. "
        "Choose another one with --output."
    )


def replace_file(target: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        RenderError: The folder cannot be written to.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=_PART, delete=False
        ) as file:
            temporary = Path(file.name)
            _hold(file.fileno())
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


def _hold(file: int) -> bool:
    """Mark a file as being written, as long as this process has it open; False where another process does."""
    try:
        import fcntl
    except ImportError:  # Windows, where nobody can remove an open file.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system without locks.
        return True
    return True


def _clear_leftovers(target: Path) -> None:
    """Remove what a run that was killed left beside a file of ours; what another run is writing stays."""
    for leftover in target.parent.glob(f".{target.name}.*{_PART}"):
        with suppress(OSError), leftover.open("rb") as file:
            if _hold(file.fileno()):
                leftover.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error


def _check_ours(target: Path) -> None:
    """Refuse to write over a file that no report was."""
    if not target.exists():
        return
    try:
        ours = _names_us(target.read_bytes())
    except OSError:
        ours = False
    if not ours:
        raise RenderError(
            f"{target.name} is in the way: it was not written by reportgen. Expected a folder without it. Move it, or "
            "choose another folder with --output."
        )


def _names_us(data: bytes) -> bool:
    """Whether a file says that reportgen made it; a PDF says so in a compressed stream of small objects."""
    if _marked(data):
        return True
    for found in re.finditer(rb"/ObjStm.{0,200}?stream\r?\n", data, re.DOTALL):
        try:
            inflated = zlib.decompressobj().decompress(data[found.end() :], _MOST_INFLATED_BYTES)
        except zlib.error:
            continue
        if _marked(inflated):
            return True
    return False


def _marked(data: bytes) -> bool:
    return any(mark in data for mark in _MARKS)
