"""Arrays that a program already holds -> a dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import true_maps
from reportgen.sources.arrays import ONE_SAMPLE, batched, take
from reportgen.sources.dataset import Array, Dataset, counted
from reportgen.sources.labels import Truth, read_labels
from reportgen.sources.naming import ClassNames

_HASHED_AT_ONCE = 256


def sha256_of_arrays(images: Array, known: Array | None) -> str:
    """Return the hash over the bytes of images and then of what is known of them, each in the order of C.

    Args:
        images: Batch axis first; may lie on the disk.
        known: True classes as whole numbers, true values or masks; None where nothing is known.
    """
    digest = hashlib.sha256()
    for array in (images, *(() if known is None else (known,))):
        for start in range(0, len(array), _HASHED_AT_ONCE):
            digest.update(np.ascontiguousarray(array[start : start + _HASHED_AT_ONCE]).tobytes())
    return digest.hexdigest()


def from_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    class_names: Sequence[str] = (),
    *,
    shape: Shape | None = None,
    name: str = "given in memory",
    source: str = "memory",
    split: str = "as given",
) -> Dataset:
    """Make a dataset of images in memory.

    Args:
        images: Batch axis first; may lie on the disk, as `np.memmap` has them.
        labels: True classes: whole numbers, one-hot rows or words; true values, as `labels.true_values` tells; or masks
            and maps of values, (size, rows, columns, …); None where nothing is known.
        class_names: Names of the classes by index.
        shape: Shape of one sample of the model's input, which tells one image from many; None where it is not known.
        name: What they are called after their number: "1000 images given in memory".
        source: Where they come from.
        split: Which part of a larger whole they are.

    Raises:
        DataError: There are no images, they are no numbers, or the labels do not go with them.
    """
    _refuse_a_name(images)
    given = None if labels is None else as_array(labels, "labels")
    array, given, is_one = batched(as_array(images, "images"), given, shape)
    if array.ndim < 2 or array.dtype.kind not in "buif" or not array.size:
        raise DataError(
            f"The images are an array of {array.shape} of {array.dtype}. Expected at least one image, batch axis "
            "first, of numbers. Give an array such as (size, height, width, channels)."
        )
    truth = _truth_of_labels(given, tuple(class_names), len(array))
    digest = sha256_of_arrays(array, truth.known)

    def read(chosen: Sequence[int]) -> Array:
        return take(array, chosen)

    return Dataset(
        name=f"{counted(len(array), 'image')} {name}",
        source=source,
        split=split,
        size=len(array),
        read=read,
        shape=tuple(array.shape[1:]),
        labels=truth.indices,
        class_names=truth.class_names,
        image_names=(),
        sha256=digest,
        hash_command=_command(truth),
        notes=(*truth.notes, *([ONE_SAMPLE] if is_one else [])),
        by_word=truth.by_word,
        targets=() if truth.values is None else (("", truth.values),),
        maps=() if truth.maps is None else (("", true_maps.of_array(truth.maps)),),
    )


def _refuse_a_name(images: object) -> None:
    if isinstance(images, str | bytes | os.PathLike):
        raise DataError(
            f"The images are {os.fspath(images)!r}, a name. Expected images in memory, such as an array or a "
            "tf.data.Dataset. Read them first; the command reportgen build reads files and folders."
        )


def _command(truth: Truth) -> str:
    """Return the line of Python that gives the hash of arrays again."""
    known = ""
    if truth.values is not None:
        known = ' + numpy.asarray(labels, "float64").tobytes()'
    elif truth.maps is not None:
        known = " + numpy.asarray(labels).tobytes()"
    elif truth.indices is not None:
        known = ' + numpy.asarray(labels, "int64").tobytes()'
    hashed = f"hashlib.sha256(numpy.asarray(images).tobytes(){known}).hexdigest()"
    return f"import hashlib, numpy; print({hashed})"


def _truth_of_labels(labels: Array | None, names: tuple[str, ...], size: int) -> Truth:
    """Return what the labels say, of as many images as there are."""
    if labels is None:
        return Truth(None, class_names=names)
    truth = read_labels(labels, ClassNames(names), "The labels")
    number = 0 if truth.known is None else len(truth.known)
    if number != size:
        raise DataError(
            f"There are {counted(size, 'image')} and {counted(number, 'label')}. Expected as many labels as images. "
            "Give both for the same images."
        )
    return truth


def as_array(given: npt.ArrayLike, what: str) -> Array:
    """Return what was given as an array.

    Args:
        given: An array, nested lists, or an object of another library that turns itself into an array.
        what: What it is called in an error, in the plural.

    Raises:
        DataError: It makes no array.
    """
    try:
        array = np.asarray(given)
        # A series of another library holds words as objects.
        is_words = array.dtype.kind == "O" and array.size and all(isinstance(each, str) for each in array.flat)
        return array.astype(str) if is_words else array
    except ValueError as error:
        raise DataError(
            f"The {what} make no array, because they differ in shape. Expected all of one shape. Give them as one "
            "NumPy array."
        ) from error
    except Exception as error:
        # Objects of other libraries raise errors of their own when they cannot be turned into an array.
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise DataError(
            f"The {what} are a {type(given).__name__} that makes no array: {type(error).__name__}: {reason}. Expected a"
            " NumPy array. Convert it first."
        ) from error
