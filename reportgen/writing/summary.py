"""A report -> Markdown at the end of a file, as the summaries of CI runs are written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.renderers import markdown
from reportgen.writing.folders import check_folder


def append_summary(report: Report, file: Path, files: Mapping[str, int]) -> None:
    """Append a summary in Markdown to a file, which is made where it is missing: so GitHub's file is to be written.

    The folder of the file is not made.

    Args:
        report: The report.
        file: The file; what is in it stays.
        files: Size of each file of the report, bytes, by its path.

    Raises:
        RenderError: The file cannot be written, or has no room.
    """
    try:
        # Unbuffered, so that nothing is left to be written after what was written is taken back.
        with file.open("ab", buffering=0) as stream:
            before = os.fstat(stream.fileno()).st_size
            data = markdown.render(report, files, markdown.MOST_BYTES - before - 1)
            rest = b"\n" + data if before else data
            try:
                while rest:
                    rest = rest[stream.write(rest) :]
            except OSError:
                # Half of a table would spoil what is already there.
                os.ftruncate(stream.fileno(), before)
                raise
    except OSError as error:
        raise _no_summary(file, error.strerror or str(error)) from error


def check_summary(file: Path, output: Path) -> None:
    """Find out whether a summary can be appended to a file, before any work is done for it.

    Args:
        file: The file.
        output: Folder of the report, which is made before the summary is written.

    Raises:
        RenderError: It cannot.
    """
    if file.is_dir():
        raise _no_summary(file, "it is a folder")
    if file.exists():
        if not os.access(file, os.W_OK):
            raise _no_summary(file, "it is read-only")
        return
    folder = Path(os.path.realpath(file)).parent if file.is_symlink() else file.parent
    check_folder(folder, "--summary")
    to_be_made = Path(os.path.abspath(output))
    if not folder.exists() and Path(os.path.abspath(folder)) not in (to_be_made, *to_be_made.parents):
        raise RenderError(
            f"The summary cannot be appended to {str(file)!r}: there is no folder {str(folder)!r}. Expected a file in a"
            " folder that exists. Make the folder first, or choose another file with --summary."
        )


def _no_summary(file: Path, why: str) -> RenderError:
    return RenderError(
        f"The summary cannot be appended to {str(file)!r}: {why}. Expected a file that can be written to. Choose "
        "another one with --summary."
    )
