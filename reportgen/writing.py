"""A report -> files. The one place that writes them: each through a temporary file beside its target."""

from __future__ import annotations

import os
import re
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from reportgen import registry
from reportgen.document import Report
from reportgen.errors import RenderError
from reportgen.progress import Progress, silent
from reportgen.renderers import pdf
from reportgen.renderers.pdf import Worker

NAME = "report"
_MARK = b"reportgen"


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
    folder = Path(directory)
    renderers = {name: registry.load("renderers", name) for name in dict.fromkeys(formats)}
    targets = {name: folder / f"{NAME}{renderer.SUFFIX}" for name, renderer in renderers.items()}
    for target in targets.values():
        _check_ours(target)
    _make_folder(folder)
    for name in sorted(renderers, key=lambda name: name == "pdf"):
        with progress(f"Writing {targets[name].name}"):
            data = pdf.render(report, typesetter) if name == "pdf" else renderers[name].render(report)
            replace_file(targets[name], data)
    return tuple(targets.values())


def replace_file(target: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        RenderError: The folder cannot be written to.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(
            f"The folder {folder.name!r} cannot be made: {error.strerror or error}. Expected a name that is free or a "
            "folder. Choose another one with --output."
        ) from error


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
    if _MARK in data:
        return True
    for found in re.finditer(rb"/ObjStm.{0,200}?stream\r?\n", data, re.DOTALL):
        try:
            if _MARK in zlib.decompressobj().decompress(data[found.end() :]):
                return True
        except zlib.error:
            continue
    return False
