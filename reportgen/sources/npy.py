"""A `.npy` file -> its images, read from the disk when they are asked for. It holds one array and no labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import hashing
from reportgen.sources.arrays import ONE_SAMPLE, check_images, check_size, is_one_sample, read_header, take
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading, counted
from reportgen.sources.files import first_bytes, shown

ACCEPTED = "an .npy file with images"
IN_SHORT = "an .npy file"
_MAGIC = b"\x93NUMPY"


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a file that begins like a `.npy` file, whatever its suffix."""
    return first_bytes(Path(spec)).startswith(_MAGIC)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open a `.npy` file.

    Args:
        spec: Path of the file.
        shape: Shape of one sample of the model's input, which tells one image from many; what does not fit the model is
            refused later, by `fitting.fit`.
        reading: Not used.

    Returns:
        Its images, without labels; the file stays on the disk and is mapped into memory.

    Raises:
        DataError: The file is damaged, cut short, empty, or holds something other than a batch of images.
    """
    del reading
    path = Path(spec)
    source = shown(path)
    what = f"The array in {source!r}"
    try:
        with path.open("rb") as stream:
            header = read_header(stream, what)
        check_size(header, path.stat().st_size - header.offset, what)
        is_one = is_one_sample(header.shape, shape)
        check_images(replace(header, shape=(1, *header.shape)) if is_one else header, what)
        array: Array = np.memmap(path, header.dtype, "r", header.offset, header.shape, header.order)
    except (OSError, ValueError, OverflowError) as error:
        raise DataError(f"{what} cannot be read. Expected a .npy file that numpy wrote. Write it again.") from error

    array = array[None] if is_one else array

    def read(indices: Sequence[int]) -> Array:
        return take(array, indices)

    size, hashed = len(array), hashing.of_file(path)
    return Dataset(
        name=f"{counted(size, 'image')} from {source}",
        source=source,
        split="as given",
        size=size,
        read=read,
        shape=array.shape[1:],
        labels=None,
        class_names=(),
        image_names=(),
        sha256=hashed.sha256,
        hash_command=hashed.command,
        notes=(ONE_SAMPLE,) if is_one else (),
    )
