"""module:function -> what the user's own function returns: images, or images and labels. Their code, run on purpose."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.records import Shape
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.memory import from_arrays

_FORM = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def accepts(spec: str) -> bool:
    """Tell whether a name has the form module:function, and is no file."""
    return _FORM.fullmatch(spec) is not None and not os.path.exists(spec)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Call the user's own function and take what it returns.

    Args:
        spec: "package.module:function"; modules in the folder that the program was started in are found too.
        shape: Not used: what does not fit the model is refused later, by `fitting.fit`.
        reading: Not used.

    Returns:
        Its images, with labels where it returns a pair, or a `tf.data.Dataset` of pairs.

    Raises:
        DataError: There is no such module or function, it fails, or returns something else.
    """
    del shape, reading
    module_name, _, name = spec.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        function = getattr(importlib.import_module(module_name), name, None)
        if not callable(function):
            raise DataError(
                f"The module {module_name!r} has no function {name!r}. Expected module:function. Check --data."
            )
        returned = function()
        images, labels = _arrays(returned)
    except DataError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(
            f"{spec!r} failed: {type(error).__name__}: {reason}. Expected a function that returns images, or images "
            "and labels. Try it in Python first."
        ) from error
    finally:
        sys.path.remove(os.getcwd())
    return from_arrays(images, labels, name=f"from {spec}", source=spec)


def _arrays(returned: Any) -> tuple[Any, Any]:
    if isinstance(returned, tuple | list) and len(returned) == 2 and not np.isscalar(returned[0]):
        return np.asarray(returned[0]), np.asarray(returned[1])
    if hasattr(returned, "as_numpy_iterator"):
        items = list(returned.as_numpy_iterator())
        if not items:
            raise DataError("The tf.data.Dataset is empty. Expected at least one image. Check its source.")
        pairs = isinstance(items[0], tuple)
        images = [item[0] if pairs else item for item in items]
        labels = [item[1] for item in items] if pairs else None
        batched = pairs and np.ndim(labels[0]) > 0 and len(images[0]) == len(labels[0]) if labels else False
        join = np.concatenate if batched else np.stack
        return join(images), None if labels is None else join(labels)
    return np.asarray(returned), None
