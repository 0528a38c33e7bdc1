"""A report -> files. The one place that writes them: each through a temporary file beside its target."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reportgen import registry
from reportgen.document.report import Report
from reportgen.progress import Progress, silent
from reportgen.renderers import apart, assets, html, json, pdf, templating
from reportgen.renderers.pdf import Worker
from reportgen.writing.files import clear_leftovers, replace_file
from reportgen.writing.folders import check_folder, held, make_folder
from reportgen.writing.ours import check_ours
from reportgen.writing.page import check_assets, write_page

NAME = "report"
PAGED = ("pdf", "pdf-summary")
"""Formats that `renderers.pdf` sets in type."""


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
        clear_leftovers(target)
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
                    write_page(report, targets[name], assets_dir)
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
        check_ours(target)
    if assets_dir is not None:
        check_assets(folder, assets_dir, targets)
    return targets
