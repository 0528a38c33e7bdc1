"""A page and what stands beside it -> files, and nothing left of a former page."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from pathlib import Path

from reportgen.document.report import Report
from reportgen.errors import OptionsError, RenderError
from reportgen.renderers import assets
from reportgen.renderers.forms import Format
from reportgen.renderers.tools import Tools
from reportgen.writing.files import replace_file
from reportgen.writing.folders import check_folder, make_folder

# What needs no sign of its own in an address, and is no way out of the folder.
_FOLDER_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}")


def check_assets(folder: Path, name: str, forms: Mapping[str, Format]) -> None:
    """Refuse a folder of assets that cannot be used; errors as `writing.check`."""
    if not _FOLDER_NAME.fullmatch(name):
        raise OptionsError(
            f"The folder for the style sheet and the pictures cannot be called {name!r}. Expected one plain name of a "
            "folder beside report.html: letters, digits, '.', '_' and '-'. Write for example --assets-dir assets."
        )
    if not any(each.parted for each in forms.values()):
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


def write_page(report: Report, target: Path, form: Format, assets_dir: str | None, tools: Tools) -> dict[Path, str]:
    """Write the page and what stands beside it, then remove what a former page of ours had beside it.

    Returns:
        SHA-256 of each file that was written.
    """
    written: dict[Path, str] = {}
    former = assets.folder_of(target.read_bytes()) if target.exists() else ""
    if assets_dir is None or form.parted is None:
        page_of_its_own = form.render(report, tools)
        form.check_size(report, len(page_of_its_own))
        written[target] = replace_file(target, page_of_its_own)
    else:
        parts, folder = form.parted(report, assets_dir, tools), target.parent / assets_dir
        form.check_size(report, len(parts.page) + sum(map(len, parts.files.values())))
        make_folder(folder)
        for name, data in parts.files.items():
            _check_asset(folder / name)
            written[folder / name] = replace_file(folder / name, data)
        # After the files that it needs, so that a page is never without them.
        written[target] = replace_file(target, parts.page)
        _clean(folder, parts.files)
    if former and former != assets_dir:
        _clean(target.parent / former, {})
    return written


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
