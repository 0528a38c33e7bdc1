"""A folder of the user's -> templates that take the place of ours, one by one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from reportgen.document.report import TemplateFile
from reportgen.errors import OptionsError
from reportgen.renderers import templating


def given(folder: Path | None) -> tuple[TemplateFile, ...]:
    """Return the templates in a folder, by name; none for no folder.

    Raises:
        OptionsError: It is no folder, it holds no file or one that no template of ours is called, a file leads out of
            it, or is no text.
    """
    if folder is None:
        return ()
    if not folder.is_dir():
        raise OptionsError(
            f"There is no folder of templates {str(folder)!r}. Expected one with files that are called like the"
            " templates that they replace. Fix --templates."
        )
    named = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    if not named:
        raise OptionsError(
            f"The folder {str(folder)!r} holds no template. Expected one of: {_ours()}. Put one there, or leave"
            " --templates out."
        )
    return tuple(_read(folder, name, path) for name, path in sorted(named.items()))


def _read(folder: Path, name: str, path: Path) -> TemplateFile:
    if name not in templating.names():
        raise OptionsError(
            f"There is no template called {name!r}. Expected one of: {_ours()}. Rename the file, or take it out of the"
            " folder of --templates."
        )
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OptionsError(
            f"The template {name!r} is a link to a file elsewhere. Expected files in the folder of --templates itself."
            " Copy the file there."
        )
    try:
        data = path.read_bytes()
        text = data.decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionsError(
            f"The template {name!r} cannot be read: {error}. Expected a text in UTF-8. Fix the file."
        ) from error
    return TemplateFile(name, hashlib.sha256(data).hexdigest(), text)


def _ours() -> str:
    return ", ".join(templating.names())
