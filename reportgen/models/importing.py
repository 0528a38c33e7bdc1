"""What the user named with --import -> their own code, run on purpose, so that Keras knows their classes."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from reportgen.errors import ModelError


@dataclass(frozen=True, slots=True)
class Imported:
    """A module of the user's own that was run.

    Attributes:
        name: Its name as a module.
        source: What another process is to be told to import: the file's whole path, or the module's name.
        what: File name and hash, or the module's name: for the report.
    """

    name: str
    source: str
    what: str


def import_modules(names: Sequence[str]) -> tuple[Imported, ...]:
    """Run the user's own modules, in order.

    They register their classes as Keras documents it: with `@keras.saving.register_keras_serializable()`.

    Args:
        names: Paths that end in ".py", or names of modules that Python finds, or that lie in the
            current folder.

    Raises:
        ModelError: A module is not there, or fails when it is run.
    """
    return tuple(_import_file(Path(name)) if name.endswith(".py") else _import_name(name) for name in names)


def _import_file(path: Path) -> Imported:
    if not path.is_file():
        raise ModelError(f"There is no file {str(path)!r}. Expected a Python file with classes. Check --import.")
    known = sys.modules.get(path.stem)
    if known is not None and not _is_at(known, path):
        raise ModelError(
            f"{path.name!r} has the name of a module that is in use already ({path.stem!r}). Expected a name of "
            "its own. Rename the file."
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"{path.name!r} cannot be imported. Expected a Python file with classes. Check --import.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    # The modules beside the file are found as Python finds them beside a script, but behind all others.
    beside = str(path.resolve().parent)
    sys.path.append(beside)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        del sys.modules[path.stem]
        raise _failure_of_import(path.name, error) from error
    finally:
        sys.path.remove(beside)
    return Imported(
        path.stem, str(path.resolve()), f"{path.name}, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
    )


def _is_at(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).resolve() == path.resolve()


def _import_name(name: str) -> Imported:
    # The folder of the command is searched too, as `python -m` does, but behind all others.
    here = os.getcwd()
    sys.path.append(here)
    try:
        importlib.import_module(name)
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        raise _failure_of_import(name, error) from error
    finally:
        sys.path.remove(here)
    return Imported(name, name, name)


def _failure_of_import(name: str, error: BaseException) -> ModelError:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return ModelError(
        f"The import of {name!r} failed: {type(error).__name__}: {reason}. Expected code that runs."
        " Try it in Python first."
    )
