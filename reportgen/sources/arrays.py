"""The head of a `.npy` file -> what it declares, judged against the bytes that are really there.

Nothing is allocated before the declared size has been compared with the real one: a head of 80 bytes may promise an
array of terabytes.
"""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Literal

import numpy as np
from numpy.lib import format as npy_format

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources.dataset import Array, in_words

ONE_SAMPLE = "The array holds one sample without a batch axis; it was taken for a set of one."

IMAGE_KINDS = "buif"
_PICTURE_AXES = 3
_MASKS = 4
_CHANNELS = (1, 3, 4)
# What numpy's reader may raise for a head that was damaged or made up.
_HEAD_ERRORS = (
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
    struct.error,
    tokenize.TokenError,
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a `.npy` file declares.

    Attributes:
        shape: Shape of the array.
        dtype: Its number format.
        order: "C" or "F", the order of its values.
        body_bytes: How many bytes the array takes.
        offset: Where in the file they begin.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    order: Literal["C", "F"]
    body_bytes: int
    offset: int


def read_header(stream: IO[bytes], what: str) -> Header:
    """Read the head of a `.npy` file.

    Args:
        stream: The file, at its beginning; afterwards it stands at the first byte of the array.
        what: What the file is called in an error: "The array 'x' in 'digits.npz'".

    Returns:
        What the head declares. Nothing is known yet about the bytes behind it.

    Raises:
        DataError: It is no head of a plain array of numbers or words.
    """
    try:
        with warnings.catch_warnings():
            # numpy warns about heads that Python 2 wrote, and reads them.
            warnings.simplefilter("ignore")
            version = npy_format.read_magic(stream)
            read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
            shape, is_fortran, dtype = read(stream)
    except _HEAD_ERRORS as error:
        raise DataError(f"{what} is damaged: its head cannot be read. Write it again with numpy.") from error
    if dtype.hasobject:
        raise DataError(
            f"{what} holds pickled Python objects, and a pickle can run any code. Expected plain numbers. "
            "Convert it with numpy's astype and save it again."
        )
    if dtype.names is not None or dtype.itemsize == 0 or any(axis < 0 for axis in shape):
        raise DataError(f"{what} declares {dtype} values in the shape {shape}. Expected plain numbers.")
    order: Literal["C", "F"] = "F" if is_fortran else "C"
    return Header(shape, dtype, order, math.prod(shape) * dtype.itemsize, stream.tell())


def check_size(header: Header, real_bytes: int, what: str) -> None:
    """Refuse an array that declares another size than it has.

    Args:
        header: What its head declares.
        real_bytes: How many bytes there are behind the head.
        what: What the array is called in an error.

    Raises:
        DataError: The two sizes differ.
    """
    if header.body_bytes != real_bytes:
        raise DataError(
            f"{what} declares {header.body_bytes} bytes ({in_words(header.shape)} values of type {header.dtype}) but "
            f"holds {real_bytes}. The file was cut short or made up. Write it again with numpy."
        )


def check_images(header: Header, what: str) -> None:
    """Refuse an array that cannot be a batch of images.

    Args:
        header: What its head declares.
        what: What the array is called in an error.

    Raises:
        DataError: It holds no real numbers, has no axis besides the batch axis, or is empty.
    """
    if header.dtype.kind not in IMAGE_KINDS:
        raise DataError(
            f"{what} holds values of type {header.dtype}. Expected images: whole or floating-point numbers."
        )
    if len(header.shape) < 2:
        raise DataError(f"{what} has the shape {header.shape}. Expected a batch axis and the axes of one image.")
    if 0 in header.shape:
        raise DataError(f"{what} has the shape {header.shape}: it is empty. Expected at least one image.")


def is_one_sample(have: Sequence[int], want: Shape | None) -> bool:
    """Tell whether an array is one sample without a batch axis.

    Args:
        have: Shape of the array.
        want: Shape of one sample of the model's input, None for an axis of any size; None where it is not known.

    Returns:
        Whether its shape is that of the model's input, where an axis of a single channel may be left out; or that of a
        picture with its channels last, of another size than the model's.

    >>> [is_one_sample(have, (28, 28, 1)) for have in ((28, 28, 1), (28, 28), (300, 200, 3), (9, 28, 28))]
    [True, True, True, False]
    """
    if not want:
        return False
    forms = [want, *([want[:-1]] if want[-1] == 1 else []), *([want[1:]] if want[0] == 1 else [])]
    if any(agrees(have, form) for form in forms):
        return True
    # As a batch these would be grey pictures that are one, three or four pixels wide.
    is_picture = len(have) == len(want) == _PICTURE_AXES and have[-1] in _CHANNELS and want[-1] in (None, *_CHANNELS)
    return is_picture and min(have[:-1]) > max(_CHANNELS)


def batched(images: Array, labels: Array | None, want: Shape | None) -> tuple[Array, Array | None, bool]:
    """Put a batch axis before one sample and its label.

    Args:
        images: Many samples, or one.
        labels: Their labels, or None; as many labels as the array has rows say that these are samples.
        want: As for `is_one_sample`.

    Returns:
        The images and their labels with a batch axis, and whether it was put there.
    """
    is_mask = labels is not None and 1 < labels.ndim < _MASKS and labels.shape[:2] == images.shape[:2]
    are_rows = not is_mask and labels is not None and labels.ndim > 0 and len(labels) == len(images) > 1
    if not images.ndim or are_rows or not is_one_sample(images.shape, want):
        return images, labels, False
    # One number, a row of them, or a mask: what belongs to one image alone has no batch axis.
    is_row = labels is not None and (labels.ndim == 0 or (labels.ndim < _MASKS and len(labels) > 1))
    return images[None], labels[None] if labels is not None and is_row else labels, True


def agrees(have: Sequence[int], want: Shape) -> bool:
    """Tell whether a shape is another one in which None stands for any size."""
    return len(have) == len(want) and all(wanted in (None, size) for size, wanted in zip(have, want, strict=True))


def read_body(stream: IO[bytes], header: Header, what: str) -> Array:
    """Read the array behind a head that `check_size` let pass.

    Args:
        stream: The file, at the first byte of the array.
        header: What its head declares.
        what: What the array is called in an error.

    Raises:
        DataError: The file ends before the array does.
    """
    body = stream.read(header.body_bytes)
    if len(body) < header.body_bytes:
        raise DataError(f"{what} was cut short: {len(body)} of {header.body_bytes} bytes are there. Write it again.")
    array: Array = np.frombuffer(body, header.dtype).reshape(header.shape, order=header.order)
    return array


def take(array: Array, indices: object) -> Array:
    """Return a copy of the rows at some indices, also where there are none."""
    return np.array(array[np.asarray(indices, dtype=np.int64)])
