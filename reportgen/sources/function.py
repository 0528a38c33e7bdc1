"""module:function or file.py:function -> what the user's own function returns: images, or images and labels.

Their code, run on purpose.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import streams
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.memory import from_arrays

ACCEPTED = "module:function or file.py:function"
IN_SHORT = "module:function"
_FORM = re.compile(r"(?P<module>[A-Za-z_][\w.]*|.+\.py):(?P<function>[A-Za-z_]\w*)")


def accepts(spec: str) -> bool:
    """Tell whether a name has the form module:function, and is no file."""
    return _FORM.fullmatch(spec) is not None and not os.path.exists(spec)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Call the user's own function and take what it returns.

    Args:
        spec: "package.module:function"; modules in the folder that the program was started in are found too.
        shape: Shape of one sample of the model's input, which tells a batch without labels from one image.
        reading: Not used.

    Returns:
        Its images, with labels where it returns a pair, or a `tf.data.Dataset` of pairs, in batches or one by one.
        Images of a `tf.data.Dataset` are put into a temporary file and never sit in memory together.

    Raises:
        DataError: There is no such module or function, it fails, or returns something else.
    """
    del reading
    returned = call(spec)
    try:
        images, labels = _arrays(returned, shape)
    except DataError:
        raise
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        raise _failed(spec, error) from error
    return from_arrays(images, labels, shape=shape, name=f"from {spec}", source=spec)


def call(spec: str, shard: int = 0, shards: int = 1) -> Any:
    """Return what the user's own function returns.

    Args:
        spec: As for `open`.
        shard: Which part of the data is wanted, from 0, where the function takes `shard` and `shards`; others are
            called without arguments, and return all.
        shards: How many parts there are.

    Raises:
        DataError: There is no such module, file or function, or it fails.
    """
    form = _FORM.fullmatch(spec)
    assert form is not None, "it was accepted"
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        function = _function(form["module"], form["function"])
        return function(shard=shard, shards=shards) if _takes_shards(function) else function()
    except DataError:
        raise
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        raise _failed(spec, error) from error
    finally:
        if folder in sys.path:  # their code may have changed the list
            sys.path.remove(folder)


def _takes_shards(function: Callable[..., Any]) -> bool:
    """Tell whether a function takes the number of a part and the number of parts, by their names."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return all(name in parameters and parameters[name].kind in by_name for name in ("shard", "shards"))


def _function(module: str, name: str) -> Callable[..., Any]:
    """Find a function in a module, or in a file that ends in .py; modules beside the file are found, too."""
    if module.endswith(".py"):
        path = Path(module)
        if not path.is_file():
            raise DataError(
                f"There is no file {module!r}. Expected a Python file with the function {name!r}. Check --data."
            )
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None, "a file that ends in .py is Python"
        assert spec.loader is not None, "and is loaded as such"
        found = importlib.util.module_from_spec(spec)
        sys.path.append(str(path.resolve().parent))
        spec.loader.exec_module(found)
    else:
        found = importlib.import_module(module)
    function: Any = getattr(found, name, None)
    if not callable(function):
        what = "file" if module.endswith(".py") else "module"
        raise DataError(f"The {what} {module!r} has no function {name!r}. Expected {what}:function. Check --data.")
    return function  # type: ignore[no-any-return]


def _failed(spec: str, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:300]
    return DataError(
        f"{spec!r} failed: {type(error).__name__}: {reason}. Expected a function that returns images, or images "
        "and labels. Try it in Python first."
    )


def _arrays(returned: Any, shape: Shape | None) -> tuple[Any, Any]:
    if isinstance(returned, tuple | list) and len(returned) == 2 and not np.isscalar(returned[0]):
        return np.asarray(returned[0]), np.asarray(returned[1])
    if streams.is_stream(returned):
        return streams.read(returned, shape)
    return np.asarray(returned), None
