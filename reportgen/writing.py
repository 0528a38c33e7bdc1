"""A report -> files. The one place that writes them: each through a temporary file beside its target."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import zlib
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from reportgen import registry, templating
from reportgen.document import Report
from reportgen.errors import OptionsError, RenderError
from reportgen.folders import check_folder, held, hold, make_folder
from reportgen.progress import Progress, silent
from reportgen.renderers import apart, assets, html, json, markdown, pdf
from reportgen.renderers.pdf import Worker

NAME = "report"
PAGED = ("pdf", "pdf-summary")
"""Formats that `renderers.pdf` sets in type."""
# What stands in each of our files and in no one else's: HTML, JSON, PDF.
_MARKS = (b'<meta name="generator" content="reportgen">', b'"schema": "reportgen/', b"/Creator (reportgen)")
# What needs no sign of its own in an address, and is no way out of the folder.
_FOLDER_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}")
# What is being written is a hidden file with this at the end of its name.
_PART = ".part"
_MOST_INFLATED_BYTES = 64 << 20


def write(
    report: Report,
    directory: str | os.PathLike[str],
    formats: Sequence[str] = ("html", "pdf", "json"),
    progress: Progress = silent,
    typesetter: Worker | None = None,
    *,
    assets_dir: str | None = None,
) -> tuple[Path, ...]:
    """Write a report.

    PDFs come last: where one cannot be made, the other files are there before the error is raised.

    Args:
        report: What `explain` returned.
        directory: Folder for the files; made where it is missing.
        formats: "html", "pdf", "json"; "pdf-summary" is page one alone.
        progress: Told of every format.
        typesetter: A process that was started with `renderers.pdf.warm` for the first PDF; without one, one is started.
        assets_dir: Name of a folder beside `report.html` for its style sheet and its pictures, for servers that allow
            a page nothing inside. Files of a former report are removed from it, those of others never. None: the page
            holds all that it needs.

    Returns:
        The files, `report.html`, `report.pdf`, `report.json` and `report-summary.pdf`, in the order of `formats`.

    Raises:
        UnknownNameError: A format is none of these.
        OptionsError: The name of the folder cannot be used, or there is no page for it.
        RenderError: The folder cannot be written to, another run writes to it, a file there is not ours, or a format
            cannot be made.
    """
    with held(Path(directory)):
        return write_held(report, directory, formats, progress, typesetter, assets_dir=assets_dir)


def write_held(
    report: Report,
    directory: str | os.PathLike[str],
    formats: Sequence[str],
    progress: Progress = silent,
    typesetter: Worker | None = None,
    *,
    assets_dir: str | None = None,
) -> tuple[Path, ...]:
    """Write a report into a folder that `folders.held` keeps for this run; otherwise as `write`."""
    targets = check(directory, formats, assets_dir)
    for target in targets.values():
        _clear_leftovers(target)
    make_folder(Path(directory))
    workers: dict[str, Worker] = {}
    for name in (name for name in targets if name in PAGED):
        workers[name], typesetter = typesetter or pdf.warm(report.fonts), None
    try:
        _write(report, targets, workers, assets_dir, progress)
    except BaseException:
        apart.stop()
        raise
    finally:
        # Nobody waits for a PDF that cannot be written, or that the user no longer wants.
        for worker in workers.values():
            worker.close()
    return tuple(targets.values())


def _write(
    report: Report,
    targets: Mapping[str, Path],
    workers: Mapping[str, Worker],
    assets_dir: str | None,
    progress: Progress,
) -> None:
    templating.get_ready(*(html.templates(report) if {"html", *PAGED} & targets.keys() else ()))
    # The PDF holds the file as it stands beside it.
    facts = json.render(report) if {"json", "pdf"} & targets.keys() else b""
    attached = {"pdf": (facts,)}
    elsewhere = ThreadPoolExecutor(1)
    try:
        # A PDF is set in type by a process of its own, one after the other; the other formats are made meanwhile.
        pages = {
            name: elsewhere.submit(registry.load("renderers", name).render, report, worker, *attached.get(name, ()))
            for name, worker in workers.items()
        }
        for name in (name for name in targets if name not in pages):
            with progress(f"Writing {targets[name].name}"):
                if name == "html":
                    _write_page(report, targets[name], assets_dir)
                else:
                    replace_file(targets[name], facts)
        for name, made in pages.items():
            with progress(f"Writing {targets[name].name}"):
                replace_file(targets[name], made.result())
    finally:
        elsewhere.shutdown(wait=False, cancel_futures=True)


def sizes(paths: Sequence[Path], assets_dir: str | None = None) -> dict[Path, int]:
    """Return the size of each file that `write` returned, bytes; a page's folder of assets is added to it."""
    found = {path: path.stat().st_size for path in paths}
    for path in (path for path in paths if assets_dir is not None and path.suffix == html.SUFFIX):
        beside = [each for each in (path.parent / str(assets_dir)).iterdir() if assets.may_be_ours(each.name)]
        found[path] += sum(each.stat().st_size for each in beside)
    return found


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


