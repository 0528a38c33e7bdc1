"""module:function -> what the user's own function returns: images, or images and labels. Their code, run on purpose."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources.arrays import IMAGE_KINDS
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading, in_words
from reportgen.sources.labels import Gathered
from reportgen.sources.memory import from_arrays
from reportgen.sources.spooling import Spool, room

ACCEPTED = "module:function"
IN_SHORT = "module:function"
_ENDLESS = -1  # tf.data.INFINITE_CARDINALITY
_FORM = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


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
    except (Exception, SystemExit) as error:
        raise _failed(spec, error) from error
    return from_arrays(images, labels, shape=shape, name=f"from {spec}", source=spec)


def call(spec: str) -> Any:
    """Return what the user's own function returns.

    Args:
        spec: As for `open`.

    Raises:
        DataError: There is no such module or function, or it fails.
    """
    module_name, _, name = spec.partition(":")
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        function = getattr(importlib.import_module(module_name), name, None)
        if not callable(function):
            raise DataError(
                f"The module {module_name!r} has no function {name!r}. Expected module:function. Check --data."
            )
        return function()
    except DataError:
        raise
    except (Exception, SystemExit) as error:
        raise _failed(spec, error) from error
    finally:
        if folder in sys.path:  # their code may have changed the list
            sys.path.remove(folder)


def _failed(spec: str, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:300]
    return DataError(
        f"{spec!r} failed: {type(error).__name__}: {reason}. Expected a function that returns images, or images "
        "and labels. Try it in Python first."
    )


def _arrays(returned: Any, shape: Shape | None) -> tuple[Any, Any]:
    if isinstance(returned, tuple | list) and len(returned) == 2 and not np.isscalar(returned[0]):
        return np.asarray(returned[0]), np.asarray(returned[1])
    if hasattr(returned, "as_numpy_iterator"):
        if int(returned.cardinality()) == _ENDLESS:
            raise DataError(
                "The tf.data.Dataset repeats for ever. Expected one that ends. Take repeat() out, or add take(1000)."
            )
        return _spooled(returned.as_numpy_iterator(), shape)
    return np.asarray(returned), None


def _spooled(items: Iterator[Any], shape: Shape | None) -> tuple[Array, Array | None]:
    """Put images into a temporary file as they come, one item at a time in memory."""
    spool, size = Spool(), 0
    one: Array | None = None
    is_batch = is_labelled = False
    labels = Gathered("The labels of the tf.data.Dataset")
    for item in items:
        image, label = (
            (np.asarray(item[0]), np.asarray(item[1])) if isinstance(item, tuple) else (np.asarray(item), None)
        )
        if one is None:
            is_batch = _is_batch(image, label, shape)
        rows = image if is_batch else image[None]
        if one is None:
            one = np.empty(rows.shape[1:], rows.dtype)
            if one.dtype.kind not in IMAGE_KINDS:
                raise DataError(f"The tf.data.Dataset holds {one.dtype}. Expected images: numbers. Convert them.")
        if (rows.shape[1:], rows.dtype) != (one.shape, one.dtype):
            raise DataError(
                f"Image {size} of the tf.data.Dataset is {in_words(rows.shape[1:])} of {rows.dtype}, and the first is "
                f"{in_words(one.shape)} of {one.dtype}. Expected one size and type. Resize or cast them in the dataset."
            )
        with room("The images of the tf.data.Dataset"):
            spool.file.write(np.ascontiguousarray(rows).tobytes())
        size += len(rows)
        if label is not None:
            for row in label if is_batch else label[None]:
                labels.take(np.asarray(row))
            is_labelled = True
    if one is None or not size * one.size:
        raise DataError("The tf.data.Dataset is empty. Expected at least one image. Check its source.")
    with room("The images of the tf.data.Dataset"):
        spool.file.flush()
    # The mapping keeps the file alive, also without the spool and without a name.
    images: Array = np.memmap(spool.file, one.dtype, "r", 0, (size, *one.shape))
    return images, labels.array() if is_labelled else None


def _is_batch(image: Array, label: Array | None, shape: Shape | None) -> bool:
    if label is not None:
        # A row of 0 with a single 1 may by chance be as long as an image is high.
        return label.ndim > 0 and image.ndim >= len(shape or ()) and image.shape[:1] == label.shape[:1]
    return image.ndim > (3 if shape is None else len(shape))
