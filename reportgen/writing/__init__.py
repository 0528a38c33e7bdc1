"""A report -> files. The one place that writes them: each through a temporary file beside its target."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from reportgen import registry
from reportgen.document.report import Report
from reportgen.errors import OptionsError
from reportgen.models import freeing
from reportgen.progress import Progress, silent
from reportgen.renderers import DEFAULTS, apart, assets, templating
from reportgen.renderers.forms import Format, form
from reportgen.renderers.tools import Tools, Typesetter
from reportgen.writing.files import clear_leftovers, replace_file
from reportgen.writing.folders import check_folder, held, make_folder
from reportgen.writing.ours import check_ours
from reportgen.writing.page import check_assets, write_page

NAME = "report"


@dataclass(frozen=True, slots=True)
class _File:
    """A file to write, and what its format says of itself."""

    path: Path
    form: Format


def write(
    report: Report,
    directory: str | os.PathLike[str],
    formats: str | Sequence[str] = DEFAULTS,
    progress: Progress = silent,
    typesetter: Typesetter | None = None,
    *,
    assets_dir: str | None = None,
) -> tuple[Path, ...]:
    """Write a report.

    PDFs come last: where one cannot be made, the other files are there before the error is raised.

    Args:
        report: What `explain` returned.
        directory: Folder for the files; made where it is missing.
        formats: "html", "pdf", "json", one of them or several; "pdf-summary" is page one alone, "model-card" and
            "ml-bom" are for machines, and "in-toto" is a statement about the files of the others.
        progress: Told of every format.
        typesetter: A process that `renderers.forms.warm` started for the first PDF; without one, one is started.
        assets_dir: Name of a folder beside `report.html` for its style sheet and its pictures, for servers that allow
            a page nothing inside. Files of a former report are removed from it, those of others never. None: the page
            holds all that it needs.

    Returns:
        The files, `report.html`, `report.pdf`, `report.json` and `report-summary.pdf`, in the order of `formats`.

    Raises:
        UnknownNameError: A format is none of these.
        OptionsError: The name of the folder cannot be used, or there is no page for it; or a statement is asked for
            alone.
        RenderError: The folder cannot be written to, another run writes to it, a file there is not ours, or a format
            cannot be made.
    """
    formats = (formats,) if isinstance(formats, str) else formats
    with held(Path(directory)):
        return write_held(report, directory, formats, progress, typesetter, assets_dir=assets_dir)


def write_held(
    report: Report,
    directory: str | os.PathLike[str],
    formats: Sequence[str],
    progress: Progress = silent,
    typesetter: Typesetter | None = None,
    *,
    assets_dir: str | None = None,
) -> tuple[Path, ...]:
    """Write a report into a folder that `folders.held` keeps for this run; otherwise as `write`."""
    targets = check(directory, formats, assets_dir, tuple(section.name for section in report.sections))
    for target in targets.values():
        clear_leftovers(target)
    make_folder(Path(directory))
    files = [_File(target, form(name)) for name, target in targets.items()]
    typesetters: dict[Path, Typesetter] = {}
    for each in files:
        if each.form.warm is not None:
            typesetters[each.path], typesetter = typesetter or each.form.warm(report.fonts), None
    try:
        _write(report, files, typesetters, assets_dir, progress)
    except BaseException:  # Ctrl-C too, which goes on
        apart.stop()
        raise
    finally:
        # Nobody waits for a PDF that cannot be written, or that the user no longer wants.
        for process in typesetters.values():
            process.close()
    return tuple(targets.values())


def _write(
    report: Report,
    files: Sequence[_File],
    typesetters: Mapping[Path, Typesetter],
    assets_dir: str | None,
    progress: Progress,
) -> None:
    templating.get_ready(*dict.fromkeys(name for each in files for name in each.form.templates(report)))
    tools = Tools()
    elsewhere = ThreadPoolExecutor(1)
    try:
        # A PDF is set in type by a process of its own, one after the other; the other formats are made meanwhile.
        paged = {
            each.path: elsewhere.submit(each.form.render, report, tools.with_typesetter(typesetters[each.path]))
            for each in files
            if each.path in typesetters
        }
        written: dict[Path, str] = {}
        for each in (each for each in files if each.path not in paged and not each.form.is_last):
            with progress(f"Writing {each.path.name}"):
                if each.form.parted is not None:
                    written.update(write_page(report, each.path, each.form, assets_dir, tools))
                else:
                    written[each.path] = _put(report, each, tools)
            # What writing took, of MobileNetV2's report 200 MB, while the typesetter takes more and more.
            freeing.give_back()
        for path, made in paged.items():
            with progress(f"Writing {path.name}"):
                written[path] = replace_file(path, made.result())
        for each in (each for each in files if each.form.is_last):
            with progress(f"Writing {each.path.name}"):
                _put(
                    report, each, tools.with_written(_by_path(written, each.path.parent, [each.path for each in files]))
                )
    finally:
        elsewhere.shutdown(wait=False, cancel_futures=True)


def _put(report: Report, file: _File, tools: Tools) -> str:
    """Write a file in one piece; the hash of its bytes."""
    data = file.form.render(report, tools)
    file.form.check_size(report, len(data))
    return replace_file(file.path, data)


def _by_path(written: Mapping[Path, str], folder: Path, order: Sequence[Path]) -> dict[str, str]:
    """The hashes of files by their paths from the folder: the report's own in their order, then those beside a page."""
    sorted_ = [*(path for path in order if path in written), *sorted(set(written) - set(order))]
    return {path.relative_to(folder).as_posix(): written[path] for path in sorted_}


def sizes(paths: Sequence[Path], assets_dir: str | None = None) -> dict[Path, int]:
    """Return the size of each file that `write` returned, bytes; a page's folder of assets is added to it."""
    found = {path: path.stat().st_size for path in paths}
    if assets_dir is not None:
        parted = tuple(form(name).suffix for name in registry.names("renderers") if form(name).parted is not None)
        for path in (path for path in paths if path.name in {f"{NAME}{suffix}" for suffix in parted}):
            beside = [each for each in (path.parent / assets_dir).iterdir() if assets.may_be_ours(each.name)]
            found[path] += sum(each.stat().st_size for each in beside)
    return found


def check(
    directory: str | os.PathLike[str],
    formats: Sequence[str],
    assets_dir: str | None = None,
    chapters: tuple[str, ...] | None = None,
) -> dict[str, Path]:
    """Find out whether a report can be written, before any work is done for it; nothing is made.

    Args:
        directory: Folder for the files.
        formats: The formats.
        assets_dir: As for `write`.
        chapters: The chapters that the report is to have, where they are known.

    Returns:
        The files, by format.

    Raises:
        UnknownNameError: A format is not known.
        OptionsError: The name of the folder of assets cannot be used, or there is no page for it; or a format that is
            about the others is asked for alone.
        RenderError: The folder cannot be written to, a file there is not ours, or a format needs a chapter that is left
            out.
    """
    folder = Path(directory)
    forms = {name: form(name) for name in dict.fromkeys(formats)}
    if forms and all(each.is_last for each in forms.values()):
        raise OptionsError(
            f"The format {next(iter(forms))} is about the files of the others, but no other is written. Expected one"
            " beside it. Add for example --format json."
        )
    if chapters is not None:
        for each in forms.values():
            each.check(chapters)
    check_folder(folder)
    targets = {name: folder / f"{NAME}{each.suffix}" for name, each in forms.items()}
    for target in targets.values():
        check_ours(target)
    if assets_dir is not None:
        check_assets(folder, assets_dir, forms)
    return targets