def check(directory: str | os.PathLike[str], formats: Sequence[str], assets_dir: str | None = None) -> dict[str, Path]:
    """Find out whether a report can be written, before any work is done for it; nothing is made.

    Returns:
        The files, by format.

    Raises:
        UnknownNameError: A format is not known.
        OptionsError: The name of the folder of assets cannot be used, or there is no page for it.
        RenderError: The folder cannot be written to, or a file there is not ours.
    """
    folder = Path(directory)
    check_folder(folder)
    targets = {name: folder / f"{NAME}{registry.load('renderers', name).SUFFIX}" for name in dict.fromkeys(formats)}
    for target in targets.values():
        _check_ours(target)
    if assets_dir is not None:
        _check_assets(folder, assets_dir, targets)
    return targets


def _check_assets(folder: Path, name: str, targets: Mapping[str, Path]) -> None:
    if not _FOLDER_NAME.fullmatch(name):
        raise OptionsError(
            f"The folder for the style sheet and the pictures cannot be called {name!r}. Expected one plain name of a "
            "folder beside report.html: letters, digits, '.', '_' and '-'. Write for example --assets-dir assets."
        )
    if "html" not in targets:
        raise OptionsError(
            "A folder for the style sheet and the pictures of report.html was named, but the format html was not asked "
            "for. Expected html among the formats. Add --format html, or leave --assets-dir out."
        )
    check_folder(folder / name)
    _check_asset(folder / name / assets.STYLE_NAME)


def _check_asset(target: Path) -> None:
    """Refuse to write over a file in the folder of assets that is not ours."""
    try:
        ours = assets.is_ours(target.name, target.read_bytes())
    except FileNotFoundError:
        return
    except OSError:
        ours = False
    if not ours:
        raise RenderError(
            f"{target.parent.name}/{target.name} is in the way: it was not written by reportgen, or was changed since. "
            "Expected a folder without it. Move it, or choose another folder with --assets-dir."
        )


def _write_page(report: Report, target: Path, assets_dir: str | None) -> None:
    """Write the page and what stands beside it, then remove what a former page of ours had beside it."""
    former = assets.folder_of(target.read_bytes()) if target.exists() else ""
    if assets_dir is None:
        kept: Mapping[str, bytes] = {}
        page_of_its_own = html.render(report)
        html.check_size(report, len(page_of_its_own))
        replace_file(target, page_of_its_own)
    else:
        page = assets.render(report, assets_dir)
        kept, folder = page.files, target.parent / assets_dir
        html.check_size(report, len(page.html) + sum(map(len, kept.values())))
        make_folder(folder)
        for name, data in page.files.items():
            _check_asset(folder / name)
            replace_file(folder / name, data)
        # After the files that it needs, so that a page is never without them.
        replace_file(target, page.html)
        _clean(folder, kept)
    if former and former != assets_dir:
        _clean(target.parent / former, {})


def _clean(folder: Path, kept: Container[str]) -> None:
    """Remove files of a former report; files of others stay, and so does the folder while there is one."""
    try:
        for path in [path for path in folder.iterdir() if path.name not in kept and assets.may_be_ours(path.name)]:
            if path.is_file() and not path.is_symlink() and assets.is_ours(path.name, path.read_bytes()):
                path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError:
        # The report is there and complete; what is left of the former one disturbs nobody.
        return


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
            hold(file.fileno())
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


def _clear_leftovers(target: Path) -> None:
    """Remove what a run that was killed left beside a file of ours; what another run is writing stays."""
    for leftover in target.parent.glob(f".{target.name}.*{_PART}"):
        with suppress(OSError), leftover.open("rb") as file:
            if hold(file.fileno()):
                leftover.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
