"""A function of the user's own that scales pixel values -> what it makes of a batch, or one sentence why it cannot."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from reportgen.errors import DataError, OptionsError
from reportgen.sources.dataset import Array


def load(name: str) -> Callable[[Array], Any]:
    """Return a function of the user's own, from a module in the folder that the user is in.

    Args:
        name: "module:function".

    Raises:
        DataError: The module fails.
        OptionsError: It has no such function.
    """
    module_name, _, function_name = name.partition(":")
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        raise _failure_of_own_code(repr(name), error) from error
    finally:
        if folder in sys.path:  # their code may have changed the list
            sys.path.remove(folder)
    function: Any = getattr(module, function_name, None)
    if not callable(function):
        raise OptionsError(
            f"The module {module_name!r} has no function {function_name!r}. Expected module:function. Check "
            "--preprocess."
        )
    return function  # type: ignore[no-any-return]


def run(function: Callable[[Array], Any], called: str, images: Array) -> Array:
    """Return what a function of the user's own makes of a batch.

    Args:
        function: What scales a batch.
        called: What it is called in an error.
        images: The batch, which is left as it was; the function gets a copy in float32.

    Raises:
        DataError: It fails, or what it makes is of another shape, no numbers, NaN or infinite.
    """
    try:
        made = np.asarray(function(images.astype(np.float32)))
    except (Exception, SystemExit) as error:  # code of the user's own, which may raise anything
        raise _failure_of_own_code(called, error) from error
    if made.shape != images.shape or made.dtype.kind not in "buif":
        raise DataError(
            f"{called} made {made.shape} of {made.dtype} out of a batch of {images.shape}. Expected numbers in the same"
            " shape: batch, then one image as the model takes it. Fix the function."
        )
    if made.dtype.kind == "f" and not np.isfinite(made).all():
        raise DataError(f"{called} made values that are NaN or infinite. Expected finite numbers. Fix the function.")
    return made


def _failure_of_own_code(called: str, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:300].rstrip(".")
    return DataError(
        f"{called} failed: {type(error).__name__}: {reason}. Expected a function that scales a batch of pixel values. "
        "Try it in Python first."
    )
