"""A package and a name -> the module of that name. The one convention of the house.

`layers`, `sources`, `probes`, `findings`, `sections` and `renderers` each hold a tuple `NAMES`; every name in it is a
module of that package, its "-" a "_" there, and all modules of a package export the same few names.

A name with dots in `NAMES` is the whole path of a module elsewhere, "my_package.my_format": its last part is its name
here.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from reportgen.errors import UnknownNameError


def names(package: str) -> tuple[str, ...]:
    """Return the registered names of a package, in their order.

    Args:
        package: "layers", "sources", "probes", "findings", "sections" or "renderers".
    """
    return tuple(_modules(package))


def load(package: str, name: str) -> ModuleType:
    """Import the module that a name stands for.

    Args:
        package: As for `names`.
        name: One of `names(package)`.

    Raises:
        UnknownNameError: The package registers no such name.
    """
    known = _modules(package)
    if name not in known:
        raise UnknownNameError(package.removesuffix("s"), name, tuple(known))
    return import_module(known[name])


def elsewhere(package: str) -> tuple[Path, ...]:
    """Return the files of the registered modules that stand outside of the package; none of them is imported."""
    modules = [path for path in _modules(package).values() if not path.startswith(f"reportgen.{package}.")]
    found = (find_spec(path) for path in modules)
    return tuple(Path(spec.origin) for spec in found if spec is not None and spec.origin is not None)


def _modules(package: str) -> dict[str, str]:
    """The whole path of each module by its name."""
    listed: tuple[str, ...] = import_module(f"reportgen.{package}").NAMES
    return {
        each.rpartition(".")[2]: each if "." in each else f"reportgen.{package}.{each.replace('-', '_')}"
        for each in listed
    }
