"""A package and a name -> the module of that name. The one convention of the house.

`layers`, `sources`, `probes`, `findings`, `sections` and `renderers` each hold a tuple `NAMES`; every name in it
is a module of that package, its "-" a "_" there, and all modules of a package export the same few names.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from reportgen.errors import UnknownNameError


def names(package: str) -> tuple[str, ...]:
    """Return the registered names of a package, in their order.

    Args:
        package: "layers", "sources", "probes", "findings", "sections" or "renderers".
    """
    known: tuple[str, ...] = import_module(f"reportgen.{package}").NAMES
    return known


def load(package: str, name: str) -> ModuleType:
    """Import the module that a name stands for.

    Args:
        package: As for `names`.
        name: One of `names(package)`.

    Raises:
        UnknownNameError: The package registers no such name.
    """
    known = names(package)
    if name not in known:
        raise UnknownNameError(package.removesuffix("s"), name, known)
    return import_module(f"reportgen.{package}.{name.replace('-', '_')}")
